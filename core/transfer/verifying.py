"""Whether both sides hold the same: each is read again, and of each table the rows are counted and summed up.

The sum is of a hash of each whole row, so the order of the rows does not matter, and what is swapped between two of
them shows. The source's rows go through the same conversion as when they were copied; the target's are what the server
gives back. Equal JSON is equal whatever its spaces and the order of its keys, as ``jsonb`` has it.
"""

import json
import marshal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from datetime import date, datetime
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from hashlib import blake2b
from typing import Any, NamedTuple

from core.database.quoting import quoted
from core.transfer.columns import Column
from core.transfer.copying import Job, Record, key_of
from core.transfer.orphans import qualified
from core.transfer.reading import Reader, Tally
from core.transfer.source import LARGEST_BATCH
from core.transfer.state import Connection, written

_BATCH = 2_000
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
_EXACT_SECONDS = 2**33
_BITS = 64
# The second version is the last that writes equal values as equal bytes: later ones write references.
_VERSION = 2

Rows = Sequence[Sequence[Any]]


class Compared(NamedTuple):
    """A table on both sides: its rows, and their fingerprints."""

    table: str
    source_rows: int
    target_rows: int
    source_fingerprint: str
    target_fingerprint: str

    @property
    def same(self) -> bool:
        """Whether they hold the same."""
        return self[1::2] == self[2::2]


class Sum:
    """The fingerprint of rows that come in batches, in any order."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self.rows = 0
        self._total = 0
        self._plain = [(place, _PLAIN[it.type]) for place, it in enumerate(columns) if it.type in _PLAIN]

    def add(self, rows: Rows) -> None:
        """Count these, too."""
        if not rows:
            return
        columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
        for place, plain in self._plain:
            columns[place] = [None if value is None else plain(value) for value in columns[place]]
        dumps, hashed, number = marshal.dumps, blake2b, int.from_bytes
        self._total += sum(
            number(hashed(dumps(row, _VERSION), digest_size=_BITS // 8).digest()) for row in zip(*columns, strict=True)
        )
        self.rows += len(rows)

    @property
    def fingerprint(self) -> str:
        """The sum, as text."""
        return f"{self._total % 2**_BITS:0{_BITS // 4}x}"


async def compare(
    connection: Connection,
    reader: Reader,
    jobs: Sequence[tuple[Job, tuple[str | None, str]]],
    missed: Mapping[str, Mapping[str, int]],
) -> list[Compared]:
    """Read both sides of every table.

    Args:
        connection: the target; all of it is read as of one moment.
        reader: the source.
        jobs: how each table was copied, and where it is.
        missed: for each table the keys, as JSON, of rows that the target has refused. Of several with one key, it has
            the first.
    """
    tally = Tally("compare", 2 * sum(job.source.rows for job, _ in jobs))
    found = []
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for job, into in jobs:
            source = await _of_source(reader, job, missed.get(job.table.name, {}), tally)
            target = await _of_target(connection, job, into, tally)
            found.append(Compared(job.table.name, source.rows, target.rows, source.fingerprint, target.fingerprint))
    return found


async def _of_source(reader: Reader, job: Job, without: Mapping[str, int], tally: Tally) -> Sum:
    total = Sum(_columns(job))
    kept: dict[str, list[Record]] = {}
    async with aclosing(reader.batches(job.source, job.converter, size=_BATCH)) as batches:
        async for batch, converted in batches:
            total.add(_set_aside(job, converted.records, without, kept) if without else converted.records)
            tally.add(len(batch.rows))
    for key, records in kept.items():
        total.add(records[: -without[key]])
    return total


def _set_aside(
    job: Job, records: Sequence[Record], keys: Mapping[str, int], kept: dict[str, list[Record]]
) -> list[Record]:
    """The records that have none of these keys. The others are kept."""
    rest = []
    for record in records:
        key = written(key_of(job.table, job.converter.columns, record))
        if key in keys:
            kept.setdefault(key, []).append(record)
        else:
            rest.append(record)
    return rest


async def _of_target(connection: Connection, job: Job, into: tuple[str | None, str], tally: Tally) -> Sum:
    total = Sum(_columns(job))
    names = ", ".join(map(quoted, job.converter.columns))
    async for rows in selected(connection, f"SELECT {names} FROM {qualified(into)}"):  # noqa: S608  its own names
        total.add(rows)
        tally.add(len(rows))
    return total


async def selected(connection: Connection, query: str) -> AsyncIterator[Rows]:
    """What a query finds, in batches that are as small as its rows are large, in the open transaction."""
    cursor = await connection.cursor(query)
    size = 16
    while rows := await cursor.fetch(size):
        yield rows
        some = rows[::8]
        weight = sum(len(value) for row in some for value in row if isinstance(value, str | bytes)) // len(some)
        size = max(1, min(_BATCH, 4 * size, LARGEST_BATCH // (weight + 1)))


def _columns(job: Job) -> list[Column]:
    columns = {column.name: column for column in job.table.columns}
    return [columns[name] for name in job.converter.columns]


def _number(number: Decimal) -> str:
    return str(_EXACT.normalize(_EXACT.plus(number)))


def _json(text: str) -> str:
    # What is no number of JSON's own can't be mistaken for one: no text of jsonb has a NUL.
    value = json.loads(text, parse_int=Decimal, parse_float=Decimal)
    return json.dumps(value, sort_keys=True, default=lambda number: {"\0": _number(number)})


def _moment(moment: datetime) -> object:
    # A number is written down faster, and up to the year 2242 it is exact to the microsecond.
    seconds = moment.timestamp()
    return seconds if abs(seconds) < _EXACT_SECONDS else moment.isoformat()


_PLAIN: dict[str, Callable[[Any], object]] = {
    "timestamp": _moment,
    "date": date.isoformat,
    "json": _json,
    "numeric": _number,
    "uuid": str,
}
"""How a value is written down that is no text, number, boolean or bytes."""
