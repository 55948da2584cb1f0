from dataclasses import replace
from urllib.parse import quote

import pytest

from core.settings import PostgresUrl, settings
from tests.programs import run

STYLOBATE = "core.cli"


async def test_it_says_its_version() -> None:
    code, said = await run(STYLOBATE, "--version")

    assert (code, said) == (0, "0.1.0")


@pytest.mark.parametrize("command", [[], ["up"], ["db"], ["db", "migrate"], ["db", "status"], ["jobs", "watch"]])
async def test_every_command_explains_itself_without_a_database(command: list[str]) -> None:
    code, said = await run(STYLOBATE, *command, "--help", DATABASE_URL="")

    assert code == 0
    assert "Usage:" in said


@pytest.mark.parametrize("command", [["nonsense"], ["db", "nonsense"], ["jobs", "run"], ["up", "--nonsense"]])
async def test_a_wrong_call_exits_with_2(command: list[str]) -> None:
    code, said = await run(STYLOBATE, *command)

    assert code == 2
    assert "Traceback" not in said


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
