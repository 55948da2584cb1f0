import json
from dataclasses import replace
from urllib.parse import quote

import pytest

from core import clock
from core.settings import PostgresUrl, settings
from models import Session
from tests.factories import make_session
from tests.programs import run

STYLOBATE = "core.cli"


async def test_it_says_its_version() -> None:
    code, said = await run(STYLOBATE, "--version")

    assert (code, said) == (0, "0.1.0")


@pytest.mark.parametrize("command", [[], ["up"], ["db"], ["db", "migrate"], ["db", "status"], ["jobs", "run"]])
async def test_every_command_explains_itself_without_a_database(command: list[str]) -> None:
    code, said = await run(STYLOBATE, *command, "--help", DATABASE_URL="")

    assert code == 0
    assert "Usage:" in said


@pytest.mark.parametrize("command", [["nonsense"], ["db", "nonsense"], ["jobs", "run"], ["up", "--nonsense"]])
async def test_a_wrong_call_exits_with_2(command: list[str]) -> None:
    code, said = await run(STYLOBATE, *command)

    assert code == 2
    assert "Traceback" not in said


async def test_the_jobs_are_listed_without_a_database_or_a_broker() -> None:
    code, said = await run(STYLOBATE, "jobs", "list", "--json", DATABASE_URL="", REDIS_URL="")

    assert code == 0
    listed = {job["name"]: job for job in json.loads(said)}
    assert listed["sessions.purge_expired"] == {
        "name": "sessions.purge_expired",
        "schedule": "7 * * * *",
        "about": "Forget sessions that nobody can use any more.",
    }
    assert list(listed) == sorted(listed)
    assert all(job["about"] and len(str(job["schedule"]).split()) == 5 for job in listed.values())


@pytest.mark.usefixtures("db")
async def test_a_job_is_run_here_and_reports() -> None:
    gone, stays = await make_session(), await make_session()
    await Session.filter(id=gone.session.id).update(expires_at=clock.now())

    code, said = await run(STYLOBATE, "jobs", "run", "sessions.purge_expired")

    assert code == 0
    assert said.startswith("sessions.purge_expired: 1 expired rows removed")
    assert [session.id for session in await Session.all()] == [stays.session.id]


async def test_a_job_that_there_is_not_is_one_line() -> None:
    assert await run(STYLOBATE, "jobs", "run", "sessions.nonsense") == (1, "error: there is no job 'sessions.nonsense'")


async def test_without_a_database_url_it_says_what_to_do() -> None:
    code, said = await run(STYLOBATE, "db", "status", DATABASE_URL="")

    assert code == 1
    assert said.splitlines() == [
        "error: DATABASE_URL is not set",
        "remedy: set it, or run `stylobate up`, which brings servers of its own",
    ]


@pytest.mark.only("postgres")
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"port": 1}, "can't be reached"),
        ({"password": "wrong"}, "refuses the user"),
        ({"database": "missing"}, "does not exist"),
    ],
)
async def test_what_is_wrong_with_the_database_is_two_lines(wrong: dict[str, object], error: str) -> None:
    found = settings().database
    assert isinstance(found, PostgresUrl)
    url = replace(found, **wrong)  # type: ignore[arg-type]

    code, said = await run(
        STYLOBATE,
        *("db", "status"),
        DATABASE_URL=f"postgresql://{url.user}:{quote(url.password or '')}@{url.host}:{url.port}/{url.database}",
    )

    assert code == 1
    assert [line.partition(":")[0] for line in said.splitlines()] == ["error", "remedy"]
    assert error in said
    assert str(url.password) not in said
