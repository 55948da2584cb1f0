"""Verification rows: what their identifiers and values look like, of whatever version.

A row is found by any of the forms that it may have, and written in the one that the application reads.
"""

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import NamedTuple

from core.better_auth import sealed
from core.better_auth.tokens import ALPHABET, LETTERS, SMALL
from core.settings import settings


class Form(NamedTuple):
    """How the token of a purpose is made, and what stands before it in the identifier."""

    prefix: str
    alphabet: str
    length: int
    whole: bool = False
    """The browser has the whole identifier."""


RESET_PASSWORD, DELETE_ACCOUNT, MAGIC_LINK = "reset-password", "delete-account", "magic-link"
OAUTH_STATE, SECOND_STEP, TRUSTED_DEVICE = "oauth-state", "2fa", "trust-device"

FORMS = {
    RESET_PASSWORD: Form("reset-password:", ALPHABET, 24),
    DELETE_ACCOUNT: Form("delete-account-", SMALL, 32),
    MAGIC_LINK: Form("magic-link:", LETTERS, 32),
    OAUTH_STATE: Form("auth-state:", ALPHABET, 32),
    SECOND_STEP: Form("2fa-", ALPHABET, 20, whole=True),
    TRUSTED_DEVICE: Form("trust-device-", ALPHABET, 32, whole=True),
}
"""What both sides know, by our purposes. Everything else is made and used on one side."""

_PREFIXED_SINCE = (1, 7, 7)
"""Before it, these two had nothing in front of the token."""
_ONCE_BARE = {MAGIC_LINK, OAUTH_STATE}
_TOKEN = re.compile(r"[\w-]{16,128}", re.ASCII)
_BARE = re.compile(r"[A-Za-z0-9]{16,128}|[\w-]{32}", re.ASCII)
"""What is no identifier of another purpose."""

SIGN_IN, VERIFY_EMAIL, FORGET_PASSWORD = "sign-in", "email-verification", "forget-password"
OTP_TRIES = 3
"""How often a code that came by mail can be tried."""


def stored(identifier: str) -> str:
    """An identifier as the application stores it."""
    return _digest(identifier) if settings().sharing_identifiers == "hashed" else identifier


def identifier(purpose: str, token: str) -> str:
    """The identifier of a new row, before ``stored``."""
    form = FORMS[purpose]
    if form.whole or (purpose in _ONCE_BARE and _version() < _PREFIXED_SINCE):
        return token
    return form.prefix + token


def identifiers(purpose: str, token: str) -> list[str]:
    """All identifiers that a row of this token may be stored under; none if no token looks like this."""
    form = FORMS[purpose]
    random = token.removeprefix(form.prefix) if form.whole else token
    if not _TOKEN.fullmatch(random) or (form.whole and random == token):
        return []
    # A link's token may be stored as a digest by itself.
    randoms = [random, _digest(random)] if purpose == MAGIC_LINK else [random]
    prefixes = [form.prefix, ""] if purpose in _ONCE_BARE and _BARE.fullmatch(random) else [form.prefix]
    return either(*(prefix + it for prefix in prefixes for it in randoms))


def either(*plain: str) -> list[str]:
    """Identifiers as they are and as digests."""
    return [*plain, *(_digest(it) for it in plain)]


def attempts(identifier: str) -> str:
    """The identifier of the row that counts the codes tried for a second step."""
    return f"2fa-attempts-{identifier}"


def otp_identifier(kind: str, email: str) -> str:
    """The identifier of a code that was sent to an address."""
    return f"{kind}-otp-{email}"


class Otp(NamedTuple):
    """A code in its stored form, and how often it was tried."""

    code: str
    tries: int

    def __str__(self) -> str:
        """The row's value."""
        return f"{self.code}:{self.tries}"


def otp(value: str) -> Otp:
    """What the row of a code says. What makes no sense was tried often enough."""
    code, _, tries = value.rpartition(":")
    return Otp(code, int(tries)) if re.fullmatch(r"\d{1,3}", tries, re.ASCII) else Otp(value, OTP_TRIES)


def is_otp(stored: str, typed: str) -> bool:
    """Whether it is the code that is stored: as it is, as a digest, or sealed."""
    if sealed.is_one(stored):
        stored = sealed.unseal(stored) or ""
    known = [hmac.compare_digest(stored.encode(), it.encode(errors="replace")) for it in (typed, _digest(typed))]
    return any(known) and bool(stored)


def _digest(text: str) -> str:
    return urlsafe_b64encode(sha256(text.encode(errors="surrogatepass")).digest()).rstrip(b"=").decode()


def _version() -> tuple[int, ...]:
    """The application's; where it has no third number, it is the newest of that line."""
    numbers = tuple(int(number) for number in settings().sharing_version.split("."))
    return numbers if len(numbers) > 2 else (*numbers, 1_000)  # noqa: PLR2004  major, minor, patch
