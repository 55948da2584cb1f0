"""Tokens: the one door to chance.

A token is 256 random bits in base64url, 43 characters. It is shown once and stored only as its SHA-256 digest: with so
much chance in it there is nothing to guess, so no salt and no slow hash is needed, and the digest can be looked up.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256

LENGTH = 43
"""Characters of a token."""


def new() -> str:
    """A new token."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a token: SHA-256 in hex. Any text has one, also text that never was a token."""
    return sha256(token.encode(errors="surrogatepass")).hexdigest()


def successor(token: str, salt: str) -> str:
    """The token that follows another.

    It takes the old token *and* the stored salt: whoever has only one of them learns nothing.
    """
    mac = hmac.digest(token.encode(errors="surrogatepass"), salt.encode(), sha256)
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def code(*, alphabet: str, length: int) -> str:
    """Random characters for people to copy. Few as they are they can be guessed, so whoever takes them counts."""
    return "".join(secrets.choice(alphabet) for _ in range(length))
