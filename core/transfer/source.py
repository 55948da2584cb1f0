"""A SQLite file that is read and never changed, as it was when the reading began, however long that takes.

One read transaction is the snapshot. Where the file is in WAL mode, others go on writing meanwhile; where it is not,
they wait. Everything here blocks: use it from one thread at a time.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from sys import getsizeof
from typing import Any, NamedTuple
from urllib.parse import quote

from core.database.quoting import quoted
from core.errors import Unavailable

_PATIENCE = 5.0
"""Seconds to wait for somebody who writes."""
LARGEST_BATCH = 8 * 2**20
"""About how many bytes of memory a batch may take before it ends early."""


class SourceUnreadable(Unavailable):
    """The file is no SQLite database, or not one that can be read."""


class NotText(bytes):
    """What a column holds as text and is no UTF-8."""

    __slots__ = ()


class SourceColumn(NamedTuple):
    """A column, with the type that its table declares: SQLite keeps anything in any column."""

    name: str
    declared: str


class SourceTable(NamedTuple):
    """A table. ``key`` names its primary key's columns, or SQLite's own number of a row where it has none."""

    name: str
    columns: tuple[SourceColumn, ...]
    key: tuple[str, ...]
    rows: int


class Batch(NamedTuple):
    """Where to go on, and some rows: a number where the table has SQLite's own, a key where it has not."""

    last_key: tuple[object, ...]
    rows: list[tuple[object, ...]]


@contextmanager
def open_source(file: Path) -> Iterator["Source"]:
    """Open a file at one moment.

    Raises:
        SourceUnreadable: there is none, it is no database, or nothing may read it.
    """
    with closing(_opened(file)) as connection:
        yield Source(file, connection)


def _opened(file: Path) -> sqlite3.Connection:
    with ExitStack() as held, _failures(file):
        opened = sqlite3.connect(_uri(file), uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        held.callback(opened.close)
        opened.execute("PRAGMA query_only = ON")
        opened.execute("BEGIN")
        # The snapshot is of the moment of the first reading.
        opened.execute("SELECT count(*) FROM sqlite_master").fetchone()
        held.pop_all()
        return opened


def _uri(file: Path) -> str:
    with file.open("rb") as opened:
        header = opened.read(20)
    log = Path(f"{file}-wal")
    mode = "mode=ro"
    if header[18:20] == b"\2\2" and not (log.exists() and log.stat().st_size):
        # To read a log there must be one. Who may write takes it away again as the last one out; who may not leaves it.
        writable = os.access(file, os.W_OK) and os.access(file.absolute().parent, os.W_OK)
        mode = "mode=rw" if writable else "mode=ro&immutable=1"
    return f"file:{quote(str(file))}?{mode}"


@contextmanager
def _failures(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceUnreadable(
            f"SQLite file {str(file)!r} can't be read: {error.strerror}", remedy="check its name and its rights"
        ) from error
    except sqlite3.DatabaseError as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: sqlite3.Error) -> SourceUnreadable:
    said = str(error)
    remedy = "check that it is a SQLite file, whole, and not an encrypted one"
    if "locked" in said:
        remedy = "somebody is writing to it: try again, or end what holds it"
    elif "readonly" in said:
        remedy = "its program ended in the middle of a change: open it once with that program, which takes it back"
    elif "unable to open" in said:
        remedy = "check its rights; if a -wal file lies beside it, copy both to a folder where you may write"
    return SourceUnreadable(f"SQLite file {str(file)!r} can't be read: {said}", remedy=remedy)


_NAMES = "SELECT name FROM pragma_table_xinfo(?)"


class Source:
    """An open file. See ``open_source``."""

    def __init__(self, file: Path, connection: sqlite3.Connection) -> None:
        self.file = file
        self._connection = connection
        connection.create_function("lowered", 1, _lowered, deterministic=True)

    def tables(self) -> dict[str, SourceTable]:
        """Its tables by their names, without SQLite's own and virtual ones."""
        names = self.fetch(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
            " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
        )
        return {name: self._table(name) for (name,) in names}

    def _table(self, name: str) -> SourceTable:
        # Generated columns are columns here; hidden ones of virtual tables are not there.
        columns = self.fetch("SELECT name, type, pk FROM pragma_table_xinfo(?) WHERE hidden <> 1", name)
        key = tuple(column for column, _, place in sorted(columns, key=lambda it: it[2]) if place)
        [(rows,)] = self.fetch(f"SELECT count(*) FROM {quoted(name)}")  # noqa: S608  its own name
        return SourceTable(
            name=name,
            columns=tuple(SourceColumn(column, declared) for column, declared, _ in columns),
            key=key or (self.number(name) or "rowid",),
            rows=rows,
        )

    @property
    def encoding(self) -> str:
        """How it holds text."""
        return str(self.fetch("PRAGMA encoding")[0][0])

    def number(self, table: str) -> str | None:
        """What SQLite's own number of a row is called, in a table that has it."""
        for name in {"rowid", "_rowid_", "oid"} - {name.lower() for (name,) in self.fetch(_NAMES, table)}:
            try:
                self._connection.execute(f"SELECT {name} FROM {quoted(table)} LIMIT 0")  # noqa: S608  its own name
            except sqlite3.OperationalError:
                return None  # WITHOUT ROWID.
            return name
        return None

    def batches(
        self,
        table: SourceTable,
        columns: Sequence[str],
        *,
        after: tuple[object, ...] | None = None,
        upto: tuple[object, ...] | None = None,
        size: int,
    ) -> Iterator[Batch]:
        """The rows, in an order that stays.

        Text comes as ``str``, or as ``NotText`` where it is no UTF-8; everything else as SQLite keeps it.

        Args:
            table: which, as ``tables`` gave it.
            columns: what of each row.
            after: the ``last_key`` of a batch, to go on behind it.
            upto: that of another, to end with it.
            size: how many rows a batch has at the most. It has fewer where rows are large.
        """
        number = self.number(table.name)
        # In quotes, a number that is not there would be a text.
        names = number or ", ".join(map(quoted, table.key))
        selected = ", ".join((*(quoted(name) if name != number else name for name in columns), names))
        places = ", ".join("?" * (1 if number else len(table.key)))
        begin = f"SELECT {selected} FROM {quoted(table.name)}"  # noqa: S608  its own names
        end = f"ORDER BY {names} LIMIT {size:d}"
        while True:
            behind = "TRUE" if after is None else f"({names}) > ({places})"
            within = "TRUE" if upto is None else f"({names}) <= ({places})"
            rows = self._rows(f"{begin} WHERE {behind} AND {within} {end}", (*(after or ()), *(upto or ())), size)
            if not rows:
                return
            after = rows[-1][len(columns) :]
            yield Batch(after, [row[: len(columns)] for row in rows])

    def _rows(self, sql: str, arguments: tuple[object, ...], size: int) -> list[tuple[object, ...]]:
        with _failures(self.file):
            # SQLite says for nothing when a value is large. (It does not look at what lies on one page of 4 KiB.)
            usual = self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, max(LARGEST_BATCH // size, 4096))
            try:
                return self._connection.execute(sql, arguments).fetchall()
            except sqlite3.DatabaseError as error:
                if "too big" not in str(error) and "decode" not in str(error):
                    raise
            finally:
                self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, usual)
            self._connection.text_factory = _text
            try:
                return _fitting(self._connection.execute(sql, arguments))
            finally:
                self._connection.text_factory = str

    def gathered(self, sql: str, *arguments: object, most: int) -> tuple[Any, ...] | None:
        """The one row that a statement finds. None where one of its values, or what it is made of, has more bytes."""
        with _failures(self.file):
            usual = self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, most)
            try:
                [found] = self._connection.execute(sql, arguments).fetchall()
            except sqlite3.DataError:
                return None
            finally:
                self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, usual)
            return found  # type: ignore[no-any-return]

    def fetch(self, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
        """What a statement finds. Beside SQLite's functions there is ``lowered``, for text as a blob."""
        self._connection.text_factory = _text
        try:
            with _failures(self.file):
                return self._connection.execute(sql, arguments).fetchall()
        finally:
            self._connection.text_factory = str


def _fitting(cursor: sqlite3.Cursor) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    weight = 0
    for row in cursor:
        rows.append(row)
        weight += sum(map(getsizeof, row))
        if weight > LARGEST_BATCH:
            break
    cursor.close()
    return rows


def _text(stored: bytes) -> str | NotText:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return NotText(stored)


def _lowered(text: bytes | None) -> bytes | None:
    """SQLite's own lower() knows ASCII only."""
    return text and text.decode(errors="surrogateescape").lower().encode(errors="surrogateescape")
