"""Waiting for the database, and not for ever."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core import database


@asynccontextmanager
async def within(seconds: float) -> AsyncIterator[asyncio.Timeout]:
    """Give up what takes longer. The database stops, too: a statement that nobody waits for any more is taken back.

    Raises:
        TimeoutError: it took longer.
    """
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            yield limit
    finally:
        if limit.expired() and database.dialect() == "sqlite":  # asyncpg does it by itself.
            await database.connection()._connection.interrupt()  # noqa: SLF001  aiosqlite's
