"""Attempts: how often somebody may try something.

One statement counts and says whether it was too often. What was too often counts no further, so the wait ends with the
window however much somebody goes on trying: nobody is locked out for good, by themselves or by another.
"""

from datetime import timedelta
from ipaddress import IPv6Address, IPv6Network
from ipaddress import ip_address as parsed

from core import clock, expiry
from core.crypto import tokens
from core.database.statements import fetch
from core.errors import TooManyAttempts
from core.expiry import Purged
from models import Attempt


class AttemptsExhausted(TooManyAttempts):
    """Too many attempts; try again later."""


async def count(what: str, who: str, *, limit: int, window: timedelta) -> None:
    """Count an attempt, and refuse it when it is one too many.

    Args:
        what: what is tried, ``sign-in``.
        who: who tries it or whom it is aimed at: an address, an account, both in one text. It is stored as a digest.
        limit: how many attempts a window has.
        window: how long it is, from its first attempt.

    Raises:
        AttemptsExhausted: there have been ``limit`` of them since the window began.
    """
    now = clock.now()
    rows = await fetch(
        """
        INSERT INTO "attempt" ("id", "count", "expiresAt") VALUES ($1, 1, $2)
        ON CONFLICT ("id") DO UPDATE SET
            "count" = CASE WHEN "attempt"."expiresAt" <= $3 THEN 1 ELSE "attempt"."count" + 1 END,
            "expiresAt" = CASE WHEN "attempt"."expiresAt" <= $3 THEN $2 ELSE "attempt"."expiresAt" END
        WHERE "attempt"."expiresAt" <= $3 OR "attempt"."count" < $4
        RETURNING "count"
        """,
        _key(what, who),
        now + window,
        now,
        limit,
    )
    if not rows:
        raise AttemptsExhausted


def network(ip_address: str | None) -> str | None:
    """The address as one is given it: of IPv6 a customer has at least a /64, and could come from another each time."""
    try:
        address = parsed(ip_address or "")
    except ValueError:
        return ip_address or None
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((int(address), 64), strict=False))


async def forget(what: str, who: str) -> None:
    """Begin anew, after a success."""
    await Attempt.filter(id=_key(what, who)).delete()


async def prune(*, dry_run: bool = False) -> Purged:
    """Delete the windows that are over."""
    return await expiry.delete_expired(Attempt, dry_run=dry_run)


def _key(what: str, who: str) -> str:
    return f"{what}:{tokens.digest(who)}"
