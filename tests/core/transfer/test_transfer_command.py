"""``stylobate transfer``, as it is called and what it answers."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from core import cli
from core.settings import PostgresUrl
from tests.core.transfer.conftest import DATA, change, fetch, schema, told, write
from tests.programs import ROOT, run

pytestmark = pytest.mark.only("postgres")

DIRTY = "UPDATE \"user\" SET createdAt = 'yesterday' WHERE id = 'u000001'"


def address(url: PostgresUrl) -> str:
    return f"postgresql://{url.user}:{url.password}@{url.host}:{url.port}/{url.database}"


async def called(*arguments: str, target: PostgresUrl, folder: Path) -> tuple[int, str]:
    return await run("core.cli", "transfer", *arguments, cwd=folder, DATABASE_URL=address(target), PYTHONPATH=str(ROOT))


async def test_from_the_plan_to_the_proof_and_home_again(target: PostgresUrl, tmp_path: Path) -> None:
    source, home = str(DATA / "drizzle.sqlite"), tmp_path / "home.sqlite"

    code, said = await called(source, "--plan", target=target, folder=tmp_path)
    assert code == 0, said
    assert said.startswith("the source is of drizzle: ")
    assert "\n  messages: 58 bytes, as JSON\n" in said
    assert said.endswith("2,332 rows, 0 of them can't be taken")
    assert await schema(target) == [], "nothing was changed"

    code, said = await called(source, target=target, folder=tmp_path)
    assert code == 0, said
    assert "2,332 rows in" in said
    assert "DIFFERENT" not in said

    code, said = await called("verify", source, target=target, folder=tmp_path)
    assert (code, said.count("the same")) == (0, 10)

    code, said = await called("-", str(home), target=target, folder=tmp_path)
    assert code == 0, said
    assert (await called("verify", str(home), target=target, folder=tmp_path))[0] == 0

    change(home, "UPDATE \"user\" SET name = 'somebody else' WHERE id = (SELECT min(id) FROM user)")
    code, said = await called("verify", str(home), target=target, folder=tmp_path)
    assert (code, said.count("DIFFERENT")) == (1, 1)


async def test_rows_that_were_not_taken_are_a_failure_unless_allowed(target: PostgresUrl, tmp_path: Path) -> None:
    source = str(write(tmp_path / "source.sqlite", script=DIRTY))

    code, said = await called(source, "--plan", target=target, folder=tmp_path)
    assert code == 1
    assert "NOT TAKEN: 1 rows, createdAt: " in said

    code, said = await called(source, target=target, folder=tmp_path)
    assert code == 1
    assert "2 rows were not taken: transfer-rejects.ndjson says which, and why" in said
    assert [table for table, *_ in told(tmp_path / "transfer-rejects.ndjson")] == ["user", "session"]

    code, said = await called(source, "--merge", "--max-rejects=2", target=target, folder=tmp_path)
    assert code == 0, said
    assert (await called("verify", source, target=target, folder=tmp_path))[0] == 1
    known = "--rejects=transfer-rejects.ndjson"
    assert (await called("verify", source, known, target=target, folder=tmp_path))[0] == 0


async def test_a_script_gets_json(target: PostgresUrl, tmp_path: Path) -> None:
    source = str(write(tmp_path / "source.sqlite", people=2))

    async def answer(*arguments: str) -> Any:
        code, said = await called(*arguments, "--json", target=target, folder=tmp_path)
        assert code == 0, said
        return json.loads(said)

    plan = await answer(source, "--plan")
    assert (plan["kind"], plan["rejected"]) == ("better-auth", 0)
    moved = await answer(source)
    assert {"table": "user", "rows": 2, "already": 0, "rejected": 0} in moved["tables"]
    assert all(it["same"] for it in moved["compared"])
    assert [it["same"] for it in await answer("verify", source)] == [True] * 4


async def test_what_has_no_place_is_an_error_that_names_both_ways_out(target: PostgresUrl, tmp_path: Path) -> None:
    source = str(write(tmp_path / "source.sqlite", script="CREATE TABLE note (id)"))

    for arguments in ((source,), (source, "--plan")):
        code, said = await called(*arguments, target=target, folder=tmp_path)
        assert code == 2
        assert "the target has no place for table note (0 rows): say --extra to carry them, or --leave-extra" in said
    assert await schema(target) == []
    assert (await called(source, "--extra", target=target, folder=tmp_path))[0] == 0
    assert await fetch(target, "SELECT count(*) FROM note") == [(0,)]


async def test_a_wrong_password_is_named_as_such_and_not_shown(target: PostgresUrl, tmp_path: Path) -> None:
    source = str(write(tmp_path / "source.sqlite"))
    wrong = address(target).replace(str(target.password), "guessed-it")

    code, said = await run("core.cli", "transfer", source, DATABASE_URL=wrong)

    assert code == 1
    assert "refuses the user" in said
    assert "remedy: " in said
    assert "guessed-it" not in said


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("missing.sqlite",), 1, "missing.sqlite' can't be read"),
        (("missing.sqlite", "--kind=mysql"), 2, "--kind is one of stylobate, better-auth"),
        (("one.sqlite", "other.sqlite"), 2, "one of the two must be SQLite, and the other PostgreSQL"),
        (("mysql://host/name",), 2, "must begin with postgresql:// or sqlite://"),
        (("-", "home.sqlite", "--merge"), 2, "for the way from SQLite to PostgreSQL"),
        (("one.sqlite", "--extra", "--leave-extra"), 2, "do not go together"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    code: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["stylobate", "transfer", *arguments])

    with pytest.raises(SystemExit) as ended:
        cli.main()

    said = capsys.readouterr().err if code == 2 else str(ended.value)
    assert words in said
    assert (ended.value.code == 2) == (code == 2)
