"""From PostgreSQL to a SQLite file: a copy to take home.

It is written under another name, of one moment of the database, compared, and only then gets its own. What is in it is
as our own engine for SQLite would have written it.
"""

import asyncio
import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from core import migrate, progress
from core.database.migrated import require_migrated
from core.database.quoting import quoted
from core.database.uninterrupted import uninterrupted
from core.errors import Conflict, Unavailable
from core.migrate.scratch import lent
from core.settings import PostgresUrl, SqliteUrl
from core.transfer import reading, targets, verifying
from core.transfer.columns import Column, Table, tables_of
from core.transfer.converting import converter
from core.transfer.copying import Job
from core.transfer.extras import BOOKKEEPING, Extra, LeftBehind
from core.transfer.kinds import Kind, Recognised
from core.transfer.moving import Filled, Moved
from core.transfer.planning import order
from core.transfer.reading import Tally
from core.transfer.source import Source, open_source
from core.transfer.state import Connection
from core.transfer.verifying import Compared, Rows, selected


class FileThere(Conflict):
    """There is a file of this name already."""


class BeingWritten(Conflict):
    """Another process writes this file."""


class HomeDiffers(Unavailable):
    """What was written is not what is in the database."""


class FileNotWritten(Unavailable):
    """The file can't be written."""


async def take_home(source: PostgresUrl, target: Path, *, extra: Extra = Extra.REFUSE) -> Moved:
    """Copy a database into a new SQLite file.

    Args:
        source: the database, with all migrations. It is read as it is at one moment, while others write.
        target: the file, which must not be there yet.
        extra: what becomes of tables and columns that our migrations don't know.

    Raises:
        FileThere: it is.
        BeingWritten: another process makes it.
        LeftBehind: the database has tables or columns of its own, and nobody said what to do with them.
        HomeDiffers: it has values that a SQLite file can't hold. There is no file then.
        FileNotWritten: it can't be, for lack of room or rights.
        Unavailable: the database can't be read.
    """
    began = time.monotonic()
    with _made(target) as new:
        with lent(("models",)):
            async with migrate.opened(SqliteUrl(file=str(new))):
                async for _ in migrate.migrate():
                    pass
        async with targets.opened(source) as connection:
            await require_migrated()
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                there = await tables_of(connection)
                tables = _placed(new, {name: there[name] for name in order(there) if name not in BOOKKEEPING}, extra)
                with _filling(new) as file:
                    tally = Tally("copy", await _rows(connection, tables))
                    filled = [await _fill(connection, file, table, tally) for table in tables]
                compared = await _compare(connection, new, tables)
        if different := [it.table for it in compared if not it.same]:
            raise HomeDiffers(
                f"the file does not hold the same in {', '.join(different)}, and was thrown away",
                remedy="look there for values that SQLite does not have: NaN, infinite times",
            )
    return Moved(
        Recognised(Kind.STYLOBATE, "it has had our migrations"),
        tuple(filled),
        tuple(compared),
        resumed=False,
        seconds=time.monotonic() - began,
    )


@contextmanager
def _made(target: Path) -> Iterator[Path]:
    """The file to write, which gets its name at the end."""
    if target.exists():
        raise FileThere(f"{target} is there already: move it away, or name another")
    new = target.with_name(f"{target.name}.arriving")
    journals = [Path(f"{new}{end}") for end in ("-wal", "-shm", "-journal")]
    try:
        lock = _alone(new)
        try:
            for left in journals:
                left.unlink(missing_ok=True)
            os.ftruncate(lock, 0)  # What a run left that was killed.
            yield new
            os.fsync(lock)
            new.rename(target)
            _sync(target.parent)
        finally:
            for left in (new, *journals):
                left.unlink(missing_ok=True)
            os.close(lock)
    except OSError as error:
        raise _not_written(target, error.strerror or type(error).__name__) from error
    except sqlite3.OperationalError as error:
        raise _not_written(target, str(error)) from error


def _not_written(target: Path, why: str) -> FileNotWritten:
    return FileNotWritten(
        f"SQLite file {str(target)!r} can't be written: {why}", remedy="check the folder, its rights and its space"
    )


def _alone(new: Path) -> int:
    """The open file, while nobody else works on it."""
    while True:
        file = os.open(new, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file).st_ino == new.stat().st_ino:  # Its last writer has not renamed it meanwhile.
                return file
        except BlockingIOError:
            os.close(file)
            raise BeingWritten(f"another process writes {new}") from None
        except FileNotFoundError:
            pass
        os.close(file)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _placed(new: Path, tables: dict[str, Table], extra: Extra) -> list[Table]:
    """The tables that the file has, with the columns it has, once there is a place for what it lacked."""
    with open_source(new) as source:
        there = {name: {column.name for column in table.columns} for name, table in source.tables().items()}
    lacking = {
        name: [column for column in table.columns if column.name not in there.get(name, ())]
        for name, table in tables.items()
    }
    lacking = {name: columns for name, columns in lacking.items() if columns}
    if lacking and extra == Extra.REFUSE:
        listed = ", ".join(
            f"{name}.{column.name}" if name in there else f"table {name}"
            for name, columns in lacking.items()
            for column in columns[: None if name in there else 1]
        )
        raise LeftBehind(f"the file has no place for {listed}: say --extra to carry them, or --leave-extra")
    if extra == Extra.CARRY:
        with closing(sqlite3.connect(new)) as connection:
            for name, columns in lacking.items():
                for statement in _places(tables[name], columns, there):
                    connection.execute(statement)
        return list(tables.values())
    return [
        table._replace(columns=tuple(it for it in table.columns if it not in lacking.get(name, ())))
        for name, table in tables.items()
        if name in there
    ]


_DECLARED = {
    "boolean": "INT",
    "smallint": "INT",
    "integer": "INT",
    "bigint": "BIGINT",
    "double": "REAL",
    "bytes": "BLOB",
}


def _places(table: Table, columns: Sequence[Column], there: dict[str, set[str]]) -> list[str]:
    declared = [f"{quoted(column.name)} {_DECLARED.get(column.type, 'TEXT')}" for column in columns]
    if table.name in there:
        return [f"ALTER TABLE {quoted(table.name)} ADD COLUMN {column}" for column in declared]
    key = [f"PRIMARY KEY ({', '.join(map(quoted, table.key))})"] if table.key else []
    return [f"CREATE TABLE {quoted(table.name)} ({', '.join([*declared, *key])})"]


_WRITTEN: dict[str, Callable[[Any], object]] = {
    "timestamp": lambda moment: moment.isoformat(" "),
    "date": date.isoformat,
    "boolean": int,
    "numeric": str,
    "uuid": str,
}
"""How our engine for SQLite writes what SQLite has no type for."""


@contextmanager
def _filling(new: Path) -> Iterator[sqlite3.Connection]:
    """The file without what makes writing slow. It is nobody's yet, and thrown away when anything goes wrong."""
    with closing(sqlite3.connect(new, isolation_level=None, check_same_thread=False)) as file:
        # One file that stands for itself. Whoever opens it as the app does turns WAL on again.
        for pragma in ("journal_mode = DELETE", "journal_mode = OFF", "synchronous = OFF"):
            file.execute(f"PRAGMA {pragma}").fetchall()
        indexes = file.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in indexes:
            file.execute(f"DROP INDEX {quoted(name)}")
        file.execute("BEGIN")
        yield file
        for number, (_, sql) in enumerate(indexes, start=1):
            file.execute(sql)
            progress.tell(done=number, total=len(indexes), unit="", what="indexes")
        file.execute("COMMIT")


async def _rows(connection: Connection, tables: Sequence[Table]) -> int:
    counted = (f"(SELECT count(*) FROM {quoted(table.name)})" for table in tables)  # noqa: S608  the same
    return int(await connection.fetchval(f"SELECT {' + '.join(counted)}"))


async def _fill(connection: Connection, file: sqlite3.Connection, table: Table, tally: Tally) -> Filled:
    names = ", ".join(quoted(column.name) for column in table.columns)
    marks = ", ".join("?" * len(table.columns))
    insert = f"INSERT INTO {quoted(table.name)} ({names}) VALUES ({marks})"  # noqa: S608  its own names
    written = [(place, _WRITTEN[it.type]) for place, it in enumerate(table.columns) if it.type in _WRITTEN]
    done = 0
    async for rows in selected(connection, f"SELECT {names} FROM {quoted(table.name)}"):  # noqa: S608  the same
        await uninterrupted(asyncio.to_thread(_insert, file, insert, _as_stored(rows, written)))
        done += len(rows)
        tally.add(len(rows))
    return Filled(table.name, done, 0, 0)


def _insert(file: sqlite3.Connection, insert: str, rows: Iterator[tuple[object, ...]]) -> None:
    # The cursor ends here. Later, it would reset the statement under the next batch, which uses the same.
    file.executemany(insert, rows).close()


def _as_stored(rows: Rows, written: list[tuple[int, Callable[[Any], object]]]) -> Iterator[tuple[object, ...]]:
    columns: list[Sequence[object]] = list(zip(*rows, strict=True))
    for place, write in written:
        columns[place] = [None if value is None else write(value) for value in columns[place]]
    return zip(*columns, strict=True)


async def _compare(connection: Connection, new: Path, tables: Sequence[Table]) -> list[Compared]:
    """Read the file as one would read any other, and the database once more."""
    async with reading.opened(new) as reader:
        there = await reader.run(Source.tables)
        # Under no table's name, so that nothing is mended that is as it was.
        read = [converter(Kind.STYLOBATE, there[table.name], table._replace(name="")) for table in tables]
        jobs = [(Job(there[table.name], table, it), (None, table.name)) for table, it in zip(tables, read, strict=True)]
        return await verifying.compare(connection, reader, jobs, {})
