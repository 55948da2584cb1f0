"""``stylobate db``, as people and CI use it."""

import asyncio
import json
import os
import pty
import shutil
import sys
from pathlib import Path

import pytest

from core import database, migrate
from core.database.statements import fetch
from core.migrate import files
from core.settings.database_url import parse
from tests.programs import ROOT, Program
from tests.project import Project

DB = ("core.cli", "db")


@pytest.fixture
def project(tmp_path: Path, dialect: str, empty_database: str) -> Project:
    """A project with our own migrations."""
    made = Project(tmp_path, dialect, empty_database)
    shutil.copytree(ROOT / "migrations", made.root, dirs_exist_ok=True)
    return made


@pytest.fixture
async def migrated(project: Project) -> Project:
    async with migrate.opened(parse(project.url)):
        assert [name async for name in migrate.migrate(root=project.root)]
    return project


async def rows(project: Project, table: str) -> int:
    async with database.connected(parse(project.url), migrated=False):
        return int((await fetch(f'SELECT count(*) AS rows FROM "{table}"'))[0]["rows"])  # noqa: S608  our own names


async def change_by_hand(project: Project, *statements: str) -> None:
    async with migrate.opened(parse(project.url)):
        for statement in statements:
            await fetch(statement)


# --- Applying ---


async def test_a_plan_is_sql_and_nothing_is_done(project: Project) -> None:
    code, output = await project.run(*DB, "migrate", "--plan")

    assert (code, output.splitlines()[0]) == (0, "-- 0_20261122220000_init.py")
    assert 'CREATE TABLE IF NOT EXISTS "user"' in output
    planned = json.loads((await project.run(*DB, "migrate", "--plan", "--json"))[1])
    assert [len(it["statements"]) > 5 for it in planned[:2]] == [True, True]
    assert (await project.run(*DB, "status"))[0] == 1


async def test_migrating_says_what_was_applied_and_history_when(project: Project) -> None:
    names = [script.name for script in files.scripts(project.dialect)]
    code, output = await project.run(*DB, "migrate", "--json")
    assert (code, json.loads(output)) == (0, {"applied": names})

    events = json.loads((await project.run(*DB, "history", "--json"))[1])
    assert [(it["name"], it["program_version"], it["intact"]) for it in events] == [(it, "0.1.0", True) for it in names]
    assert (await project.run(*DB, "migrate"))[1] == "nothing to do: the schema is up to date"
    assert (await project.run(*DB, "status"))[0] == 0


async def test_going_back_asks_only_when_rows_go(migrated: Project) -> None:
    assert (await migrated.run(*DB, "downgrade"))[0] == 0
    assert (await migrated.run(*DB, "migrate"))[0] == 0
    await change_by_hand(
        migrated,
        'INSERT INTO "jobState" ("id", "failures", "runsSucceeded", "runsFailed", "rows", "seconds")'
        " VALUES ('a', 0, 0, 0, 0, 0)",
    )

    code, output = await migrated.run(*DB, "downgrade", "--steps", "2")
    assert (code, output) == (2, "error: This goes: table jobState (1 rows). Say --yes.")
    assert await rows(migrated, "jobState") == 1

    code, output = await migrated.run(*DB, "downgrade", "--to", "0", "--yes", "--json")
    newest_first = [script.name for script in files.scripts(migrated.dialect)[:0:-1]]
    assert (code, json.loads(output)) == (0, {"taken_back": newest_first})
    code, output = await migrated.run(*DB, "downgrade")
    assert (code, "can't be taken back: its downgrade is empty" in output) == (1, True)


# --- Checking ---


async def check(project: Project, *options: str) -> tuple[int, list[str]]:
    code, output = await project.run(*DB, "check", "--json", *options)
    assert code in {0, 1}, output
    return code, [it["what"] for it in json.loads(output.splitlines()[-1]) if it["fatal"]]


async def test_when_all_agree_the_check_says_so(migrated: Project) -> None:
    code, output = await migrated.run(*DB, "check")

    assert (code, output.splitlines()[-1]) == (0, "models, files and database agree"), output


async def test_statistics_are_no_change(migrated: Project) -> None:
    await change_by_hand(migrated, "ANALYZE")

    code, output = await migrated.run(*DB, "check")

    assert code == 0, output


async def test_a_database_that_was_changed_by_hand_is_told_with_the_sql_that_mends_it(migrated: Project) -> None:
    await change_by_hand(migrated, 'ALTER TABLE "user" ADD COLUMN "byHand" TEXT')

    code, output = await migrated.run(*DB, "check")

    assert code == 1
    assert "the database was changed by hand: column user.byHand: here, and not wanted" in output
    assert 'DROP COLUMN "byHand"' in output or 'ALTER TABLE "user__new" RENAME TO "user"' in output


async def test_what_is_wrong_with_the_files_is_told_and_no_database_is_needed(project: Project) -> None:
    first, second, *_ = sorted((project.root / "sqlite").glob("[0-9]*.py"))
    shutil.copy(second, second.with_name("1_20261123999999_theirs.py"))
    first.rename(first.with_name("5_20261122220000_init.py"))

    code, output = await project.run(*DB, "check", "--files-only", "--json", DATABASE_URL="")

    assert code == 1, output
    told = [it["what"] for it in json.loads(output.splitlines()[-1])]
    twins = "1_20261123005000_jobs_and_backups.py and 1_20261123999999_theirs.py"
    assert f"sqlite: {twins} have the same number: generate the newer again" in told
    assert "sqlite: there is no migration 0, but there is one for postgres" in told
    assert "postgres: there is no migration 5, but there is one for sqlite" in told


async def test_an_edited_file_and_a_missing_one_are_told(migrated: Project) -> None:
    first, second, *_ = sorted((migrated.root / migrated.dialect).glob("[0-9]*.py"))
    first.write_text(first.read_text() + "# as if nothing were\n")
    second.rename(second.with_name("1_20261123005000_other.py"))

    code, told = await check(migrated)

    assert code == 1
    assert f"{first.name} was edited since it was applied" in told
    assert "1_20261123005000_other.py is not applied" in told
    assert f"the database has had {second.name}, and there is no such file" in told
    warned = (await migrated.run(*DB, "status"))[1]
    assert f"applied  {first.name}  EDITED since" in warned


async def test_an_unsafe_statement_is_told(project: Project) -> None:
    for language in files.DIALECTS:
        text = files.render(upgrade=['CREATE INDEX "i" ON "user" ("locale")'], downgrade=['DROP INDEX "i"'], state="{}")
        files.write(project.root / language / "3_20261123010000_index.py", text)

    code, told = await check(project, "--files-only")

    assert code == 1
    assert [it for it in told if it.startswith("postgres/3_20261123010000_index.py: require-concurrent-index-creation")]


# --- Writing ---


async def test_nothing_is_written_where_nothing_differs(project: Project) -> None:
    code, output = await project.run(*DB, "generate", "nothing")

    assert (code, output.splitlines()[-1]) == (0, "nothing to do: the files lead to the models")


async def test_what_the_models_want_is_written_for_both_dialects_and_applied(project: Project) -> None:
    for language in files.DIALECTS:
        for script in files.scripts(language, root=project.root)[1:]:
            (project.root / language / script.name).unlink()

    code, output = await project.run(*DB, "generate", "jobs and backups", "--json")

    assert code == 0, output
    written = json.loads(output.splitlines()[-1])["written"]
    assert {Path(file).parent.name for file in written} == set(files.DIALECTS)
    assert (await project.run(*DB, "migrate"))[0] == 0
    assert await check(project) == (0, [])


async def test_what_would_lose_something_names_its_flag_and_nothing_is_written(project: Project) -> None:
    for language in files.DIALECTS:
        text = files.render(
            upgrade=['ALTER TABLE "user" ADD COLUMN "more" TEXT'],
            downgrade=['ALTER TABLE "user" DROP COLUMN "more"'],
            state=files.scripts(language)[-1].state,
        )
        files.write(project.root / language / "3_20261123010000_more.py", text)

    code, output = await project.run(*DB, "generate", "less")
    assert (code, "user.more" in output, "(--drop)" in output) == (2, True, True), output
    assert (await project.run(*DB, "generate", "less", "--rename", "nonsense"))[0] == 2
    assert len(files.scripts(project.dialect, root=project.root)) == 4

    code, output = await project.run(*DB, "generate", "less", "--drop")
    assert (code, output.count("wrote ")) == (0, 2), output


async def test_pushing_makes_the_database_match_and_asks_for_a_flag_first(migrated: Project) -> None:
    await change_by_hand(migrated, 'ALTER TABLE "user" ADD COLUMN "byHand" TEXT')

    code, output = await migrated.run(*DB, "push")
    assert (code, "(--drop)" in output) == (2, True), output
    code, output = await migrated.run(*DB, "push", "--drop")
    assert (code, 'TABLE "user"' in output) == (0, True), output

    assert (await migrated.run(*DB, "push"))[1].splitlines()[-1] == "nothing to do: the database matches the models"
    assert (await check(migrated)) == (0, [])


@pytest.mark.parametrize("language", files.DIALECTS)
async def test_the_whole_schema_is_what_was_looked_at(project: Project, language: str) -> None:
    """To accept a change: ``stylobate db export postgres > tests/data/schema-postgres.sql``, and look at it."""
    code, output = await project.run(*DB, "export", language, DATABASE_URL="")

    assert code == 0, output
    assert output == (ROOT / f"tests/data/schema-{language}.sql").read_text().rstrip()


# --- Filling ---


async def everything(project: Project) -> dict[str, list[dict[str, object]]]:
    found = {}
    async with database.connected(parse(project.url)):
        for table in ("user", "session", "account", "organization", "member", "aiChat", "aiChatMessage", "purchase"):
            found[table] = await fetch(f'SELECT * FROM "{table}" ORDER BY "id"')  # noqa: S608  our own names
    for account in found["account"]:
        del account["password"]
    return found


async def test_the_same_number_makes_the_same_people_and_another_makes_others(migrated: Project) -> None:
    seeds = []
    for number in ("7", "7", "8"):
        assert (await migrated.run(*DB, "reset", "--yes"))[0] == 0
        code, output = await migrated.run(*DB, "seed", "30", "--seed", number, "--json")
        assert code == 0, output
        counted = json.loads(output)
        seeds.append(await everything(migrated))
        assert {table: len(found) for table, found in seeds[-1].items()} == {it: counted[it] for it in seeds[-1]}

    assert seeds[0] == seeds[1]
    assert seeds[0]["user"] != seeds[2]["user"]
    assert len(seeds[0]["user"]) == 30


async def test_nobody_is_added_to_people_who_are_there_already(migrated: Project) -> None:
    assert (await migrated.run(*DB, "seed", "5"))[0] == 0

    code, output = await migrated.run(*DB, "seed", "5", "--seed", "2")
    assert (code, "--into-filled" in output) == (1, True)
    assert await rows(migrated, "user") == 5
    assert (await migrated.run(*DB, "seed", "lots"))[0] == 2


async def test_sample_people_can_sign_in(migrated: Project) -> None:
    program = """
import asyncio
from core import authentication, database
from core.migrate import seeding
from models import Account, User
async def main():
    async with database.connected():
        account = await Account.filter(provider_id="credential").first().select_related("user")
        print(type(await authentication.sign_in(email=account.user.email, password=seeding.PASSWORD)).__name__)
asyncio.run(main())
"""
    assert (await migrated.run(*DB, "seed", "5"))[0] == 0
    (migrated.root.parent / "entering.py").write_text(program)

    code, output = await migrated.run("entering")

    assert code == 0, output


@pytest.mark.parametrize("command", ["reset", "seed"])
async def test_a_database_elsewhere_must_be_named(project: Project, command: str) -> None:
    url = "postgresql://db.example.invalid/production"

    code, output = await project.run(*DB, command, DATABASE_URL=url)

    assert (code, "say --database production" in output) == (2, True)
    assert (await project.run(*DB, command, "--database", "other", DATABASE_URL=url))[0] == 2


async def test_resetting_says_what_goes_and_without_a_terminal_needs_a_yes(migrated: Project) -> None:
    await migrated.run(*DB, "seed", "5")
    await change_by_hand(migrated, 'CREATE TABLE "theirs" ("id" INT)', 'CREATE VIEW "seen" AS SELECT * FROM "user"')

    code, output = await migrated.run(*DB, "reset")
    assert (code, "tables with" in output, "Say --yes." in output) == (2, True, True)
    assert await rows(migrated, "user") == 5

    code, output = await migrated.run(*DB, "reset", "--yes")
    assert (code, output.count("applied ")) == (0, 3), output
    assert await rows(migrated, "user") == 0
    assert (await check(migrated)) == (0, [])


async def test_on_a_terminal_it_asks_and_no_means_no(migrated: Project) -> None:
    await migrated.run(*DB, "seed", "5")
    parent, child = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *DB,
        "reset",
        cwd=migrated.root.parent,
        env={**os.environ, "DATABASE_URL": migrated.url, "PYTHONPATH": str(ROOT)},
        stdin=child,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    program = Program(process)
    os.write(parent, b"n\n")

    assert await program.ended() == 1
    assert "of" in program.said
    assert await rows(migrated, "user") == 5
    os.close(parent)
    os.close(child)
