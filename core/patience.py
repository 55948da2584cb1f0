"""Not waiting for too long, and not asking too often."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, NamedTuple, TypeVar

Found = TypeVar("Found")

_given_up: set["asyncio.Task[Any]"] = set()
"""The loop holds its tasks weakly."""


async def within(seconds: float, work: Coroutine[Any, Any, Found]) -> Found:
    """Do it, and wait for so long and no longer.

    With ``asyncio.timeout`` it is waited for until what was cancelled has ended, too, and a query of a server that is
    frozen gives its connection back only after seconds.

    Raises:
        TimeoutError: it takes longer. It is cancelled, and cleans up by itself.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            _given_up.add(task)
            task.add_done_callback(_forget)
            task.cancel()
    if not task.done():
        raise TimeoutError
    return task.result()


def _forget(task: "asyncio.Task[Any]") -> None:
    _given_up.discard(task)
    if not task.cancelled():
        task.exception()  # Nobody waits for it any more, and unseen it would be logged.


class _Answer(NamedTuple, Generic[Found]):
    """What was found out last, or is being found out."""

    since: float
    task: "asyncio.Task[Found]"


class Lately(Generic[Found]):
    """Something that is found out once for all who ask at the same time, or within a moment after."""

    def __init__(self, find: Callable[[], Awaitable[Found]], *, seconds: float) -> None:
        self._find = find
        self._seconds = seconds
        self._last: _Answer[Found] | None = None

    async def told(self) -> Found:
        """What is so, or was a moment ago."""
        last = self._last
        if last is None or last.task.get_loop() is not asyncio.get_running_loop() or self._is_old(last):
            last = self._last = _Answer(time.monotonic(), asyncio.create_task(self._found()))
        return await asyncio.shield(last.task)

    async def _found(self) -> Found:
        return await self._find()

    def _is_old(self, last: _Answer[Found]) -> bool:
        return last.task.done() and time.monotonic() - last.since >= self._seconds
