"""Filling a table: each batch is one transaction together with the note that it is stored.

What the server refuses is divided until the rows are found that it refuses; the others are stored.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import Any, NamedTuple

import asyncpg

from core.errors import Unavailable
from core.transfer import state
from core.transfer.columns import Table
from core.transfer.converting import Converted, Converter, Rejected
from core.transfer.reading import Reader, Tally
from core.transfer.source import Batch, SourceTable
from core.transfer.state import Connection, Part

_OF_A_ROW = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    # What the driver can't write down.
    OverflowError,
    TypeError,
    ValueError,
)
"""Errors that a row can be to blame for."""

Record = tuple[Any, ...]


class TargetFull(Unavailable):
    """The target's server has no room left, on its disk or in its memory."""


class Job(NamedTuple):
    """A table to fill: where from, where to, and how."""

    source: SourceTable
    table: Table
    converter: Converter


@contextmanager
def room(where: str) -> Iterator[None]:
    """Say it in our terms when the server has none."""
    try:
        yield
    except (asyncpg.DiskFullError, asyncpg.OutOfMemoryError) as error:
        raise TargetFull(
            f"{where} has no room left: {error.message}", remedy="make room there, and call the same transfer again"
        ) from None


async def fill(connection: Connection, reader: Reader, job: Job, part: Part, tally: Tally) -> None:
    """Store a table's rows, from where the last run ended."""
    tally.add(part.rows)
    if part.finished:
        return
    async with aclosing(reader.batches(job.source, job.converter, after=part.after)) as batches:
        async for batch, converted in batches:
            try:
                await _keep(connection, part, job, batch, converted, _whole)
            except _OF_A_ROW:
                await _keep(connection, part, job, batch, converted, _divided)
            tally.add(len(batch.rows))
    await state.finish(connection, part.name)


Store = Callable[[Connection, Part, Job, Sequence[Record]], Awaitable[list[Rejected]]]
"""Stores records, and says which of them the server refuses."""


async def _keep(connection: Connection, part: Part, job: Job, batch: Batch, converted: Converted, store: Store) -> None:
    """Store a batch together with the note that it is."""
    async with connection.transaction():
        refused = await store(connection, part, job, converted.records)
        await state.add_rejects(connection, converted.rejects, by_server=False)
        await state.add_rejects(connection, refused, by_server=True)
        stored = len(converted.records) - len(refused)
        await state.advance(connection, part.name, after=batch.last_key, rows=stored)


async def _whole(connection: Connection, part: Part, job: Job, records: Sequence[Record]) -> list[Rejected]:
    """All of them, as nearly every batch can be."""
    schema, table = part.into
    if records:
        await connection.copy_records_to_table(
            table, schema_name=schema, columns=job.converter.columns, records=records, timeout=None
        )
    return []


async def _divided(connection: Connection, part: Part, job: Job, records: Sequence[Record]) -> list[Rejected]:
    """Those that can be."""
    try:
        async with connection.transaction():
            return await _whole(connection, part, job, records)
    except _OF_A_ROW as error:
        if len(records) == 1:
            return [_refused(job, records[0], error)]
    middle = len(records) // 2
    return [
        *await _divided(connection, part, job, records[:middle]),
        *await _divided(connection, part, job, records[middle:]),
    ]


def _refused(job: Job, record: Record, error: Exception) -> Rejected:
    column = getattr(error, "column_name", None)
    return Rejected(job.table.name, key_of(job.table, job.converter.columns, record), column, _reason(error))


def key_of(table: Table, columns: Sequence[str], record: Record) -> object:
    """What a row is called where it is told of: its primary key."""
    key = [value for name in table.key for column, value in zip(columns, record, strict=True) if column == name]
    return key[0] if len(key) == 1 else key


def _reason(error: Exception) -> str:
    """The server's words, as far as they hold no value."""
    said: str | None = getattr(error, "message", None)
    if said is None or getattr(error, "severity", None) is None:  # The driver's own, which repeat the value.
        return "a value that the driver can't write down"
    return said if isinstance(error, asyncpg.IntegrityConstraintViolationError) else said.partition(":")[0]
