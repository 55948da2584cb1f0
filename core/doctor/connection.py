"""Whether the database can be used at all: it answers, lets us in, and lets us do what we have to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg
from tortoise.models import Model

import models
from core import database, jobs
from core.database import AccessDenied, DatabaseMissing, DatabaseUnreachable
from core.database.statements import fetch
from core.doctor.finding import Check, Finding, Kind
from core.errors import Unavailable
from core.migrate.resetting import name_of
from core.settings import DatabaseUrl, PostgresUrl, SettingsInvalid, settings

_PATIENCE = 10.0
"""Seconds that a database has to answer."""

SETTING_UNUSABLE = Kind("setting-unusable", "error", "No program of ours starts with it.")
UNREACHABLE = Kind("database-unreachable", "error", "Nothing works without the database: no request and no job.")
PASSWORD_REFUSED = Kind("password-refused", "error", UNREACHABLE.why)
ROLE_REFUSED = Kind("role-refused", "error", UNREACHABLE.why)
DATABASE_MISSING = Kind("database-missing", "error", UNREACHABLE.why)
CONNECTIONS_EXHAUSTED = Kind(
    "connections-exhausted", "error", "The server takes no more connections, so requests and jobs fail."
)
PERMISSION_DENIED = Kind(
    "permission-denied", "error", "What needs the right fails, in the middle of a request or a job."
)


@asynccontextmanager
async def opened(url: DatabaseUrl | None = None) -> AsyncIterator[None]:
    """Open the database as it is. A SQLite file that is not there is not made.

    Raises:
        Unavailable: it can't be opened.
    """
    url = url or settings().database
    if _is_missing(url):
        raise DatabaseMissing(
            f"SQLite file {name_of(url)!r} does not exist",
            remedy="stylobate db migrate, which makes it; or correct DATABASE_URL",
        )
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(_PATIENCE):
                await stack.enter_async_context(database.connected(url, migrated=False))
        except TimeoutError:
            raise DatabaseUnreachable(
                f"the database did not answer within {_PATIENCE:.0f} s",
                remedy="check whether it is frozen or overloaded",
            ) from None
        yield


def _is_missing(url: DatabaseUrl) -> bool:
    return not isinstance(url, PostgresUrl) and url.file != ":memory:" and not Path(url.file).exists()


async def _settings() -> AsyncIterator[Finding]:
    try:
        _ = settings().database, settings().database_replicas
        await asyncio.to_thread(jobs.every)  # In a thread: it imports what defines jobs.
    except SettingsInvalid as error:
        yield SETTING_UNUSABLE.found(str(error), mend=error.remedy)
    except ImportError as error:
        yield SETTING_UNUSABLE.found(
            f"STYLOBATE_JOB_MODULES: {error}", mend="correct it, or start this where these modules are found"
        )


async def _connection() -> AsyncIterator[Finding]:
    urls = {"DATABASE_URL": settings().database, "DIRECT_DATABASE_URL": settings().direct_database_url}
    for name, url in urls.items():
        try:
            if url is not None:
                async with opened(url):
                    pass
        except Unavailable as error:
            yield _kind_of(error).found(f"{name}: {error}", mend=error.remedy)


def _kind_of(error: Unavailable) -> Kind:
    """What it is, by PostgreSQL's own code, since its words are in its own language."""
    if isinstance(error, DatabaseMissing):
        return DATABASE_MISSING
    cause = error.__cause__ or error.__context__
    if isinstance(cause, asyncpg.InvalidPasswordError):
        return PASSWORD_REFUSED
    if isinstance(cause, asyncpg.InvalidAuthorizationSpecificationError):
        return ROLE_REFUSED
    if isinstance(cause, asyncpg.TooManyConnectionsError):
        return CONNECTIONS_EXHAUSTED
    return PERMISSION_DENIED if isinstance(error, AccessDenied) else UNREACHABLE


_RIGHTS = """
    SELECT privilege, name FROM unnest($1::text[]) AS tables (name)
    CROSS JOIN unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS privileges (privilege)
    JOIN pg_class ON relname = name AND relnamespace = coalesce(current_schema(), 'public')::regnamespace
    WHERE NOT has_table_privilege(pg_class.oid, privilege) AND (privilege = 'SELECT' OR name <> 'aerich')
    ORDER BY 2, 1
"""
_WHO = """
    SELECT quote_ident(current_user) AS name, quote_ident(coalesce(current_schema(), 'public')) AS schema,
        has_schema_privilege(coalesce(current_schema(), 'public'), 'USAGE') AS usage
"""


async def _permissions() -> AsyncIterator[Finding]:
    (who,) = await fetch(_WHO)
    missing: dict[str, list[str]] = {}
    for row in await fetch(_RIGHTS, ["aerich", *tables()]):
        missing.setdefault(row["name"], []).append(row["privilege"])
    words = [f"{', '.join(rights)} on {table}" for table, rights in missing.items()]
    if not who["usage"]:
        words.insert(0, f"USAGE on schema {who['schema']}")
    if words:
        yield PERMISSION_DENIED.found(
            f"the role {who['name']} may not: {'; '.join(words)}",
            mend=f"as the owner: GRANT USAGE ON SCHEMA {who['schema']} TO {who['name']};"
            f" GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {who['schema']} TO {who['name']}",
        )


def tables() -> dict[str, type[Model]]:
    """Our tables, by name."""
    every: list[type[Model]] = [getattr(models, name) for name in models.__all__]
    return {str(model.describe()["table"]): model for model in every if hasattr(model, "describe")}


CHECKS = (
    Check("settings", _settings, (SETTING_UNUSABLE,)),
    Check(
        "connection",
        _connection,
        (
            UNREACHABLE,
            PASSWORD_REFUSED,
            ROLE_REFUSED,
            DATABASE_MISSING,
            CONNECTIONS_EXHAUSTED,
            PERMISSION_DENIED,
        ),
    ),
    Check("permissions", _permissions, (PERMISSION_DENIED,), "database", "postgres"),
)
