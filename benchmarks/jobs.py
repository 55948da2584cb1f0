"""What it costs to do a job.

The worker is a real one. Messages are put into the queue in one blow, so that nothing is measured but how fast a worker
empties it.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from redis import Redis

from benchmarks.figures import Contender, Figure
from benchmarks.rounds import Work, in_turns, milliseconds, opened, postgres, turns
from core import database, jobs, sessions
from core.local.valkey import Valkey
from core.settings import read_again
from models import JobRun
from tasks.app import QUICK, app, bridge, job, post


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


def compare_bridges(url: str, *, rounds: int, messages: int) -> Figure:
    """Tasks that do nothing, in a worker of one process."""
    tasks = {"benchmark.bridged": messages, "benchmark.plain": messages, "benchmark.anew": max(1, messages // 15)}
    rates: dict[str, list[float]] = {name: [] for name in tasks}
    queue = Queue(url, *tasks)
    with worker(1):
        queue.emptied("benchmark.bridged", 1)
        for name in turns(tasks, rounds=rounds):
            rates[name].append(tasks[name] / queue.emptied(name, tasks[name]))
    ours, limit, anew = map(tuple, rates.values())
    return Figure(
        title="A task that does nothing",
        how=f"A worker of one process empties a queue of {messages:,} messages.",
        unit="/s",
        better="more",
        contenders=(
            Contender(name="through our bridge", role="ours", rounds=ours),
            Contender(name="a plain Celery task", role="limit", rounds=limit),
            Contender(name="asyncio.run and a new database", role="peer", rounds=anew),
        ),
    )


async def record(*, rounds: int, calls: int) -> list[Figure]:
    """What it costs that a run is locked and written down, beside what it does."""

    async def lock() -> None:
        async with database.exclusive("benchmark"):
            pass

    async def promise() -> None:
        await JobRun.create(job="benchmark.promise", status="lost", trigger="asked")

    works: dict[str, Work] = {
        "a run of a job that does nothing": lambda: jobs.run_now("benchmark.job"),
        "one row, committed": promise,
        "the lock alone": lock,
        "a run of the clean-up": lambda: jobs.run_now("sessions.purge_expired"),
        "the clean-up itself": sessions.purge_expired,
        "beat's look": jobs.reminders,
    }
    found = await in_turns({name: milliseconds(work, times=calls) for name, work in works.items()}, rounds=rounds)

    def figure(title: str, ours: str, *limits: str) -> Figure:
        return Figure(
            title=title,
            how=f"A round is the median of {calls} calls.",
            unit="ms",
            better="less",
            contenders=(
                Contender(name=ours, role="ours", rounds=found[ours]),
                *(Contender(name=name, role="limit", rounds=found[name]) for name in limits),
            ),
        )

    return [
        figure("A run that is locked and written down", *list(works)[:3]),
        figure("A clean-up with nothing to delete, as a job", *list(works)[3:5]),
        figure("Beat's look at what is due", "beat's look"),
    ]


async def flow(url: str, *, asked: int) -> list[Figure]:
    """Ask for jobs, as an app does, and have a worker of two processes do them."""
    queue = Queue(url, "benchmark.bridged")
    with worker(2):
        queue.emptied("benchmark.bridged", 4)
        began = time.perf_counter()
        for number in range(1, asked + 1):
            await jobs.enqueue("benchmark.job", number=number)
        said = time.perf_counter() - began
        while await JobRun.filter(job="benchmark.job", finished_at=None).exists():  # noqa: ASYNC110  no event tells
            await asyncio.sleep(0.02)
        done = time.perf_counter() - began
    return [
        Figure(
            title=title,
            how=f"{asked:,} jobs asked for one after the other, {how}",
            unit="/s",
            better="more",
            contenders=(Contender(name=name, role="ours", rounds=(asked / seconds,)),),
        )
        for title, name, how, seconds in (
            ("Jobs asked for", "jobs.enqueue", "each a row and a message.", said),
            ("Jobs asked for and done", "stylobate", "until two processes have done and written down the last.", done),
        )
    ]


async def in_database(broker: str, *, rounds: int, calls: int, asked: int) -> list[Figure]:
    """What is measured with a database in this process."""
    async with opened(os.environ["DATABASE_URL"]):
        return [*await record(rounds=rounds, calls=calls), *await flow(broker, asked=asked)]


def measure(*, quick: bool) -> list[Figure]:
    """Measure on PostgreSQL and Valkey."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres() as server,
        Valkey(Path(folder) / "valkey") as valkey,
    ):
        os.environ.update(
            DATABASE_URL=server.url("benchmark"),
            REDIS_URL=valkey.url(),
            STYLOBATE_JOB_MODULES="tasks,benchmarks.jobs",
            STYLOBATE_LOG_LEVEL="WARNING",
            STYLOBATE_HEARTBEAT_FOLDER=f"{folder}/heartbeat",
        )
        read_again()
        calls, asked = (5, 50) if quick else (10, 1_000)
        figures = asyncio.run(in_database(valkey.url(), rounds=3 if quick else 20, calls=calls, asked=asked))
        rounds, messages = (3, 60) if quick else (7, 600)
        bridges = compare_bridges(valkey.url(), rounds=rounds, messages=messages)
        post.close()
    return [bridges, *figures]
