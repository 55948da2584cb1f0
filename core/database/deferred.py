"""Work that nobody waits for: done before the database closes, or as long as it is open."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import Context
from typing import Any
from weakref import WeakKeyDictionary

from core.errors import Unavailable

_log = logging.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds that a closing database waits for what was deferred."""

_AT_ONCE = 4
"""How many connections of the pool may be busy with it: those who are waited for come first."""

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
_tasks: set[asyncio.Task[None]] = set()
"""The loop holds its tasks weakly."""

_companions: set[asyncio.Task[None]] = set()

Work = Callable[[], Awaitable[object]]


async def begin(work: Work) -> None:
    """Do it in a moment. ``core.database.defer`` does this after the commit, which is what is wanted."""
    task = asyncio.create_task(_done(work))
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


async def settled() -> None:
    """Wait until all that was deferred on this loop is done."""
    loop = asyncio.get_running_loop()
    while running := [task for task in _tasks if task.get_loop() is loop]:
        await asyncio.wait(running)


def accompany(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    """Run something beside the open database: it is cancelled when that closes.

    It has a context of its own, since it is no part of the request that happens to be around.
    """
    task = asyncio.create_task(work, context=Context())
    _companions.add(task)
    task.add_done_callback(_companions.discard)
    return task


async def part() -> None:
    """End what runs beside the database, which closes."""
    loop = asyncio.get_running_loop()
    running = [task for task in _companions if task.get_loop() is loop]
    for task in running:
        task.cancel()
    for ended in await asyncio.gather(*running, return_exceptions=True):
        if isinstance(ended, Exception):
            _log.error("what ran beside the database failed", exc_info=ended)


async def settle() -> None:
    """The same, and what is not done after a few seconds is cancelled: the database closes."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await settled()
    except TimeoutError:
        for task in list(_tasks):
            task.cancel()
        await settled()


async def _done(work: Work) -> None:
    turn = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE))
    try:
        async with turn:
            await work()
    except Unavailable as error:
        _log.warning("deferred: %r was not done: %s", work, error)
    except Exception:  # noqa: BLE001  nobody waits for it, so nobody else would say so
        _log.exception("deferred: %r failed", work)
