"""What a SQLite file is made of."""

import os
import re
from collections import Counter
from contextlib import suppress
from typing import Any, NamedTuple

from tortoise.exceptions import OperationalError

from core.database import DatabaseBusy, DatabaseUnreachable, connection, dialect
from core.database.sqlite import SqliteClient
from core.statistics.asking import read


class File(NamedTuple):
    """The file, and the one beside it that takes what was written last. Sizes are in bytes.

    ``free_pages`` are empty, and are used before the file grows.
    """

    path: str
    version: str
    journal_mode: str
    bytes: int
    wal_bytes: int
    page_size: int
    pages: int
    free_pages: int


class Key(NamedTuple):
    """A column of an index: what it is, and how it is ordered."""

    column: str
    order: str


class Indexed(NamedTuple):
    """An index, as the file's own tables tell of it."""

    table: str
    name: str
    keys: tuple[Key, ...]
    unique: bool
    constraint: bool
    predicate: str
    definition: str
    bytes: int | None
    analyzed: bool
    age: int


class _Size(NamedTuple):
    """Of a table or an index, which is a tree of pages."""

    bytes: int | None = None
    rows: int | None = None


_FILE = """
    SELECT sqlite_version() AS version, journal_mode, page_size, page_count AS pages, freelist_count AS free_pages
    FROM pragma_journal_mode, pragma_page_size, pragma_page_count, pragma_freelist_count
"""
# Row by row of dbstat, and not aggregated by itself, so that it can be given up.
_SIZES = """
    SELECT name, sum(pgsize) AS bytes, sum(CASE WHEN pagetype = 'leaf' THEN ncell ELSE 0 END) AS rows
    FROM dbstat GROUP BY name
"""
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
_INDEXES = f"""
    SELECT m.name AS "table", l.name, l."unique", l.origin, l.partial, x.name AS "column", x."desc", x.coll,
        coalesce(i.sql, '') AS definition, i.rowid AS age
    FROM ({_TABLES}) m, pragma_index_list(m.name) l, pragma_index_xinfo(l.name) x
    JOIN sqlite_master i ON i.type = 'index' AND i.name = l.name
    WHERE x.key ORDER BY m.name, l.name, x.seqno
"""  # noqa: S608  our own words


async def file() -> File | None:
    """The file; None where the database is none. Outside a transaction only."""
    client = connection()
    if not isinstance(client, SqliteClient):
        return None
    row = (await read(_FILE))[0]
    if client.filename == ":memory:":
        return File(path=client.filename, bytes=row["page_size"] * row["pages"], wal_bytes=0, **row)
    return File(path=client.filename, bytes=_bytes(client.filename), wal_bytes=_bytes(f"{client.filename}-wal"), **row)


def _bytes(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116  the name is text, as SQLite has it
    except FileNotFoundError:
        return 0


async def quick_check() -> list[str]:
    """What is broken in the file, as far as it can be seen without comparing indexes with their tables.

    It reads the whole file and takes its time; others go on meanwhile. On PostgreSQL there is nothing to find.
    """
    if dialect() != "sqlite":
        return []
    try:
        found = await read("PRAGMA quick_check", seconds=float("inf"))
    except DatabaseUnreachable as error:  # So broken that it can't say how.
        return [str(error)]
    return [row["quick_check"] for row in found if row["quick_check"] != "ok"]


async def tables() -> list[tuple[str, int | None, int | None, int | None]]:
    """Name, rows, bytes, and bytes of the indexes of each table, the largest first."""
    sizes, of_indexes = await _sizes(), Counter[str]()
    for row in await read("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'"):
        of_indexes[row["tbl_name"]] += sizes.get(row["name"], _Size()).bytes or 0
    found = []
    for row in await read(_TABLES):
        size = sizes.get(row["name"], _Size())
        found.append((row["name"], size.rows, size.bytes, of_indexes[row["name"]] if sizes else None))
    return sorted(found, key=lambda it: (-(it[2] or 0), it[0]))


async def indexes() -> list[Indexed]:
    """Every index, by table and name."""
    rows, sizes, analyzed = await read(_INDEXES), await _sizes(), await _analyzed()
    grouped: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault((row["table"], row["name"]), []).append(row)
    return [
        Indexed(
            table=table,
            name=name,
            keys=_keys(columns),
            unique=bool(columns[0]["unique"]),
            constraint=columns[0]["origin"] != "c",
            predicate=_after("where", columns[0]["definition"]) if columns[0]["partial"] else "",
            definition=columns[0]["definition"],
            bytes=sizes.get(name, _Size()).bytes,
            # Of a table without rows ANALYZE writes nothing down.
            analyzed=name in analyzed or sizes.get(table, _Size()).rows == 0,
            age=columns[0]["age"],
        )
        for (table, name), columns in grouped.items()
    ]


def _keys(columns: list[dict[str, Any]]) -> tuple[Key, ...]:
    if any(column["column"] is None for column in columns):  # An expression, which only the text of the whole tells.
        return (Key(_after("on", columns[0]["definition"]), ""),)
    return tuple(Key(it["column"], f"{it['coll']} {'DESC' if it['desc'] else ''}".rstrip()) for it in columns)


def _after(word: str, definition: str) -> str:
    return re.split(rf"(?i)\b{word}\b", " ".join(definition.split()), maxsplit=1)[-1].strip()


async def _sizes() -> dict[str, _Size]:
    """Of tables and indexes by their name; of none where SQLite was built without it, or the file is too large."""
    with suppress(DatabaseBusy, OperationalError):
        return {row["name"]: _Size(row["bytes"], row["rows"]) for row in await read(_SIZES)}
    return {}


async def _analyzed() -> set[str]:
    if not await read("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'"):
        return set()
    return {row["idx"] for row in await read("SELECT DISTINCT idx FROM sqlite_stat1 WHERE idx IS NOT NULL")}
