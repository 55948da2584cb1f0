"""Waiting for others: for one's turn to migrate, and for what they hold."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import TypeVar

import asyncpg

from core import progress
from core.crypto import tokens
from core.database import DatabaseBusy, Held, dialect, exclusive
from core.database.statements import fetch

PATIENCE = timedelta(minutes=10)
"""How long somebody else may migrate, or hold a table, before we give up."""

LOCKED = (DatabaseBusy, asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)
"""Others hold what a statement needs."""

Result = TypeVar("Result")


@asynccontextmanager
async def turn(patience: timedelta) -> AsyncIterator[None]:
    """Be the only one who migrates.

    Raises:
        DatabaseBusy: somebody else migrates, and did not end in time.
    """

    async def lock() -> None:
        await stack.enter_async_context(exclusive("migrations"))

    async with AsyncExitStack() as stack:
        await patiently(lock, patience, "another process that migrates")
        yield


async def patiently(work: Callable[[], Awaitable[Result]], patience: timedelta, whom: str) -> Result:
    """Do it again, at growing distances, as long as others are in the way.

    Raises:
        DatabaseBusy: they still are.
    """
    began, pause = time.monotonic(), 0.1
    while True:
        try:
            return await work()
        except (Held, *LOCKED) as error:
            waited = time.monotonic() - began
            if waited > patience.total_seconds():
                raise DatabaseBusy(
                    f"gave up after waiting {waited:.0f} s for {whom}{await _oldest_transaction()}",
                    remedy="let it end, or end it, and migrate again",
                ) from error
            progress.tell(
                done=int(waited), total=int(patience.total_seconds()), unit="seconds", what=f"waiting for {whom}"
            )
        await asyncio.sleep(pause * (0.5 + tokens.fraction()))
        pause = min(pause * 1.5, 3)


async def _oldest_transaction() -> str:
    """Who is most likely in the way."""
    if dialect() != "postgres":
        return ""
    rows = await fetch("""
        SELECT pid, application_name AS name, state, extract(epoch FROM clock_timestamp() - xact_start)::int AS seconds
        FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL
            AND backend_type = 'client backend'
            AND EXISTS (SELECT FROM pg_locks WHERE pg_locks.pid = pg_stat_activity.pid)
        ORDER BY xact_start LIMIT 1
    """)
    return "".join(
        f" (the oldest transaction: process {row['pid']}, {row['name']!r}, {row['state']}, {row['seconds']} s)"
        for row in rows
    )
