"""Rows that SQLite itself writes as the lines of PostgreSQL's COPY, a batch in one value.

Nearly all batches are plain: what a converter would do to each value, SQL can say. Then no value ever becomes an object
of Python's, and other threads run meanwhile. What is not plain, or what the server then refuses, goes through the
converter, which alone says what is wrong with a row.
"""

from typing import NamedTuple

from core.database.quoting import quoted
from core.transfer.converting import Converter
from core.transfer.source import Source, SourceTable

COLUMN, NULL = "\x1f", "\x1d"
"""What stands between two columns, and for NULL."""
_ROW = "\x1e"
_LEAST = -(2**63)
"""The least number that a row may have."""
_LARGEST = 2**21
"""How many bytes a batch has at the most."""
_SMALLEST = 128
"""A batch has at least one of so many parts of its rows, or these are large, and Python is no slower."""
_COLUMNS = 200
"""More are more than SQLite takes in one expression."""


class Lines(NamedTuple):
    """Where to go on, how many rows there are, and the rows."""

    last_key: tuple[object, ...]
    rows: int
    text: bytes


class Writer:
    """Has a table's rows written. See ``writer``."""

    def __init__(self, source: Source, statement: str, columns: int, size: int) -> None:
        self._source = source
        self._statement = statement
        self._columns = columns
        self._usual = self._size = size

    def write(self, after: tuple[object, ...] | None) -> Lines | None:
        """The rows behind a key. None when they are not plain, too large or no more."""
        while self._size > self._usual // _SMALLEST:
            behind = after or (None,)
            found = self._source.gathered(self._statement, *behind, _LEAST, self._size, most=_LARGEST)
            if found:
                return self._lines(*found)
            self._size //= 2
        self._size = self._usual
        return None

    def _lines(self, text: bytes | None, rows: int, plain: int, nulls: int, last: int) -> Lines | None:
        if text is None or plain < rows:
            return None
        counted = (rows, (self._columns - 1) * rows, nulls)
        if tuple(text.count(mark.encode()) for mark in (_ROW, COLUMN, NULL)) != counted:
            return None  # One of them is in a value, too.
        for written, escaped in ((b"\\", b"\\\\"), (b"\n", b"\\n"), (b"\r", b"\\r"), (_ROW.encode(), b"\n")):
            text = text.replace(written, escaped)
        return Lines((last,), rows, text)


def writer(source: Source, table: SourceTable, converter: Converter, *, size: int) -> Writer | None:
    """What writes a table's rows, so many at once; None where SQLite can't.

    It needs its own number of a row, to go on behind, and types of which it knows how to write them.
    """
    number = source.number(table.name)
    columns = converter.plain()
    if not number or not columns or len(columns) > _COLUMNS or source.encoding != "UTF-8":
        return None
    conditions, written, nulls = [], [], ["0"]
    for name, (condition, text), nullable in columns:
        conditions.append(f"({name} IS NULL OR {condition})" if nullable else f"({condition})")
        written.append(f"ifnull({text}, '{NULL}')" if nullable else f"({text})")
        if nullable:
            nulls.append(f"({name} IS NULL)")
    statement = f"""
        SELECT CAST(group_concat(line, '') AS BLOB), count(*), count(nulls), sum(nulls), max(place) FROM (
            SELECT {number} AS place, {f" || '{COLUMN}' || ".join(written)} || '{_ROW}' AS line,
                CASE WHEN {" AND ".join(conditions)} THEN {" + ".join(nulls)} END AS nulls
            FROM {quoted(table.name)}
            WHERE {number} >= ifnull(?1, ?2) AND {number} IS NOT ?1 ORDER BY {number} LIMIT ?3
        )
    """  # noqa: S608  its own names
    return Writer(source, statement, len(columns), size)
