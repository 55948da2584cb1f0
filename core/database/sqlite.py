"""Tortoise's engine for SQLite, with three things put right.

- A transaction begins with BEGIN IMMEDIATE: two processes that read, then write, wait for each other.
- It may be cancelled at any await: the lock and the transaction never stay behind.
- Errors are said in our terms.
"""

from time import perf_counter
from types import TracebackType
from typing import Any

from tortoise.backends.base.client import TransactionalDBClient, TransactionContext
from tortoise.backends.sqlite.client import (
    SqliteClient as TortoiseClient,
)
from tortoise.backends.sqlite.client import (
    SqliteTransactionContext,
    SqliteTransactionWrapper,
)
from tortoise.backends.sqlite.schema_generator import SqliteSchemaGenerator
from tortoise.connection import get_connections

from core import measures
from core.database.checks import WithChecks
from core.database.failures import sqlite_failures
from core.database.queries import Held, Pool, told
from core.database.uninterrupted import uninterrupted
from core.settings import settings


class _Failures(TortoiseClient):
    """Say the driver's errors in our terms, on the connection and in its transactions alike."""

    where: str

    async def execute_insert(self, query: str, values: list[Any]) -> Any:  # noqa: ANN401  Tortoise's
        with sqlite_failures(self.where):
            return await super().execute_insert(query, values)

    async def execute_many(self, query: str, values: list[list[Any]]) -> None:
        with sqlite_failures(self.where):
            await super().execute_many(query, values)

    async def execute_query(self, query: str, values: list[Any] | None = None) -> Any:  # noqa: ANN401  Tortoise's
        with sqlite_failures(self.where):
            return await super().execute_query(query, values)

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> Any:  # noqa: ANN401  Tortoise's
        with sqlite_failures(self.where):
            return await super().execute_query_dict(query, values)


class _Telling:
    """aiosqlite's connection, with the log told what its statements take."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401  aiosqlite's, which has no types
        self._told = connection

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  the same
        return getattr(self._told, name)

    async def execute_insert(self, statement: str, *values: object) -> Any:  # noqa: ANN401  the same
        with told(statement):
            return await self._told.execute_insert(statement, *values)

    async def execute_fetchall(self, statement: str, *values: object) -> Any:  # noqa: ANN401  the same
        with told(statement):
            return await self._told.execute_fetchall(statement, *values)

    async def executemany(self, statement: str, *values: object) -> Any:  # noqa: ANN401  the same
        with told(statement):
            return await self._told.executemany(statement, *values)


class SqliteSchema(WithChecks, SqliteSchemaGenerator):
    """SQLite's DDL for our models."""


class SqliteClient(_Failures):
    """The one connection to a file."""

    schema_generator = SqliteSchema

    def __init__(self, file_path: str, **options: Any) -> None:  # noqa: ANN401  Tortoise's
        super().__init__(file_path, **options)
        self.waiting = 0
        self.where = f"SQLite file {file_path!r}"

    async def create_connection(self, with_db: bool) -> None:  # noqa: FBT001  Tortoise's
        """Open the file."""
        with sqlite_failures(self.where):
            await super().create_connection(with_db)
        if settings().slow_query is not None:
            self._connection = _Telling(self._connection)  # type: ignore[assignment]  # all that it does, and more

    async def take_turn(self) -> None:
        """Wait until nobody else of this process uses the connection, and lock it."""
        self.waiting += 1
        began = perf_counter()
        try:
            await self._lock.acquire()
        finally:
            self.waiting -= 1
            measures.waits.add(perf_counter() - began)

    def pool(self) -> Pool:
        """How the one connection stands."""
        return Pool(1, int(self._connection is not None), int(self._lock.locked()), self.waiting)

    def acquire_connection(self) -> Held:
        """The connection for one statement."""
        return _Turn(self._lock, self)

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(_TransactionClient(self), self._lock)


class _Turn(Held):
    client: SqliteClient

    async def _take(self) -> None:
        await self.client.take_turn()


class _TransactionClient(_Failures, SqliteTransactionWrapper):
    _parent: SqliteClient

    def __init__(self, connection: SqliteClient) -> None:
        SqliteTransactionWrapper.__init__(self, connection)
        self.where = connection.where

    def acquire_connection(self) -> Held:
        return Held(self._lock, self)

    async def begin(self) -> None:
        with sqlite_failures(self.where):
            await self._connection.execute("BEGIN IMMEDIATE")


class _Transaction(SqliteTransactionContext):
    connection: _TransactionClient

    async def __aenter__(self) -> TransactionalDBClient:
        await self.connection._parent.take_turn()
        try:
            await self.ensure_connection()
            await self.connection.begin()
        except BaseException:
            # A cancelled BEGIN may still arrive in the connection's thread; the rollback stands behind it in line.
            await uninterrupted(self._finish(failed=True))
            raise
        self.token = get_connections().set(self.connection_name, self.connection)
        return self.connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        get_connections().reset(self.token)
        await uninterrupted(self._finish(failed=error is not None))

    async def _finish(self, *, failed: bool) -> None:
        connection: Any = self.connection._connection
        try:
            if failed and connection is not None:
                await connection.rollback()
            elif not failed:
                began = perf_counter()
                with sqlite_failures(self.connection.where):
                    await self.connection.commit()
                measures.statements.add(perf_counter() - began)
        finally:
            self.connection._finalized = True
            self._trxlock.release()


client_class = SqliteClient
