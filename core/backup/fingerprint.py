"""What is in a database's tables, in a few words: how many rows, and a number that any change of them would change.

The number is the sum of a hash of each row, so the order of the rows does not matter. On PostgreSQL the server hashes
them, with the functions that its hash-partitioned tables stand on, so they stay the same from version to version (a
test holds their values). Types for which equal does not mean the same, such as ``numeric``, are hashed as text, and all
settings that shape text are fixed.
"""

import sqlite3
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING

from core import progress
from core.backup.manifest import TableContent
from core.database.quoting import quoted

if TYPE_CHECKING:
    import asyncpg

_AS_ALWAYS = {
    "search_path": "pg_catalog",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "extra_float_digits": "1",
    "bytea_output": "hex",
    "lc_monetary": "C",
    # Rows that we may not see are an error, and not rows that are not there.
    "row_security": "off",
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "transaction_timeout": "0",
}
_SET = "SELECT set_config(name, $2, false) FROM pg_catalog.pg_settings WHERE name = lower($1)"
"""Not an error where the server does not know it: ``transaction_timeout`` came with 17."""

_TABLES = """
    SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
        AND d.deptype = 'e')
    ORDER BY 1, 2
"""
"""Those that pg_dump writes the rows of: an extension's own tables come with the extension."""

_COLUMNS = """
    SELECT string_agg(CASE
        WHEN atttypid = ANY ('{text,varchar,bpchar}'::regtype[]) THEN format('this.%I COLLATE "C"', attname)
        WHEN atttypid = ANY ('{bool,int2,int4,int8,bytea,uuid,date,timestamp,timestamptz}'::regtype[])
            THEN format('this.%I', attname)
        ELSE format('this.%I::text COLLATE "C"', attname) END, ', ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
"""

# A row's hash is a sum over its columns. Without another hash of that, what is swapped between two rows would not show.
_OF_A_TABLE = """
    SELECT count(*) AS rows,
        coalesce(sum(hashtextextended(hash_record_extended(ROW({columns}), 0)::text COLLATE "C", 0)), 0) AS total
    FROM {table} this
"""


async def of_postgres(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, TableContent]:
    """Every table of a PostgreSQL database, as the connection's transaction sees it. Tables of ``public`` go without
    their schema's name.
    """
    for name, value in _AS_ALWAYS.items():
        await connection.execute(_SET, name, value)
    tables = await connection.fetch(_TABLES)
    contents = {}
    for number, (schema, table) in enumerate(tables, start=1):
        where = f"{quoted(schema)}.{quoted(table)}"
        columns = await connection.fetchval(_COLUMNS, where)
        row = await connection.fetchrow(_OF_A_TABLE.format(columns=columns or "", table=where))
        assert row is not None  # noqa: S101  an aggregate has one
        name = table if schema == "public" else f"{schema}.{table}"
        contents[name] = _content(row["rows"], int(row["total"]))
        progress.tell(done=number, total=len(tables), unit="tables", what="count")
    return contents


def of_sqlite(connection: sqlite3.Connection) -> dict[str, TableContent]:
    """Every table of a SQLite database. ``1``, ``1.0``, ``'1'`` and a blob of it are four values."""
    connection.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    tables = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    ).fetchall()
    contents = {}
    for number, (table,) in enumerate(tables, start=1):
        rows = total = 0
        for row in connection.execute(f"SELECT * FROM {quoted(table)}"):  # noqa: S608  its own names
            rows += 1
            # ascii() is what repr() is, and the same in every version of Unicode.
            total += int.from_bytes(blake2b(ascii(row).encode("ascii"), digest_size=8).digest())
        contents[table] = _content(rows, total)
        progress.tell(done=number, total=len(tables), unit="tables", what="count")
    return contents


def _content(rows: int, total: int) -> TableContent:
    return TableContent(rows=rows, fingerprint=f"{total % 2**64:016x}")
