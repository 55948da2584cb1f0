"""Files that are not all or nothing: one statement after the other, each with the note that it is done.

The next run goes on where this one ended, however it ended.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import asyncpg

from core import progress
from core.database import connection, transaction
from core.database.failures import postgres_failures
from core.database.migrated import applied
from core.database.postgres import PostgresClient
from core.database.uninterrupted import uninterrupted
from core.migrate import files, states
from core.migrate.executing import NEVER, MigrationFailed, enter, execute, failing, wanted
from core.migrate.files import Script
from core.migrate.states import State
from core.migrate.waiting import patiently

_ALONE = re.compile(
    r"(CREATE (UNIQUE )?INDEX CONCURRENTLY|DROP INDEX CONCURRENTLY|REINDEX\b.*\bCONCURRENTLY|VACUUM|PRAGMA"
    r"|ALTER TABLE .* DETACH PARTITION .* CONCURRENTLY)\b",
    re.IGNORECASE,
)
"""Statements that can't be in a transaction."""

_INDEX = re.compile(
    r'(?P<what>CREATE|DROP) (?:UNIQUE )?INDEX CONCURRENTLY (?:IF (?:NOT )?EXISTS )?(?P<name>(?:"(?:[^"]|"")+"|[\w.])+)',
    re.IGNORECASE,
)


def step_by_step(
    script: Script, direction: str, state: State | None, patience: timedelta
) -> Callable[[], Awaitable[bool]]:
    """What runs a file, or what is left of it; called again, it goes on.

    Raises:
        MigrationFailed: it is another file than the one that was begun.
    """
    if state and state.checksum != script.checksum:
        raise MigrationFailed(
            f"{script.name} was edited after {state.statements} of its statements were run",
            remedy="put it back as it was, and migrate again",
        )
    begun, done, tried = (True, state.statements, state.trying) if state else (False, 0, False)

    async def work() -> bool:
        nonlocal begun, done, tried
        if not begun:
            async with transaction():
                await enter()
                if (script.name in await applied()) == (direction == "upgrade"):
                    return False
                await states.make_tables()
                await states.begin(script, direction)
            begun = True
        written = await script.statements(direction, connection())
        statements = wanted(script, direction, written, unchecked=False)
        for number, statement in enumerate(statements[done:], start=done + 1):
            with failing(script, number, statement, f"{number - 1} of {len(statements)} statements are done"):
                if _ALONE.match(files.bare(statement, script.dialect)):
                    await _alone(script, statement, patience, tried=tried)
                    await states.come_to(script, number)
                else:
                    async with transaction():
                        await enter()
                        await execute(statement)
                        await states.come_to(script, number)
            done, tried = number, False
            progress.tell(done=number, total=len(statements), unit="statements", what=script.name)
        async with transaction():
            await states.finish(script, direction)
        return True

    return work


async def make_index(statement: str, patience: timedelta) -> None:
    """Make an index CONCURRENTLY, for something that is no file; one that failed before is made anew."""

    async def work() -> None:
        await _alone(None, statement, patience, tried=False)

    await patiently(work, patience, "who uses the table")


async def _alone(script: Script | None, statement: str, patience: timedelta, *, tried: bool) -> None:
    """Run a statement that can't be in a transaction. ``tried``: it was begun before, and perhaps ended."""
    client = connection()
    if not isinstance(client, PostgresClient):
        await client.execute_query(statement)
        return
    index = _INDEX.match(files.bare(statement, "postgres"))
    with postgres_failures(client.where):
        borrowed: Any = await client.borrow()
        try:
            # What is done CONCURRENTLY lets everybody pass while it waits.
            await borrowed.execute(f"SET lock_timeout = {int(patience.total_seconds() * 1000) or 1}")
            await borrowed.execute("SET statement_timeout = 0")
            if index is None:
                await borrowed.execute(statement, timeout=NEVER)
            else:
                await _index(script, borrowed, statement, index, tried=tried)
        finally:
            await uninterrupted(_give_back(client, borrowed))


async def _give_back(client: PostgresClient, borrowed: Any) -> None:  # noqa: ANN401  a proxy of asyncpg's
    if client._pool is not None:  # noqa: SLF001  Tortoise's engines are extended from within
        await client._pool.release(borrowed)  # noqa: SLF001  the same; it forgets what was SET


async def _index(
    script: Script | None,
    borrowed: Any,  # noqa: ANN401  a proxy of asyncpg's
    statement: str,
    index: re.Match[str],
    *,
    tried: bool,
) -> None:
    """Make an index or drop it, unless that was done. One that failed is left invalid, and dropped here."""
    name, making = index["name"], index["what"].upper() == "CREATE"
    # The server may still be at it, for a process that is dead.
    while await borrowed.fetchval(_BEING_BUILT, name):  # noqa: ASYNC110  no event tells
        await asyncio.sleep(0.2)
    valid: bool | None = await borrowed.fetchval(_VALID, name)
    if tried and valid is (True if making else None):
        return
    if script and valid is not making:  # What the next run finds is then ours.
        await states.try_next(script)
    if making and valid is False:
        await _drop(borrowed, name)
    try:
        await borrowed.execute(statement, timeout=NEVER)
    except asyncpg.PostgresError:
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            if making and await borrowed.fetchval(_VALID, name) is False:
                await _drop(borrowed, name)
        raise


async def _drop(borrowed: Any, name: str) -> None:  # noqa: ANN401  a proxy of asyncpg's
    await borrowed.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}", timeout=NEVER)


_BEING_BUILT = "SELECT 1 FROM pg_stat_progress_create_index WHERE index_relid = to_regclass($1) AND index_relid <> 0"
_VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)"
