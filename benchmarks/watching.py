"""What others feel: a process of its own that begins something every so often, whether or not it is done with the last.

So it feels every stall, and slow work is not a lucky one.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import NamedTuple, Self

from core import database
from core.settings.database_url import parse


class Span(NamedTuple):
    """When something was going on, by the clock that all processes share."""

    began: float
    ended: float


class Client:
    """A process that does one thing every so often, and remembers when, and how long it waited."""

    def __init__(self, work: Callable[[str], Awaitable[object]], argument: str, url: str, *, every: float) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._ours, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_client, args=(work, argument, url, every, theirs), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self._ours.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.join()

    def stop(self) -> list[tuple[float, float]]:
        """When each call was due, and the seconds from then to its end."""
        self._ours.send(None)
        waits: list[tuple[float, float]] = self._ours.recv()
        return waits


def _client(
    work: Callable[[str], Awaitable[object]], argument: str, url: str, every: float, commander: Connection
) -> None:
    async def run() -> None:
        waits = []
        async with database.connected(parse(url)):
            await work(argument)
            commander.send(None)
            due = time.monotonic()
            while not commander.poll():
                due += every
                await asyncio.sleep(max(0, due - time.monotonic()))
                await work(argument)
                waits.append((due, time.monotonic() - due))
        commander.send(waits)

    asyncio.run(run())


def percentile(waits: list[tuple[float, float]], span: Span, share: float = 0.99) -> float:
    """The time within which so many of the calls were done that were waited for in the span."""
    counted = sorted(wait for due, wait in waits if due <= span.ended and due + wait >= span.began)
    return counted[int(share * (len(counted) - 1))]
