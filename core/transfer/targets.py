"""The target: opened for long work, given its tables where it has none, and held against the source."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from core import database, migrate
from core.database import connection as client
from core.database.failures import postgres_failures
from core.database.migrated import applied, require_migrated
from core.database.uninterrupted import uninterrupted
from core.errors import Invalid
from core.migrate import files
from core.migrate.executing import execute
from core.settings import PostgresUrl
from core.transfer.columns import Table, tables_of
from core.transfer.converting import converter
from core.transfer.copying import Job, room
from core.transfer.extras import BOOKKEEPING
from core.transfer.kinds import Kind
from core.transfer.planning import order
from core.transfer.reading import Reader
from core.transfer.source import Source
from core.transfer.state import Connection


class NothingToMove(Invalid):
    """The source has none of the target's tables."""


class ColumnMissing(Invalid):
    """The target must have something in a column that the source lacks."""


@asynccontextmanager
async def opened(url: PostgresUrl) -> AsyncIterator[Connection]:
    """The target, and a connection to it for one long work."""
    where = f"database {url.database!r} on {url.host}:{url.port}"
    async with migrate.opened(url):
        pool: Any = client()
        with postgres_failures(where), room(where):
            borrowed = await pool.borrow()
            try:
                await borrowed.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
                yield borrowed
            finally:
                await uninterrupted(pool._pool.release(borrowed))  # noqa: SLF001  Tortoise's engines are extended


async def make_ready(connection: Connection) -> None:
    """Give a target that is nobody's yet its tables. Another one must have them.

    Raises:
        NotMigrated: it has not.
    """
    if await _is_nobodys(connection):
        async for _ in migrate.migrate():
            pass
    await require_migrated()


async def expected(connection: Connection) -> dict[str, Table]:
    """The tables that there will be when it is ready. Nothing is changed.

    Raises:
        NotMigrated: it can't be made ready.
    """
    if await _is_nobodys(connection):
        return await _foreseen()
    await require_migrated()
    return await tables_of(connection)


async def _is_nobodys(connection: Connection) -> bool:
    """Whether it has no tables, or those of our migrations, perhaps not of all, and no people."""
    tables = await tables_of(connection)
    if "user" in tables and await connection.fetchval('SELECT EXISTS (TABLE "user")'):
        return False
    return not tables or bool(await applied())


class _Seen(Exception):  # noqa: N818  how a transaction is left that must not be committed
    def __init__(self, tables: dict[str, Table]) -> None:
        self.tables = tables


async def _foreseen() -> dict[str, Table]:
    """The tables that migrating would make: made, looked at and taken back."""
    try:
        async with database.transaction():
            had = await applied()
            for script in files.scripts("postgres"):
                for statement in await script.statements("upgrade", client()) if script.name not in had else ():
                    await execute(statement.replace(" CONCURRENTLY", ""))  # Which can't be taken back.
            open_: Any = client()
            raise _Seen(await tables_of(open_._connection))  # noqa: SLF001, TRY301  Tortoise does not give it out
    except _Seen as seen:
        return seen.tables


async def common_tables(connection: Connection, reader: Reader, kind: Kind) -> list[Job]:
    """The tables that both sides have, parents first.

    Raises:
        NothingToMove: there are none.
        ColumnMissing: a column of the target must have a value and the source has no such column.
    """
    source, tables = await reader.run(Source.tables), await tables_of(connection)
    names = [name for name in order(tables) if name in source and name not in BOOKKEEPING]
    jobs = [Job(source[name], tables[name], converter(kind, source[name], tables[name])) for name in names]
    if not jobs:
        raise NothingToMove
    missing = [
        f"{job.table.name}.{column.name}"
        for job in jobs
        for column in job.table.columns
        if not (column.nullable or column.default or column.name in job.converter.columns) and job.source.rows
    ]
    if missing:
        raise ColumnMissing(f"the target must have a value in {', '.join(missing)}, and the source has no such column")
    return jobs
