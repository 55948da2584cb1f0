"""How late an event loop is, and whose fault that is."""

import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_SECONDS = 0.001


@dataclass
class Lateness:
    """Seconds by which the loop came too late, each time that it was due."""

    passed: list[float] = field(default_factory=list)
    caused: list[float] = field(default_factory=list)
    """The same without the time in which the loop's thread was ready and had no core, as the kernel counts it. What is
    left is what this process did: a callback that took too long, or another thread that held the interpreter."""

    def percentile(self, share: float) -> float:
        """Of what passed."""
        return sorted(self.passed)[int(share * (len(self.passed) - 1))]


@asynccontextmanager
async def watched() -> AsyncIterator[Lateness]:
    """Look while the block runs, a thousand times a second."""
    late = Lateness()
    task = asyncio.create_task(_watch(late))
    try:
        yield late
    finally:
        task.cancel()


async def _watch(late: Lateness) -> None:
    while True:
        began, waited = time.perf_counter(), _without_core()
        await asyncio.sleep(_SECONDS)
        passed = max(0.0, time.perf_counter() - began - _SECONDS)
        late.passed.append(passed)
        late.caused.append(max(0.0, passed - (_without_core() - waited)))


def _without_core() -> float:
    """For how many seconds this thread has been ready and waiting. Only Linux says so."""
    with suppress(FileNotFoundError):
        file = os.open("/proc/thread-self/schedstat", os.O_RDONLY)
        try:
            return int(os.read(file, 100).split()[1]) / 1e9
        finally:
            os.close(file)
    return 0.0
