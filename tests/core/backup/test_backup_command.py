"""``stylobate backup``, as an operator has it at three in the morning."""

import asyncio
import json
import os
import pty
from pathlib import Path

import pytest

from core import backup, database, jobs
from core.backup import Manifest, keys, names
from core.settings import DatabaseUrl, PostgresUrl, overridden
from models import User
from tests.factories import make_user
from tests.programs import ROOT, run

STYLOBATE = "core.cli"
Environment = dict[str, str]


async def said_json(*arguments: str, **program: str) -> object:
    code, said = await run(STYLOBATE, "backup", *arguments, "--json", cwd=ROOT, **program)
    assert code == 0, said
    return json.loads(said)


async def test_from_a_backup_to_its_restore(own: DatabaseUrl, program: Environment) -> None:
    code, said = await run(STYLOBATE, "backup", "create", cwd=ROOT, **program)
    assert code == 0
    name = said.partition(":")[0]
    assert " rows in " in said

    assert (await run(STYLOBATE, "backup", "verify", cwd=ROOT, **program))[1].startswith(
        f"{name}: restored and compared, "
    )
    code, said = await run(STYLOBATE, "backup", "list", cwd=ROOT, **program)
    assert code == 0
    assert said.splitlines()[1].startswith(f"{name}  ")
    assert said.endswith("proven")

    async with database.connected(own):
        await User.all().delete()
    code, said = await run(STYLOBATE, "backup", "restore", name, "--yes", cwd=ROOT, **program)
    assert code == 0
    assert f"{name} restored into {own}" in said
    assert "\nto go back: " in said
    async with database.connected(own):
        assert await User.all().count() == 3


async def test_scripts_get_json(own: DatabaseUrl, program: Environment) -> None:
    created = await said_json("create", **program)
    assert isinstance(created, dict)
    assert created["tables"]["user"]["rows"] == 3

    verified = await said_json("verify", "--level=2", **program)
    assert isinstance(verified, dict)
    assert (verified["name"], verified["level"]) == (created["name"], 2)

    listed = await said_json("list", **program)
    assert isinstance(listed, list)
    assert [(one["name"], one["check_level"], one["is_proven"]) for one in listed] == [(created["name"], 2, False)]

    restored = await said_json("restore", "--yes", **program)
    assert isinstance(restored, dict)
    assert restored["name"] == created["name"]
    assert restored["kept"]

    assert await said_json("prune", **program) == {"removed": [], "swept": []}


@pytest.fixture
async def taken(own: DatabaseUrl) -> Manifest:
    """A backup of three people; there are four now."""
    async with database.connected(own):
        manifest = await backup.take()
        await make_user()
    return manifest


async def test_nothing_is_replaced_unasked(own: DatabaseUrl, taken: Manifest, program: Environment) -> None:
    code, said = await run(STYLOBATE, "backup", "restore", cwd=ROOT, **program)

    assert code == 2
    assert "--yes" in said
    async with database.connected(own):
        assert await User.all().count() == 4


@pytest.mark.parametrize(("answer", "code", "people"), [("n", 1, 4), ("y", 0, 3)])
async def test_on_a_terminal_it_asks(
    own: DatabaseUrl, taken: Manifest, program: Environment, answer: str, code: int, people: int
) -> None:
    terminal, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(f"{ROOT}/.venv/bin/python", "-m", STYLOBATE, "backup", "restore"),
        cwd=ROOT,
        env={**os.environ, **program},
        stdin=theirs,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    os.write(terminal, f"{answer}\n".encode())
    said, _ = await process.communicate()
    os.close(terminal)
    os.close(theirs)

    assert process.returncode == code, said
    assert b"taken 20" in said
    async with database.connected(own):
        assert await User.all().count() == people


async def test_what_is_wrong_is_two_lines_and_1(taken: Manifest, program: Environment, store: Path) -> None:
    archive = store / f"{taken.name}{names.ARCHIVE}"
    archive.write_bytes(archive.read_bytes()[:-100])

    for command in (("verify",), ("restore", "--yes")):
        code, said = await run(STYLOBATE, "backup", *command, cwd=ROOT, **program)
        assert code == 1
        assert [line.partition(":")[0] for line in said.splitlines()] == ["error", "remedy"]
        assert "Traceback" not in said


async def test_a_bucket_that_can_not_be_reached_is_said(own: DatabaseUrl, program: Environment) -> None:
    program |= {
        "STYLOBATE_BACKUP_STORE": "s3://backups/here",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "very-secret-key",
    }

    code, said = await run(STYLOBATE, "backup", "create", cwd=ROOT, **program)

    assert code == 1
    assert "s3://backups/here" in said
    assert "very-secret-key" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("call", [["verify", "--level=4"], ["restore", "--table=user", "--target=x"]])
async def test_a_wrong_call_exits_with_2(call: list[str]) -> None:
    code, said = await run(STYLOBATE, "backup", *call)

    assert code == 2
    assert "Traceback" not in said


async def test_single_tables_need_no_yes(taken: Manifest, program: Environment) -> None:
    code, said = await run(STYLOBATE, "backup", "restore", "--table=user", "--table=session", cwd=ROOT, **program)

    assert code == 0
    assert " restored into " in said


async def test_without_its_database_the_store_is_still_listed(
    own: DatabaseUrl, taken: Manifest, program: Environment, tmp_path: Path
) -> None:
    gone = "postgresql://nobody@127.0.0.1:1/gone" if isinstance(own, PostgresUrl) else f"sqlite://{tmp_path}/gone.db"

    code, said = await run(STYLOBATE, "backup", "list", cwd=ROOT, **{**program, "DATABASE_URL": gone})

    assert code == 0, said
    assert taken.name in said


async def test_the_public_key_is_the_one_that_archives_are_for(program: Environment) -> None:
    with overridden(secrets={1: "k" * 32}):
        (recipient,) = keys.recipients()

    assert await run(STYLOBATE, "backup", "key", cwd=ROOT, **program) == (0, recipient.key_id)


async def test_the_jobs_take_prove_and_prune(opened_own: DatabaseUrl) -> None:
    every = {job.name: job for job in jobs.every()}

    async def report(name: str) -> str:
        return str(await every[f"backups.{name}"].run())

    assert {every[f"backups.{name}"].schedule for name in ("take", "verify", "prune")} == {
        "17 2 * * *",
        "47 4 * * *",
        "37 6 * * *",
    }
    assert (await report("verify")).startswith("there is no backup of this database in")
    assert " bytes in " in await report("take")
    assert (await report("verify")).endswith(": restored and compared")
    assert await report("prune") == "0 archives removed, and 0 unfinished files"
