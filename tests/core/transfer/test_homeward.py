"""What comes home is what was there, as our own engine for SQLite would have written it."""

# ruff: noqa: ASYNC240  files are what is looked at here

import asyncio
import signal
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core import transfer
from core.database import DatabaseMissing, NotMigrated
from core.settings import PostgresUrl
from core.transfer import Extra
from tests.core.transfer.conftest import DATA, Databases, fetch
from tests.programs import ROOT, run, run_code

pytestmark = pytest.mark.only("postgres")


def select(file: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
async def filled(target: PostgresUrl, rejects: Path) -> PostgresUrl:
    """A database that came from a real application."""
    await transfer.move(DATA / "drizzle.sqlite", target, rejected=rejects)
    return target


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home.sqlite"


async def test_there_and_back_and_there_again_it_is_the_same(
    filled: PostgresUrl, databases: Databases, home: Path, rejects: Path
) -> None:
    back = await transfer.take_home(filled, home)
    again = await transfer.move(home, databases(), rejected=rejects)

    assert back.same
    assert again.same
    assert again.recognised.kind == "stylobate"
    assert {it.table: it.source_fingerprint for it in again.compared} == {
        it.table: it.target_fingerprint for it in back.compared
    }
    assert [it.name for it in home.parent.iterdir() if "home" in it.name] == ["home.sqlite"]
    assert home.stat().st_mode & 0o777 == 0o600


async def test_our_own_programs_work_with_it(filled: PostgresUrl, home: Path) -> None:
    await transfer.take_home(filled, home)

    code = """
import asyncio
from core import clock, database, users
from models import AiChat, User

async def main():
    async with database.connected():
        made = await users.create(name="Ada", email="ada@example.com")
        found = await User.all().order_by("created_at").first()
        chat = await AiChat.all().first()
        print(await User.all().count(), made.created_at > found.created_at, type(chat.messages).__name__)

asyncio.run(main())
"""
    assert await run_code(code, DATABASE_URL=f"sqlite://{home}") == "401 True list\n"
    code_, said = await run("core.cli", "db", "status", DATABASE_URL=f"sqlite://{home}")
    assert code_ == 0, said


async def test_values_are_written_as_our_engine_writes_them(filled: PostgresUrl, home: Path) -> None:
    await transfer.take_home(filled, home)
    code = """
import asyncio
from datetime import UTC, datetime
from core import database
from core.database.statements import fetch
from models import User

async def main():
    async with database.connected():
        then = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
        await User.create(name="Ada", email="ada@example.com", banned=True, created_at=then)

asyncio.run(main())
"""
    await run_code(code, DATABASE_URL=f"sqlite://{home}")
    shape = """
        SELECT typeof("createdAt"), length("createdAt"), substr("createdAt", 11, 1), substr("createdAt", -6),
            typeof("banned"), typeof("emailVerified")
        FROM "user" WHERE "banned" IS NOT NULL
    """

    assert set(select(home, shape)) == {("text", 25, " ", "+00:00", "integer", "integer")}


async def test_a_file_that_is_there_is_left_alone(filled: PostgresUrl, home: Path) -> None:
    home.write_text("mine")

    with pytest.raises(transfer.FileThere):
        await transfer.take_home(filled, home)

    assert home.read_text() == "mine"


async def test_a_database_that_is_not_there_leaves_no_file(target: PostgresUrl, home: Path) -> None:
    with pytest.raises(DatabaseMissing):
        await transfer.take_home(replace(target, database="nowhere"), home)
    with pytest.raises(NotMigrated):
        await transfer.take_home(target, home)

    assert list(home.parent.iterdir()) == []


async def test_a_file_that_cannot_hold_the_same_is_thrown_away(filled: PostgresUrl, home: Path) -> None:
    await fetch(filled, 'ALTER TABLE "user" ADD COLUMN "weight" float8 DEFAULT \'NaN\'')

    with pytest.raises(transfer.HomeDiffers, match="in user, and was thrown away"):
        await transfer.take_home(filled, home, extra=Extra.CARRY)

    assert not home.exists()


async def test_a_folder_that_cannot_be_written_is_said(filled: PostgresUrl, tmp_path: Path) -> None:
    with pytest.raises(transfer.FileNotWritten, match="No such file or directory"):
        await transfer.take_home(filled, tmp_path / "nowhere" / "home.sqlite")


async def test_killed_in_the_middle_it_leaves_no_file_of_that_name(filled: PostgresUrl, home: Path) -> None:
    code = """
import asyncio, os, signal, sys
from pathlib import Path
from core import progress, transfer
from core.settings.database_url import parse

def die(step):
    if step.what == "compare":
        os.kill(os.getpid(), signal.SIGKILL)

with progress.told_to(die):
    asyncio.run(transfer.take_home(parse(sys.argv[1]), Path(sys.argv[2])))
"""
    url = f"postgresql://{filled.user}:{filled.password}@{filled.host}:{filled.port}/{filled.database}"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, url, str(home), cwd=ROOT)
    assert await process.wait() == -signal.SIGKILL
    assert not home.exists()

    assert (await transfer.take_home(filled, home)).same
    assert [it.name for it in home.parent.iterdir() if "home" in it.name] == ["home.sqlite"]


async def test_what_our_migrations_do_not_know_is_carried_or_left_on_purpose(filled: PostgresUrl, home: Path) -> None:
    await fetch(
        filled, 'CREATE TABLE "note" (id bigint PRIMARY KEY, at timestamptz, seal bytea, size float8, paid bool)'
    )
    await fetch(filled, "INSERT INTO \"note\" VALUES (1, '2026-01-02 03:04:05.678+00', '\\xff00', 0.5, true)")
    await fetch(filled, 'ALTER TABLE "user" ADD COLUMN "shoeSize" int DEFAULT 42')

    with pytest.raises(transfer.LeftBehind, match=r"user\.shoeSize, table note"):
        await transfer.take_home(filled, home)
    assert not home.exists()

    left = await transfer.take_home(filled, home, extra=Extra.LEAVE)
    assert left.same
    assert select(home, "SELECT count(*) FROM sqlite_master WHERE name = 'note'") == [(0,)]

    home.unlink()
    carried = await transfer.take_home(filled, home, extra=Extra.CARRY)
    assert carried.same
    assert select(home, "SELECT * FROM note") == [(1, "2026-01-02 03:04:05.678000+00:00", b"\xff\0", 0.5, 1)]
    assert select(home, 'SELECT DISTINCT "shoeSize" FROM "user"') == [(42,)]
