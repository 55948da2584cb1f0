"""Filling a table: each batch is one transaction together with the note that it is stored.

What the server refuses is divided until the rows are found that it refuses; the others are stored.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import Any, NamedTuple

import asyncpg

from core.errors import Unavailable
from core.transfer import state
from core.transfer.columns import Table
from core.transfer.converting import Converted, Converter, Rejected
from core.transfer.lines import COLUMN, NULL, Lines
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

_CHUNK = 2**18

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
    # Where the server does not look whether text is UTF-8, the converter must.
    read = reader.portions if connection.get_settings().server_encoding == "UTF8" else reader.batches
    after = part.after
    async with aclosing(read(job.source, job.converter, after=after)) as portions:
        async for portion in portions:
            if isinstance(portion, Lines):
                await _take_lines(connection, reader, part, job, portion, after)
                after, rows = portion.last_key, portion.rows
            else:
                await _take(connection, part, job, *portion)
                after, rows = portion[0].last_key, len(portion[0].rows)
            tally.add(rows)
    await state.finish(connection, part.name)


async def _take_lines(
    connection: Connection, reader: Reader, part: Part, job: Job, lines: Lines, after: tuple[object, ...] | None
) -> None:
    """Store a batch that SQLite has written. Which of its rows can't be, and why, is only said of records."""
    schema, table = part.into
    columns, text = job.converter.columns, _chunks(lines.text)
    try:
        async with connection.transaction():
            await connection.copy_to_table(
                table, schema_name=schema, columns=columns, source=text, delimiter=COLUMN, null=NULL, timeout=None
            )
            await state.advance(connection, part.name, after=lines.last_key, rows=lines.rows)
    except _OF_A_ROW:
        again = reader.batches(job.source, job.converter, after=after, upto=lines.last_key)
        async with aclosing(again) as batches:
            async for batch, converted in batches:
                await _take(connection, part, job, batch, converted)


async def _chunks(text: bytes) -> AsyncIterator[bytes]:
    """So much at once as the connection should have to hold."""
    for begin in range(0, len(text), _CHUNK):
        yield text[begin : begin + _CHUNK]


async def _take(connection: Connection, part: Part, job: Job, batch: Batch, converted: Converted) -> None:
    """Store a batch, as far as it can be."""
    try:
        await _keep(connection, part, job, batch, converted, _whole)
    except _OF_A_ROW:
        await _keep(connection, part, job, batch, converted, divided)


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


async def divided(connection: Connection, part: Part, job: Job, records: Sequence[Record]) -> list[Rejected]:
    """Those that can be."""
    try:
        async with connection.transaction():
            return await _whole(connection, part, job, records)
    except _OF_A_ROW as error:
        if len(records) == 1:
            return [_refused(job, records[0], error)]
    middle = len(records) // 2
    return [
        *await divided(connection, part, job, records[:middle]),
        *await divided(connection, part, job, records[middle:]),
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
