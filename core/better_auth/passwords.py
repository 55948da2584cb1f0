"""Passwords: ``salt:key`` in hex, by scrypt with N=16384, r=16, p=1. The salt is the *text* of its hex.

Making and comparing takes 32 MiB and some 60 ms, so whoever calls this is not on an event loop.
"""

import hmac
import re
import unicodedata
from hashlib import scrypt

SALT = 32
"""Characters of a new salt, each a digit in hex."""

_STORED = re.compile(r"([0-9a-f]{2,128}):([0-9a-f]{128})", re.ASCII)
_MEMORY = 64 * 1024 * 1024


def is_one(stored: str) -> bool:
    """Whether it is a password in this form."""
    return _STORED.fullmatch(stored) is not None


def make(password: str, *, salt: str) -> str:
    """What is stored of a password; ``salt`` is random, in hex."""
    return f"{salt}:{_key(password, salt)}"


def matches(password: str, stored: str) -> bool:
    """Whether it is the password that was stored."""
    found = _STORED.fullmatch(stored)
    return found is not None and hmac.compare_digest(_key(password, found[1]), found[2])


def _key(password: str, salt: str) -> str:
    secret = unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
    return scrypt(secret, salt=salt.encode(), n=16_384, r=16, p=1, dklen=64, maxmem=_MEMORY).hex()
