"""Sealed values: XChaCha20-Poly1305 under SHA-256 of a secret, in hex, the nonce in front.

Where secrets have versions, ``$ba$<version>$`` says which it was. Without it, it was the secret from before.
"""

import re
from hashlib import sha256

from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_ABYTES,
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
    crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
)
from nacl.exceptions import CryptoError
from nacl.utils import random

from core.better_auth.secrets import current_secret, newest_version, secret_of

_NONCE: int = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
_SHORTEST: int = _NONCE + crypto_aead_xchacha20poly1305_ietf_ABYTES
_SEALED = re.compile(rf"(?:\$ba\$(\d{{1,9}})\$)?((?:[0-9a-fA-F]{{2}}){{{_SHORTEST},}})", re.ASCII)


def is_one(text: str) -> bool:
    """Whether it looks like a sealed value."""
    return _SEALED.fullmatch(text) is not None


def seal(text: str) -> str:
    """Seal it with the current secret.

    Raises:
        SettingsInvalid: there is none.
    """
    version = newest_version()
    nonce = random(_NONCE)
    sealed = nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(text.encode(), None, nonce, _key(current_secret()))
    return sealed.hex() if version is None else f"$ba${version}${sealed.hex()}"


def unseal(sealed: str) -> str | None:
    """What was sealed; None if it is something else, was changed, or its secret is not at hand."""
    found = _SEALED.fullmatch(sealed)
    secret = secret_of(int(found[1]) if found[1] else None) if found else None
    if found is None or secret is None:
        return None
    raw = bytes.fromhex(found[2])
    try:
        opened: bytes = crypto_aead_xchacha20poly1305_ietf_decrypt(raw[_NONCE:], None, raw[:_NONCE], _key(secret))
        return opened.decode()
    except (CryptoError, UnicodeDecodeError):
        return None


def outdated(sealed: str) -> bool:
    """Whether it was sealed with another version than today's."""
    version = newest_version()
    return version is not None and not sealed.startswith(f"$ba${version}$")


def _key(secret: str) -> bytes:
    return sha256(secret.encode()).digest()
