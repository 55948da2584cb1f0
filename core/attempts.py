"""Attempts: how often somebody may try something.

One statement counts and says whether it was too often. What was too often counts no further, so the wait ends with the
window however much somebody goes on trying: nobody is locked out for good, by themselves or by another.
"""

from datetime import timedelta
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network
from ipaddress import ip_address as parsed
from itertools import chain
from typing import NamedTuple

from core import clock, database, expiry
from core.crypto import tokens
from core.database.statements import fetch
from core.errors import TooManyAttempts
from core.expiry import Purged
from models import Attempt


class AttemptsExhausted(TooManyAttempts):
    """Too many attempts; try again later."""


class Limit(NamedTuple):
    """How often somebody may try something.

    Args:
        what: what is tried, ``sign-in``.
        who: who tries it or whom it is aimed at: an address, an account, both in one text. It is stored as a digest.
        attempts: how many a window has.
        window: how long it is, from its first attempt.
    """

    what: str
    who: str
    attempts: int
    window: timedelta


async def count(what: str, who: str, *, limit: int, window: timedelta) -> None:
    """Count an attempt, and refuse it when it is one too many. The arguments are those of a ``Limit``.

    Raises:
        AttemptsExhausted: there have been ``limit`` of them since the window began.
    """
    await count_in_turn(Limit(what, who, limit, window))


async def count_in_turn(*limits: Limit) -> int:
    """Count an attempt against several limits, each of another ``what``. Those after one that refuses don't count it.

    On PostgreSQL that is one statement. Whoever names their limits in the same order does not wait in a circle.

    Returns:
        How many attempts the first limit's window has now.

    Raises:
        AttemptsExhausted: one of them is reached.
    """
    now = clock.now()
    counted = []
    together = [limits] if database.dialect() == "postgres" else [(limit,) for limit in limits]
    for each in together:
        arguments = [(_key(what, who), now + window, attempts) for what, who, attempts, window in each]
        rows = await fetch(_counting(len(each)), now, *chain.from_iterable(arguments))
        if not rows:
            raise AttemptsExhausted
        counted.append(rows[0]["count"])
    return int(counted[0])


_COUNT = """
    INSERT INTO "attempt" ("id", "count", "expiresAt") SELECT {key}, 1, {ends} FROM {passed} WHERE true
    ON CONFLICT ("id") DO UPDATE SET
        "count" = CASE WHEN "attempt"."expiresAt" <= $1 THEN 1 ELSE "attempt"."count" + 1 END,
        "expiresAt" = CASE WHEN "attempt"."expiresAt" <= $1 THEN {ends} ELSE "attempt"."expiresAt" END
    WHERE "attempt"."expiresAt" <= $1 OR "attempt"."count" < {most}
    RETURNING {counted} AS "count"
"""


@lru_cache
def _counting(limits: int) -> str:
    """The statement that has a row only when no limit refuses: each counts those whom the one before let pass."""
    steps, passed, counted = [], "(SELECT 1) AS anybody", '"count"'
    for step in range(limits):
        key, ends, most = (f"${number}" for number in range(2 + 3 * step, 5 + 3 * step))
        if 0 < step == limits - 1:
            counted = '(SELECT "count" FROM step0)'
        steps.append(_COUNT.format(key=key, ends=ends, most=most, passed=passed, counted=counted))
        passed = f"step{step}"
    before = ", ".join(f"step{step} AS ({statement})" for step, statement in enumerate(steps[:-1]))
    return f"WITH {before} {steps[-1]}" if before else steps[-1]


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
    await fetch('DELETE FROM "attempt" WHERE "id" = $1', _key(what, who))


async def prune(*, dry_run: bool = False) -> Purged:
    """Delete the windows that are over."""
    return await expiry.delete_expired(Attempt, dry_run=dry_run)


def _key(what: str, who: str) -> str:
    return f"{what}:{tokens.digest(who)}"
