"""Rows of a source as records for the target, a batch at a time.

The same converter serves the plan, the copy and the proof, so all three know of the same conversions.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from core.database.quoting import quoted
from core.transfer.columns import Table
from core.transfer.kinds import Kind
from core.transfer.source import SourceTable
from core.transfer.values import Plain, Reader, Unfit, reader


class Rejected(NamedTuple):
    """A row that can't be in the target: its key, a list where that is of several columns, and why.

    ``column`` is None where it is the row as a whole. The reason holds no value.
    """

    table: str
    key: object
    column: str | None
    reason: str


class Converted(NamedTuple):
    """Records for the columns of the converter, and the rows that became none."""

    records: list[tuple[object, ...]]
    rejects: list[Rejected]


class Converter:
    """Makes records of rows. See ``converter``.

    ``reads`` names the columns of the source that a row must have, in this order, ``columns`` those of the target that
    a record has.
    """

    def __init__(self, kind: Kind, source: SourceTable, table: Table) -> None:
        there = {column.name for column in source.columns}
        both = [column for column in table.columns if column.name in there]
        self.table = table.name
        self.columns = tuple(column.name for column in both)
        self.reads = (*self.columns, *(name for name in source.key if name not in self.columns))
        self._key = [self.reads.index(name) for name in source.key]
        self._readers: list[Reader] = [reader(table.name, column, kind=kind) for column in both]
        self._slug = None
        if table.name == "organization" and {"id", "slug"} <= {*self.columns}:
            self._slug, self._id = self.columns.index("slug"), self.columns.index("id")
            self._readers[self._slug].nullable = True

    @property
    def told(self) -> dict[str, Counter[str]]:
        """For each column, how many values became something else so far, and how."""
        return {name: it.told for name, it in zip(self.columns, self._readers, strict=True) if it.told}

    def convert(self, rows: list[tuple[object, ...]]) -> Converted:
        """A record of each row, in the same order, or the first thing that is wrong with it."""
        if not rows:
            return Converted([], [])
        values = list(zip(*rows, strict=True))
        made = []
        unfit = []
        for place, it in enumerate(self._readers):
            column, has_unfit = it.read(values[place])
            made.append(column)
            if has_unfit:
                unfit.append(place)
        if self._slug is not None:
            made[self._slug] = self._named(made[self._slug], made[self._id])
        records = list(zip(*made, strict=True))
        if not unfit:
            return Converted(records, [])
        wrong: dict[int, Rejected] = {}
        for place in unfit:
            for number, value in enumerate(made[place]):
                if isinstance(value, Unfit) and number not in wrong:
                    wrong[number] = Rejected(self.table, self.key(rows[number]), self.columns[place], str(value))
        good = [record for number, record in enumerate(records) if number not in wrong]
        return Converted(good, [wrong[number] for number in sorted(wrong)])

    def plain(self) -> list[tuple[str, Plain, bool]] | None:
        """Of each column its name in SQL, how SQLite writes its values, and whether NULL stays. None if it can't."""
        made = []
        for place, (name, it) in enumerate(zip(map(quoted, self.columns), self._readers, strict=True)):
            plain = it.plain(name)
            if plain is None:
                return None
            made.append((name, plain, it.nullable and place != self._slug))
        return made

    def _named(self, slugs: Sequence[object], ids: Sequence[object]) -> Sequence[object]:
        """Older applications have organizations without a slug. Those get their id, which nothing else has."""
        if None not in slugs:
            return slugs
        assert self._slug is not None  # noqa: S101  it is what was read
        self._readers[self._slug].told["NULL, which becomes the id"] += slugs.count(None)
        return [other if slug is None else slug for slug, other in zip(slugs, ids, strict=True)]

    def key(self, row: tuple[object, ...]) -> object:
        """The key of a row of the source, as people and JSON can have it."""
        return said(tuple(row[place] for place in self._key))


def converter(kind: Kind, source: SourceTable, table: Table) -> Converter:
    """What makes records for a table of the target out of rows of one of the source.

    Raises:
        NotFillable: the target has a column of a type that we can't fill.
    """
    return Converter(kind, source, table)


def said(key: tuple[object, ...]) -> object:
    """A key as people and JSON can have it: one value, or a list of several."""
    parts = [part.decode(errors="backslashreplace") if isinstance(part, bytes) else part for part in key]
    return parts if len(parts) > 1 else parts[0]
