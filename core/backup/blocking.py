"""Blocking work in a thread that can be called off: whoever waits for it is gone only when it is over."""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from core import progress

Result = TypeVar("Result")
Told = Callable[[int], None]


class _CalledOffError(Exception):
    """Nobody waits for this any more."""


async def in_thread(
    work: Callable[[Told], Result], *, what: str, total: int | None = None, stop: Callable[[], object] = lambda: None
) -> Result:
    """Run it in a thread, with a function to say how many bytes are done. Once cancelled, that function raises.

    Args:
        work: what to do.
        what: how people call it.
        total: how many bytes it will be.
        stop: ends what the thread may be waiting for, such as another program.
    """
    called_off = threading.Event()

    def told(done: int) -> None:
        if called_off.is_set():
            raise _CalledOffError
        progress.tell(done=done, total=total, unit="bytes", what=what)

    task = asyncio.ensure_future(asyncio.to_thread(work, told))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        called_off.set()
        stop()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # Seen: the cancellation is what the caller hears of.
        raise
