"""Whatever interrupts a transfer, the same call goes on with it, and nothing is done twice."""

import asyncio
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core import database, migrate, progress, transfer
from core.database import AccessDenied, DatabaseUnreachable, Held, NotMigrated
from core.local.postgres import Postgres
from core.migrate.resetting import reset
from core.settings import PostgresUrl
from core.settings.database_url import parse
from core.transfer import reading
from tests.core.transfer.conftest import Databases, fetch, schema, told, write
from tests.programs import ROOT

pytestmark = pytest.mark.only("postgres")

# It is killed by itself, so that it is always at the same step.
PROGRAM = """
import asyncio, os, signal, sys
from pathlib import Path
from core import progress, transfer
from core.settings.database_url import parse
from core.transfer import reading

source, target, rejects, last, merge = sys.argv[1:]
reading.BATCH = 40
steps = 0

def count(step):
    global steps
    steps += step.what in ("copy", "indexes", "analyze", "foreign keys", "compare")
    if steps == int(last):
        os.kill(os.getpid(), signal.SIGKILL)

with progress.told_to(count):
    moved = asyncio.run(
        transfer.move(Path(source), parse(target), rejected=Path(rejects), merge=merge == "merge")
    )
print("resumed" if moved.resumed else "at once", sum(table.rows for table in moved.tables), moved.rejected)
"""
NEVER = 10_000
DIRTY = """
    UPDATE "user" SET email = 'p7@example.com' WHERE id = 'u000090';
    UPDATE "user" SET createdAt = 'yesterday' WHERE id = 'u000030';
"""


@pytest.fixture
def dirty(tmp_path: Path) -> Path:
    """A file of 100 people, two of whom can't be."""
    return write(tmp_path / "dirty.sqlite", people=100, script=DIRTY)


def address(url: PostgresUrl) -> str:
    return f"postgresql://{url.user}:{url.password}@{url.host}:{url.port}/{url.database}"


async def run(source: Path, target: PostgresUrl, rejects: Path, *, last: int, how: str = "copy") -> tuple[int, str]:
    """Move it in a process of its own that is killed at a step: its exit code, and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, str(source), address(target), str(rejects), str(last), how),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


def stopped_at(number: int, stop: Callable[[], object]) -> Callable[[progress.Step], None]:
    """Calls it at a step of the copying."""
    steps = 0

    def listen(step: progress.Step) -> None:
        nonlocal steps
        steps += step.what == "copy"
        if steps == number:
            stop()

    return listen


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BATCH", 40)


@pytest.mark.parametrize("how", ["copy", "merge"])
async def test_killed_again_and_again_it_ends_as_if_it_had_never_been(
    databases: Databases, dirty: Path, rejects: Path, tmp_path: Path, how: str
) -> None:
    target, undisturbed = databases(), databases()
    # In the first table, in the second, among the indexes, at the end. What was done before has few steps, but some.
    for last in (3, 8, 9, 13):
        code, said = await run(dirty, target, rejects, last=last, how=how)
        assert code == -signal.SIGKILL, said

    code, said = await run(dirty, target, rejects, last=NEVER, how=how)

    assert (code, said) == (0, "resumed 196 4\n")
    await transfer.move(dirty, undisturbed, rejected=tmp_path / "others.ndjson")
    assert await schema(target) == await schema(undisturbed)
    for query in ('SELECT * FROM "user" ORDER BY "id"', 'SELECT * FROM "session" ORDER BY "id"'):
        assert await fetch(target, query) == await fetch(undisturbed, query)
    assert sorted((table, str(key)) for table, key, _, _ in told(rejects)) == [
        ("session", "s000030"),
        ("session", "s000090"),
        ("user", "u000030"),
        ("user", "u000090"),
    ]


async def test_migrations_that_were_interrupted_are_gone_on_with(
    target: PostgresUrl, dirty: Path, rejects: Path
) -> None:
    async with migrate.opened(target):
        await anext(migrate.migrate())

    moved = await transfer.move(dirty, target, rejected=rejects)

    assert moved.same


async def test_a_database_of_somebody_else_is_left_alone(target: PostgresUrl, dirty: Path, rejects: Path) -> None:
    await fetch(target, 'CREATE TABLE "user" (id text)')
    before = await schema(target)

    with pytest.raises(NotMigrated):
        await transfer.move(dirty, target, rejected=rejects)

    assert await schema(target) == before


async def test_a_server_that_is_killed_loses_nothing_that_was_told_as_done(
    folder: Path, dirty: Path, rejects: Path, small_batches: None
) -> None:
    with Postgres(folder / "transfer") as server:
        server.create_database("resuming")
        target = parse(server.url("resuming"))
        assert isinstance(target, PostgresUrl)
        with progress.told_to(stopped_at(4, server.kill)), pytest.raises(DatabaseUnreachable):
            await transfer.move(dirty, target, rejected=rejects)
        server.start()
        noted = await fetch(target, "SELECT sum(rows) FROM stylobate_transfer.progress")
        stored = await fetch(target, 'SELECT (SELECT count(*) FROM "user") + (SELECT count(*) FROM "session")')

        moved = await transfer.move(dirty, target, rejected=rejects)

        assert noted == stored, "the last batches may be lost, and then their notes are, too"
        assert moved.resumed
        assert moved.same
        assert [it.rows for it in moved.tables if it.rows] == [98, 98]
    server.erase()


async def test_a_target_that_is_full_is_said_and_gone_on_with(
    target: PostgresUrl, dirty: Path, rejects: Path, small_batches: None
) -> None:
    # The server says of a full disk just this, in the middle of a COPY.
    full = """
        CREATE FUNCTION room() RETURNS boolean LANGUAGE plpgsql AS $$
        BEGIN
            IF current_setting('transfer.no_room', true) = 'yes' THEN
                RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full';
            END IF;
            RETURN true;
        END $$;
        ALTER TABLE "session" ADD CONSTRAINT room CHECK (room());
    """
    async with migrate.opened(target):
        assert [name async for name in migrate.migrate()]
        await database.connection().execute_script(full)
    await fetch(target, f"ALTER DATABASE \"{target.database}\" SET transfer.no_room = 'yes'")

    with pytest.raises(transfer.TargetFull, match="no room left"):
        await transfer.move(dirty, target, rejected=rejects)

    assert await fetch(target, 'SELECT count(*) FROM "user"') == [(98,)]
    await fetch(target, f'ALTER DATABASE "{target.database}" RESET transfer.no_room')
    moved = await transfer.move(dirty, target, rejected=rejects)
    assert moved.resumed
    assert moved.same


async def test_a_wrong_password_is_said_and_changes_nothing(target: PostgresUrl, source: Path, rejects: Path) -> None:
    with pytest.raises(AccessDenied) as refused:
        await transfer.move(source, replace(target, password="nobody's"), rejected=rejects)

    assert "nobody's" not in f"{refused.value} {refused.value.remedy}"
    assert await schema(target) == []


async def test_another_source_is_refused_until_the_first_is_done(
    target: PostgresUrl, dirty: Path, source: Path, rejects: Path, small_batches: None
) -> None:
    await interrupted(dirty, target, rejects)

    with pytest.raises(transfer.NotFinished, match=f"copying {dirty} .better-auth. into this database"):
        await transfer.move(source, target, rejected=rejects)

    assert (await transfer.move(dirty, target, rejected=rejects)).resumed


async def test_after_a_reset_it_begins_anew(
    target: PostgresUrl, dirty: Path, source: Path, rejects: Path, small_batches: None
) -> None:
    await interrupted(dirty, target, rejects)
    async with migrate.opened(target):
        assert [name async for name in reset()]

    moved = await transfer.move(source, target, rejected=rejects)

    assert not moved.resumed
    assert moved.same


async def test_two_at_once_are_one_too_many(target: PostgresUrl, dirty: Path, rejects: Path) -> None:
    async with migrate.opened(target):
        assert [name async for name in migrate.migrate()]
        async with database.exclusive("transfer"):
            with pytest.raises(Held):
                await transfer.move(dirty, target, rejected=rejects)


async def interrupted(source: Path, target: PostgresUrl, rejects: Path) -> None:
    """Begin to move it, and be called off in the middle."""
    task = asyncio.current_task()
    assert task
    with progress.told_to(stopped_at(3, task.cancel)), pytest.raises(asyncio.CancelledError):
        await transfer.move(source, target, rejected=rejects)
    task.uncancel()
