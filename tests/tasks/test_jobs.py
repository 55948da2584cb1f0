"""What becomes of jobs. One worker with two processes, and beat, do those of all these tests."""

from collections import Counter
from collections.abc import AsyncIterator

import psutil
import pytest

from core import users
from models import JobRun, Verification
from tests.programs import Program, beat, run_code, until, worker
from tests.tasks.asking import ask, ended, is_left, marks

pytestmark = pytest.mark.usefixtures("db", "surroundings")

MANY = 10_000

DEPTHS = """
import asyncio
from core import jobs
print(asyncio.run(jobs.queue_depths()))
"""

ASK_MANY = """
import asyncio, sys
from core import database, jobs

async def main():
    async with database.connected():
        for first in range(0, int(sys.argv[1]), 100):
            async with database.transaction():
                for number in range(first, first + 100):
                    await jobs.enqueue("tests.mark", what=str(number))

asyncio.run(main())
"""


@pytest.fixture(scope="module")
async def house(migrated: None, settings_of_programs: dict[str, str]) -> AsyncIterator[Program]:
    async with worker("--concurrency=2", **settings_of_programs) as program, beat(**settings_of_programs):
        await program.until("ready.")
        yield program


async def test_a_job_whose_process_is_killed_is_given_to_another_at_once(house: Program) -> None:
    await ask(("tests.take_time", {"what": "it", "seconds": 4}))
    await until(lambda: is_left("it began"))
    for child in psutil.Process(house.process.pid).children():
        child.kill()

    await until(lambda: ended("tests.take_time"))

    assert [run.attempt for run in await ended("tests.take_time")] == [2]
    assert await marks() == ["it began", "it began", "it ended"]


async def test_a_job_that_kills_its_process_each_time_is_given_up(house: Program) -> None:
    await ask(("tests.die", {}), ("tests.mark", {"what": "another"}))

    await until(lambda: ended("tests.die"))
    await until(lambda: ended("tests.mark"))

    (run,) = await ended("tests.die")
    assert (run.status, run.error) == ("lost", "its process died, 2 times")
    assert (await marks()).count("dying") == 2


async def test_a_job_that_always_fails_ends_and_says_why_and_the_others_go_on(house: Program) -> None:
    await ask(("tests.fail", {}), *(("tests.mark", {"what": f"{number}"}) for number in range(3)))

    await until(lambda: ended("tests.fail"))
    await house.until("as it should")

    (run,) = await ended("tests.fail")
    assert (run.status, run.error, run.attempt) == ("failed", "RuntimeError: as it should", 3)
    assert sorted(await marks()) == ["0", "1", "2", "failing", "failing", "failing"]


async def test_a_job_that_takes_too_long_is_cancelled_and_may_clean_up(house: Program) -> None:
    await ask(("tests.hang", {}))

    await until(lambda: ended("tests.hang"))

    assert await users.find_by_email("hung@example.com")
    assert [(run.status, run.error) for run in await ended("tests.hang")] == [
        ("timed_out", "TimeoutError: it took longer than 0:00:01")
    ]


async def test_nothing_that_a_job_binds_is_seen_by_the_next(house: Program) -> None:
    await ask(*[("tests.look_around", {})] * 6)

    await until(lambda: all_ended(6))

    assert {run.report for run in await ended("tests.look_around")} == {"the context was fresh"}


async def test_how_much_waits_in_each_queue_can_be_asked(house: Program) -> None:
    assert "{'stylobate': 0, 'stylobate.long': 0}" in await run_code(DEPTHS)


@pytest.mark.system  # For the minute that it takes; three hundred of them are done by everybody, in test_redis.
@pytest.mark.timeout(300)
async def test_ten_thousand_jobs_are_done_once_each(house: Program) -> None:
    await run_code(ASK_MANY, str(MANY))

    await until(lambda: all_ended(MANY), seconds=250)

    assert Counter(await marks()) == Counter(f"{number}" for number in range(MANY))
    assert {run.attempt for run in await JobRun.filter(job="tests.mark")} == {1}
    assert await Verification.filter(identifier="a day").count() == 1


async def all_ended(number: int) -> bool:
    waiting = await JobRun.filter(job__startswith="tests.", finished_at__isnull=True).count()
    return not waiting and await JobRun.filter(job__startswith="tests.", job__not="tests.daily").count() == number
