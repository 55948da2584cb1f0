"""Tokens: the one door to chance.

A token is 256 random bits in base64url, 43 characters. It is shown once and stored only as its SHA-256 digest: with so
much chance in it there is nothing to guess, so no salt and no slow hash is needed, and the digest can be looked up.

Where the database is shared, a session's token has the form that the other side knows, and is stored as it is.
"""

import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from core.better_auth import tokens as shared
from core.settings import SettingsInvalid, settings

LENGTH = 43
"""Characters of a token."""


def new() -> str:
    """A new token."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What is stored of a token: SHA-256 in hex. Any text has one, also text that never was a token."""
    return sha256(token.encode(errors="surrogatepass")).hexdigest()


def new_session() -> str:
    """A new token of a session."""
    return code(alphabet=shared.ALPHABET, length=shared.LENGTH) if settings().sharing else new()


def stored_session(token: str) -> str:
    """What is stored of a session's token: a digest, or the token itself where it is one that the other side knows."""
    return token if settings().sharing and shared.is_token(token) else digest(token)


def successor(token: str, salt: str) -> str:
    """The token that follows another.

    It takes the old token *and* the stored salt: whoever has only one of them learns nothing.
    """
    mac = hmac.digest(token.encode(errors="surrogatepass"), salt.encode(), sha256)
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def code(*, alphabet: str, length: int) -> str:
    """Random characters for people to copy. Few as they are they can be guessed, so whoever takes them counts."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def fraction() -> float:
    """A number from 0 up to 1, for waiting times that are not all the same."""
    return secrets.SystemRandom().random()


def keyed_digest(text: str, *, purpose: str) -> str:
    """What is stored of a code that could be guessed: HMAC-SHA-256 in hex, worth nothing without the newest key.

    Args:
        text: the code.
        purpose: what it is for and whose, so that it is another one elsewhere.

    Raises:
        SettingsInvalid: there is no key.
    """
    ring = settings().secrets
    if not ring:
        raise SettingsInvalid("STYLOBATE_SECRETS is not set", remedy="set it to a key, as .env.example shows")
    key = hmac.digest(next(iter(ring.values())).get_secret_value().encode(), b"stylobate.codes", sha256)
    message = f"{len(purpose)}:{purpose}{text}"
    return hmac.digest(key, message.encode(errors="surrogatepass"), sha256).hex()


def id_at(moment: datetime) -> str:
    """A UUIDv7 whose place among others is exact to the microsecond: it sorts before every later one."""
    milliseconds, microseconds = divmod((moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1), 1000)
    # RFC 9562, 6.2, method 3: the twelve bits after the version are the fraction of the millisecond.
    place = microseconds * 4096 // 1000
    return str(UUID(int=milliseconds << 80 | 7 << 76 | place << 64 | 2 << 62 | secrets.randbits(62)))
