"""Deleting what has expired, without anybody noticing.

Batches walk along the index on the time. On PostgreSQL each is one statement that skips rows somebody holds, so
that several workers share the work; where the last batch ended the next begins, or it would wade through the dead rows
of those before. On SQLite, where a write blocks all others, batches are small and make room for them.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import NamedTuple

from tortoise.models import Model

from core import clock, database
from core.database.statements import fetch
from core.settings import settings

_SQLITE_BATCH = 200
_PAUSE = 0.002
_PAUSE_SHARE = 0.1

_POSTGRES = """
    WITH gone AS (
        DELETE FROM "{table}" WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM "{table}" WHERE "{column}" >= $1 AND "{column}" <= $2
            ORDER BY "{column}" LIMIT $3 FOR UPDATE SKIP LOCKED
        )) RETURNING "{column}"
    )
    SELECT count(*) AS rows, max("{column}") AS last FROM gone
"""
_SQLITE = """
    DELETE FROM "{table}" WHERE rowid IN (
        SELECT rowid FROM "{table}" WHERE "{column}" >= $1 AND "{column}" <= $2 ORDER BY "{column}" LIMIT $3
    ) RETURNING 1
"""


class Purged(NamedTuple):
    """What a clean-up did. ``finished`` is False when its budget of rows or time ended first."""

    rows: int
    seconds: float
    finished: bool

    def __str__(self) -> str:
        """As a report to read."""
        rest = "" if self.finished else "; more are left for the next run"
        return f"{self.rows:,} expired rows removed in {self.seconds:.2f} s{rest}"


async def delete_expired(model: type[Model], *, by: str = "expires_at", until: datetime | None = None) -> Purged:
    """Delete the model's rows whose time is past, within the budget of the settings.

    Every batch is committed by itself: what a crash interrupts has been done up to there, and the next run goes on.

    Args:
        model: the table.
        by: the field with the time; it has an index.
        until: the last time to delete; now unless told otherwise.
    """
    limits = settings()
    postgres = database.dialect() == "postgres"
    meta = model._meta  # noqa: SLF001  it has no other name
    names = {"table": meta.db_table, "column": meta.fields_db_projection[by]}
    statement = (_POSTGRES if postgres else _SQLITE).format(**names)
    batch = limits.purge_batch if postgres else min(limits.purge_batch, _SQLITE_BATCH)

    since, until = datetime.min.replace(tzinfo=UTC), until or clock.now()
    rows, began = 0, time.monotonic()
    while True:
        started = time.monotonic()
        wanted = min(batch, limits.purge_rows - rows)
        found = await fetch(statement, since, until, wanted)
        gone = found[0]["rows"] if postgres else len(found)
        rows += gone
        seconds = time.monotonic() - began
        if gone < wanted:
            return Purged(rows, seconds, finished=True)
        if rows >= limits.purge_rows or seconds >= limits.purge_duration.total_seconds():
            return Purged(rows, seconds, finished=False)
        if postgres:
            since = found[0]["last"]
        await asyncio.sleep(max(_PAUSE, _PAUSE_SHARE * (time.monotonic() - started)))
