"""Rows that no conversion can help: those that belong to a row that is not there, and those that are there twice.

SQLite does not look at foreign keys unless it is told to, and may lack a unique index that the target has. Whatever
belongs to a row that can't be can't be either.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from core.database.quoting import quoted
from core.transfer.columns import Reference, Table
from core.transfer.converting import said
from core.transfer.source import Source, SourceTable, SourceUnreadable
from core.transfer.values import ADDRESSES

NAMED = 10
"""How many rows are named for each reason."""


class Wrong(NamedTuple):
    """A reason for which rows can't be in the target: how many, and the keys of the first of them."""

    column: str | None
    reason: str
    rows: int
    keys: tuple[object, ...]


class Losses:
    """The rows that can't be, by their keys, each for the first reason that was found."""

    def __init__(self, source: Source, tables: dict[str, tuple[SourceTable, Table]]) -> None:
        self.tables = tables
        self._source = source
        self._lost: dict[str, set[str]] = defaultdict(set)
        self._new: dict[str, list[object]] = defaultdict(list)
        self._counts: dict[str, Counter[tuple[str | None, str]]] = defaultdict(Counter)
        self._keys: dict[tuple[str, str | None, str], list[object]] = defaultdict(list)

    def add(self, name: str, keys: Iterable[object], column: str | None, reason: str, *, anew: bool = False) -> None:
        """Note rows of a table as lost, but for those that are already.

        Args:
            name: the table.
            keys: of the rows.
            column: the one to blame.
            reason: what is wrong.
            anew: no row comes twice, so what has the same key is another one: SQLite allows many keys of NULL.
        """
        for key in keys:
            written = json.dumps(key)
            if written in self._lost[name] and not anew:
                continue
            self._lost[name].add(written)
            self._new[name].append(key)
            self._counts[name][column, reason] += 1
            if len(named := self._keys[name, column, reason]) < NAMED:
                named.append(key)

    def of(self, name: str) -> tuple[Wrong, ...]:
        """Why rows of a table can't be."""
        counts = self._counts[name].items()
        return tuple(Wrong(*why, rows, tuple(self._keys[name, *why])) for why, rows in counts)

    def add_orphans(self, name: str) -> None:
        """Those whose parent is not in the source."""
        for reference in self._references(name):
            named = " AND ".join(f"this.{quoted(column)} IS NOT NULL" for column in reference.columns)
            missing = "1"
            if reference.table in self.tables:
                missing = f"NOT EXISTS (SELECT 1 FROM {quoted(reference.table)} that WHERE {_same(reference)})"  # noqa: S608
            self._find(name, f"WHERE {named} AND {missing}", reference.columns, _nameless(reference))

    def add_unchecked(self, name: str) -> None:
        """Those that break a condition of the target, as far as SQLite understands those."""
        for condition in self.tables[name][1].checks:
            with suppress(SourceUnreadable):
                self._find(name, f"WHERE NOT ({condition})", (), f"the target wants that {condition}")

    def add_equals(self, name: str) -> None:
        """Those that are equal to one before them where only one may be. A lost one stands in nobody's way."""
        table, target = self.tables[name]
        key = _names(table.key)
        for columns in target.uniques:
            if not self._has(name, columns):
                continue
            values = ", ".join(_compared(name, column) for column in columns)
            named = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in columns)
            several = f"SELECT {values} FROM {quoted(name)} WHERE {named} GROUP BY {values} HAVING count(*) > 1"  # noqa: S608
            rows = self._source.fetch(
                f"SELECT {key}, {values} FROM {quoted(name)} WHERE ({values}) IN ({several}) ORDER BY {key}"  # noqa: S608
            )
            first: set[tuple[object, ...]] = set()
            for row in rows:
                called, value = said(row[: len(table.key)]), row[len(table.key) :]
                if json.dumps(called) in self._lost[name]:
                    continue
                if value in first:
                    column = columns[0] if len(columns) == 1 else None
                    self.add(name, [called], column, f"another row has the same {', '.join(columns)}")
                first.add(value)

    def follow(self) -> None:
        """What belongs to a lost row is lost, until nothing more is."""
        while self._new:
            parent, keys = self._new.popitem()
            lost = json.dumps([key if isinstance(key, list) else [key] for key in keys])
            for name in self.tables:
                for reference in self._references(name):
                    if reference.table != parent:
                        continue
                    key = self.tables[parent][0].key
                    parts = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(key)))
                    those = ", ".join(f"that.{quoted(column)}" for column in key)
                    among = f"({those}) IN (SELECT {parts} FROM json_each(?))"  # noqa: S608  its own names
                    where = f"JOIN {quoted(parent)} that ON {_same(reference)} WHERE {among}"
                    self._find(name, where, reference.columns, _nameless(reference), lost)

    def _references(self, name: str) -> list[Reference]:
        """Those of its foreign keys whose columns the source has, on both sides."""
        return [
            it
            for it in self.tables[name][1].references
            if self._has(name, it.columns) and (it.table not in self.tables or self._has(it.table, it.to))
        ]

    def _has(self, name: str, columns: Iterable[str]) -> bool:
        return {column.name for column in self.tables[name][0].columns}.issuperset(columns)

    def _find(self, name: str, where: str, columns: tuple[str, ...], reason: str, *arguments: object) -> None:
        key = ", ".join(f"this.{quoted(column)}" for column in self.tables[name][0].key)
        rows = self._source.fetch(f"SELECT {key} FROM {quoted(name)} this {where}", *arguments)  # noqa: S608
        self.add(name, map(said, rows), columns[0] if len(columns) == 1 else None, reason)


def _same(reference: Reference) -> str:
    pairs = zip(reference.columns, reference.to, strict=True)
    return " AND ".join(f"that.{quoted(other)} = this.{quoted(column)}" for column, other in pairs)


def _nameless(reference: Reference) -> str:
    return f"{', '.join(reference.columns)} names a row of {reference.table} that is not there"


def _compared(table: str, column: str) -> str:
    """As the target compares it, whatever collation the source has."""
    if (table, column) in ADDRESSES:
        return f"lowered(CAST({quoted(column)} AS BLOB))"
    return f"{quoted(column)} COLLATE BINARY"


def _names(columns: Iterable[str]) -> str:
    return ", ".join(map(quoted, columns))
