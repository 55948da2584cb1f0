"""Sealing: keeping a secret that must be read again, such as a second factor's.

XChaCha20-Poly1305 under the newest key of the ring in ``settings().secrets``; each value says which key it needs, so
keys are added in front and old ones stay as long as something is sealed with them. A value is bound to what it is for:
moved to another row or column it does not open.

Where the database is shared, what the other side reads is sealed as it does (``seal_for_both``). Either form is opened,
as long as its key is at hand.
"""

import base64
import hmac
from hashlib import sha256

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
)
from nacl.exceptions import CryptoError
from nacl.utils import random

from core.better_auth import sealed as shared
from core.errors import Unavailable
from core.settings import SettingsInvalid, settings

_NONCE: int = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES


class Unsealable(Unavailable):
    """A sealed value does not open: its key is not in the ring, or it was changed or moved."""


def seal(secret: str, *, purpose: str) -> str:
    """Seal it with the newest key.

    Args:
        secret: what to keep.
        purpose: what it is for and whose, ``two_factor:<user id>``; needed again to open it.

    Raises:
        SettingsInvalid: there is no key.
    """
    ring = settings().secrets
    if not ring:
        raise SettingsInvalid(
            "STYLOBATE_SECRETS is not set",
            remedy='set it to a key, such as "1:" and the output of `openssl rand -hex 32`',
        )
    version = next(iter(ring))
    nonce = random(_NONCE)
    sealed = crypto_aead_xchacha20poly1305_ietf_encrypt(secret.encode(), purpose.encode(), nonce, _key(version))
    return _written(version, nonce + sealed)


def seal_for_both(secret: str, *, purpose: str) -> str:
    """Seal what the other side of a shared database reads, too. Where it is not shared it is the same as ``seal``.

    Raises:
        SettingsInvalid: there is no key.
    """
    return shared.seal(secret) if settings().sharing else seal(secret, purpose=purpose)


def is_shared(sealed: str) -> bool:
    """Whether it is sealed as the other side of a shared database does."""
    return shared.is_one(sealed)


def unseal(sealed: str, *, purpose: str) -> str:
    """Open what ``seal`` or the other side of a shared database made.

    Raises:
        Unsealable: it can't be opened.
    """
    if is_shared(sealed):
        if (text := shared.unseal(sealed)) is None:
            raise unsealable_shared(purpose)
        return text
    version, _, text = sealed.partition(".")
    try:
        raw = base64.urlsafe_b64decode(text)
        opened: bytes = crypto_aead_xchacha20poly1305_ietf_decrypt(
            raw[_NONCE:], purpose.encode(), raw[:_NONCE], _key(int(version))
        )
    except (KeyError, ValueError, CryptoError):
        raise _unsealable(purpose) from None
    if sealed != _written(int(version), raw):  # Decoding forgives what nobody ever wrote.
        raise _unsealable(purpose)
    return opened.decode()


def unsealable_shared(purpose: str) -> Unsealable:
    """What is raised of a value that the other side of a shared database sealed."""
    return Unsealable(
        f"a value that better-auth sealed for {purpose.partition(':')[0]} does not open",
        remedy="put the secret it was sealed with back into BETTER_AUTH_SECRETS, or BETTER_AUTH_SECRET",
    )


def _unsealable(purpose: str) -> Unsealable:
    return Unsealable(
        f"a value sealed for {purpose.partition(':')[0]} does not open",
        remedy="put the key it was sealed with back into STYLOBATE_SECRETS",
    )


def outdated(sealed: str) -> bool:
    """Whether ``seal_for_both`` would give another form today, or take another key."""
    if settings().sharing:
        return not is_shared(sealed) or shared.outdated(sealed)
    return sealed.partition(".")[0] != str(next(iter(settings().secrets), ""))


def _written(version: int, raw: bytes) -> str:
    return f"{version}.{base64.urlsafe_b64encode(raw).decode()}"


def _key(version: int) -> bytes:
    return hmac.digest(settings().secrets[version].get_secret_value().encode(), b"stylobate.sealing", sha256)
