"""Tortoise's engine for PostgreSQL, with four things put right.

- Waiting for a connection ends: an exhausted pool raises instead of hanging for ever.
- A transaction may be cancelled at any await: the connection comes back, and a COMMIT that was sent is waited for.
- Sessions are in UTC, and aware datetimes work on ``timestamp`` columns (better-auth's) as on ``timestamptz``.
- Errors are said in our terms, without values.
"""

from __future__ import annotations  # asyncpg's classes are generic in its stubs only

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.asyncpg.schema_generator import AsyncpgSchemaGenerator
from tortoise.backends.base.client import PoolConnectionWrapper, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections

from core import measures
from core.database.checks import WithChecks
from core.database.failures import PoolExhausted, postgres_failures
from core.database.queries import Held, Pool, tell
from core.database.reading import caller, is_plain
from core.database.uninterrupted import uninterrupted
from core.settings import PostgresUrl, settings

if TYPE_CHECKING:
    from core.database.replicas import Replicas

_ENDED = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What a connection says that is not there any more."""
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def _encode(moment: datetime) -> tuple[int]:
    return ((moment - _EPOCH) // timedelta(microseconds=1),)


def _decode(value: tuple[int]) -> datetime:
    return _EPOCH + timedelta(microseconds=value[0])


async def prepare(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Let a ``timestamp`` without zone mean UTC. ``infinity``, which Python has no name for, overflows loudly."""
    await connection.set_type_codec("timestamp", schema="pg_catalog", encoder=_encode, decoder=_decode, format="tuple")
    if settings().slow_query is not None:
        connection.add_query_logger(_tell)


def _tell(query: asyncpg.connection.LoggedQuery) -> None:
    tell(query.query, query.elapsed)


async def leave(_: object) -> None:
    """Give a connection back as it is, which saves every query a round trip.

    Nothing of ours outlives its transaction in a session: no SET, no LISTEN, no lock, no cursor. (A transaction that is
    still open is rolled back by the pool.)
    """


def session_options(url: PostgresUrl) -> dict[str, Any]:
    """How asyncpg's pool makes a session."""
    return {
        "host": url.host,
        "port": url.port,
        "user": url.user,
        "password": url.password,
        "database": url.database,
        "ssl": url.ssl(),
        "timeout": url.connect_timeout,
        "command_timeout": url.command_timeout,
        "max_inactive_connection_lifetime": url.pool_idle,
        "server_settings": {"timezone": "UTC", "application_name": url.application_name},
        # In transaction mode PgBouncer gives every transaction another server, which knows no statement of ours.
        **({"statement_cache_size": 0} if url.pgbouncer else {}),
    }


class Direct:
    """What the connection and its transactions have in common: the driver's errors in our terms, and a short way."""

    where: str
    acquire_connection: Any

    async def first(self, statement: str, arguments: Sequence[object]) -> Mapping[str, Any] | None:
        """The first row of a statement. What Tortoise does on the way to it takes a quarter of the time."""
        try:
            async with self.acquire_connection() as connection:
                row: Mapping[str, Any] | None = await connection.fetchrow(statement, *arguments)
                return row
        except Exception:
            with postgres_failures(self.where):  # Only now: most of the time there is nothing to be translated.
                raise

    async def _translate_exceptions(self, func: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  Tortoise's
        with postgres_failures(self.where):
            return await func(self, *args, **kwargs)


class PostgresSchema(WithChecks, AsyncpgSchemaGenerator):
    """PostgreSQL's DDL for our models."""


class PostgresClient(Direct, AsyncpgDBClient):
    """One pool of connections."""

    schema_generator = PostgresSchema
    replicas: Replicas | None = None

    def __init__(self, *, pool_timeout: float, **credentials: Any) -> None:  # noqa: ANN401  Tortoise's
        super().__init__(**credentials)
        self.pool_timeout = pool_timeout
        self.waiting = 0
        self.where = f"database {self.database!r} on {self.host}:{self.port}"

    async def _translate_exceptions(self, func: Any, query: str, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  Tortoise's
        """Run a statement, where there are replicas on one of them if that is allowed (``database.reading``)."""
        if self.replicas is None:
            return await super()._translate_exceptions(func, query, *args, **kwargs)
        if is_plain(query):
            found = await self.replicas.read(func, query, *args, **kwargs)
            return await super()._translate_exceptions(func, query, *args, **kwargs) if found is None else found
        try:
            return await super()._translate_exceptions(func, query, *args, **kwargs)
        finally:
            caller().wrote()

    async def create_pool(self, **options: Any) -> asyncpg.Pool[asyncpg.Record]:  # noqa: ANN401  Tortoise's
        """Open the pool."""
        return await asyncpg.create_pool(None, init=prepare, reset=leave, **options)

    async def borrow(self) -> asyncpg.pool.PoolConnectionProxy[asyncpg.Record]:
        """Take a connection out of the pool.

        Raises:
            PoolExhausted: none came back within ``pool_timeout`` seconds.
        """
        assert self._pool is not None, "the pool is opened before it is used"  # noqa: S101
        self.waiting += 1
        began = perf_counter()
        try:
            free: Any = self._pool  # The stubs know nothing of what is inside.
            if not free._queue.empty():  # Then there is only connecting to be waited for.
                return await self._pool.acquire()
            return await self._pool.acquire(timeout=self.pool_timeout)
        except TimeoutError:
            if self._pool.get_size() < self._pool.get_max_size() or self._pool.get_idle_size():
                raise  # It is connecting that took too long.
            raise PoolExhausted(
                f"all {self._pool.get_max_size()} connections to {self.where} were in use for {self.pool_timeout:g} s",
                remedy="look for transactions that stay open, or raise pool_size in DATABASE_URL",
            ) from None
        finally:
            self.waiting -= 1
            measures.waits.add(perf_counter() - began)

    async def give_back(self, borrowed: Any, *, clean: bool = False) -> None:  # noqa: ANN401  a proxy of asyncpg's
        """Give a connection back to the pool.

        The pool makes a task of it, so that no cancellation hinders it, and that takes a sixth of a look-up's time. A
        clean one, whose last statement went well, is given back without a pause, and so needs no task.

        One that turns out to have ended is replaced by the pool. What was done with it has been said before.
        """
        if self._pool is None:
            return
        with suppress(*_ENDED):
            if clean and borrowed._con is not None and not borrowed._con.is_in_transaction():
                borrowed._con._on_release()
                await borrowed._holder.release(None)
            else:
                await self._pool.release(borrowed, timeout=self.pool_timeout)

    def pool(self) -> Pool:
        """How the pool stands."""
        if self._pool is None:
            return Pool(self.pool_maxsize, 0, 0, self.waiting)
        size = self._pool.get_size()
        return Pool(self._pool.get_max_size(), size, size - self._pool.get_idle_size(), self.waiting)

    def acquire_connection(self) -> _Borrowed:
        """A connection for one query."""
        return _Borrowed(self, self._pool_init_lock)

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(_TransactionClient(self), self._pool_init_lock)


class _Borrowed(PoolConnectionWrapper[Any]):
    __slots__ = ("_began",)
    client: PostgresClient

    async def __aenter__(self) -> Any:  # noqa: ANN401  Tortoise's
        if self.client._pool is None:
            await self.ensure_connection()
        self.connection = await self.client.borrow()
        self._began = perf_counter()
        return self.connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        measures.statements.add(perf_counter() - self._began)
        await self.client.give_back(self.connection, clean=error is None)


class _TransactionClient(Direct, TransactionWrapper):
    """The one connection of a transaction."""

    _parent: PostgresClient

    def __init__(self, connection: PostgresClient) -> None:
        super().__init__(connection)
        self.where = connection.where

    def acquire_connection(self) -> Held:
        return Held(self._lock, self)


class _Transaction(TransactionContextPooled):
    """A transaction that leaves nothing behind, wherever it is cancelled."""

    client: _TransactionClient

    async def __aenter__(self) -> _TransactionClient:
        with postgres_failures(self.client.where):
            await self.ensure_connection()
            self.client._connection = await self.client._parent.borrow()  # type: ignore[assignment]  # a proxy of it
        try:
            await self.client.begin()
        except BaseException:
            await uninterrupted(self._give_back())
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        get_connections().reset(self.token)
        await uninterrupted(self._finish(failed=error is not None))

    async def _finish(self, *, failed: bool) -> None:
        try:
            if failed:
                # The connection may be what failed. Then there is nothing to roll back, and the first error counts.
                try:
                    await self.client.rollback()
                except _ENDED:
                    with suppress(asyncpg.InterfaceError):  # The pool has noticed already.
                        self.client._connection.terminate()
            else:
                began = perf_counter()
                with postgres_failures(self.client.where):
                    await self.client.commit()
                measures.statements.add(perf_counter() - began)
        finally:
            caller().wrote()
            await self._give_back()

    async def _give_back(self) -> None:
        await self.client._parent.give_back(self.client._connection)


client_class = PostgresClient
