"""One at a time, across all processes that share a database: a lock that dies with its holder.

On PostgreSQL it is an advisory lock in a transaction of its own, on a connection of its own, so it works through
PgBouncer too. On SQLite, whose processes are on one machine, it is the lock of a file beside the database.
"""

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

import asyncpg

from core.database.connection import connection
from core.database.failures import DatabaseUnreachable, postgres_failures
from core.database.postgres import PostgresClient
from core.database.transaction import in_transaction
from core.database.uninterrupted import uninterrupted
from core.errors import Conflict

if TYPE_CHECKING:  # Who has PostgreSQL does not load the other driver.
    from core.database.sqlite import SqliteClient

_TRY = "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))"
_KEEP = """
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL tcp_keepalives_idle = 30; SET LOCAL tcp_keepalives_interval = 10; SET LOCAL tcp_keepalives_count = 3
"""
"""A holder whose machine is gone, so that nobody closes the connection, is missed after a minute. (This comes second,
because it also closes the cursor of the first, whose snapshot would keep vacuum waiting for as long as we hold on.)"""


class Held(Conflict):
    """Another process is doing this."""


@asynccontextmanager
async def exclusive(name: str) -> AsyncIterator[None]:
    """Do what is inside while nobody else does anything under this name.

    Outside a transaction only. On PostgreSQL it takes a second connection out of the pool.

    Raises:
        Held: somebody does. It is not waited for.
        DatabaseUnreachable: the lock was lost on the way; what is inside has been cancelled.
    """
    client = connection()
    if in_transaction():
        raise RuntimeError("a lock for longer than a transaction can't be had inside one")
    if isinstance(client, PostgresClient):
        async with _advisory_lock(client, name):
            yield
    else:
        with _file_lock(cast("SqliteClient", client), name):
            yield


@asynccontextmanager
async def _advisory_lock(client: PostgresClient, name: str) -> AsyncIterator[None]:
    with postgres_failures(client.where):
        borrowed: Any = await client.borrow()
    try:
        with postgres_failures(client.where):
            await borrowed.execute("BEGIN")
            if not await borrowed.fetchval(_TRY, f"stylobate: {name}"):
                raise Held(f"another process is doing this: {name}")
            await borrowed.execute(_KEEP)
        async with _until_lost(borrowed, f"{client.where} went away, and with it the lock on {name}"):
            yield
    finally:
        await uninterrupted(_end(client, borrowed))


async def _end(client: PostgresClient, borrowed: Any) -> None:  # noqa: ANN401  a proxy of asyncpg's
    with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError):
        await borrowed.execute("ROLLBACK")
    await client.give_back(borrowed)


@asynccontextmanager
async def _until_lost(borrowed: Any, what: str) -> AsyncIterator[None]:  # noqa: ANN401  a proxy of asyncpg's
    """Cancel what is inside when the connection ends."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101  a coroutine on a loop
    inside, lost = True, False

    def stop(_: object) -> None:
        nonlocal lost
        if inside:  # It is called a moment after the connection ends, when what is inside may have failed by itself.
            lost = True
            task.cancel()

    borrowed.add_termination_listener(stop)
    try:
        yield
    except BaseException as error:
        if lost and task.uncancel() == 0 and isinstance(error, asyncio.CancelledError):
            raise DatabaseUnreachable(what, remedy="check that PostgreSQL runs; it is tried again") from None
        raise
    finally:
        inside = False
        with suppress(asyncpg.InterfaceError):  # What ended has no listeners any more.
            borrowed.remove_termination_listener(stop)


_in_memory: set[str] = set()


@contextmanager
def _file_lock(client: "SqliteClient", name: str) -> Iterator[None]:
    if client.filename == ":memory:":  # One process has it, and this is it.
        if name in _in_memory:
            raise Held(f"another task is doing this: {name}")
        _in_memory.add(name)
        try:
            yield
        finally:
            _in_memory.discard(name)
        return

    path = f"{client.filename}.{sha256(name.encode()).hexdigest()[:16]}.lock"
    file = _locked(path)
    if file is None:
        raise Held(f"another process is doing this: {name}")
    try:
        yield
    finally:
        os.unlink(path)  # noqa: PTH108  while it is still ours
        os.close(file)


def _locked(path: str) -> int | None:
    """The open file, locked by us; None when another has it."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(file).st_ino == os.stat(path).st_ino:  # noqa: PTH116  not deleted by its last holder meanwhile
                return file
        except BlockingIOError:
            os.close(file)
            return None
        except FileNotFoundError:
            pass
        os.close(file)
