"""The use of a session: when it is written down, and where that moves its end.

It is written once per ``session_touch_interval`` at the most, and not before whoever asked has the answer.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from core.database import defer
from core.database.statements import fetch, moment
from core.sessions.principal import Row
from core.settings import settings

BRIEF = timedelta(days=1)
"""How long a session lives that is not to be remembered. That it is so short is all that says so."""

_WRITE = """
    UPDATE "session" SET "lastUsedAt" = $1, "updatedAt" = $2, "expiresAt" = $3
    WHERE "id" = $4 AND ("lastUsedAt" IS NULL OR "lastUsedAt" <= $5) AND "expiresAt" <= $3
"""


class Use(NamedTuple):
    """What is to be written down of a session's use."""

    at: datetime
    updated_at: datetime
    ends: datetime
    session_id: str
    due: datetime
    """Whoever wrote one later than this has written this one, too."""


def used(row: Row, now: datetime) -> Use | None:
    """A use that is to be written down; None when the last one was only a moment ago."""
    due = now - settings().session_touch_interval
    if row["lastUsedAt"] is not None and moment(row["lastUsedAt"]) > due:
        return None
    ends = extended(row, now)
    # To the other side it says when the end was moved, and how fresh a session is.
    moved = ends > moment(row["expiresAt"]) or not settings().sharing
    return Use(now, now if moved else moment(row["updatedAt"]), ends, row["id"], due)


def extended(row: Row, now: datetime, *, asked: bool = False) -> datetime:
    """The end of a session that is used now: further away, unless it is another's or one to forget.

    Where the database is shared it moves when the other side moves it, unless asked: it renews its cookie at that time.
    """
    limits, began, ends = settings(), moment(row["createdAt"]), moment(row["expiresAt"])
    due = asked or not limits.sharing or ends - limits.session_lifetime + limits.sharing_update_age <= now
    brief = ends - began <= BRIEF < limits.session_lifetime
    if row["impersonatedBy"] is not None or brief or not due:
        return ends
    return max(ends, min(now + limits.session_lifetime, began + limits.session_lifetime_limit))


_being_written: set[str] = set()


async def write_down(use: Use) -> None:
    """Write it down in a moment: at once, where there is no transaction around."""

    async def write() -> None:
        if use.session_id not in _being_written:
            _being_written.add(use.session_id)
            try:
                await fetch(_WRITE, *use)
            finally:
                _being_written.discard(use.session_id)

    await defer(write)
