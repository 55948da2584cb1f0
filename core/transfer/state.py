"""What a run has come to, written down in the target itself, by the transaction that did it.

So whatever ends a run, a kill, a power cut, a server that goes away, the next one finds what was really done. It is a
schema of its own, and gone when the run is over.
"""

import json
from ast import literal_eval
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any, NamedTuple

from core.errors import Conflict
from core.transfer.columns import Reference
from core.transfer.converting import Rejected

SCHEMA = "stylobate_transfer"

Connection = Any
"""A connection of the pool's: asyncpg's, or a proxy of it."""

_TABLES = """
    CREATE SCHEMA stylobate_transfer;
    CREATE TABLE stylobate_transfer.run (
        source text NOT NULL, kind text NOT NULL, merging boolean NOT NULL, settled boolean NOT NULL
    );
    CREATE TABLE stylobate_transfer.progress (
        name text PRIMARY KEY, oid oid NOT NULL, into_schema text, into_table text NOT NULL, keys text NOT NULL,
        after text, rows bigint NOT NULL DEFAULT 0, added bigint, finished boolean NOT NULL DEFAULT false
    );
    CREATE TABLE stylobate_transfer.reject (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        "table" text NOT NULL, key text NOT NULL, "column" text, reason text NOT NULL, by_server boolean NOT NULL
    );
    CREATE TABLE stylobate_transfer.laid_aside (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind text NOT NULL, "table" text NOT NULL, name text NOT NULL, columns text[], put_back text NOT NULL
    );
"""


class NotFinished(Conflict):
    """Another transfer into this database has not come to its end."""


class Run(NamedTuple):
    """Which run it is. Only the same one may be gone on with."""

    source: str
    kind: str
    merging: bool


class Part(NamedTuple):
    """How far a table is: the key of the last row that was read, and how many rows were stored.

    ``into``: the table that its rows go into, of ours when they are merged later. ``references``: the foreign keys it
    has when none is laid aside.
    """

    name: str
    into: tuple[str | None, str]
    references: tuple[Reference, ...]
    after: tuple[object, ...] | None
    rows: int
    added: int | None
    finished: bool


class Refused(NamedTuple):
    """A row that was rejected, as it is told: never a value but the key."""

    table: str
    key: object
    column: str | None
    reason: str


async def begun(connection: Connection, run: Run, tables: Iterable[str]) -> bool:
    """Whether there is a run to go on with. What is left of one whose tables are gone goes, too.

    Raises:
        NotFinished: it is another one.
    """
    if not await connection.fetchval("SELECT to_regclass('stylobate_transfer.run') IS NOT NULL"):
        return False
    rows = await connection.fetch(
        "SELECT name, oid = to_regclass(quote_ident(name)) AS same FROM stylobate_transfer.progress"
    )
    if not all(row["same"] for row in rows):
        await remove(connection)
        return False
    begun = await connection.fetchrow("SELECT source, kind, merging FROM stylobate_transfer.run")
    if Run(**begun) != run or {row["name"] for row in rows} != set(tables):
        how = "merging" if begun["merging"] else "copying"
        raise NotFinished(
            f"{how} {begun['source']} ({begun['kind']}) into this database has not come to its end: call that again,"
            " or begin anew with `stylobate db reset`"
        )
    return True


async def make(connection: Connection, run: Run) -> None:
    """Begin to write down, in the open transaction."""
    await connection.execute(_TABLES)
    await connection.execute("INSERT INTO stylobate_transfer.run VALUES ($1, $2, $3, false)", *run)


async def remove(connection: Connection) -> None:
    """Forget the run."""
    await connection.execute("DROP SCHEMA stylobate_transfer CASCADE")


async def add_part(
    connection: Connection, name: str, into: tuple[str | None, str], references: Iterable[Reference]
) -> None:
    """Write down a table that will be filled."""
    await connection.execute(
        "INSERT INTO stylobate_transfer.progress (name, oid, into_schema, into_table, keys)"
        " VALUES ($1, to_regclass(quote_ident($1)), $2, $3, $4)",
        name,
        *into,
        repr([tuple(reference) for reference in references]),
    )


async def parts(connection: Connection) -> dict[str, Part]:
    """How far each table is."""
    rows = await connection.fetch("SELECT * FROM stylobate_transfer.progress")
    return {
        row["name"]: Part(
            row["name"],
            (row["into_schema"], row["into_table"]),
            tuple(Reference(*reference) for reference in literal_eval(row["keys"])),
            literal_eval(row["after"]) if row["after"] else None,
            row["rows"],
            row["added"],
            row["finished"],
        )
        for row in rows
    }


async def advance(connection: Connection, name: str, *, after: tuple[object, ...], rows: int) -> None:
    """Write down that a batch is stored."""
    await connection.execute(
        "UPDATE stylobate_transfer.progress SET after = $2, rows = rows + $3 WHERE name = $1", name, repr(after), rows
    )


async def correct(connection: Connection, name: str, *, rows: int, added: int | None = None) -> None:
    """Write down how many rows a table has got in the end, and how many of them it did not have."""
    await connection.execute(
        "UPDATE stylobate_transfer.progress SET rows = $2, added = $3 WHERE name = $1", name, rows, added
    )


async def finish(connection: Connection, name: str) -> None:
    """Write down that a table has all its rows."""
    await connection.execute("UPDATE stylobate_transfer.progress SET finished = true WHERE name = $1", name)


async def add_rejects(connection: Connection, rejects: Sequence[Rejected], *, by_server: bool) -> None:
    """Write down rows that are not taken."""
    if rejects:
        await connection.copy_records_to_table(
            "reject",
            schema_name=SCHEMA,
            columns=["table", "key", "column", "reason", "by_server"],
            records=[(it.table, written(it.key), it.column, it.reason, by_server) for it in rejects],
        )


async def forget_rejects(connection: Connection, table: str, keys: Sequence[str]) -> None:
    """Strike out what the target has refused of a table, of the rows with these keys as JSON."""
    await connection.execute(
        'DELETE FROM stylobate_transfer.reject WHERE "table" = $1 AND by_server AND key = ANY ($2)', table, keys
    )


def written(key: object) -> str:
    """A row's key as JSON."""
    return json.dumps(key, default=str)


async def rejects(connection: Connection) -> AsyncIterator[Refused]:
    """The rows that were not taken, in the order in which that was found, in the open transaction."""
    query = 'SELECT "table", key, "column", reason FROM stylobate_transfer.reject ORDER BY number'
    async for row in connection.cursor(query, prefetch=1000):
        yield Refused(row["table"], json.loads(row["key"]), row["column"], row["reason"])


async def rejected(connection: Connection) -> dict[str, int]:
    """How many rows were not taken, by table."""
    rows = await connection.fetch('SELECT "table", count(*) FROM stylobate_transfer.reject GROUP BY 1')
    return {row["table"]: row["count"] for row in rows}


async def rejected_by_server(connection: Connection, table: str) -> Counter[str]:
    """The keys, as JSON, of a table's rows that could be converted and still were not taken."""
    rows = await connection.fetch('SELECT key FROM stylobate_transfer.reject WHERE "table" = $1 AND by_server', table)
    return Counter(row["key"] for row in rows)


async def settled(connection: Connection) -> bool:
    """Whether every row is where it belongs, and everything that was laid aside is back."""
    return bool(await connection.fetchval("SELECT settled FROM stylobate_transfer.run"))


async def settle(connection: Connection) -> None:
    """Write that down."""
    await connection.execute("UPDATE stylobate_transfer.run SET settled = true")
