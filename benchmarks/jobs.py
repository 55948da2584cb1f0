"""What it costs to do a job: `.venv/bin/python -m benchmarks.jobs`.

The figures are ratios within one run, in turns, and medians: a time of one machine says nothing of another. Servers are
those from the wheels, with settings that survive the machine; the worker is a real one. Messages are put into the queue
in one blow, so that nothing is measured but how fast a worker empties it.
"""

import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from redis import Redis

from core import database, jobs, migrate, sessions
from core.local.postgres import Postgres
from core.local.valkey import Valkey
from core.settings import read_again
from models import JobRun
from tasks.app import QUICK, app, bridge, job, post

ROUNDS, MESSAGES, COSTLY_MESSAGES, CALLS, ASKED = 7, 600, 40, 200, 1_000

Work = Callable[[], Awaitable[object]]


async def nothing() -> None:
    """The coroutine function of all that is compared."""


@app.task(name="benchmark.plain", queue=QUICK)
def plain() -> None:
    """The limit: what Celery costs by itself."""


@app.task(name="benchmark.bridged", queue=QUICK)
def bridged() -> None:
    """The same through our bridge."""
    bridge.run(nothing)


@app.task(name="benchmark.anew", queue=QUICK)
def anew() -> None:
    """A loop and a database for each task, as one would do it first."""

    async def connected() -> None:
        async with database.connected():
            await nothing()

    asyncio.run(connected())


@job("benchmark.job")
async def nothing_recorded(number: int = 0) -> None:  # Two with the same arguments never overlap.
    """Nothing, with all that a run is."""


@contextmanager
def worker(processes: int) -> Iterator[None]:
    """A worker that has done its first task in each process."""
    command = (sys.executable, "-m", "celery", "--quiet", "-A", "tasks", "worker", f"--concurrency={processes}")
    options = ("--without-gossip", "--without-mingle")
    program = subprocess.Popen([*command, *options], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)  # noqa: S603  our own
    try:
        yield
    finally:
        program.send_signal(signal.SIGTERM)
        program.wait()


class Queue:
    """The worker's queue, filled in one blow."""

    def __init__(self, url: str, *names: str) -> None:
        """Have a message for each of these tasks, as Celery writes it. No worker is there yet."""
        self._redis = Redis.from_url(url)
        self._messages = {name: self._written(name) for name in names}

    def _written(self, name: str) -> str:
        app.tasks[name].apply_async()
        found: bytes = self._redis.rpop(QUICK)  # type: ignore[assignment]  # not its asynchronous twin
        return found.decode()

    def emptied(self, name: str, messages: int) -> float:
        """Put so many messages into it, and say in how many seconds they were all done."""
        text = self._messages[name]
        known = json.loads(text)
        ids = (known["headers"]["id"], known["properties"]["delivery_tag"])
        pipeline = self._redis.pipeline()
        for _ in range(messages):
            copy = text
            for each in ids:
                copy = copy.replace(each, str(uuid4()))
            pipeline.lpush(QUICK, copy)
        began = time.perf_counter()
        pipeline.execute()
        self.wait()
        return time.perf_counter() - began

    def wait(self) -> None:
        """Wait until everything in it has been done."""
        while self._redis.llen(QUICK) or self._redis.hlen("unacked"):
            time.sleep(0.002)


def compare_bridges(url: str) -> None:
    """Tasks that do nothing, in a worker of one process."""
    took: dict[str, list[float]] = {"benchmark.plain": [], "benchmark.bridged": [], "benchmark.anew": []}
    queue = Queue(url, *took)
    with worker(1):
        queue.emptied("benchmark.bridged", 1)
        for _ in range(ROUNDS):
            for name, times in took.items():
                messages = COSTLY_MESSAGES if name == "benchmark.anew" else MESSAGES
                times.append(queue.emptied(name, messages) / messages)
    costs = {name: statistics.median(times) for name, times in took.items()}
    print(f"\na task that does nothing, in a worker of one process, median of {ROUNDS}")
    titles = ("a plain task", "through our bridge", "asyncio.run and a new database")
    for title, cost in zip(titles, costs.values(), strict=True):
        print(f"  {title:<32} {cost * 1e6:>8,.0f} µs  {1 / cost:>6,.0f}/s  {cost / costs['benchmark.plain']:.2f}")


async def median(works: dict[str, Work]) -> dict[str, float]:
    """Seconds of a call of each, taken in turns."""
    took: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(CALLS):
        for name, work in works.items():
            began = time.perf_counter()
            await work()
            took[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in took.items()}


async def record() -> None:
    """What it costs that a run is locked and written down, beside what it does."""

    async def lock() -> None:
        async with database.exclusive("benchmark"):
            pass

    async def promise() -> None:
        await JobRun.create(job="benchmark.promise", status="lost", trigger="asked")

    took = await median(
        {
            "one row, committed": promise,
            "the lock alone": lock,
            "a run of a job that does nothing": lambda: jobs.run_now("benchmark.job"),
            "a clean-up with nothing to delete": sessions.purge_expired,
            "a run of that": lambda: jobs.run_now("sessions.purge_expired"),
            "beat's look": jobs.reminders,
        }
    )
    print(f"\na run and its parts, median of {CALLS}")
    for name, seconds in took.items():
        print(f"  {name:<36} {seconds * 1e3:>6.2f} ms")


async def flow(url: str) -> None:
    """Ask for jobs, as an app does, and have a worker of two processes do them."""
    queue = Queue(url, "benchmark.bridged")
    with worker(2):
        queue.emptied("benchmark.bridged", 4)
        began = time.perf_counter()
        for number in range(1, ASKED + 1):
            await jobs.enqueue("benchmark.job", number=number)
        asked = time.perf_counter() - began
        while await JobRun.filter(job="benchmark.job", finished_at=None).exists():  # noqa: ASYNC110  no event tells
            await asyncio.sleep(0.02)
        done = time.perf_counter() - began
    print(f"\n{ASKED:,} jobs asked for and done by two processes")
    print(f"  asked for {ASKED / asked:>6,.0f}/s   done {ASKED / done:>6,.0f}/s")


async def in_database(broker: str | None = None) -> None:
    """What is measured with a database in this process."""
    async with database.connected(migrated=False):
        assert [name async for name in migrate.migrate()]  # noqa: S101  it is empty
        await record()
        if broker:
            await flow(broker)


def main() -> None:
    """Measure on PostgreSQL and Valkey from the wheels."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Postgres(Path(folder) / "postgres") as server,
        Valkey(Path(folder) / "valkey") as valkey,
    ):
        server.create_database("benchmark")
        os.environ.update(
            DATABASE_URL=server.url("benchmark"),
            REDIS_URL=valkey.url(),
            STYLOBATE_JOB_MODULES="tasks,benchmarks.jobs",
            STYLOBATE_LOG_LEVEL="WARNING",
            STYLOBATE_HEARTBEAT_FOLDER=f"{folder}/heartbeat",
        )
        read_again()
        asyncio.run(in_database(valkey.url()))
        compare_bridges(valkey.url())
        post.close()
        server.erase()


if __name__ == "__main__":
    main()
