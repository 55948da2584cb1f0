"""Opening the database for the studio: unless it may write, in sessions that can't."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tortoise.context import TortoiseContext, get_current_context

from core import database
from core.database.connection import ALIAS
from core.database.migrated import require_migrated
from core.settings import PostgresUrl, settings

_LONGEST = 30_000
"""Milliseconds that a statement may take, whoever has forgotten it."""


@asynccontextmanager
async def opened(*, write: bool) -> AsyncIterator[None]:
    """Open the database for everything inside the block: without PgBouncer between, which lets no such wish through.

    Raises:
        DatabaseUnreachable, AccessDenied, DatabaseMissing: it can't be opened.
        NotMigrated: its schema is not the one that this program was written for.
    """
    url = settings().unpooled_database
    configuration = database.configuration(url)
    credentials = configuration["connections"][ALIAS]["credentials"]
    if isinstance(url, PostgresUrl):
        server = credentials["server_settings"]
        server["statement_timeout"] = str(_LONGEST)
        if not write:
            server["default_transaction_read_only"] = "on"
    elif not write:
        credentials["query_only"] = "ON"
    first = get_current_context() is None
    async with TortoiseContext() as context:
        await context.init(config=configuration, _enable_global_fallback=first)
        await database.connection().execute_query("SELECT 1")
        await require_migrated()
        yield
