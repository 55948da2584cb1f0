"""On RabbitMQ instead of Redis: quorum queues, confirmed messages, and a node that goes away."""

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from models import JobRun
from tests.programs import beat, run_code, until, worker
from tests.rabbitmq_server import RabbitMQ
from tests.tasks.asking import ask, ended, is_left, make_it_due, marks

pytestmark = [pytest.mark.system, pytest.mark.usefixtures("db", "surroundings")]

NUMBER = 200

DEPTHS = """
import asyncio, time
from core import jobs
from core.errors import Unavailable

began = time.monotonic()
try:
    print(asyncio.run(jobs.queue_depths()))
except Unavailable as error:
    print(error, "within seconds" if time.monotonic() - began < 20 else "after a long time")
"""


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RabbitMQ]:
    server = RabbitMQ(folder / "rabbitmq")
    try:
        server.start()
        monkeypatch.setenv("BROKER_URL", server.url())
        yield server
    finally:
        server.erase()


async def test_jobs_are_done_and_none_is_lost_when_the_node_is_killed_and_restarted(server: RabbitMQ) -> None:
    async with worker("--concurrency=2") as program, beat() as other:
        await program.until("ready.")
        await ask(*(("tests.mark", {"what": f"{number}"}) for number in range(NUMBER)))
        server.kill()
        await other.until("no worker can be reminded")
        await ask(("tests.mark", {"what": "while it was away"}))
        await asyncio.to_thread(server.start)
        await other.until("workers can be reminded again", seconds=60)

        await make_it_due()
        await until(all_done, seconds=60)
        await until(nothing_waits)

        program.send(signal.SIGTERM)
        assert await program.ended() == 0

    assert Counter(await marks()) == Counter([*(f"{number}" for number in range(NUMBER)), "while it was away"])


async def all_done() -> bool:
    return await JobRun.filter(job="tests.mark", status="succeeded").count() == NUMBER + 1


async def nothing_waits() -> bool:
    """Jobs of the timetable, which come at their own time, may wait for a moment."""
    return "{'stylobate': 0, 'stylobate.long': 0}" in await run_code(DEPTHS)


async def test_a_job_of_a_worker_that_is_killed_is_given_to_another_at_once(server: RabbitMQ) -> None:
    async with worker() as program:
        await ask(("tests.take_time", {"what": "it", "seconds": 3}))
        await until(lambda: is_left("it began"))
        program.kill_all()
        await program.ended()

        async with worker():
            await until(lambda: ended("tests.take_time"))

    assert [run.attempt for run in await ended("tests.take_time")] == [2]


async def test_a_frozen_node_does_not_hold_up_who_asks_it_something(server: RabbitMQ) -> None:
    server.signal(signal.SIGSTOP)

    said = await run_code(DEPTHS)

    assert "the broker does not answer" in said
    assert "within seconds" in said
    server.signal(signal.SIGCONT)
