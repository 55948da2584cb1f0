"""Applying migrations: once, whole, and without anybody waiting long."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core import database, migrate, progress
from core.database import DatabaseBusy, NotMigrated
from core.database.statements import fetch
from core.migrate import FileInvalid, MigrationFailed, NoWayBack, states
from core.settings.database_url import parse
from tests.project import ROWS, THINGS, Project, names

COUNT = 'UPDATE "thing" SET "count" = "count" + 1'
SPREAD = 'UPDATE "thing" SET "count" = "count" + %s'
BACK = 'UPDATE "thing" SET "count" = %d'
SHORT = timedelta(seconds=0.8)


@pytest.fixture
def project(tmp_path: Path, dialect: str, empty_database: str) -> Project:
    made = Project(tmp_path, dialect, empty_database)
    made.write(
        0, states.AERICH[dialect], *THINGS, *ROWS, name="init", downgrade=('DROP TABLE "part"', 'DROP TABLE "thing"')
    )
    return made


@pytest.fixture
async def opened(project: Project) -> AsyncIterator[Project]:
    """The project, migrated so far and open."""
    async with migrate.opened(parse(project.url)):
        assert await names(migrate.migrate(root=project.root)) == ["0"]
        yield project


@asynccontextmanager
async def holding(project: Project, statement: str) -> AsyncIterator[Any]:
    """Somebody else, who has a statement in a transaction and does not end it."""
    if project.dialect == "sqlite":
        other = sqlite3.connect(parse(project.url).file, isolation_level=None)  # type: ignore[union-attr]
        other.execute("BEGIN IMMEDIATE")
        other.execute(statement)
        try:
            yield other
        finally:
            other.close()
        return
    connection = await asyncpg.connect(project.url)
    try:
        await connection.execute("SET application_name = 'a long report'")
        await connection.execute("BEGIN")
        await connection.execute(statement)
        yield connection
    finally:
        await connection.close()


async def counts() -> set[int]:
    return {row["count"] for row in await fetch('SELECT "count" FROM "thing"')}


async def columns(table: str) -> set[str]:
    rows = await (
        fetch("SELECT column_name AS name FROM information_schema.columns WHERE table_name = $1", table)
        if database.dialect() == "postgres"
        else fetch("SELECT name FROM pragma_table_info($1)", table)
    )
    return {row["name"] for row in rows}


async def there_is(table: str) -> bool:
    return bool(await columns(table))


# --- Once ---


@pytest.mark.parametrize("processes", [2, 8])
@pytest.mark.parametrize("kind", ["whole", "stepwise"])
async def test_of_many_that_migrate_at_once_each_file_is_applied_once(
    project: Project, processes: int, kind: str
) -> None:
    for number in (1, 2, 3):
        project.write(number, COUNT, COUNT, in_transaction=kind == "whole")

    results = await asyncio.gather(*(project.run("core.cli", "db", "migrate") for _ in range(processes)))

    assert [code for code, _ in results] == [0] * processes, results
    for number in (0, 1, 2, 3):
        assert sum(output.count(f"applied {number}_") for _, output in results) == 1
    async with migrate.opened(parse(project.url)):
        assert await counts() == {6}
        assert await fetch('SELECT count(*) AS rows FROM "aerich"') == [{"rows": 4}]
        assert await names(migrate.migrate(root=project.root)) == []


# --- Whole ---


async def test_a_statement_that_fails_is_named_and_nothing_of_its_file_stays(opened: Project) -> None:
    opened.write(1, COUNT, 'CREATE TABLE "more" ("id" INT)', "SELECT nonsense FROM nowhere")
    opened.write(2, COUNT)

    with pytest.raises(MigrationFailed, match=r"1_\d+_change\.py failed at statement 3 \(SELECT nonsense.*nowhere"):
        await names(migrate.migrate(root=opened.root))

    assert (await counts(), await there_is("more")) == ({0}, False)
    opened.write(1, COUNT)
    assert await names(migrate.migrate(root=opened.root)) == ["1", "2"]
    assert await counts() == {2}


async def test_a_failed_statement_of_a_stepwise_file_is_where_the_next_run_goes_on(opened: Project) -> None:
    file = opened.write(1, COUNT, 'INSERT INTO "part" VALUES (9, 99)', COUNT, in_transaction=False)

    with pytest.raises(MigrationFailed, match=r"statement 2 .* 1 of 3 statements are done"):
        await names(migrate.migrate(root=opened.root))

    assert [(it.applied, it.unfinished) for it in await migrate.status(root=opened.root)] == [
        (True, None),
        (False, "upgrade, 1 statements done"),
    ]
    with pytest.raises(MigrationFailed, match=f"{file.name} is half done"):
        await names(migrate.downgrade(root=opened.root))
    await fetch("""INSERT INTO "thing" VALUES (99, 'late', 1)""")
    assert await names(migrate.migrate(root=opened.root)) == ["1"]
    assert await counts() == {2}


async def test_a_stepwise_file_that_was_edited_half_way_is_not_gone_on_with(opened: Project) -> None:
    opened.write(1, COUNT, "SELECT nonsense", in_transaction=False)
    with pytest.raises(MigrationFailed):
        await names(migrate.migrate(root=opened.root))
    opened.write(1, COUNT, COUNT, in_transaction=False)

    with pytest.raises(MigrationFailed, match="edited after 1 of its statements"):
        await names(migrate.migrate(root=opened.root))

    assert await counts() == {1}


KILLED = """
import asyncio, os, signal, sys
from core import migrate, progress
def kill(step):
    if step.unit == "statements" and step.done == {after}:
        os.kill(os.getpid(), signal.SIGKILL)
async def main():
    async with migrate.opened():
        with progress.told_to(kill):
            async for name in {work}:
                pass
asyncio.run(main())
"""


@pytest.mark.parametrize("after", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", ["whole", "stepwise"])
async def test_killed_after_any_statement_the_next_run_ends_it_right(project: Project, after: int, kind: str) -> None:
    await project.run("core.cli", "db", "migrate")
    steps = (COUNT, 'ALTER TABLE "thing" ADD COLUMN "more" INT', COUNT, 'UPDATE "thing" SET "more" = 7')
    back = ('ALTER TABLE "thing" DROP COLUMN "more"', COUNT, COUNT, COUNT)
    project.write(1, *steps, downgrade=back, in_transaction=kind == "whole")

    for work, command, count, more in (
        ("migrate.migrate()", "migrate", 2, {"more"}),
        ("migrate.downgrade()", "downgrade", 5, set()),
    ):
        (project.root.parent / "killed.py").write_text(KILLED.format(after=after, work=work))
        code, output = await project.run("killed")
        assert code == -signal.SIGKILL, output
        code, output = await project.run("core.cli", "db", command, *["--yes"] * (command == "downgrade"))
        assert (code, "1_20261123000000_change.py" in output) == (0, True), output

        async with migrate.opened(parse(project.url)):
            assert await counts() == {count}
            assert await columns("thing") == {"id", "name", "count"} | more
            assert not [state for state in (await states.all_states()).values() if state.unfinished]
    assert (await project.run("core.cli", "db", "status"))[0] == 1


# --- Nobody waits long ---


async def test_a_lock_that_is_never_had_ends_in_an_error_that_names_who_has_it(opened: Project) -> None:
    opened.write(1, 'ALTER TABLE "thing" ADD COLUMN "more" INT')

    async with holding(opened, COUNT):
        with pytest.raises(DatabaseBusy, match="gave up after waiting") as caught:
            await names(migrate.migrate(root=opened.root, patience=SHORT))

    assert ("'a long report', idle in transaction" in str(caught.value)) == (opened.dialect == "postgres")
    assert await columns("thing") == {"id", "name", "count"}
    assert await names(migrate.migrate(root=opened.root)) == ["1"]
    assert await columns("thing") == {"id", "name", "count", "more"}


async def test_who_waits_for_another_that_migrates_gives_up_in_the_end(opened: Project) -> None:
    opened.write(1, COUNT)

    async with database.exclusive("migrations"):
        with pytest.raises(DatabaseBusy, match="another process that migrates"):
            await names(migrate.migrate(root=opened.root, patience=SHORT))

    assert await counts() == {0}


@pytest.mark.only("postgres")
async def test_writers_get_through_while_a_migration_waits_for_its_lock(opened: Project) -> None:
    opened.write(1, 'ALTER TABLE "thing" ADD COLUMN "more" INT')
    waits = asyncio.Event()

    def listen(step: progress.Step) -> None:
        if step.unit == "seconds":
            waits.set()

    async with holding(opened, 'SELECT * FROM "thing"') as report:
        with progress.told_to(listen):
            migrating = asyncio.create_task(names(migrate.migrate(root=opened.root)))
        await waits.wait()
        for _ in range(20):
            await fetch(COUNT)
        assert not migrating.done()
        await report.execute("COMMIT")

    assert await migrating == ["1"]
    assert await counts() == {20}


# --- What PostgreSQL does CONCURRENTLY ---

INDEX = 'CREATE UNIQUE INDEX CONCURRENTLY "thing_count" ON "thing" ("count")'
VALID = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('thing_count')"


@pytest.mark.only("postgres")
async def test_an_index_that_could_not_be_made_leaves_nothing_behind(opened: Project) -> None:
    opened.write(1, INDEX, downgrade=('DROP INDEX CONCURRENTLY "thing_count"',), in_transaction=False)

    with pytest.raises(MigrationFailed, match="thing_count"):
        await names(migrate.migrate(root=opened.root))

    assert await fetch(VALID) == []
    await fetch('UPDATE "thing" SET "count" = "id"')
    assert await names(migrate.migrate(root=opened.root)) == ["1"]
    assert await fetch(VALID) == [{"indisvalid": True}]
    assert await names(migrate.downgrade(root=opened.root)) == ["1"]
    assert await fetch(VALID) == []


@pytest.mark.only("postgres")
async def test_an_index_of_that_name_that_was_there_before_is_not_taken_for_ours(opened: Project) -> None:
    await fetch('CREATE INDEX "thing_count" ON "thing" ("name")')
    opened.write(1, INDEX, in_transaction=False)

    for _ in range(2):
        with pytest.raises(MigrationFailed, match='relation "thing_count" already exists'):
            await names(migrate.migrate(root=opened.root))


@pytest.mark.only("postgres")
@pytest.mark.parametrize("server", ["goes on", "stops"])
async def test_killed_while_an_index_is_made_the_next_run_ends_it_right(project: Project, server: str) -> None:
    await project.run("core.cli", "db", "migrate")
    project.write(1, SPREAD % '"id"', INDEX, SPREAD % "100", in_transaction=False)

    async with holding(project, """INSERT INTO "thing" VALUES (4, 'four', 40)""") as writer:
        async with project.running("core.cli", "db", "migrate") as program:
            backend = await being_made(project)
            program.kill_all()
            await program.ended()
        if server == "stops":
            watcher = await asyncpg.connect(project.url)
            await watcher.execute("SELECT pg_terminate_backend($1)", backend)
            await watcher.close()
        async with project.running("core.cli", "db", "migrate") as program:
            await writer.execute("COMMIT")
            assert await program.ended() == 0, program.said

    async with migrate.opened(parse(project.url)):
        assert await fetch(VALID) == [{"indisvalid": True}]
        assert await counts() == {101, 102, 103, 140}


async def being_made(project: Project) -> int:
    """The server's process that makes an index, and waits."""
    connection = await asyncpg.connect(project.url)
    try:
        async with asyncio.timeout(30):
            while True:
                if found := await connection.fetchval(
                    "SELECT pid FROM pg_stat_progress_create_index WHERE phase LIKE 'waiting for%'"
                ):
                    return int(found)
                await asyncio.sleep(0.02)
    finally:
        await connection.close()


# --- SQLite rebuilds tables ---

REBUILD = (
    "PRAGMA foreign_keys = OFF",
    "BEGIN IMMEDIATE",
    'CREATE TABLE "new_thing" ("id" INT NOT NULL PRIMARY KEY, "name" TEXT)',
    'INSERT INTO "new_thing" SELECT "id", "name" FROM "thing"',
    'DROP TABLE "thing"',
    'ALTER TABLE "new_thing" RENAME TO "thing"',
    "COMMIT",
    "PRAGMA foreign_keys = ON",
)


@pytest.mark.only("sqlite")
async def test_a_table_is_rebuilt_and_its_rows_children_stay(opened: Project) -> None:
    opened.write(1, *REBUILD)

    assert await names(migrate.migrate(root=opened.root)) == ["1"]

    assert await fetch('SELECT count(*) AS rows FROM "part"') == [{"rows": 3}]
    assert await columns("thing") == {"id", "name"}
    assert await fetch("PRAGMA foreign_keys") == [{"foreign_keys": 1}]


@pytest.mark.only("sqlite")
async def test_a_rebuild_that_loses_a_row_others_point_to_is_refused_as_a_whole(opened: Project) -> None:
    opened.write(1, *REBUILD[:3], 'INSERT INTO "new_thing" SELECT "id", "name" FROM "thing" LIMIT 1', *REBUILD[4:])

    with pytest.raises(MigrationFailed, match="would leave 1 rows of 'part' without their row of 'thing'"):
        await names(migrate.migrate(root=opened.root))

    assert await columns("thing") == {"id", "name", "count"}
    assert await fetch("PRAGMA foreign_keys") == [{"foreign_keys": 1}]


@pytest.mark.only("sqlite")
async def test_what_was_broken_before_does_not_stop_a_rebuild(opened: Project) -> None:
    await fetch("PRAGMA foreign_keys = OFF")
    await fetch('INSERT INTO "part" VALUES (9, 99)')
    await fetch("PRAGMA foreign_keys = ON")
    opened.write(1, *REBUILD)

    assert await names(migrate.migrate(root=opened.root)) == ["1"]


@pytest.mark.only("sqlite")
async def test_foreign_keys_are_not_turned_off_where_that_would_not_last(opened: Project) -> None:
    opened.write(1, *REBUILD, in_transaction=False)

    with pytest.raises(FileInvalid, match="turns foreign keys off"):
        await names(migrate.migrate(root=opened.root))

    assert await fetch('SELECT count(*) AS rows FROM "part"') == [{"rows": 3}]


# --- Files that are not what they were ---


async def test_an_edited_file_is_seen_whoever_applied_it(project: Project) -> None:
    code, output = await project.run("aerich", "upgrade")
    assert code == 0, output
    project.write(1, COUNT)
    async with migrate.opened(parse(project.url)):
        assert await names(migrate.migrate(root=project.root)) == ["1"]
        assert not [it for it in await migrate.status(root=project.root) if it.edited]

        for file in (project.root / project.dialect).iterdir():
            file.write_text(file.read_text() + "# as if nothing were\n")

        assert [it.edited for it in await migrate.status(root=project.root)] == [True, True]
        by_aerich, by_us = await migrate.history(root=project.root)
    assert (by_aerich.applied_at, by_aerich.intact) == (None, False)
    assert (by_us.applied_at is not None, by_us.program_version, by_us.intact) == (True, "0.1.0", False)


async def test_two_branches_that_were_merged_are_seen_before_anything_is_done(opened: Project) -> None:
    opened.write(1, COUNT, name="ours")
    opened.write(1, COUNT, name="theirs")

    with pytest.raises(FileInvalid, match=r"same number: 1_\d+_ours\.py, 1_\d+_theirs\.py"):
        await names(migrate.migrate(root=opened.root))

    assert await counts() == {0}


async def test_a_database_that_is_ahead_on_another_branch_is_not_migrated(opened: Project) -> None:
    theirs = opened.write(1, COUNT, name="theirs")
    await names(migrate.migrate(root=opened.root))
    theirs.unlink()
    opened.write(2, COUNT, name="ours")

    with pytest.raises(NotMigrated, match="1_20261123000000_theirs"):
        await names(migrate.migrate(root=opened.root))

    assert await counts() == {1}


# --- Back ---


async def test_going_back_takes_the_newest_first_and_stops_where_told(opened: Project) -> None:
    for number in (1, 2, 3):
        opened.write(number, COUNT, downgrade=(BACK % (10 * number),))
    await names(migrate.migrate(root=opened.root))

    assert await names(migrate.downgrade(root=opened.root)) == ["3"]
    assert await counts() == {30}
    assert await names(migrate.downgrade(root=opened.root, to=0)) == ["2", "1"]
    assert await counts() == {10}
    assert await names(migrate.migrate(root=opened.root)) == ["1", "2", "3"]
    assert await counts() == {13}


async def test_what_has_no_way_back_says_so_and_stays(opened: Project) -> None:
    file = opened.write(1, COUNT)
    await names(migrate.migrate(root=opened.root))

    with pytest.raises(NoWayBack, match="its downgrade is empty"):
        await names(migrate.downgrade(root=opened.root))
    file.unlink()
    with pytest.raises(NoWayBack, match="no such file"):
        await names(migrate.downgrade(root=opened.root))

    assert (await counts(), len(await migrate.history(root=opened.root))) == ({1}, 2)


async def test_aerich_goes_on_where_we_ended_and_we_where_it_did(project: Project) -> None:
    project.write(1, COUNT, downgrade=(COUNT,))
    assert (await project.run("core.cli", "db", "migrate"))[0] == 0
    assert "No available heads" in (await project.run("aerich", "heads"))[1]
    project.write(2, COUNT, downgrade=(COUNT,))
    assert "2_20261123000000_change" in (await project.run("aerich", "upgrade"))[1]

    assert (await project.run("core.cli", "db", "downgrade", "--to", "0", "--yes"))[0] == 0
    assert "2_20261123000000_change" in (await project.run("aerich", "heads"))[1]
    assert (await project.run("core.cli", "db", "migrate"))[0] == 0
    assert "2_20261123000000_change" in (await project.run("aerich", "--app", project.dialect, "downgrade", "--yes"))[1]
    assert (await project.run("core.cli", "db", "status"))[0] == 1

    async with migrate.opened(parse(project.url)):
        assert await names(migrate.migrate(root=project.root)) == ["2"]
        assert await counts() == {8}


# --- What would be done ---


async def test_a_plan_shows_the_statements_and_does_nothing(opened: Project) -> None:
    opened.write(1, COUNT, "SELECT 'a;b'", downgrade=("SELECT 1",), in_transaction=False)

    assert await migrate.plan(root=opened.root) == [("1_20261123000000_change.py", False, [COUNT, "SELECT 'a;b'"])]
    assert [it.statements for it in await migrate.plan_downgrade(root=opened.root)] == [
        ['DROP TABLE "part"', 'DROP TABLE "thing"']
    ]
    assert await counts() == {0}


async def test_a_file_that_asks_the_database_has_no_plan_but_is_applied(opened: Project) -> None:
    file = opened.write(1, COUNT)
    file.write_text(
        file.read_text().replace(
            '    return """',
            '    rows = await db.execute_query_dict(\'SELECT max("id") AS n FROM "thing"\')\n'
            "    return 'UPDATE \"thing\" SET \"count\" = %d' % rows[0]['n']\n"
            '    return """',
            1,
        )
    )

    assert [it.statements for it in await migrate.plan(root=opened.root)] == [None]
    assert await names(migrate.migrate(root=opened.root)) == ["1"]
    assert await counts() == {3}
