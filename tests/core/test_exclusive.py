"""One at a time, across processes, tasks and crashes."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core import database
from core.database import DatabaseUnreachable, Held, exclusive, transaction
from core.database.statements import fetch
from core.settings.database_url import parse
from tests.programs import ROOT

pytestmark = pytest.mark.usefixtures("db")

HOLDER = """
import asyncio
from core import database
async def hold():
    async with database.connected(), database.exclusive("work"):
        print("held", flush=True)
        await asyncio.Event().wait()
asyncio.run(hold())
"""


@asynccontextmanager
async def another_process() -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, cwd=ROOT, stdout=asyncio.subprocess.PIPE, env=os.environ
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def get_hold() -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                async with exclusive("work"):
                    return
            except Held:
                await asyncio.sleep(0.005)


async def test_what_one_task_does_no_other_may() -> None:
    async with exclusive("work"):
        with pytest.raises(Held, match="work"):
            async with exclusive("work"):
                pass
        async with exclusive("other work"):
            pass
    async with exclusive("work"):
        pass


async def test_of_eight_who_try_at_once_one_does_it() -> None:
    done = []

    async def work() -> None:
        async with exclusive("work"):
            done.append(1)
            await asyncio.sleep(0.2)

    results = await asyncio.gather(*(work() for _ in range(8)), return_exceptions=True)

    assert len(done) == 1
    assert [type(result) for result in results].count(Held) == 7


async def test_another_process_keeps_us_out_until_it_is_killed() -> None:
    async with another_process() as process:
        with pytest.raises(Held):
            async with exclusive("work"):
                pass
        process.send_signal(signal.SIGKILL)

        await get_hold()


async def test_an_error_inside_lets_go_and_is_what_the_caller_sees() -> None:
    with pytest.raises(ZeroDivisionError):
        async with exclusive("work"):
            raise ZeroDivisionError
    async with exclusive("work"):
        pass


async def test_a_cancelled_holder_lets_go() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        async with exclusive("work"):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with exclusive("work"):
        pass


async def test_inside_a_transaction_there_is_none() -> None:
    with pytest.raises(RuntimeError, match="inside one"):
        async with transaction(), exclusive("work"):
            pass


def left_in(folder: Path) -> list[Path]:
    return list(folder.glob("test.db.*.lock"))


@pytest.mark.only("sqlite")
async def test_nothing_is_left_beside_the_database(folder: Path) -> None:
    async with exclusive("work"):
        assert left_in(folder)
    assert not left_in(folder)


@pytest.mark.only("sqlite")
async def test_in_memory_too() -> None:
    async with database.connected(parse("sqlite://:memory:"), migrated=False), exclusive("work"):
        with pytest.raises(Held):
            async with exclusive("work"):
                pass


@pytest.mark.only("postgres")
async def test_whoever_loses_the_lock_is_stopped() -> None:
    with pytest.raises(DatabaseUnreachable, match="the lock on work"):
        async with exclusive("work"):
            await fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()"
            )
            await asyncio.Event().wait()
    async with exclusive("work"):
        pass


@pytest.mark.only("postgres")
async def test_what_fails_in_the_moment_the_lock_is_lost_fails_with_its_own_error() -> None:
    pool = database.connection()._pool

    with pytest.raises(LookupError):
        async with exclusive("work"):
            (lock,) = [holder._con for holder in pool._holders if holder._in_use]
            lock.terminate()
            raise LookupError

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


@pytest.mark.only("postgres")
async def test_holding_it_does_not_hold_back_vacuum() -> None:
    async with exclusive("work"):
        rows = await fetch("SELECT backend_xmin, backend_xid FROM pg_stat_activity WHERE state = 'idle in transaction'")

    assert rows == [{"backend_xmin": None, "backend_xid": None}]
