"""One run of a job: its lock, its row, its end."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, NamedTuple

import pytest

from core import clock, correlation, database, jobs, progress
from core.database import Held
from core.database.statements import fetch
from core.jobs import registry, running
from core.jobs.timetable import standing
from models import JobRun

pytestmark = pytest.mark.usefixtures("db")

Register = Callable[..., None]


class Report(NamedTuple):
    rows: int
    what: str

    def __str__(self) -> str:
        return f"{self.rows} {self.what}"


@pytest.fixture
def register(monkeypatch: pytest.MonkeyPatch) -> Register:
    def register(
        run: Callable[..., Awaitable[object]],
        *,
        name: str = "tests.job",
        schedule: str | None = "0 0 1 1 *",
        limit: timedelta = timedelta(minutes=5),
        retries: int = 3,
        family: str | None = None,
    ) -> None:
        monkeypatch.setitem(registry._jobs, name, jobs.Job(name, "", run, schedule, limit, retries, family))

    return register


async def last() -> JobRun:
    (run,) = await jobs.history(limit=1)
    return run


async def test_a_run_is_a_row_with_its_report_and_numbers(register: Register) -> None:
    async def work() -> Report:
        return Report(7, "removed")

    register(work)

    done = await jobs.run_scheduled("tests.job", worker="celery@here")

    assert isinstance(done, jobs.Done)
    run = await last()
    assert (run.id, run.job, run.status, run.trigger, run.attempt) == (
        done.run_id,
        "tests.job",
        "succeeded",
        "timetable",
        1,
    )
    assert (run.report, run.counts, run.worker) == ("7 removed", {"rows": 7}, "celery@here")
    assert run.error is None
    assert run.started_at is not None
    assert run.finished_at is not None
    assert run.due_at is None
    known = await standing("tests.job")
    assert (known.run_id, known.failures) == (None, 0)
    assert known.succeeded_at == run.finished_at


async def test_what_is_not_due_is_not_done_again(register: Register) -> None:
    ran = []

    async def work() -> None:
        ran.append(1)

    register(work)

    await jobs.run_scheduled("tests.job")
    again = await jobs.run_scheduled("tests.job")

    assert isinstance(again, jobs.Skipped)
    assert len(ran) == 1


async def test_of_eight_messages_at_once_one_is_followed(register: Register) -> None:
    ran = []

    async def work() -> None:
        ran.append(1)
        await asyncio.sleep(0.1)

    register(work)

    results = await asyncio.gather(*(jobs.run_scheduled("tests.job") for _ in range(8)))

    assert len(ran) == 1
    assert [type(result) for result in results].count(jobs.Skipped) == 7


async def test_jobs_of_one_family_take_turns_and_who_has_to_wait_stays_due(register: Register) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go_on.wait()

    register(work, name="tests.first", family="tests")
    register(work, name="tests.second", family="tests")
    task = asyncio.create_task(jobs.run_scheduled("tests.first"))
    await begun.wait()

    assert isinstance(await jobs.run_scheduled("tests.second"), jobs.Skipped)
    go_on.set()
    await task
    assert "tests.second" in {reminder.job for reminder in await jobs.reminders()}
    assert isinstance(await jobs.run_scheduled("tests.second"), jobs.Done)


async def test_what_was_foreseen_is_said_without_a_traceback(
    register: Register, caplog: pytest.LogCaptureFixture
) -> None:
    async def work() -> None:
        raise database.DatabaseUnreachable("it is away", remedy="bring it back")

    register(work)

    await jobs.run_scheduled("tests.job")

    assert "tests.job: DatabaseUnreachable: it is away (bring it back)" in caplog.text
    assert "Traceback" not in caplog.text


async def test_the_totals_only_grow(register: Register) -> None:
    answers: list[Any] = [Report(2, "x"), ValueError("no"), Report(3, "x")]

    async def work() -> Report:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return Report(*answer)

    register(work)

    for _ in range(3):
        await jobs.run_now("tests.job")

    (row,) = await fetch(
        'SELECT "runsSucceeded", "runsFailed", "rows", "failures" FROM "jobState" WHERE "id" = $1', "tests.job"
    )
    assert dict(row) == {"runsSucceeded": 2, "runsFailed": 1, "rows": 5, "failures": 0}


async def test_one_that_fails_says_why_and_counts(register: Register, caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> None:
        raise LookupError("the page is gone")

    register(work)

    done = await jobs.run_scheduled("tests.job")

    assert isinstance(done, jobs.Done)
    assert (done.status, done.text) == ("failed", "LookupError: the page is gone")
    run = await last()
    assert (run.status, run.error) == ("failed", "LookupError: the page is gone")
    assert run.report is None
    assert (await standing("tests.job")).failures == 1
    assert "Traceback" in caplog.text


async def test_one_that_takes_too_long_is_cancelled_and_may_clean_up(register: Register) -> None:
    cleaned = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cleaned.append(1)

    register(work, limit=timedelta(milliseconds=50))

    await jobs.run_scheduled("tests.job")

    assert cleaned == [1]
    assert (await last()).status == "timed_out"
    assert (await last()).error == "TimeoutError: it took longer than 0:00:00.050000"


async def test_a_timeout_of_its_own_is_a_failure_like_any_other(register: Register) -> None:
    async def work() -> None:
        raise TimeoutError("the server did not answer")

    register(work)

    await jobs.run_scheduled("tests.job")

    assert (await last()).status == "failed"


async def test_one_whose_process_died_is_written_off_by_the_next(register: Register) -> None:
    async def work() -> None: ...

    register(work)
    dead = await running._begun(registry.get("tests.job"), "timetable", await standing("tests.job"), None)

    with clock.shifted(timedelta(seconds=31)):
        done = await jobs.run_scheduled("tests.job")

    assert isinstance(done, jobs.Done)
    assert done.status == "succeeded"
    assert (await JobRun.get(id=dead.id)).status == "lost"
    assert (await last()).attempt == 2


async def test_one_that_is_stopped_is_given_back_and_due_at_once(register: Register) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    register(work)
    task = asyncio.create_task(jobs.run_scheduled("tests.job"))
    await begun.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (await last()).status == "stopped"
    assert "tests.job" in {reminder.job for reminder in await jobs.reminders()}
    assert (await standing("tests.job")).failures == 0


async def test_who_asks_while_it_runs_gets_another_run_afterwards(register: Register) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go_on.wait()

    register(work)
    task = asyncio.create_task(jobs.run_scheduled("tests.job"))
    await begun.wait()

    asked = await jobs.run_scheduled("tests.job", asked_at=clock.now().isoformat())
    go_on.set()
    await task

    assert isinstance(asked, jobs.Skipped)
    assert "tests.job" in {reminder.job for reminder in await jobs.reminders()}


async def test_who_asked_before_it_began_needs_no_other_run(register: Register) -> None:
    async def work() -> None: ...

    register(work)
    asked_at = clock.now().isoformat()
    await jobs.run_scheduled("tests.job", asked_at=asked_at)

    assert isinstance(await jobs.run_scheduled("tests.job", asked_at=asked_at), jobs.Skipped)


async def test_what_was_asked_for_is_done_once_however_often_its_message_comes(register: Register) -> None:
    greeted = []

    async def greet(*, user_id: str) -> None:
        greeted.append(user_id)

    register(greet, schedule=None)
    run_id = await jobs.enqueue("tests.job", user_id="ada")

    results = [await jobs.run_asked(run_id) for _ in range(3)]

    assert greeted == ["ada"]
    assert [type(result) for result in results] == [jobs.Done, jobs.Skipped, jobs.Skipped]


async def test_two_that_were_asked_for_with_the_same_arguments_never_overlap(register: Register) -> None:
    at_once, most = 0, 0

    async def work(*, number: int) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.05)
        at_once -= 1

    register(work, schedule=None)
    ids = [await jobs.enqueue("tests.job", number=7) for _ in range(3)]

    results = await asyncio.gather(*(jobs.run_asked(run_id) for run_id in ids))

    assert most == 1
    assert [type(result) for result in results].count(jobs.Done) == 1
    with clock.shifted(timedelta(minutes=1, seconds=5)):
        assert len([reminder for reminder in await jobs.reminders() if reminder.run_id]) == 2


async def test_with_other_arguments_they_may(register: Register) -> None:
    both = asyncio.Barrier(2)

    async def work(*, number: int) -> None:
        await both.wait()

    register(work, schedule=None)
    ids = [await jobs.enqueue("tests.job", number=number) for number in range(2)]

    async with asyncio.timeout(10):
        results = await asyncio.gather(*(jobs.run_asked(run_id) for run_id in ids))

    assert [type(result) for result in results] == [jobs.Done, jobs.Done]


async def test_what_was_asked_for_and_fails_is_tried_again_and_then_given_up(register: Register) -> None:
    async def work() -> None:
        raise LookupError("poison")

    register(work, schedule=None, retries=2)
    run_id = await jobs.enqueue("tests.job")

    seen, later = [], timedelta()
    for _ in range(4):
        with clock.shifted(later):
            await jobs.run_asked(run_id)
        run = await JobRun.get(id=run_id)
        seen.append((run.status, run.attempt, run.error))
        later += timedelta(hours=1)

    assert seen == [
        ("waiting", 1, "LookupError: poison"),
        ("waiting", 2, "LookupError: poison"),
        ("failed", 3, "LookupError: poison"),
        ("failed", 3, "LookupError: poison"),
    ]


async def test_what_kills_its_process_each_time_is_given_up(register: Register) -> None:
    async def work() -> None: ...

    register(work, schedule=None, retries=1)
    run_id = await jobs.enqueue("tests.job")
    for _ in range(2):
        await fetch(running._CLAIM, run_id, clock.now(), clock.now(), None)

    done = await jobs.run_asked(run_id)

    assert isinstance(done, jobs.Done)
    assert (await JobRun.get(id=run_id)).status == "lost"
    assert (await JobRun.get(id=run_id)).error == "its process died, 2 times"


async def test_one_that_was_asked_for_and_is_stopped_waits_and_has_lost_no_attempt(register: Register) -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.Event().wait()

    register(work, schedule=None)
    run_id = await jobs.enqueue("tests.job")
    task = asyncio.create_task(jobs.run_asked(run_id))
    await begun.wait()

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    run = await JobRun.get(id=run_id)
    assert (run.status, run.attempt) == ("waiting", 0)
    assert run_id in {reminder.run_id for reminder in await jobs.reminders()}


async def test_a_name_that_nobody_has_fails_and_says_so() -> None:
    run_id = await jobs.enqueue("tests.nothing")

    with pytest.raises(jobs.JobNotFound):
        await jobs.run_asked(run_id)

    run = await JobRun.get(id=run_id)
    assert (run.status, run.error) == ("failed", "there is no job 'tests.nothing'")


async def test_by_hand_it_is_done_whether_due_or_not_but_never_twice_at_once(register: Register) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        await go_on.wait()

    register(work)
    task = asyncio.create_task(jobs.run_now("tests.job"))
    await begun.wait()

    with pytest.raises(Held):
        await jobs.run_now("tests.job")
    go_on.set()
    assert (await task).status == "succeeded"
    assert (await jobs.run_now("tests.job")).status == "succeeded"
    assert [run.trigger for run in await jobs.history()] == ["command", "command"]


async def test_a_dry_run_leaves_no_trace_and_is_refused_where_there_is_none(register: Register) -> None:
    async def work(*, dry_run: bool = False) -> str:
        return "it would" if dry_run else "it did"

    async def blind() -> None: ...

    register(work)
    register(blind, name="tests.blind")

    assert await jobs.preview("tests.job") == "it would"
    with pytest.raises(jobs.NoDryRun, match=r"tests\.blind has no dry run"):
        await jobs.preview("tests.blind")
    assert await jobs.history() == []


async def test_it_belongs_to_whoever_asked_and_by_the_timetable_to_itself(register: Register) -> None:
    seen: list[str | None] = []

    async def work() -> None:
        seen.append(correlation.current())

    register(work)
    with correlation.bound("request-7"):
        run_id = await jobs.enqueue("tests.job")
    await jobs.run_asked(run_id)
    done = await jobs.run_scheduled("tests.job")

    assert isinstance(done, jobs.Done)
    assert seen == ["request-7", done.run_id]
    assert correlation.current() is None


async def test_its_progress_can_be_seen_while_it_runs(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "_NOTED_EVERY", 0.01)

    async def work() -> int:
        progress.tell(done=3, total=10)
        async with asyncio.timeout(10):
            while (await last()).counts is None:  # noqa: ASYNC110  no event tells
                await asyncio.sleep(0.01)
        assert (await last()).counts == {"progress": [{"what": "", "done": 3, "total": 10, "unit": "rows"}]}
        return 10

    register(work)

    done = await jobs.run_scheduled("tests.job")

    assert isinstance(done, jobs.Done)
    assert done.status == "succeeded", done.text
    assert (await last()).counts == {"rows": 10}


async def test_old_runs_are_forgotten_and_those_not_ended_are_kept(register: Register) -> None:
    async def work() -> None: ...

    register(work)
    await jobs.run_now("tests.job")
    waiting = await jobs.enqueue("tests.job")

    with clock.shifted(timedelta(days=31)):
        assert (await jobs.prune(dry_run=True)).rows == 1
        assert (await jobs.prune()).rows == 1

    assert [run.id for run in await jobs.history()] == [waiting]


async def test_history_is_of_one_job_or_of_failures_if_asked(register: Register) -> None:
    async def work() -> None: ...

    async def fail() -> None:
        raise LookupError

    register(work)
    register(fail, name="tests.fail")
    for name in ("tests.job", "tests.fail", "tests.job"):
        await jobs.run_now(name)

    assert [run.job for run in await jobs.history()] == ["tests.job", "tests.fail", "tests.job"]
    assert [run.job for run in await jobs.history(job="tests.job")] == ["tests.job", "tests.job"]
    assert [run.job for run in await jobs.history(failed=True)] == ["tests.fail"]
    assert len(await jobs.history(limit=1)) == 1


@pytest.mark.only("postgres")
async def test_one_that_loses_its_lock_is_stopped_and_due_again(register: Register) -> None:
    async def work() -> None:
        await fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
        )
        await asyncio.Event().wait()

    register(work)

    with pytest.raises(database.DatabaseUnreachable):
        await jobs.run_scheduled("tests.job")

    assert (await last()).status == "stopped"
    assert "tests.job" in {reminder.job for reminder in await jobs.reminders()}
