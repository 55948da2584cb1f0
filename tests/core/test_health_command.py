import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core import clock, heartbeat
from core.local.valkey import Valkey
from core.settings import overridden
from models import Backup, JobState
from tests.programs import ROOT, run

KINDS = pytest.mark.parametrize("kind", ["worker", "beat"])

NOBODY = "postgresql://user:secret@127.0.0.1:1/stylobate"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for the signs of this test, whose process is the worker and beat."""
    monkeypatch.setenv("STYLOBATE_HEARTBEAT_FOLDER", str(tmp_path))
    with overridden(heartbeat_folder=tmp_path):
        yield tmp_path


async def prove(moment: datetime) -> None:
    await Backup.create(name="proven", store="here", taken_at=moment, check_level=3)


async def health(*arguments: str, **environment: str) -> tuple[int, str]:
    return await run("core.cli", "health", *arguments, cwd=ROOT, **environment)


@KINDS
async def test_it_succeeds_while_the_process_shows_itself(kind: str) -> None:
    heartbeat.beat(kind)

    code, said = await health(kind)

    assert (code, said.partition(" showed itself ")[0]) == (0, f"{kind} {os.getpid()}")


@KINDS
async def test_where_there_is_none_it_fails_and_says_where_it_looked(kind: str, place: Path) -> None:
    heartbeat.beat({"worker": "beat", "beat": "worker"}[kind])

    assert await health(kind) == (
        1,
        f"error: no {kind} shows itself in {place}\nremedy: start it, or ask as its user and with its settings",
    )


@KINDS
async def test_one_that_is_stuck_is_a_failure(kind: str) -> None:
    heartbeat.beat(kind)

    code, said = await health(kind, "--within", "0")

    assert code == 1
    assert said.startswith(f"error: the {kind} of process {os.getpid()} has not shown itself for ")


async def test_a_script_is_told_as_json() -> None:
    heartbeat.beat("worker", concurrency=2)

    code, said = await health("worker", "--json")
    failed, problem = await health("beat", "--json")

    (process,) = json.loads(said).pop("processes")
    assert (code, json.loads(said)["ok"], process["pid"], process["concurrency"]) == (0, True, os.getpid(), 2)
    assert (failed, json.loads(problem)["ok"], json.loads(problem)["processes"]) == (1, False, [])
    assert json.loads(problem)["error"].startswith("no beat shows itself in ")


async def test_being_alive_takes_no_database_and_no_broker() -> None:
    heartbeat.beat("worker", broker=False)

    code, _ = await health("worker", DATABASE_URL=NOBODY, REDIS_URL="redis://127.0.0.1:1/0")

    assert code == 0


def test_asking_whether_one_is_alive_imports_nothing_heavy() -> None:
    heartbeat.beat("worker")
    program = (
        "import sys; sys.argv = ['stylobate', 'health', 'worker']\n"
        "from core.cli import main\n"
        "try: main()\n"
        "finally: print({'asyncpg', 'celery', 'structlog', 'rich', 'tortoise'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.splitlines()[-1] == "set()"


@pytest.mark.usefixtures("db")
@KINDS
async def test_it_is_ready_when_it_reaches_its_broker_and_the_database(kind: str) -> None:
    heartbeat.beat(kind)

    code, _ = await health(kind, "--ready")

    assert code == 0


async def test_without_its_broker_it_is_alive_and_not_ready() -> None:
    heartbeat.beat("worker", broker=False)

    assert (await health("worker"))[0] == 0
    code, said = await health("worker", "--ready")
    assert (code, "does not reach its broker" in said) == (1, True)


async def test_on_a_database_that_lacks_migrations_it_is_not_ready(empty_database: str) -> None:
    heartbeat.beat("worker")

    code, said = await health("worker", "--ready", DATABASE_URL=empty_database)

    assert (code, "the database lacks" in said, "stylobate db migrate" in said) == (1, True, True)


async def test_without_a_database_it_is_not_ready() -> None:
    heartbeat.beat("worker")

    code, said = await health("worker", "--ready", "--json", DATABASE_URL=NOBODY)

    assert (code, json.loads(said)["ok"]) == (1, False)
    assert "can't be reached" in json.loads(said)["error"]
    assert "secret" not in said


async def test_a_database_that_never_answers_is_waited_for_a_little(place: Path) -> None:
    heartbeat.beat("worker")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://user@127.0.0.1:{silent.getsockname()[1]}/stylobate?connect_timeout=60"
        code, said = await health("worker", "--ready", DATABASE_URL=url)

    assert code == 1
    assert said.startswith("error: the database did not answer within 5 s")


@pytest.mark.usefixtures("db")
async def test_where_all_is_well_it_exits_with_0(valkey: Valkey) -> None:
    await prove(clock.now())

    code, said = await health(REDIS_URL=valkey.url())

    assert code == 0
    state, *checks = said.splitlines()
    assert state == "ready"
    assert [line.split()[:2] for line in checks] == [
        ["ok", name] for name in ("database", "migrations", "broker", "jobs", "backups")
    ]


@pytest.mark.usefixtures("db")
async def test_where_something_is_to_be_looked_after_it_exits_with_1() -> None:
    await prove(clock.now() - timedelta(days=3))
    began = clock.now() - timedelta(hours=3)
    await JobState.create(id="sessions.purge_expired", started_at=began, succeeded_at=began)

    code, said = await health("--json")

    assert (code, json.loads(said)["status"]) == (1, "degraded")
    found = {check["name"]: check for check in json.loads(said)["checks"]}
    assert [name for name, check in found.items() if not check["ok"]] == ["jobs", "backups"]
    assert found["broker"]["what"] == "not asked: none is set"


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        pytest.param({"DATABASE_URL": NOBODY}, "can't be reached", id="no-database"),
        pytest.param({"DATABASE_URL": "oracle://secret"}, "scheme: it must begin", id="settings-that-can-not-be-read"),
        pytest.param({"REDIS_URL": "redis://:secret@127.0.0.1:1/0"}, "the broker ", id="no-broker"),
    ],
)
@pytest.mark.usefixtures("db")
async def test_where_no_work_can_be_done_it_exits_with_2(broken: dict[str, str], problem: str) -> None:
    code, said = await health(**broken)

    assert (code, said.splitlines()[0]) == (2, "not ready")
    assert problem in said
    assert "remedy: " in said
    assert "secret" not in said


async def test_a_database_that_lacks_migrations_is_no_place_to_work_in(empty_database: str) -> None:
    code, said = await health("--json", DATABASE_URL=empty_database)

    assert (code, json.loads(said)["status"]) == (2, "not ready")
    assert [check["name"] for check in json.loads(said)["checks"] if not check["ok"]] == ["migrations"]


async def test_a_database_that_never_answers_is_given_up_and_the_broker_is_told_of_all_the_same(valkey: Valkey) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://user@127.0.0.1:{silent.getsockname()[1]}/stylobate?connect_timeout=600"
        code, said = await health("--json", DATABASE_URL=url, REDIS_URL=valkey.url())

    found = {check["name"]: check for check in json.loads(said)["checks"]}
    assert (code, found["database"]["what"]) == (2, "no answer within 2 s")
    assert found["broker"]["ok"]


@pytest.mark.parametrize("arguments", [("nonsense",), ("--nonsense",), ("--json", "jobs")], ids=" ".join)
async def test_called_wrongly_it_exits_with_2(arguments: tuple[str, ...]) -> None:
    code, said = await health(*arguments)

    assert (code, "Usage: " in said) == (2, True)
