"""From a worker's synchronous process to the asynchronous core.

Each process has one event loop, in a thread of its own, and one open database on it, for as long as it lives. Both are
made at the first job, after the fork, because neither survives one. (A loop that is opened for every job costs ten
times a query; one on the main thread lets a job that was stopped run on inside the next.)
"""

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from core import database

Result = TypeVar("Result")

_PATIENCE = 10.0
"""Seconds that a job has to clean up when it is cancelled."""


def _new_loop() -> asyncio.AbstractEventLoop:
    """One of uvloop, where that is installed, which takes a tenth less of the processor: docs/decisions/0027."""
    try:
        import uvloop  # noqa: PLC0415  an extra
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


class Bridge:
    """The loop of this process, and the way onto it."""

    def __init__(self) -> None:
        self._pid: int | None = None
        self._starting = threading.Lock()

    def run(self, work: Callable[[], Awaitable[Result]], *, seconds: float | None = None) -> Result:
        """Do the work on the loop and wait for it here.

        Every call has a fresh context, so nothing that one job binds is seen by the next.

        Raises:
            TimeoutError: it took longer than it may, and was cancelled.
        """
        self._ensure_open()
        finished = threading.Event()
        future = asyncio.run_coroutine_threadsafe(self._limited(work, seconds, finished), self._loop)
        try:
            return future.result()
        except BaseException:
            if future.cancel():  # This thread was interrupted: the work must not go on without it.
                finished.wait(_PATIENCE)
            raise

    def spawn(self, work: Callable[[], Awaitable[object]]) -> None:
        """Begin with the work on the loop, and don't wait for it. It is cancelled when the bridge closes."""
        self._ensure_open()
        asyncio.run_coroutine_threadsafe(self._limited(work, None, threading.Event()), self._loop)

    def _ensure_open(self) -> None:
        with self._starting:
            if self._pid != os.getpid():
                self._start()

    async def _limited(
        self, work: Callable[[], Awaitable[Result]], seconds: float | None, finished: threading.Event
    ) -> Result:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  a coroutine on a loop
        self._running.add(task)
        try:
            async with asyncio.timeout(seconds):
                with database.one_caller():
                    return await work()
        finally:
            self._running.discard(task)
            finished.set()

    def _start(self) -> None:
        self._loop = _new_loop()
        self._closing = asyncio.Event()
        self._running: set[asyncio.Task[Any]] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="bridge", daemon=True)
        self._thread.start()
        opened: Future[None] = Future()
        self._keeper = asyncio.run_coroutine_threadsafe(self._keep_open(opened), self._loop)
        try:
            opened.result()
        except BaseException:
            self._stop()
            raise
        self._pid = os.getpid()

    async def _keep_open(self, opened: "Future[None]") -> None:
        """Open and close the database in one task: what it binds to a context must be taken back in the same."""
        try:
            async with database.connected():
                opened.set_result(None)
                await self._closing.wait()
        except Exception as error:
            if opened.done():
                raise
            opened.set_exception(error)

    def close(self) -> None:
        """Cancel what runs, wait for it, close the database, then the loop."""
        if self._pid != os.getpid():
            return
        self._pid = None
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._wind_up(), self._loop).result(2 * _PATIENCE)
        self._stop()

    async def _wind_up(self) -> None:
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._closing.set()
        await asyncio.wrap_future(self._keeper)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()
