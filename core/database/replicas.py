"""Reads from replicas: which of them may serve whom, and who keeps looking how far each one is.

Nothing is guessed. Four times a second the primary is asked how far its write-ahead log is, and then each replica how
far it has replayed it. So of each it is known as of when it is: it shows all that was committed before. It is used as
long as that is at most ``STYLOBATE_REPLICA_LAG`` ago, and for a caller only if it is later than their last write. One
that is paused, slow, cut off or dead stays behind, and with that it is left out. What one can't answer, the primary is
asked at once.

Nobody looks, and nothing is connected, before the first ``reading()`` of the process.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import Context
from functools import partial
from itertools import cycle, islice
from typing import Any, NamedTuple

from tortoise.backends.base.client import BaseDBAsyncClient

from core import measures
from core.database import alone
from core.database.failures import postgres_failures
from core.database.history import History, Sample, identity, position, timeline
from core.database.postgres import PostgresClient
from core.database.reading import Block, block, caller
from core.database.replica import FAILURES, NEVER, PATIENCE, UNSEEN, NotRead, Replica
from core.database.uninterrupted import uninterrupted
from core.errors import Unavailable
from core.settings import PostgresUrl, settings

_log = logging.getLogger(__name__)

PRIMARY = "primary"

_INTERVAL = 0.25
"""Seconds from one look to the next."""


class Standing(NamedTuple):
    """A replica: how many seconds it may be behind, if that is known, and why it is left out, if it is."""

    name: str
    behind: float | None
    why_not: str | None


class Replicas:
    """The replicas of a primary, as one process sees them. ``limit``: how many seconds one may be behind."""

    def __init__(self, primary: PostgresUrl, urls: Sequence[PostgresUrl], *, limit: float) -> None:
        self._primary = primary
        self._limit = limit
        self._replicas = [Replica(url) for url in urls]
        self._turns = cycle(self._replicas)
        self._history: History | None = None
        self._missed = "it was not asked yet"
        self._sampled = asyncio.Event()
        self._told: dict[str, str | None] = {each.name: UNSEEN for each in self._replicas}
        self._watch: asyncio.Task[None] | None = None

    async def read(self, function: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401  Tortoise's
        """What a plain SELECT finds on a replica; None when the primary is to be asked.

        Args:
            function: Tortoise's, which runs a statement with the client that is its first argument.
            arguments: those that follow.
            named: the rest.

        Raises:
            DatabaseUnreachable: it took longer than ``command_timeout``, as it would on the primary.
        """
        around = block()
        if around is None:
            return None
        self.begin()
        replica = self._chosen(around)
        if replica is not None:
            try:
                found = await function(replica, *arguments, **named)
            except TimeoutError:
                with postgres_failures(f"replica {replica.name}"):
                    raise
            except (NotRead, *FAILURES):
                pass  # It is gone, or in conflict with what it replays. A mistake, the primary finds as well.
            else:
                measures.reads[replica.name].add()
                return found
        around.on_primary = True
        measures.reads[PRIMARY].add()
        return None

    def _chosen(self, around: Block) -> Replica | None:
        if around.on_primary:
            return None
        since = max(caller().wrote_at, time.monotonic() - self._limit)
        mine = islice(self._turns, len(self._replicas)) if around.replica is None else (around.replica,)
        chosen = around.replica = next((each for each in mine if each.shows(since)), None)
        return chosen

    def standings(self) -> list[Standing]:
        """How each stands at this moment."""
        now = time.monotonic()
        is_silent = self._history is None or now - self._history.last.at > self._limit
        late = f"the primary says nothing: {self._missed}" if is_silent else f"it is more than {self._limit:g} s behind"
        found = []
        for each in self._replicas:
            behind = None if each.as_of == NEVER else now - each.as_of
            is_late = behind is None or behind > self._limit
            found.append(Standing(each.name, behind, each.why_not or (late if is_late else None)))
        return found

    def watched(self) -> list[Standing]:
        """The same, if somebody looks after them: else nothing is known, and nobody minds."""
        return [] if self._watch is None else self.standings()

    def begin(self) -> None:
        """Look after them from now on."""
        if self._watch is None:
            # In a context of its own, since it is no part of the request or the transaction that happens to be around.
            self._watch = asyncio.create_task(self._watched(), context=Context())

    async def close(self) -> None:
        """Let go of all of them."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])

    async def _watched(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(_again(self._sample, self._miss))
            for each in self._replicas:
                group.create_task(_again(partial(each.follow, self._next_sample), each.lose))
            group.create_task(self._tell())

    async def _sample(self) -> None:
        """Ask the primary how far it is, on a connection of its own: those of the pool may all be in use."""
        async with alone.connected(self._primary, goodbye=PATIENCE) as connection:
            whose = await identity(connection, seconds=PATIENCE)
            history = History(whose, await timeline(connection, seconds=PATIENCE))
            while True:
                asked_at = time.monotonic()
                history.add(Sample(asked_at, await position(connection, seconds=PATIENCE)))
                self._history = history
                sampled, self._sampled = self._sampled, asyncio.Event()
                sampled.set()
                await asyncio.sleep(_INTERVAL)

    def _miss(self, why: str) -> None:
        self._missed = why

    async def _next_sample(self) -> History:
        await self._sampled.wait()
        assert self._history is not None, "there is a sample"  # noqa: S101
        return self._history

    async def _tell(self) -> None:
        """Say in the log what has changed."""
        while True:
            for name, _, why_not in self.standings():
                if why_not not in {UNSEEN, self._told[name]}:
                    self._told[name] = why_not
                    if why_not is None:
                        _log.info("replica %s is used", name)
                    else:
                        _log.warning("replica %s is left out: %s", name, why_not)
            await asyncio.sleep(_INTERVAL)


async def _again(work: Callable[[], Awaitable[None]], failed: Callable[[str], None]) -> None:
    """Do it for ever. When it fails, say why, and begin anew a moment later."""
    while True:
        try:
            await work()
        except Unavailable as error:
            failed(str(error))
        except TimeoutError:
            failed(f"it does not answer within {PATIENCE:g} s")
        except Exception as error:  # noqa: BLE001  whatever it is: who looks after replicas goes on
            failed(f"it can't be asked ({type(error).__name__})")
        await asyncio.sleep(_INTERVAL)


def _given() -> Replicas | None:
    primary, urls = settings().database, settings().database_replicas
    if not urls or not isinstance(primary, PostgresUrl):
        return None
    return Replicas(primary, urls, limit=settings().replica_lag.total_seconds())


async def examined(*, seconds: float) -> list[Standing]:
    """How the replicas of the settings stand. One that is not well at once has so many seconds to become so."""
    replicas = _given()
    if replicas is None:
        return []
    replicas.begin()
    end = time.monotonic() + seconds
    try:
        while any(each.why_not for each in replicas.standings()) and time.monotonic() < end:  # noqa: ASYNC110  briefly
            await asyncio.sleep(_INTERVAL / 5)
        return replicas.standings()
    finally:
        await uninterrupted(replicas.close())


@asynccontextmanager
async def attached(client: BaseDBAsyncClient) -> AsyncIterator[None]:
    """Have the replicas of the settings beside their primary, whose client this is."""
    replicas = _given()
    if replicas is None or not isinstance(client, PostgresClient):
        yield
        return
    client.replicas = replicas
    try:
        yield
    finally:
        client.replicas = None
        await uninterrupted(replicas.close())
