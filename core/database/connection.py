"""Opening the database."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.context import TortoiseContext, get_current_context, require_context

from core import masking
from core.database import replicas
from core.database.deferred import part, settle
from core.database.migrated import require_migrated
from core.database.postgres import session_options
from core.settings import DatabaseUrl, PostgresUrl, settings

ALIAS = "default"

_outermost: TortoiseContext | None = None
_unpooled: DatabaseUrl | None = None


def _without_values(record: logging.LogRecord) -> bool:
    """Keep the statement and drop its values: among them are tokens, addresses and whole messages."""
    if record.msg == "%s: %s" and isinstance(record.args, tuple):
        record.msg, record.args = "%s", (masking.without_values(str(record.args[0])),)
    return True


logging.getLogger("tortoise.db_client").addFilter(_without_values)


def configuration(url: DatabaseUrl | None = None, *, models: Sequence[str] = ("models",)) -> dict[str, Any]:
    """Tortoise's configuration for a database (``settings().database`` unless told otherwise).

    The app is labelled with the dialect's name, because Aerich keeps migrations in a folder of the app's name.
    """
    url = url or settings().database
    return {
        "connections": {ALIAS: {"engine": f"core.database.{url.dialect}", "credentials": _credentials(url)}},
        "apps": {url.dialect: {"models": list(models), "default_connection": ALIAS}},
        "use_tz": True,
        "timezone": "UTC",
    }


def _credentials(url: DatabaseUrl) -> dict[str, Any]:
    if not isinstance(url, PostgresUrl):
        # In WAL mode NORMAL loses no transaction when the process dies, and at worst the last ones when the power goes.
        return {"file_path": url.file, "busy_timeout": 5_000, "synchronous": "NORMAL"}
    # No connection is kept for its own sake: while the server is away the pool would complain of it all the time.
    return {**session_options(url), "minsize": 0, "maxsize": url.pool_size, "pool_timeout": url.pool_timeout}


@asynccontextmanager
async def connected(url: DatabaseUrl | None = None, *, migrated: bool = True) -> AsyncIterator[None]:
    """Open the database for everything inside the block, in this task and all others of the process.

    Another one may be opened inside, such as the target of a copy; that one is for the block alone.

    Works as an ASGI lifespan through ``core.web.lifespan``, as the whole of a script, and around a worker's life.

    Args:
        url: another database than ``settings().database``. It has no replicas.
        migrated: insist that every migration is applied.

    Raises:
        DatabaseUnreachable, AccessDenied, DatabaseMissing: it can't be opened.
        NotMigrated: its schema is not the one that this program was written for.
    """
    global _outermost, _unpooled  # noqa: PLW0603  they are the process's
    is_main = url is None
    beside = url or settings().unpooled_database
    url = url or settings().database
    if not isinstance(url, PostgresUrl) and url.file != ":memory:":
        Path(url.file).parent.mkdir(parents=True, exist_ok=True)
    first = get_current_context() is None
    async with TortoiseContext() as context:
        await context.init(config=configuration(url), _enable_global_fallback=first)
        await connection().execute_query("SELECT 1")
        if migrated:
            await require_migrated()
        if first:
            _outermost, _unpooled = context, beside
        try:
            async with replicas.attached(connection()) if is_main else nullcontext():
                yield
        finally:
            await settle()
            if first:
                _outermost = _unpooled = None
                await part()


def is_outermost() -> bool:
    """Whether the open database is the process's, and not another one that was opened inside."""
    return get_current_context() is _outermost


def unpooled() -> DatabaseUrl | None:
    """The process's open database, without a PgBouncer between; None where none is open."""
    return _unpooled


def connection() -> BaseDBAsyncClient:
    """The connection of this task: the transaction's inside one, the pool otherwise."""
    return require_context().connections.get(ALIAS)


def dialect() -> str:
    """``postgres`` or ``sqlite``."""
    return connection().capabilities.dialect
