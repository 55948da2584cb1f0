"""What is stored of an app's secret and of backup codes: in our form, or the other side's where the database is shared.

Both are read, whichever is written: a person's are rewritten at their next code.
"""

import hmac
import json
import re
import unicodedata

from core.better_auth import tokens as shared_tokens
from core.better_auth import two_factor as shared
from core.crypto import sealing, tokens
from core.settings import settings

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SECRET = 32  # Characters: 160 bits, as RFC 4226 recommends.
_LEGIBLE = "abcdefghjkmnpqrstuvwxyz23456789"  # No i, l, o, 0 and 1, which look like one another.
_BACKUP_CODES, _BACKUP_CODE = 10, 10  # Ten characters are 49 bits: not to be guessed, even by who may go on trying.
_LONGEST = 64
_BETWEEN = re.compile(r"[\s\u2010-\u2015-]")


def typed(code: str) -> str:
    """A code without what people and keyboards add: spaces, hyphens, capitals, wide digits."""
    return _with_capitals(code).lower()


def _with_capitals(code: str) -> str:
    return "" if len(code) > _LONGEST else _BETWEEN.sub("", unicodedata.normalize("NFKC", code))


def new_secret() -> str:
    """A secret for an app, in base32."""
    if settings().sharing:
        return shared.in_base32(tokens.code(alphabet=shared_tokens.ALPHABET, length=_SECRET))
    return tokens.code(alphabet=_BASE32, length=_SECRET)


def sealed_secret(secret: str, *, user_id: str) -> str:
    """What is stored of a secret in base32."""
    text = shared.of_base32(secret) if settings().sharing else secret
    return sealing.seal_for_both(text, purpose=_secret_of(user_id))


def opened_secret(stored: str, *, user_id: str) -> str:
    """The secret in base32.

    Raises:
        Unsealable: it can't be opened.
    """
    secret = sealing.unseal(stored, purpose=_secret_of(user_id))
    return shared.in_base32(secret) if sealing.is_shared(stored) else secret


def new_backup_codes() -> list[str]:
    """Ten codes of the form ``xxxxx-xxxxx``."""
    made = [tokens.code(alphabet=_LEGIBLE, length=_BACKUP_CODE) for _ in range(_BACKUP_CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in made]


def sealed_backup_codes(codes: list[str], *, user_id: str) -> str:
    """What is stored of them: digests, or the codes themselves where the other side has to read them."""
    if settings().sharing:
        return shared.sealed_backup_codes(codes)
    return _sealed([tokens.digest(typed(code)) for code in codes], user_id)


def read_backup_codes(stored: str) -> list[str] | None:
    """The codes, where they are stored so that they can be read."""
    return shared.backup_codes(stored) if _is_theirs(stored) else None


def without_backup_code(stored: str, code: str, *, user_id: str) -> str | None:
    """What is stored of the backup codes when this one is used up; None if it is none of them.

    Raises:
        Unsealable: they can't be read.
    """
    if _is_theirs(stored):
        known, given = shared.backup_codes(stored), {_with_capitals(code), typed(code)}
        if known is None:
            raise sealing.unsealable_shared(_backup_codes_of(user_id))
        left = [each for each in known if not any(_same(each.replace("-", ""), it) for it in given)]
        sealed = json.dumps(left) if stored.startswith("[") and settings().sharing else None
        return None if len(left) == len(known) else sealed or sealed_backup_codes(left, user_id=user_id)
    digest = tokens.digest(typed(code))
    digests: list[str] = json.loads(sealing.unseal(stored, purpose=_backup_codes_of(user_id)))
    rest = [each for each in digests if not _same(each, digest)]
    return None if len(rest) == len(digests) else _sealed(rest, user_id)


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="surrogatepass"))


def _is_theirs(stored: str) -> bool:
    """Sealed by the other side, or stored by it as it is."""
    return sealing.is_shared(stored) or stored.startswith("[")


def are_todays(*, secret: str, backup_codes: str) -> bool:
    """Whether both have the form that is written today. Digests can't be turned back, so they are left alone."""
    sharing = settings().sharing is not None
    return sealing.is_shared(secret) == sharing and (sharing or not _is_theirs(backup_codes))


def renewed(*, secret: str, backup_codes: str, user_id: str) -> tuple[str, str]:
    """Both in the form that is written today.

    Raises:
        Unsealable: they can't be read.
    """
    codes = None if settings().sharing else read_backup_codes(backup_codes)
    return (
        sealed_secret(opened_secret(secret, user_id=user_id), user_id=user_id),
        backup_codes if codes is None else sealed_backup_codes(codes, user_id=user_id),
    )


def _sealed(digests: list[str], user_id: str) -> str:
    return sealing.seal(json.dumps(digests), purpose=_backup_codes_of(user_id))


def _secret_of(user_id: str) -> str:
    return f"two_factor.secret:{user_id}"


def _backup_codes_of(user_id: str) -> str:
    return f"two_factor.backup_codes:{user_id}"
