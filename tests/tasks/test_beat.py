"""Beat as a process of its own: what was missed is made up for once, and of several beats one acts."""

import asyncio
import signal
from collections import Counter
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
import redis

from core import clock, jobs
from models import JobRun, JobState, Verification
from tests.programs import Program, beat, until, worker
from tests.tasks.asking import ask, is_left, make_it_due

pytestmark = pytest.mark.usefixtures("db", "broker")


async def days() -> int:
    return await Verification.filter(identifier="a day").count()


async def everything_is_done() -> bool:
    """No job is under way, and none is due."""
    names = {job.name for job in jobs.every() if job.schedule} | {"tests.daily"}
    return not names - set(await JobState.filter(run_id__isnull=True).values_list("id", flat=True))


async def runs() -> Counter[str]:
    """How often each daily job of the timetable ended well. The others may become due while a test runs."""
    daily = [job.name for job in jobs.every() if job.schedule and " * * * *" not in job.schedule] + ["tests.daily"]
    done = await JobRun.filter(trigger="timetable", status="succeeded", job__in=daily)
    return Counter(run.job for run in done)


async def test_a_daily_job_that_was_missed_five_times_is_done_once() -> None:
    await JobState.create(id="tests.daily", started_at=clock.now() - timedelta(days=5), succeeded_at=None)

    async with worker():
        async with beat():
            await until(everything_is_done)
            assert await days() == 1

        # What was done is not done again by the next beat.
        async with beat() as following:
            await following.until("this beat is the one")
            await ask(("tests.mark", {"what": "the end of the line"}))
            await until(lambda: is_left("the end of the line"))

    assert await days() == 1
    assert set((await runs()).values()) == {1}


async def test_of_two_beats_one_acts_and_when_it_is_killed_the_other() -> None:
    async with worker(), beat() as one, beat() as other:
        leader, follower = await first_to_lead(one, other)
        await until(everything_is_done)
        assert "this beat is the one" not in follower.said
        assert set((await runs()).values()) == {1}

        leader.kill_all()
        await follower.until("this beat is the one")
        await make_it_due()
        await until(done_twice)

    assert set((await runs()).values()) == {2}


async def done_twice() -> bool:
    counts = await runs()
    return set(counts.values()) == {2}


async def first_to_lead(one: Program, other: Program) -> tuple[Program, Program]:
    waits = {asyncio.create_task(program.until("this beat is the one")): program for program in (one, other)}
    (first,), rest = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    leader = waits[first]
    return leader, other if leader is one else one


async def test_asked_to_end_beat_ends_at_once_and_another_may_lead() -> None:
    async with beat() as one:
        await one.until("this beat is the one")
        async with beat() as other:
            one.send(signal.SIGTERM)
            assert await one.ended(seconds=10) == 0
            await other.until("this beat is the one")


async def test_beat_refuses_a_database_that_is_not_migrated(empty_database: str) -> None:
    async with beat(DATABASE_URL=empty_database) as program:
        code = await program.ended()

    assert code == 1
    assert "It can't start: the database lacks 3 of 3 migrations" in program.said
    assert "Traceback" not in program.said


async def test_while_the_broker_is_away_beat_says_so_once_and_goes_on_when_it_is_back(broker: redis.Redis) -> None:
    port = int(broker.connection_pool.connection_kwargs["port"])
    assert port  # The password is not given, so that every command is refused.
    async with beat(REDIS_URL=f"redis://127.0.0.1:{port}/0") as program:
        await program.until("no worker can be reminded: the broker does not answer")
        program.send(signal.SIGTERM)
        assert await program.ended(seconds=10) == 0

    assert program.said.count("no worker can be reminded") == 1


async def test_when_the_clock_jumps_forward_each_job_is_done_once(tmp_path: Path) -> None:
    spec = find_spec("libfaketime")
    assert spec is not None
    assert spec.origin is not None
    now = tmp_path / "now"
    now.write_text("+0")
    fake = {
        "LD_PRELOAD": str(Path(spec.origin).parent / "vendor/libfaketime/src/libfaketime.so.1"),
        "FAKETIME_TIMESTAMP_FILE": str(now),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    async with worker(**fake), beat(**fake):
        await until(everything_is_done)
        assert set((await runs()).values()) == {1}

        now.write_text("+3d")
        await until(done_twice)
        await ask(("tests.mark", {"what": "the end of the line"}), **fake)
        await until(lambda: is_left("the end of the line"))

    # The hour of another may strike meanwhile.
    daily = {job.name for job in jobs.every() if job.schedule and job.schedule.split()[1].isdecimal()}
    assert {name: count for name, count in (await runs()).items() if name in daily} == dict.fromkeys(daily, 2)
    assert await days() == 2
