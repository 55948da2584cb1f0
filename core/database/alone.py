"""A connection to a PostgreSQL that is none of the pool's, for work on servers and on other databases."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import asyncpg

from core.database.failures import postgres_failures
from core.database.quoting import quoted
from core.database.uninterrupted import uninterrupted
from core.settings import PostgresUrl

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]
else:  # asyncpg's classes are generic in its stubs only.
    Connection = asyncpg.Connection


def place(url: PostgresUrl) -> str:
    """How messages call it."""
    return f"database {url.database!r} on {url.host}:{url.port}"


@asynccontextmanager
async def connected(url: PostgresUrl, *, goodbye: float = 5) -> AsyncIterator[Connection]:
    """A connection as the server makes one: in its usual time zone, and without the codecs of the pool's.

    Args:
        url: where.
        goodbye: seconds that the server has to take leave in; a frozen one does not.
    """
    with postgres_failures(place(url)):
        connection: Connection = await asyncpg.connect(
            host=url.host,
            port=url.port,
            user=url.user,
            password=url.password,
            database=url.database,
            ssl=url.ssl(),  # type: ignore[arg-type]  # the stubs want each mode spelled out
            timeout=url.connect_timeout,
            statement_cache_size=0,
            server_settings={"application_name": url.application_name},
        )
    try:
        yield connection
    finally:
        await uninterrupted(_close(connection, goodbye))


async def _close(connection: Connection, goodbye: float) -> None:
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        await connection.close(timeout=goodbye)


async def drop_database(server: Connection, name: str) -> None:
    """Drop a database of this role's, if there is one, and whoever is in it."""
    try:
        await server.execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")
    except asyncpg.InsufficientPrivilegeError:
        # Somebody is in it whom this role may not send away, and that is often an autovacuum. Without FORCE an
        # autovacuum is sent away whoever asks, and others have five seconds to leave.
        await server.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")
