"""Workers as processes of their own, and what happens when they are stopped or killed in the middle of their work."""

import signal
from datetime import timedelta

import pytest

from core import clock
from models import JobRun, Session
from tests.factories import make_user
from tests.programs import beat, until, worker
from tests.tasks.asking import ask, ended, is_left, make_it_due, marks

pytestmark = pytest.mark.usefixtures("db")

LIVE = 20


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


async def purged() -> bool:
    return await JobRun.filter(job="sessions.purge_expired", status="succeeded").exists()


async def fewer_than(rows: int) -> bool:
    return await Session.all().count() < rows


@pytest.mark.usefixtures("broker")
async def test_what_nobody_was_there_to_do_is_done_when_worker_and_beat_come() -> None:
    await make_sessions(expired=500)

    async with worker() as program, beat():
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

    async with beat():
        async with worker(STYLOBATE_PURGE_BATCH="10") as program:
            await until(lambda: fewer_than(5_500))
            program.kill_all()
            await program.ended()
            after_the_kill = await Session.all().count()
        assert LIVE < after_the_kill < 5_500
        await make_it_due()
        async with worker() as program:
            line = await program.until("sessions.purge_expired: ")
            await until(purged)

    assert f"{after_the_kill - LIVE:,} expired rows removed" in line
    assert await Session.all().count() == LIVE
    assert [run.status for run in await ended("sessions.purge_expired")] == ["lost", "succeeded"]


@pytest.mark.usefixtures("broker")
async def test_a_worker_killed_in_the_middle_of_what_was_asked_for_leaves_it_to_another() -> None:
    async with beat():
        async with worker() as program:
            await ask(("tests.take_time", {"what": "it", "seconds": 60}))
            await until(lambda: is_left("it began"))
            program.kill_all()
            await program.ended()
        await JobRun.all().update(arguments={"what": "it", "seconds": 0})
        await make_it_due()
        async with worker():
            await until(lambda: ended("tests.take_time"))

    (run,) = await ended("tests.take_time")
    assert (run.status, run.attempt) == ("succeeded", 2)
    assert await marks() == ["it began", "it began", "it ended"]


@pytest.mark.usefixtures("broker")
async def test_asked_to_end_a_worker_ends_its_job_first() -> None:
    async with worker() as program:
        await ask(("tests.take_time", {"what": "it", "seconds": 2}))
        await until(lambda: is_left("it began"))

        program.send(signal.SIGTERM)
        assert await program.ended() == 0

    assert [run.status for run in await ended("tests.take_time")] == ["succeeded"]


@pytest.mark.usefixtures("broker")
async def test_a_job_that_does_not_end_in_time_is_given_back_and_done_by_the_next_worker() -> None:
    async with worker(TESTS_SOFT_SHUTDOWN="1") as program:
        await ask(("tests.take_time", {"what": "it", "seconds": 60}))
        await until(lambda: is_left("it began"))
        program.send(signal.SIGQUIT)
        await program.ended()
    run = await JobRun.get(job="tests.take_time")
    assert (run.status, run.attempt) == ("waiting", 0)
    await JobRun.all().update(arguments={"what": "it", "seconds": 0})

    async with worker():
        await until(lambda: ended("tests.take_time"))

    assert [(run.status, run.attempt) for run in await ended("tests.take_time")] == [("succeeded", 1)]


@pytest.mark.usefixtures("broker")
async def test_what_takes_long_does_not_delay_what_is_quick() -> None:
    async with worker("-Q", "stylobate.long"), worker("-Q", "stylobate") as quick:
        await ask(("tests.backup", {"seconds": 60}), ("tests.backup", {"seconds": 61}))
        await until(lambda: is_left("backup began"))
        await ask(("tests.mark", {"what": "quick"}))

        await until(lambda: is_left("quick"))

        assert "backup" not in quick.said
    assert await marks() == ["backup began", "quick"]


@pytest.mark.usefixtures("broker")
async def test_a_worker_refuses_a_database_that_is_not_migrated(empty_database: str) -> None:
    async with worker(DATABASE_URL=empty_database) as program:
        code = await program.ended()

    assert code != 0
    assert "It can't start: the database lacks 3 of 3 migrations" in program.said
    assert "Remedy: run `stylobate db migrate`" in program.said
    assert "Traceback" not in program.said


@pytest.mark.usefixtures("broker")
async def test_a_worker_without_a_broker_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDIS_URL")

    async with worker() as program:
        code = await program.ended()

    assert code != 0
    assert "REDIS_URL is not set" in program.said


@pytest.mark.usefixtures("broker")
async def test_a_queue_that_there_is_not_is_a_slip_of_the_pen() -> None:
    async with worker("-Q", "stylobat") as program:
        assert await program.ended() != 0

    assert "stylobat" in program.said
