"""Cookies: signed values, and the cache of a session that is only read.

A signed value is ``value.signature``, percent-encoded once, the signature HMAC-SHA-256 in base64 under the current
secret. Whatever a browser brings is read or is None; nothing is raised, and everything is compared at equal cost.
"""

import hmac
import json
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from core.better_auth.secrets import current_secret
from core.settings import settings

SESSION, CACHE, DONT_REMEMBER = "session_token", "session_data", "dont_remember"
SECOND_STEP, TRUSTED_DEVICE, OAUTH_STATE = "two_factor", "trust_device", "state"

_UNRESERVED = "-_.!~*'()"
"""What JavaScript's encodeURIComponent leaves as it is, besides letters and digits."""
_LONGEST = 4_096
"""Characters that are looked at. A browser keeps no longer cookie."""
_SIGNATURE = 44
_LONGEST_CACHE = 65_536
"""A cache may come in several cookies."""


class Cached(NamedTuple):
    """What the application knew of a session and its user a moment ago, as it is in the tables' columns."""

    session: dict[str, Any]
    user: dict[str, Any]
    updated_at: datetime
    expires_at: datetime


def name(kind: str, *, secure: bool) -> str:
    """What a cookie is called. Over https it has the prefix ``__Secure-``, and that one is looked for first."""
    return f"{'__Secure-' if secure else ''}{settings().sharing_cookie_prefix}.{kind}"


def sign(value: str) -> str:
    """A signed value as it stands in a cookie."""
    return quote(f"{value}.{_signature(value)}", safe=_UNRESERVED)


def read(cookie: str | None) -> str | None:
    """The value that was signed, or None: forged, cut off, under another secret, encoded twice, too long, or none."""
    text = unquote((cookie or "")[:_LONGEST], errors="surrogateescape")
    value, _, signature = text.rpartition(".")
    given = signature.encode(errors="surrogatepass")
    right = hmac.compare_digest(_signature(value).encode(), given)
    return value if right and value and cookie is not None and len(cookie) <= _LONGEST else None


def _signature(value: str) -> str:
    mac = hmac.digest(current_secret().encode(), value.encode(errors="surrogatepass"), sha256)
    return b64encode(mac).decode()


def read_cache(cookie: str | None, *, now: datetime) -> Cached | None:
    """What a cookie of the form ``compact`` says, if it is signed and not over; ``now`` is aware.

    It may be minutes old: a session in it may have been revoked meanwhile, and its person banned.
    """
    try:
        found = json.loads(_decoded(cookie or ""))
        payload, ends = found["session"], found["expiresAt"]
        signed = json.dumps({**payload, "expiresAt": ends}, ensure_ascii=False, separators=(",", ":")).encode()
        mac = urlsafe_b64encode(hmac.digest(current_secret().encode(), signed, sha256)).rstrip(b"=")
        if not hmac.compare_digest(mac, found["signature"].encode()):
            return None
        cached = Cached(payload["session"], payload["user"], _moment(payload["updatedAt"]), _moment(ends))
        over = min(cached.expires_at, datetime.fromisoformat(cached.session["expiresAt"]))
        return cached if isinstance(cached.user, dict) and over > now else None
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        # What json, base64 and dates make of whatever a browser brings.
        return None


def _decoded(cookie: str) -> bytes:
    if len(cookie) > _LONGEST_CACHE or not cookie.isascii():
        raise Base64Error
    return urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))


def _moment(milliseconds: float) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
