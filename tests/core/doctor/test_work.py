import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from core import clock, database, heartbeat, jobs
from core.jobs import registry
from core.local.valkey import Valkey
from models import JobState
from tests.core.doctor.looking import found, run_doctor
from tests.programs import ROOT

BEATING = """
import sys
from core import heartbeat

heartbeat.beat(sys.argv[1], broker=sys.argv[2] == "reached")
print("beaten", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a job that can't succeed, and is not tried again."""

    async def run() -> None:
        raise ValueError("nobody can do this")

    job = jobs.Job("doctor.fail", "", run, None, timedelta(minutes=1), 0)
    jobs.every()
    monkeypatch.setitem(registry._jobs, job.name, job)
    return job.name


async def test_a_broker_that_is_not_set_or_not_there_is_found(clean: None, program: dict[str, str]) -> None:
    unset = await found("broker")
    closed = await run_doctor(**program, REDIS_URL="redis://:secret-of-the-test@127.0.0.1:1/0")

    assert unset["broker-unreachable"].what == "REDIS_URL is not set"
    assert "the broker does not answer" in closed.findings["broker-unreachable"]["what"]
    assert "secret-of-the-test" not in closed.text


@pytest.mark.only("sqlite")  # It takes its time, and is not about the database.
async def test_a_broker_that_is_frozen_is_found(clean: None, program: dict[str, str], folder: Path) -> None:
    with Valkey(folder / "frozen", durable=False) as server:
        process = server._process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        try:
            answer = await run_doctor(**program, REDIS_URL=server.url())
        finally:
            process.send_signal(signal.SIGCONT)

    assert "broker-unreachable" in answer.findings


async def test_on_a_database_where_no_job_ever_began_a_worker_and_a_beat_are_missed(clean: None) -> None:
    neither = await found("jobs")
    heartbeat.beat("worker")
    heartbeat.beat("beat")
    both = await found("jobs")

    assert neither.keys() == {"no-worker", "no-beat"}
    assert both == {}


@pytest.mark.only("postgres")
async def test_a_beat_on_another_machine_is_seen_by_its_lock(clean: None) -> None:
    async with database.connected(), database.exclusive("beat"):
        there = await found("jobs")

    assert there.keys() == {"no-worker"}


async def test_jobs_that_should_have_begun_long_ago_are_found_and_with_them_who_should_have_begun_them(
    clean: None,
) -> None:
    long_ago = clock.now() - timedelta(days=3)
    async with database.connected():
        await JobState.bulk_create(
            [JobState(id=job.name, started_at=long_ago, succeeded_at=long_ago) for job in jobs.every()]
        )

    there = await found("jobs")

    assert there.keys() == {"jobs-late", "no-worker", "no-beat"}
    assert there["jobs-late"].mend.startswith("stylobate health beat")
    assert there["no-worker"].what.startswith("jobs are late")


async def test_a_job_that_fails_is_found_and_is_an_error_once_it_is_given_up(clean: None, failing: str) -> None:
    async with database.connected():
        assert (await jobs.run_now(failing)).status == "failed"

    there = await found("jobs")

    assert there["jobs-failing"].level == "error"
    assert there["jobs-failing"].what.startswith(f"{failing} has failed 1 times in a row, and is not tried again")


@pytest.fixture
def beaten(clean: None, tmp_path: Path) -> Iterator[list["subprocess.Popen[str]"]]:
    """A worker that does not reach its broker, and a beat that does, in processes of their own."""
    processes = []
    for kind, broker in (("worker", "lost"), ("beat", "reached")):
        process = subprocess.Popen(
            [sys.executable, "-c", BEATING, kind, broker],
            env={**os.environ, "STYLOBATE_HEARTBEAT_FOLDER": str(tmp_path / "signs")},
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "beaten\n"
        processes.append(process)
    yield processes
    for process in processes:
        process.kill()
        process.communicate()


async def test_who_has_lost_the_broker_and_who_is_stuck_are_found_while_they_live(
    beaten: list["subprocess.Popen[str]"], tmp_path: Path
) -> None:
    worker, beat = beaten
    age(tmp_path / "signs" / f"beat-{beat.pid}.json", seconds=120)

    there = await found("processes")

    assert there.keys() == {"broker-lost", "process-stuck"}
    assert there["broker-lost"].what == f"the worker of process {worker.pid} does not reach its broker"
    assert there["process-stuck"].what.startswith(f"the beat of process {beat.pid} has not shown itself for 12")

    for process in beaten:
        process.kill()
        process.wait()
    assert await found("processes") == {}


def age(sign: Path, *, seconds: float) -> None:
    """Make what was shown a moment ago the last of a process that has been stuck since."""
    said = json.loads(sign.read_text())
    sign.write_text(json.dumps({**said, "beaten": time.monotonic() - seconds}))
