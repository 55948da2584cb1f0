"""What the database says by itself: the notifications of a channel, and up to when all of them have been heard.

A connection may be cut off without anybody being told. So it is asked for an answer again and again: what was committed
before the question was sent is heard before its answer comes, and ``as_of`` is the time of the last question answered.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Protocol

from core.database import alone
from core.database.connection import unpooled
from core.database.deferred import accompany
from core.database.failures import postgres_failures
from core.errors import Unavailable
from core.settings import PostgresUrl

_log = logging.getLogger(__name__)

_BEAT = 0.2
"""Seconds between two questions."""
PATIENCE = 1.0
"""Seconds after which what was heard counts for nothing, if there was no answer to a question since."""
_PAUSES = (0.1, 0.5, 2.0)
"""Seconds before the connection is made again: after its end, after the first failure, and after all others. Of those
that follow nothing is said: the first three are in the log."""


class Listener(Protocol):
    """Who wants to hear a channel."""

    def hear(self, said: str) -> None:
        """Called with every notification."""

    def lose(self) -> None:
        """Called when some may have been missed."""


class Channel:
    """A channel that is listened to while the database is open, from the first time that ``heed`` is called.

    Args:
        name: the channel's.
        listener: who hears it.
        ready: looks, over the channel's own connection, whether the database says what it should; it raises Unavailable
            when it does not.
    """

    def __init__(self, name: str, listener: Listener, ready: Callable[[alone.Connection], Awaitable[None]]) -> None:
        self._name, self._listener, self._ready = name, listener, ready
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self.as_of = float("-inf")
        """All that was committed before this time has been heard; ``time.monotonic``'s."""

    @property
    def is_heard(self) -> bool:
        """Whether what is committed is heard within ``PATIENCE``."""
        return monotonic() - self.as_of < PATIENCE

    def heed(self) -> None:
        """See to it that the channel is listened to, where the database has channels. It is not waited for."""
        if self._task is None or self._task.done() or self._task.get_loop() is not asyncio.get_running_loop():
            url = unpooled()
            if isinstance(url, PostgresUrl):
                self._task = accompany(self._listen(url))

    async def _listen(self, url: PostgresUrl) -> None:
        while True:
            try:
                async with alone.connected(url) as connection:
                    with postgres_failures(alone.place(url)):
                        await self._follow(connection)
            except Unavailable as error:
                if self._failures < len(_PAUSES):
                    _log.warning("channel %s is not heard: %s; %s", self._name, error, error.remedy)
            finally:
                self.as_of = float("-inf")
                self._listener.lose()
            await asyncio.sleep(_PAUSES[min(self._failures, len(_PAUSES) - 1)])
            self._failures += 1

    async def _follow(self, connection: alone.Connection) -> None:
        """Until the connection ends, or does not answer in time."""
        ended = asyncio.Event()

        def end(_: object) -> None:
            self.as_of = float("-inf")
            ended.set()

        connection.add_termination_listener(end)
        await connection.add_listener(self._name, lambda *it: self._listener.hear(str(it[3])))
        await self._ready(connection)
        self._listener.lose()  # What is known from before was not listened for.
        while not ended.is_set():
            asked = monotonic()
            async with asyncio.timeout(PATIENCE):
                await connection.execute("SELECT 1")
            self.as_of = asked
            if self._failures:
                _log.warning("channel %s is heard again", self._name)
                self._failures = 0
            try:
                async with asyncio.timeout(_BEAT):
                    await ended.wait()
            except TimeoutError:
                continue
