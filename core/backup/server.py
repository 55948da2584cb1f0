"""A PostgreSQL server, apart from the pool: connections of our own, and databases that are made and dropped."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace

import asyncpg
from tortoise.exceptions import OperationalError

from core.database import AccessDenied, DatabaseMissing
from core.database.alone import Connection, connected, drop_database, place
from core.database.failures import postgres_failures
from core.database.quoting import quoted
from core.errors import Unavailable
from core.settings import PostgresUrl


@asynccontextmanager
async def elsewhere(url: PostgresUrl) -> AsyncIterator[Connection]:
    """A connection to the server, but to another database than the one that is worked on."""
    async with AsyncExitStack() as held:
        yield await _entered(held, url)


async def _entered(held: AsyncExitStack, url: PostgresUrl) -> Connection:
    for name in sorted({"postgres", "template1"} - {url.database}):
        with suppress(DatabaseMissing):
            return await held.enter_async_context(connected(replace(url, database=name)))
    raise DatabaseMissing(
        f"{url.host}:{url.port} has neither a database postgres nor template1", remedy="create it: createdb postgres"
    )


async def create(server: Connection, url: PostgresUrl, name: str, options: str) -> None:
    """Make an empty database.

    Raises:
        AccessDenied: the role may not.
    """
    with postgres_failures(place(url)):
        try:
            await server.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE template0 {options}")
        except asyncpg.InsufficientPrivilegeError as error:
            raise AccessDenied(
                f"the role {url.user} on {url.host}:{url.port} may not do this: {error.message}",
                remedy=f"ALTER ROLE {url.user} CREATEDB, or set STYLOBATE_BACKUP_SCRATCH_URL to a server where it may",
            ) from None


async def drop(url: PostgresUrl, name: str) -> None:
    """Drop it, unless the server is gone; then the next run does."""
    with suppress(Unavailable, OperationalError):
        async with connected(url) as server:
            with postgres_failures(place(url)):
                await drop_database(server, name)


async def drop_left_behind(server: Connection, prefix: str, rest: str) -> None:
    """Drop databases of runs that were killed: by their name, while nobody is in them."""
    left = await server.fetch(
        "SELECT datname FROM pg_database WHERE starts_with(datname, $1) AND substr(datname, length($1) + 1) ~ $2"
        " AND pg_has_role(datdba, 'MEMBER')"
        " AND NOT EXISTS (SELECT FROM pg_stat_activity a WHERE a.datname = pg_database.datname)",
        prefix,
        rest,
    )
    for (name,) in left:
        with suppress(asyncpg.PostgresError):  # Somebody came first.
            await server.execute(f"DROP DATABASE IF EXISTS {quoted(name)}")


OPTIONS = """
    SELECT format('OWNER %I ENCODING %L LC_COLLATE %L LC_CTYPE %L TABLESPACE %I CONNECTION LIMIT %s',
        pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, spcname, datconnlimit)
    || CASE to_jsonb(d) ->> 'datlocprovider'
        WHEN 'c' THEN ' LOCALE_PROVIDER libc'
        WHEN 'b' THEN format(' LOCALE_PROVIDER builtin BUILTIN_LOCALE %L', to_jsonb(d) ->> 'datlocale')
        WHEN 'i' THEN format(' LOCALE_PROVIDER icu ICU_LOCALE %L',
            coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale'))
        ELSE '' END
    FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace WHERE datname = $1
"""
"""How to make another of the kind. Columns that not every version has are looked up by name."""

RIGHTS = """
    SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', $2::text) FROM pg_database
    WHERE datname = $1 AND datacl IS NOT NULL
    UNION ALL
    SELECT format('GRANT %s ON DATABASE %I TO %s%s', privilege_type, $2::text,
        CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
        CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
    FROM pg_database, aclexplode(datacl) WHERE datname = $1
    UNION ALL
    SELECT format('ALTER %s SET %I TO %s',
        CASE setrole WHEN 0 THEN format('DATABASE %I', $2::text)
            ELSE format('ROLE %I IN DATABASE %I', pg_get_userbyid(setrole), $2::text) END,
        split_part(option, '=', 1),
        CASE WHEN split_part(option, '=', 1) IN ('search_path', 'temp_tablespaces', 'session_preload_libraries',
            'local_preload_libraries') THEN value ELSE quote_literal(value) END)
    FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) option,
        substr(option, strpos(option, '=') + 1) value
    WHERE datname = $1
"""
"""What stands at the database and not in it, and so in no dump: who may connect, and its settings."""
