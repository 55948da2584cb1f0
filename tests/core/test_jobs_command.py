import asyncio
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from core import clock, jobs
from models import JobRun, JobState, Session
from tests.factories import make_session
from tests.programs import ROOT, Program, run, running

JOBS = ("core.cli", "jobs")


@pytest.fixture(autouse=True)
def own_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLOBATE_JOB_MODULES", "tasks,tests.core.jobs_by_hand")
    monkeypatch.setenv("NO_COLOR", "1")


@asynccontextmanager
async def on_a_terminal(*arguments: str) -> AsyncIterator[Program]:
    """The command with both its streams on a terminal of its own."""
    leader, follower = os.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *JOBS, *arguments),
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "60"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
    )
    os.close(follower)
    process.stdout = reader = asyncio.StreamReader()

    def read() -> None:
        try:
            data = os.read(leader, 65_536)
        except OSError:  # Linux says so when the other end is closed.
            data = b""
        if data:
            reader.feed_data(data)
        else:
            asyncio.get_running_loop().remove_reader(leader)
            reader.feed_eof()

    asyncio.get_running_loop().add_reader(leader, read)
    program = Program(process)
    try:
        yield program
    finally:
        program.kill_all()
        await program.ended()
        os.close(leader)


async def listed() -> dict[str, dict[str, object]]:
    code, said = await run(*JOBS, "list", "--json")
    assert code == 0
    return {job["name"]: job for job in json.loads(said)}


async def test_the_jobs_are_listed_without_a_database_or_a_broker() -> None:
    code, said = await run(*JOBS, "list", "--json", DATABASE_URL="", REDIS_URL="")

    assert code == 0
    note, _, text = said.partition("\n")
    assert note == "how they stand is not known: DATABASE_URL is not set"
    found = {job["name"]: job for job in json.loads(text)}
    assert found["sessions.purge_expired"] == {
        "name": "sessions.purge_expired",
        "schedule": "7 * * * *",
        "about": "Forget sessions that nobody can use any more.",
        "limit": 300.0,
    }
    assert list(found) == sorted(found)
    assert all(job["about"] for job in found.values())


async def test_without_a_database_the_page_is_still_there() -> None:
    code, said = await run(*JOBS, "list", DATABASE_URL="postgresql://localhost:1/nothing")

    assert code == 0
    assert "how they stand is not known: database 'nothing' on localhost:1 can't be reached" in said
    assert re.search(r"^sessions\.purge_expired +7 \* \* \* \*", said, re.MULTILINE)
    assert re.search(r"^tests\.greet +when asked for", said, re.MULTILINE)


@pytest.mark.usefixtures("db")
async def test_the_list_says_when_a_job_is_due_and_when_it_last_succeeded() -> None:
    before = clock.now()
    await jobs.run_now("audit.prune")

    found = await listed()

    done, undone = found["audit.prune"], found["attempts.prune"]
    assert datetime.fromisoformat(str(done["succeeded_at"])) >= before
    assert datetime.fromisoformat(str(done["next_at"])) > before + timedelta(seconds=1)
    assert (done["failures"], done["running"]) == (0, False)
    assert undone["succeeded_at"] is None
    assert datetime.fromisoformat(str(undone["next_at"])) <= clock.now()
    assert found["tests.greet"]["next_at"] is None


@pytest.mark.usefixtures("db")
async def test_the_list_shows_what_is_late_and_what_fails() -> None:
    now = clock.now()
    began, succeeded_at = now - timedelta(days=2), now - timedelta(days=2, hours=1)
    await JobState.create(id="sessions.purge_expired", failures=9, started_at=began, succeeded_at=succeeded_at)

    _, said = await run(*JOBS, "list")

    line = next(line for line in said.splitlines() if line.startswith("sessions.purge_expired"))
    assert " d late  2 d ago       9 " in line


@pytest.mark.usefixtures("db")
async def test_the_history_is_the_newest_first_and_says_what_came_of_it() -> None:
    await jobs.run_now("audit.prune")
    await jobs.run_now("users.lift_bans")

    code, said = await run(*JOBS, "history")

    assert code == 0
    assert said.splitlines()[0].split() == ["When", "(UTC)", "Job", "Outcome", "Took", "Attempt", "Trigger"]
    assert said.index("users.lift_bans") < said.index("audit.prune")
    assert "  0 expired rows removed" in said


async def make_run(job: str, status: str, **fields: Any) -> JobRun:
    now = clock.now()
    return await JobRun.create(job=job, status=status, trigger="asked", started_at=now, finished_at=now, **fields)


@pytest.mark.usefixtures("db")
async def test_the_history_is_of_one_job_or_of_what_failed_and_no_longer_than_wanted() -> None:
    await make_run("audit.prune", "failed", error="no \x1b[31m\n way", worker="celery@here")
    await make_run("audit.prune", "succeeded")
    lost = await make_run("users.lift_bans", "lost")

    failed = json.loads((await run(*JOBS, "history", "--failed", "--json"))[1])
    one = json.loads((await run(*JOBS, "history", "audit.prune", "--limit", "1", "--json"))[1])
    _, said = await run(*JOBS, "history", "audit.prune", "--failed")

    assert [(each["job"], each["status"]) for each in failed] == [
        ("users.lift_bans", "lost"),
        ("audit.prune", "failed"),
    ]
    assert failed[0]["id"] == lost.id
    assert [(each["job"], each["status"]) for each in one] == [("audit.prune", "succeeded")]
    assert said.splitlines()[-1] == "  no  [31m  way (celery@here)"


@pytest.mark.usefixtures("db")
async def test_a_history_of_nothing_says_so_and_a_slip_of_the_pen_is_no_history() -> None:
    assert await run(*JOBS, "history", "audit.prune") == (0, "there is none")
    assert await run(*JOBS, "history", "audit.prume") == (1, "error: there is no job 'audit.prume'")


@pytest.mark.usefixtures("db")
async def test_a_job_is_run_here_and_reports_and_is_written_down() -> None:
    gone, stays = await make_session(), await make_session()
    await Session.filter(id=gone.session.id).update(expires_at=clock.now())

    code, said = await run(*JOBS, "run", "sessions.purge_expired")

    assert code == 0
    assert said.startswith("sessions.purge_expired: 1 expired rows removed")
    assert [session.id for session in await Session.all()] == [stays.session.id]
    assert [(each.status, each.trigger) for each in await JobRun.all()] == [("succeeded", "command")]


@pytest.mark.usefixtures("db")
async def test_a_script_reads_what_a_run_did() -> None:
    code, said = await run(*JOBS, "run", "audit.prune", "--json")

    assert code == 0
    done = json.loads(said)
    assert (done["job"], done["status"], done["counts"]["rows"], done["error"]) == ("audit.prune", "succeeded", 0, None)
    assert (await JobRun.get(id=done["run_id"])).report == done["report"]


@pytest.mark.usefixtures("db")
async def test_a_dry_run_changes_nothing_and_is_not_written_down() -> None:
    gone = await make_session()
    await Session.filter(id=gone.session.id).update(expires_at=clock.now())

    code, said = await run(*JOBS, "run", "sessions.purge_expired", "--dry-run")

    assert (code, said) == (0, "sessions.purge_expired: 1 expired rows would be removed")
    assert await Session.all().count() == 1
    assert not await JobRun.exists()


@pytest.mark.usefixtures("db")
async def test_a_job_that_can_not_tell_what_it_would_do_is_not_run_dry() -> None:
    assert await run(*JOBS, "run", "tests.miss", "--dry-run") == (1, "error: tests.miss has no dry run")


async def test_a_job_that_there_is_not_is_one_line() -> None:
    assert await run(*JOBS, "run", "sessions.nonsense") == (1, "error: there is no job 'sessions.nonsense'")


async def test_a_job_that_must_be_told_something_is_not_run_without_it() -> None:
    code, said = await run(*JOBS, "run", "tests.greet")

    assert (code, said) == (1, "error: tests.greet needs to be told its name: ask for it with jobs.enqueue")


@pytest.mark.usefixtures("db")
async def test_a_job_that_fails_for_a_known_reason_is_one_line() -> None:
    code, said = await run(*JOBS, "run", "tests.miss")

    assert (code, said) == (1, "error: tests.miss: Unavailable: the store is away (bring it back)")
    assert (await JobRun.get()).status == "failed"


@pytest.mark.usefixtures("db")
async def test_a_job_that_stumbles_shows_where() -> None:
    code, said = await run(*JOBS, "run", "tests.stumble")

    assert code == 1
    assert 'raise RuntimeError("as it should' in said
    assert said.splitlines()[-1] == "error: tests.stumble: RuntimeError: as it should  [31m"


@pytest.mark.usefixtures("db")
async def test_a_job_that_runs_is_not_run_again_and_ctrl_c_gives_it_back() -> None:
    async with running(*JOBS, "run", "tests.wait") as first:
        await first.until("it waits")

        code, said = await run(*JOBS, "run", "tests.wait")
        first.send(signal.SIGINT)
        stopped = await first.ended()

    began = (await JobRun.get()).started_at
    assert (code, said) == (1, f"error: tests.wait is running since {began:%Y-%m-%d %H:%M:%S} UTC")
    assert stopped == 130
    assert first.said == "it waits\nstopped"
    assert (await JobRun.get()).status == "stopped"
    assert (await JobState.get(id="tests.wait")).asked_at is not None


@pytest.mark.usefixtures("db")
async def test_on_a_terminal_there_is_a_bar_for_each_thing_that_is_counted() -> None:
    async with on_a_terminal("run", "tests.count") as program:
        code = await program.ended()

    assert code == 0
    assert "2,000 of 2,000 rows" in program.said
    assert "3.0 MB of 4.0 MB" in program.said
    assert program.lines[-1].endswith("tests.count: counted")


@pytest.mark.usefixtures("db")
async def test_a_script_on_a_terminal_sees_no_bar() -> None:
    async with on_a_terminal("run", "tests.count", "--json") as program:
        await program.ended()

    assert json.loads(program.said)["report"] == "counted"


@pytest.mark.usefixtures("db")
async def test_watching_prints_a_line_for_each_run_that_ends() -> None:
    await jobs.run_now("audit.prune")
    async with running(*JOBS, "watch", "--interval", "0.1") as program:
        await program.until("watching")

        await jobs.run_now("users.lift_bans")
        line = await program.until("users.lift_bans")
        program.send(signal.SIGINT)
        code = await program.ended()

    assert code == 0
    assert "users.lift_bans succeeded 0." in line
    assert line.endswith(" s: 0 bans lifted")
    assert "audit.prune" not in program.said


@pytest.mark.usefixtures("db")
async def test_watching_on_a_terminal_shows_what_runs_how_far_it_is_and_what_waits() -> None:
    now, step = clock.now(), {"what": "", "done": 5_000, "total": 20_000, "unit": "rows"}
    await JobRun.create(
        job="audit.prune", status="running", trigger="timetable", started_at=now, counts={"progress": [step]}
    )
    await JobRun.create(job="tests.greet", status="waiting", trigger="asked")
    await make_run("users.lift_bans", "failed", error="no way")

    async with on_a_terminal("watch", "--interval", "0.1") as program:
        await program.until("5,000 of 20,000 rows")
        await program.until("no way")
        program.send(signal.SIGINT)
        code = await program.ended()

    assert code == 0
    assert "runs waiting: 1   messages: unknown, the broker does not answer" in program.said
    assert "attempts.prune" in program.said


@pytest.mark.usefixtures("db")
async def test_health_knows_which_jobs_are_late() -> None:
    now = clock.now()
    began = now - timedelta(minutes=2)
    for job in jobs.every():
        await JobState.create(id=job.name, started_at=began, succeeded_at=began)
    healthy = await run("core.cli", "health", "jobs")

    await JobState.filter(id="users.lift_bans").update(started_at=now - timedelta(days=2))
    code, said = await run("core.cli", "health", "jobs")
    found = json.loads((await run("core.cli", "health", "jobs", "--json"))[1])

    assert healthy == (0, "no job is late")
    assert code == 1
    assert said.splitlines()[0].startswith("error: late: users.lift_bans for ")
    assert (found["ok"], [each["job"] for each in found["late"]]) == (False, ["users.lift_bans"])
