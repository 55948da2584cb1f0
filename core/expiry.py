"""Deleting what has expired, without anybody noticing.

Batches walk along the index on the time: where the last one ended the next begins, or it would wade through the dead
rows of those before. On PostgreSQL a batch is a span of time, whose end is found first, so it is deleted as quickly as
in one statement for all, and a row that was extended meanwhile stays. It takes rows without asking who holds them; when
it meets one that is held, it is given up before anybody feels it, and from then on the run chooses row by row, and
passes held ones over. So it does where very many rows have the same time. On SQLite, where a write blocks all others,
batches are small and leave three times as much room as they take: whoever finds it locked waits longer at each try.

A job runs this once at a time. Two runs at once do no harm: they wait for each other, and count each row once.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tortoise.models import Model

from core import clock, database, progress
from core.database.statements import fetch
from core.database.transaction import in_transaction
from core.settings import settings

_SQLITE_BATCH = 200
_FEWEST = 100
"""If not even so many rows can be deleted in time, smaller batches would not help."""
_PATIENCE = timedelta(milliseconds=100)
"""How long to wait for a row that somebody holds: well below PostgreSQL's ``deadlock_timeout``, so that in a deadlock
it is the clean-up that gives way."""
_MILLISECOND = timedelta(milliseconds=1)
_PAUSE = {"postgres": 0.001, "sqlite": 0.002}
_PAUSE_SHARE = {"postgres": 0.05, "sqlite": 3.0}
"""How long to pause after a batch, as a share of its time."""

# With statistics from before all this expired, the planner would read everything for every batch. And nobody waits for
# the disk: what a crash takes back is deleted again.
_CAUTION = """
    SET LOCAL statement_timeout = {statement}; SET LOCAL lock_timeout = {lock};
    SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off; SET LOCAL synchronous_commit = off
"""
_END_OF_SPAN = """
    SELECT "{column}" AS "end" FROM "{table}" WHERE "{column}" >= $1 AND "{column}" <= $2
    ORDER BY "{column}" OFFSET $3 LIMIT 1
"""
_SPAN = 'DELETE FROM "{table}" WHERE "{column}" >= $1 AND "{column}" {until} $2'
_ROW_BY_ROW = """
    WITH chosen AS MATERIALIZED (
        SELECT tableoid, ctid, "{column}" FROM "{table}" WHERE "{column}" >= $1 AND "{column}" <= $2
        ORDER BY "{column}" LIMIT $3 {held}
    ), gone AS (
        DELETE FROM "{table}" WHERE ctid = ANY (ARRAY(SELECT ctid FROM chosen)) AND "{column}" <= $2
            AND (tableoid, ctid) IN (SELECT tableoid, ctid FROM chosen) RETURNING 1
    )
    SELECT count(*) AS chosen, max("{column}") AS last, (SELECT count(*) FROM gone) AS rows FROM chosen
"""
"""Of a partitioned table each partition has rows of the same places."""
_SQLITE = """
    DELETE FROM "{table}" WHERE rowid IN (
        SELECT rowid FROM "{table}" WHERE "{column}" >= $1 AND "{column}" <= $2 ORDER BY "{column}" LIMIT $3
    ) RETURNING 1
"""
_COUNT = """
    SELECT count(*) AS rows FROM (SELECT 1 FROM "{table}" WHERE "{column}" <= $1 LIMIT $2) AS expired
"""
_GIVEN_UP = {"55P03", "57014", "40P01"}
"""PostgreSQL's codes for a lock that is not had, a statement that takes too long, and a deadlock."""


class Purged(NamedTuple):
    """What a clean-up did. ``finished`` is False when its budget of rows or time ended first."""

    rows: int
    seconds: float
    finished: bool
    dry_run: bool = False
    """Nothing was deleted: ``rows`` is what would have been."""

    def __str__(self) -> str:
        """As a report to read."""
        rest = "" if self.finished else "; more are left for the next run"
        if self.dry_run:
            return f"{self.rows:,} expired rows would be removed{rest}"
        return f"{self.rows:,} expired rows removed in {self.seconds:.2f} s{rest}"


class _Batch(NamedTuple):
    """How many rows were found (fewer than wanted: there are no more), how many of them deleted, and up to when."""

    chosen: int
    rows: int
    last: datetime


async def delete_expired(
    model: type[Model], *, by: str = "expires_at", until: datetime | None = None, dry_run: bool = False
) -> Purged:
    """Delete the model's rows whose time is past, within the budget of the settings.

    Every batch is committed by itself, so this is not for the inside of a transaction: what a crash interrupts has been
    done up to there, and the next run goes on.

    Args:
        model: the table.
        by: the field with the time; it has an index.
        until: the last time to delete; now unless told otherwise.
        dry_run: delete nothing, and say how many rows it would be.
    """
    if in_transaction():
        raise RuntimeError("a clean-up commits as it goes, and can't be had inside a transaction")
    limits, dialect = settings(), database.dialect()
    meta = model._meta  # noqa: SLF001  it has no other name
    names = {"table": meta.db_table, "column": meta.fields_db_projection[by]}
    since, until = datetime.min.replace(tzinfo=UTC), until or clock.now()
    began = time.monotonic()
    if dry_run:
        rows = (await fetch(_COUNT.format(**names), until, limits.purge_rows))[0]["rows"]
        return Purged(rows, time.monotonic() - began, finished=rows < limits.purge_rows, dry_run=True)

    batch = limits.purge_batch if dialect == "postgres" else min(limits.purge_batch, _SQLITE_BATCH)
    rows, held = 0, ""
    while True:
        started = time.monotonic()
        wanted = min(batch, limits.purge_rows - rows)
        if dialect == "postgres":
            done = await _postgres(names, since, until, wanted, held)
        else:
            done = await _sqlite(_SQLITE.format(**names), since, until, wanted)
        now = time.monotonic()
        if done is not None:
            rows += done.rows
            progress.tell(done=rows, unit="rows")
            if done.chosen < wanted:
                return Purged(rows, now - began, finished=True)
            since = done.last
        elif batch // 2 >= _FEWEST or not held:
            batch, held = max(batch // 2, 1), "FOR UPDATE SKIP LOCKED"
        else:
            return Purged(rows, now - began, finished=False)
        if rows >= limits.purge_rows or now - began >= limits.purge_duration.total_seconds():
            return Purged(rows, now - began, finished=False)
        await asyncio.sleep(max(_PAUSE[dialect], _PAUSE_SHARE[dialect] * (now - started)))


async def _postgres(names: dict[str, str], since: datetime, until: datetime, wanted: int, held: str) -> _Batch | None:
    """Delete a batch. None: it was given up, and nothing of it is done."""
    longest = settings().purge_statement_timeout
    try:
        async with database.transaction():
            await database.connection().execute_script(
                _CAUTION.format(statement=longest // _MILLISECOND, lock=_PATIENCE // _MILLISECOND)
            )
            return await _by_span(names, since, until, wanted, held)
    except Exception as error:
        if getattr(error.__cause__ or error, "sqlstate", None) not in _GIVEN_UP:
            raise
        return None


async def _by_span(names: dict[str, str], since: datetime, until: datetime, wanted: int, held: str) -> _Batch:
    """Delete what is between ``since`` and the time of the row that is so many further on, and not that row."""
    ends = [] if held else await fetch(_END_OF_SPAN.format(**names), since, until, wanted)
    if held or (ends and ends[0]["end"] == since):
        return _Batch(**(await fetch(_ROW_BY_ROW.format(**names, held=held), since, until, wanted))[0])
    last = ends[0]["end"] if ends else until
    statement = _SPAN.format(**names, until="<" if ends else "<=")
    gone, _ = await database.connection().execute_query(statement, [since, last])
    return _Batch(chosen=wanted if ends else 0, rows=gone, last=last)


async def _sqlite(statement: str, since: datetime, until: datetime, wanted: int) -> _Batch:
    """Delete a batch. What is gone is not in the index any more, so the next begins where this one did."""
    gone = len(await fetch(statement, since, until, wanted))
    return _Batch(chosen=gone, rows=gone, last=since)
