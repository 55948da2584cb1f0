import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any

import psutil
import pytest
import redis

from core import clock, users
from core.local.valkey import Valkey
from models import Session, Verification
from tests.factories import make_user
from tests.programs import ROOT, Program, running

pytestmark = pytest.mark.usefixtures("db")

LIVE = 20


@pytest.fixture
def broker(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty broker, and jobs of an app's own beside ours."""
    redis.Redis.from_url(valkey.url()).flushall()
    monkeypatch.setenv("REDIS_URL", valkey.url())
    monkeypatch.setenv("STYLOBATE_JOB_MODULES", "tasks,tests.tasks.jobs_for_tests")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def worker(**environment: Any) -> AbstractAsyncContextManager[Program]:
    return running(
        *("celery", "--quiet", "-A", "tasks", "worker", "--concurrency=1", "--loglevel=INFO"),
        *("--without-gossip", "--without-mingle"),
        **environment,
    )


def beat() -> AbstractAsyncContextManager[Program]:
    return running("celery", "--quiet", "-A", "tasks", "beat", "--loglevel=INFO")


def send(name: str) -> None:
    subprocess.run(
        [sys.executable, "-c", f"from tasks import celery; celery.send_task({name!r})"], check=True, cwd=ROOT
    )


async def make_sessions(*, expired: int) -> None:
    user, now = await make_user(), clock.now()
    ends = [now - timedelta(minutes=1)] * expired + [now + timedelta(hours=1)] * LIVE
    await Session.bulk_create(
        (
            Session(user_id=user.id, token=f"token-{number}", expires_at=end, created_at=now, updated_at=now)
            for number, end in enumerate(ends)
        ),
        batch_size=1_000,
    )


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  no event tells
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("broker")
async def test_a_worker_makes_up_for_what_nobody_was_there_to_do_and_says_so() -> None:
    await make_sessions(expired=500)

    async with worker() as program:
        line = await program.until("sessions.purge_expired: ")
        await program.until("verifications.prune: 0 expired rows removed")
        program.send(signal.SIGTERM)
        code = await program.ended()

    assert "500 expired rows removed" in line
    assert code == 0
    assert await Session.all().count() == LIVE


@pytest.mark.usefixtures("broker")
async def test_a_worker_killed_in_the_middle_of_a_purge_loses_and_doubles_nothing() -> None:
    await make_sessions(expired=6_000)

    async with worker(STYLOBATE_PURGE_BATCH="10") as program:
        await until(lambda: fewer_than(5_500))
        program.kill_all()
        await program.ended()
        after_the_kill = await Session.all().count()
    assert LIVE < after_the_kill < 5_500
    async with worker() as program:
        line = await program.until("sessions.purge_expired: ")

    assert f"{after_the_kill - LIVE:,} expired rows removed" in line
    assert await Session.all().count() == LIVE


@pytest.mark.usefixtures("broker")
async def test_a_job_whose_process_is_killed_is_given_to_another_at_once() -> None:
    await make_sessions(expired=6_000)

    async with worker(STYLOBATE_PURGE_BATCH="10") as program:
        await until(lambda: fewer_than(5_500))
        for child in psutil.Process(program.process.pid).children():
            child.kill()

        await program.until("sessions.purge_expired: ")

    assert await Session.all().count() == LIVE


async def fewer_than(rows: int) -> bool:
    return await Session.all().count() < rows


@pytest.mark.usefixtures("broker")
async def test_two_beats_and_two_workers_remove_each_row_once() -> None:
    now = clock.now()
    expired = 3_000
    await Verification.bulk_create(
        (
            Verification(identifier=f"i{number}", value="v", expires_at=now + timedelta(seconds=0.002 * number))
            for number in range(expired)
        ),
        batch_size=1_000,
    )

    async with worker() as one, worker() as other, beat(), beat():
        await until(nothing_left)
        for program in (one, other):
            program.send(signal.SIGTERM)
        assert [await program.ended() for program in (one, other)] == [0, 0]
        said = one.said + other.said

    removed = [int(number.replace(",", "")) for number in re.findall(r"([\d,]+) expired rows removed", said)]
    assert sum(removed) == expired
    assert said.count("tests.tick: ") > 5


async def nothing_left() -> bool:
    return not await Verification.all().count()


@pytest.mark.usefixtures("broker")
async def test_a_job_that_takes_too_long_is_cancelled_and_may_clean_up() -> None:
    async with worker() as program:
        await program.until("ready.")
        send("tests.hang")

        await program.until("TimeoutError")
        send("tests.look_around")
        await program.until("tests.look_around: ")

    assert await users.find_by_email("hung@example.com")


@pytest.mark.usefixtures("broker")
async def test_a_job_that_fails_says_why_and_the_next_one_runs() -> None:
    async with worker() as program:
        await program.until("ready.")
        send("tests.fail")
        await program.until("as it should")
        send("tests.look_around")
        await program.until("the context was fresh")


@pytest.mark.usefixtures("broker")
async def test_nothing_that_a_job_binds_is_seen_by_the_next() -> None:
    async with worker() as program:
        await program.until("the context was fresh")  # At its start it does every job once.
        send("tests.look_around")
        send("tests.look_around")
        await until(lambda: said_three_times(program))

    assert "the context was used" not in program.said


async def said_three_times(program: Program) -> bool:
    return program.said.count("tests.look_around: ") >= 3


@pytest.mark.usefixtures("broker")
async def test_a_worker_refuses_a_database_that_is_not_migrated(empty_database: str) -> None:
    async with worker(DATABASE_URL=empty_database) as program:
        code = await program.ended()

    assert code != 0
    assert "the database lacks 2 of 2 migrations" in program.said
    assert "Remedy: run `stylobate db migrate`" in program.said
    assert "Traceback" not in program.said


@pytest.mark.usefixtures("broker")
async def test_a_worker_without_a_broker_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL")

    async with worker() as program:
        code = await program.ended()

    assert code != 0
    assert "REDIS_URL is not set" in program.said
