"""The codes of the second step: an app's, which change every half a minute, and backup codes on paper."""

import hmac
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp

from core import clock, events
from core.crypto import sealing, tokens
from core.database.statements import fetch
from core.errors import Invalid, NotFound, TooManyAttempts
from models import TwoFactor

WRONG_CODES = 5
"""As many wrong codes in a row, and the app's are not looked at for a while."""
LOCK = timedelta(minutes=15)
"""How long they are not looked at. That leaves 480 guesses in a day, and of a million codes three are good at a time:
who has the password and goes on guessing is right once in two years, and the person was told on the first day."""

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_SECRET = 32  # Characters: 160 bits, as RFC 4226 recommends.
_STEP = 30  # Seconds, which every authenticator app takes for granted, as it does six digits.
_LEGIBLE = "abcdefghjkmnpqrstuvwxyz23456789"  # No i, l, o, 0 and 1, which look like one another.
_BACKUP_CODES, _BACKUP_CODE = 10, 10  # Ten characters are 49 bits: not to be guessed, even by who may go on trying.
_LONGEST = 64
_BETWEEN = re.compile(r"[\s\u2010-\u2015-]")


class TwoFactorNotEnabled(NotFound):
    """Two-factor is not on."""


class TwoFactorCodeInvalid(Invalid):
    """This code is wrong, or was used already."""


class TwoFactorCodesExhausted(TooManyAttempts):
    """Too many wrong codes; wait a quarter of an hour, or use a backup code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoFactorLocked(events.Event):
    """Somebody guessed at the codes, and so knows the password: worth a mail to the person."""

    user_id: str


async def verify(*, user_id: str, code: str) -> None:
    """Use up a code of the app or a backup code. Spaces and hyphens in it don't matter.

    After ``WRONG_CODES`` the app's codes are not looked at for ``LOCK``, which going on does not make longer. A backup
    code works meanwhile, so whoever has the password can't keep its owner out by guessing.

    Raises:
        TwoFactorNotEnabled: two-factor is not on.
        TwoFactorCodeInvalid: it is none of the codes, or was used before. Of many at once with one code, one gets on.
        TwoFactorCodesExhausted: there were too many wrong ones.
    """
    enrolled, now, typed = await _enabled(user_id), clock.now(), _typed(code)
    locked = enrolled.locked_until is not None and enrolled.locked_until > now
    if await _used_backup_code(enrolled, typed) or (not locked and await _used_step(enrolled, typed, now)):
        return
    if locked or not await _counted(user_id, now):
        raise TwoFactorCodesExhausted
    raise TwoFactorCodeInvalid


async def _used_step(enrolled: TwoFactor, typed: str, now: datetime) -> bool:
    """Whether it is a code of the app; if so it is used up, and so are those before it."""
    step = _step(enrolled, typed, now)
    if step is None:
        return False
    used = await fetch(
        """
        UPDATE "twoFactor" SET "lastUsedStep" = $1, "failedVerificationCount" = 0, "lockedUntil" = NULL
        WHERE "id" = $2 AND "secret" = $3 AND ("lastUsedStep" IS NULL OR "lastUsedStep" < $1)
            AND ("lockedUntil" IS NULL OR "lockedUntil" <= $4)
        RETURNING "id"
        """,
        step,
        enrolled.id,
        enrolled.secret,
        now,
    )
    if not used:
        raise TwoFactorCodeInvalid  # Used before. Somebody who clicks twice does not guess, so it is not counted.
    return True


async def _used_backup_code(enrolled: TwoFactor, typed: str) -> bool:
    """Whether it is a backup code; if so it is used up. The UPDATE finds the list as it was read, or is done again."""
    if len(typed) != _BACKUP_CODE:
        return False
    digest, sealed, seen = tokens.digest(typed), enrolled.backup_codes, False
    while True:
        stored: list[str] = json.loads(sealing.unseal(sealed, purpose=_backup_codes_of(enrolled.user_id)))
        left = [each for each in stored if not hmac.compare_digest(each, digest)]
        if len(left) == len(stored):
            if seen:
                raise TwoFactorCodeInvalid  # Another was faster with the same one; that is no guess either.
            return False
        if await TwoFactor.filter(id=enrolled.id, backup_codes=sealed).update(
            backup_codes=_sealed(left, enrolled.user_id), failed_verification_count=0, locked_until=None
        ):
            return True
        seen, sealed = True, (await _enabled(enrolled.user_id)).backup_codes


async def _counted(user_id: str, now: datetime) -> bool:
    """Count a wrong code, and lock at the last one. False: it was locked since we looked."""
    rows = await fetch(
        """
        UPDATE "twoFactor" SET
            "failedVerificationCount" = CASE
                WHEN coalesce("failedVerificationCount", 0) + 1 >= $1 THEN 0
                ELSE coalesce("failedVerificationCount", 0) + 1 END,
            "lockedUntil" = CASE
                WHEN coalesce("failedVerificationCount", 0) + 1 >= $1 THEN $2
                ELSE "lockedUntil" END
        WHERE "userId" = $3 AND ("lockedUntil" IS NULL OR "lockedUntil" <= $4)
        RETURNING "failedVerificationCount"
        """,
        WRONG_CODES,
        now + LOCK,
        user_id,
        now,
    )
    if rows and rows[0]["failedVerificationCount"] == 0:
        await events.publish(TwoFactorLocked(user_id=user_id))
    return bool(rows)


async def regenerate_backup_codes(*, user_id: str) -> list[str]:
    """Make new backup codes, to be shown once. The old ones are worth nothing any more.

    Raises:
        TwoFactorNotEnabled: two-factor is not on.
    """
    enrolled = await _enabled(user_id)
    codes = new_backup_codes()
    if not await TwoFactor.filter(id=enrolled.id).update(backup_codes=sealed_backup_codes(codes, user_id=user_id)):
        raise TwoFactorNotEnabled  # Switched off since the line before.
    return codes


async def _enabled(user_id: str) -> TwoFactor:
    enrolled = await TwoFactor.get_or_none(user_id=user_id, user__two_factor_enabled=True)
    if enrolled is None:
        raise TwoFactorNotEnabled
    return enrolled


def step_of(code: str, enrolled: TwoFactor) -> int | None:
    """The step of the app's that this is the code of, if it is one."""
    return _step(enrolled, _typed(code), clock.now())


def _step(enrolled: TwoFactor, typed: str, now: datetime) -> int | None:
    """The 30-second step whose code this is: the present one, or one either way for clocks that are off."""
    app = pyotp.TOTP(sealing.unseal(enrolled.secret, purpose=_secret_of(enrolled.user_id)))
    present = int(now.timestamp()) // _STEP
    near = [
        step
        for step in range(present - 1, present + 2)
        if hmac.compare_digest(app.generate_otp(step).encode(), typed.encode(errors="surrogatepass"))
    ]
    return near[-1] if near else None


def _typed(code: str) -> str:
    """A code without what people and keyboards add: spaces, hyphens, capitals, wide digits."""
    if len(code) > _LONGEST:
        return ""
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", code)).lower()


def new_secret() -> str:
    """A secret for an app, in base32."""
    return tokens.code(alphabet=_BASE32, length=_SECRET)


def sealed_secret(secret: str, *, user_id: str) -> str:
    """What is stored of it."""
    return sealing.seal(secret, purpose=_secret_of(user_id))


def new_backup_codes() -> list[str]:
    """Ten codes of the form ``xxxxx-xxxxx``."""
    made = [tokens.code(alphabet=_LEGIBLE, length=_BACKUP_CODE) for _ in range(_BACKUP_CODES)]
    return [f"{code[:5]}-{code[5:]}" for code in made]


def sealed_backup_codes(codes: list[str], *, user_id: str) -> str:
    """What is stored of them."""
    return _sealed([tokens.digest(_typed(code)) for code in codes], user_id)


def _sealed(digests: list[str], user_id: str) -> str:
    return sealing.seal(json.dumps(digests), purpose=_backup_codes_of(user_id))


def _secret_of(user_id: str) -> str:
    return f"two_factor.secret:{user_id}"


def _backup_codes_of(user_id: str) -> str:
    return f"two_factor.backup_codes:{user_id}"
