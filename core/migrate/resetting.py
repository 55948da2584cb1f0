"""Emptying a database altogether, tables and all."""

from collections.abc import AsyncIterator
from importlib.resources.abc import Traversable
from typing import NamedTuple

from core.database import dialect, transaction
from core.database.quoting import quoted
from core.database.statements import fetch
from core.migrate import applying
from core.migrate.executing import enter, execute
from core.migrate.waiting import PATIENCE, patiently, turn
from core.settings import DatabaseUrl, PostgresUrl

_LOCAL = ("localhost", "127.0.0.1", "::1")


class Contents(NamedTuple):
    """What would go."""

    tables: int
    rows: int


def is_local(url: DatabaseUrl) -> bool:
    """Whether a database is on this machine, as one for development is."""
    return not isinstance(url, PostgresUrl) or url.host in _LOCAL or url.host.startswith("/")


def name_of(url: DatabaseUrl) -> str:
    """What a database is called by those who mean this one."""
    return url.database if isinstance(url, PostgresUrl) else url.file


async def contents() -> Contents:
    """How much is in the open database."""
    tables = [row["name"] for row in await fetch(_TABLES[dialect()])]
    rows = 0
    for table in tables:
        rows += (await fetch(f"SELECT count(*) AS rows FROM {quoted(table)}"))[0]["rows"]  # noqa: S608  a table's name
    return Contents(len(tables), rows)


async def reset(*, root: Traversable | None = None) -> AsyncIterator[str]:
    """Drop everything in the open database, migrate it anew, and name each file when it is applied.

    On PostgreSQL, everything in the current schema but what extensions brought.

    Raises:
        DatabaseBusy: somebody holds a table and does not let go.
    """
    async with turn(PATIENCE):
        await patiently(_drop_everything, PATIENCE, "who uses the tables")
    async for name in applying.migrate(root=root):
        yield name


async def _drop_everything() -> None:
    if dialect() == "postgres":
        async with transaction():
            await enter()
            for row in await fetch(_DROPS):
                await execute(row["statement"])
        return
    await fetch("PRAGMA foreign_keys = OFF")
    try:
        async with transaction():
            for row in await fetch(_DROPS_OF_SQLITE):
                await execute(row["statement"])
    finally:
        await fetch("PRAGMA foreign_keys = ON")


_TABLES = {
    "postgres": "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY 1",
}
_DROPS = """
    SELECT format('DROP %s IF EXISTS %s CASCADE', kind, name) AS statement FROM (
        SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END AS kind,
            oid::regclass::text AS name, 'pg_class'::regclass AS catalog, oid
        FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        UNION ALL
        SELECT 'ROUTINE', oid::regprocedure::text, 'pg_proc'::regclass, oid
        FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
        UNION ALL
        SELECT CASE typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END, oid::regtype::text, 'pg_type'::regclass, oid
        FROM pg_type WHERE typnamespace = current_schema()::regnamespace AND typtype IN ('e', 'd')
    ) AS everything
    WHERE NOT EXISTS (
        SELECT FROM pg_depend
        WHERE classid = everything.catalog AND objid = everything.oid AND deptype = 'e'
    )
    ORDER BY kind = 'ROUTINE', kind LIKE '%TYPE', kind LIKE 'DOMAIN'
"""
_DROPS_OF_SQLITE = """
    SELECT 'DROP ' || type || ' IF EXISTS "' || replace(name, '"', '""') || '"' AS statement FROM sqlite_master
    WHERE type IN ('view', 'table') AND name NOT LIKE 'sqlite@_%' ESCAPE '@' ORDER BY type DESC
"""
