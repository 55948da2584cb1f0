"""How late an event loop is, and whose fault that is."""

import asyncio
import os
import time
from array import array
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_STEP, _STEPS = 1e-4, 10_000
"""A percentile is exact to a tenth of a millisecond, up to a second. So counting takes no memory."""


class Lateness:
    """By how many seconds the loop came too late, each time that it was due."""

    def __init__(self) -> None:
        self._counts = array("Q", bytes(8 * (_STEPS + 1)))
        self.longest = 0.0
        self.caused = 0.0
        """The longest without the time in which the loop's thread was ready and had no core, as the kernel counts it.
        It is what this process did: a callback that took too long, or another thread that held the interpreter."""

    def add(self, passed: float, *, without_core: float) -> None:
        """Count one."""
        self._counts[min(int(passed / _STEP), _STEPS)] += 1
        self.longest = max(self.longest, passed)
        self.caused = max(self.caused, passed - without_core)

    def percentile(self, share: float) -> float:
        """Within how many seconds it came in this share of the times."""
        left = share * sum(self._counts)
        for step, times in enumerate(self._counts):
            left -= times
            if left <= 0:
                return (step + 1) * _STEP
        return self.longest


@asynccontextmanager
async def watched(*, every: float) -> AsyncIterator[Lateness]:
    """Look while the block runs, every so many seconds."""
    late = Lateness()
    task = asyncio.create_task(_watch(late, every))
    try:
        yield late
    finally:
        task.cancel()


async def _watch(late: Lateness, every: float) -> None:
    while True:
        began, waited = time.perf_counter(), _without_core()
        await asyncio.sleep(every)
        passed = max(0.0, time.perf_counter() - began - every)
        late.add(passed, without_core=_without_core() - waited)


def _without_core() -> float:
    """For how many seconds this thread has been ready and waiting. Only Linux says so."""
    with suppress(FileNotFoundError):
        file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        try:
            return int(os.read(file, 100).split()[1]) / 1e9
        finally:
            os.close(file)
    return 0.0
