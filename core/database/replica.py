"""One read replica: how far it is known to be, and the connections to it."""

from __future__ import annotations  # asyncpg's classes are generic in its stubs only

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from time import perf_counter
from typing import Any

import asyncpg

from core import measures
from core.database import alone
from core.database.history import History, identity
from core.database.postgres import leave, prepare, session_options
from core.settings import PostgresUrl

PATIENCE = 0.5
"""Seconds that it has for a new connection, and to say how far it is: a frozen one holds nobody up for longer."""
_ARRIVAL = 0.02
"""Seconds in which what was sampled on the primary usually gets here."""
_REST = 5.0
"""Seconds in which one that fails its readers is left alone, though it says that it is well."""
NEVER, _EVER = float("-inf"), float("inf")

UNSEEN = "nothing is known of it yet"
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)

_RUNS_SINCE = "SELECT pg_postmaster_start_time()"
# Which timeline it follows is seen at once by members of pg_read_all_stats, and by others when it has been noted down.
_STANDING = """
    SELECT is_replica, CASE WHEN is_replica THEN (pg_last_wal_replay_lsn() - '0/0')::bigint END AS position,
        greatest((SELECT received_tli FROM pg_stat_wal_receiver), {noted}) AS timeline
    FROM pg_is_in_recovery() AS is_replica
"""
_NOTED = "(SELECT min_recovery_end_timeline FROM pg_control_recovery())"
_MAY_SEE_NOTED = "SELECT has_function_privilege('pg_control_recovery()', 'EXECUTE')"


class NotRead(Exception):  # noqa: N818  an answer, not a fault
    """It could not answer. The primary can."""


class Replica:
    """A replica. Tortoise's functions that run a statement take it for a client of theirs."""

    log = logging.getLogger("tortoise.db_client")

    def __init__(self, url: PostgresUrl) -> None:
        self.name = f"{url.host}:{url.port}/{url.database}"
        self.as_of = NEVER
        """It shows all that was committed before this moment."""
        self.why_not: str | None = UNSEEN
        """Why it is left out, for another reason than that it is late."""
        self._url = url
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._taken = 0
        self._rests_until = NEVER
        self._runs_since: datetime | None = None

    def shows(self, since: float) -> bool:
        """Whether it shows all that was committed before ``since``, and has a connection to spare."""
        return (
            self.as_of >= since
            and self.why_not is None
            and self._pool is not None
            and self._taken < self._url.pool_size
        )

    @asynccontextmanager
    async def acquire_connection(self) -> AsyncIterator[Any]:
        """A connection for one statement.

        Raises:
            NotRead: there is none to be had.
        """
        pool = self._pool
        if pool is None:
            raise NotRead
        self._taken += 1
        try:
            borrowed = await self._borrow(pool)
            began = perf_counter()
            try:
                yield borrowed
            finally:
                measures.statements.add(perf_counter() - began)
                if pool is self._pool and _is_closed(borrowed):
                    self._rest("it broke off in the middle of a statement", seconds=0)
                with suppress(*FAILURES):  # Then it was closed, and whoever has read is not concerned.
                    await pool.release(borrowed, timeout=PATIENCE)
        finally:
            self._taken -= 1

    async def _borrow(self, pool: asyncpg.Pool[asyncpg.Record]) -> asyncpg.pool.PoolConnectionProxy[asyncpg.Record]:
        began = perf_counter()
        try:
            borrowed = await pool.acquire()  # No more are taken than there are, so only connecting is waited for.
        except FAILURES as error:
            if pool is self._pool:
                self._rest(f"it gives no connection ({type(error).__name__})", seconds=_REST)
            raise NotRead from error
        finally:
            measures.waits.add(perf_counter() - began)
        if pool is not self._pool:  # It was closed while this connection was made.
            borrowed.terminate()
            raise NotRead
        return borrowed

    def _rest(self, why_not: str, *, seconds: float) -> None:
        """Leave it alone for so long and until it is seen to be well, or until it has begun anew."""
        self.why_not, self._rests_until = why_not, max(self._rests_until, time.monotonic() + seconds)

    async def follow(self, sampled: Callable[[], Awaitable[History]]) -> None:
        """Ask it how far it is after each sample of the primary, for as long as it answers.

        Raises:
            Unavailable, OSError, asyncpg's errors: it does not. Who was waiting for it has been told so.
        """
        async with alone.connected(self._url, goodbye=PATIENCE) as connection:
            try:
                await self._begin(connection)
                may_see = await connection.fetchval(_MAY_SEE_NOTED, timeout=PATIENCE)
                standing = _STANDING.format(noted=_NOTED if may_see else "NULL::int")
                while True:
                    history = await sampled()
                    await asyncio.sleep(_ARRIVAL)
                    (row,) = await connection.fetch(standing, timeout=PATIENCE)
                    self._judge(row, history)
            finally:
                self._end()

    async def _begin(self, connection: alone.Connection) -> None:
        self._whose = await identity(connection, seconds=PATIENCE)
        self._runs_since = await connection.fetchval(_RUNS_SINCE, timeout=PATIENCE)
        self._pool = await asyncpg.create_pool(None, init=self._greet, reset=leave, **_pool_options(self._url))
        self._rests_until, self.why_not = NEVER, UNSEEN
        connection.add_termination_listener(self._end)

    def _end(self, _: object = None) -> None:
        """Let go of it. Statements that wait for it fail at once, and are asked of the primary."""
        self.as_of, self.why_not = NEVER, "it broke off"
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.terminate()

    async def _greet(self, connection: alone.Connection) -> None:
        """Make sure that a connection leads to the very server that is being asked how far it is.

        An address may lead to several, and one that crashed begins with an older state than it had.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                began = await connection.fetchval(_RUNS_SINCE)
                await prepare(connection)
        except BaseException:
            connection.terminate()  # Or asyncpg takes leave of it in order, which a frozen server does not.
            raise
        if began != self._runs_since:
            connection.terminate()
            self._rest("its address leads to several servers; each needs one of its own", seconds=_EVER)
            raise NotRead

    def _judge(self, row: asyncpg.Record, history: History) -> None:
        """Say as of when it is, by what it has just answered."""
        if not row["is_replica"]:
            self._leave_out("it is no replica, but takes writes itself")
        elif row["position"] is None or not self._whose.may_be(history.whose):
            self._leave_out("it is not a replica of this database")
        elif row["timeline"] not in {None, history.timeline}:
            # It may have as many positions as the primary, and something else at them.
            self._leave_out("it is not known to follow this primary since its promotion")
        else:
            shown = history.replayed(row["position"])
            if shown is not None:
                self.as_of = max(self.as_of, shown.at)
            if time.monotonic() >= self._rests_until:
                self.why_not = None

    def lose(self, why_not: str) -> None:
        """It could not be followed any longer."""
        self.why_not = why_not

    def _leave_out(self, why_not: str) -> None:
        self.as_of, self.why_not = NEVER, why_not


def _is_closed(borrowed: asyncpg.pool.PoolConnectionProxy[asyncpg.Record]) -> bool:
    try:
        return borrowed.is_closed()
    except asyncpg.InterfaceError:  # The pool knows, and has taken it back.
        return True


def _pool_options(url: PostgresUrl) -> dict[str, Any]:
    options = session_options(url)
    if not url.pgbouncer:  # It would refuse a setting that it can't keep.
        options["server_settings"]["default_transaction_read_only"] = "on"
    limits = {"timeout": min(url.connect_timeout, PATIENCE), "min_size": 0, "max_size": url.pool_size}
    return {**options, **limits}
