"""A database and a store of a test's own: what is backed up here is replaced, damaged and lost."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from core import database, migrate
from core.settings import DatabaseUrl, overridden
from core.settings.database_url import parse
from tests.factories import make_session
from tests.programs import ROOT


@pytest.fixture
async def own(empty_database: str, tmp_path: Path) -> AsyncIterator[DatabaseUrl]:
    """A migrated database with three people and their sessions. Nobody has it open."""
    url = parse(empty_database)
    with overridden(database_url=url, backup_store=str(tmp_path / "store")):
        async with database.connected(url, migrated=False):
            assert [name async for name in migrate.migrate()]
            for _ in range(3):
                await make_session()
        yield url


@pytest.fixture
async def opened_own(own: DatabaseUrl) -> AsyncIterator[DatabaseUrl]:
    """The same, and we have it open."""
    async with database.connected(own):
        yield own


@pytest.fixture
def store(own: DatabaseUrl, tmp_path: Path) -> Path:
    """Where its archives are."""
    return tmp_path / "store"


@pytest.fixture
def program(own: DatabaseUrl, empty_database: str, store: Path) -> dict[str, str]:
    """What a process needs to know to work on the same."""
    return {"DATABASE_URL": empty_database, "STYLOBATE_BACKUP_STORE": str(store)}


Killer = Callable[[str], Awaitable[None]]

_KILLER = """
import asyncio, os, random, signal, sys, time
from core import backup, database

async def work():
    {work}

def child():
    pid = os.fork()
    if not pid:
        asyncio.run(work())
        os._exit(0)
    return pid

began = time.monotonic()
if os.waitpid(child(), 0)[1]:
    sys.exit("it does not work at all")
whole, chance = time.monotonic() - began, random.Random(4)
for tenth in range(10):
    pid = child()
    time.sleep(whole * (tenth + chance.random()) / 10)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
"""


@pytest.fixture
def killed_ten_times(program: dict[str, str], tmp_path: Path) -> Killer:
    """Do something in a process of its own once, and then ten times until it is killed, a little later each time."""
    (tmp_path / "work").mkdir()

    async def kill(work: str) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _KILLER.format(work=work),
            cwd=ROOT,
            env={**os.environ, **program, "TMPDIR": str(tmp_path / "work")},
        )
        assert await process.wait() == 0

    return kill
