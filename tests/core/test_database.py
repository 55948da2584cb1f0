import asyncio
import logging
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from tortoise.exceptions import IntegrityError, OperationalError

from core import clock, database, users
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.settings import PostgresUrl, SqliteUrl, settings
from models import User
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("db")


class Boom(Exception):
    pass


async def test_a_transaction_is_all_or_nothing() -> None:
    with pytest.raises(Boom):
        async with database.transaction():
            await make_user()
            raise Boom

    assert await User.all().count() == 0


async def test_a_transaction_inside_another_joins_it() -> None:
    with pytest.raises(Boom):
        async with database.transaction():
            async with database.transaction():
                await make_user()
            assert await User.all().count() == 1
            raise Boom

    assert await User.all().count() == 0


async def test_a_failed_part_breaks_the_whole_also_when_its_error_is_caught() -> None:
    with pytest.raises(RuntimeError, match="the whole is rolled back"):
        async with database.transaction():
            await make_user()
            try:
                async with database.transaction():
                    await make_user()
                    raise Boom
            except Boom:
                pass

    assert await User.all().count() == 0


async def test_after_commit_waits_for_the_outer_commit() -> None:
    seen: list[int] = []

    async def look() -> None:
        seen.append(await User.all().count())

    async with database.transaction():
        async with database.transaction():
            await make_user()
            await database.after_commit(look)
        assert seen == []

    assert seen == [1]


async def test_after_a_rollback_nothing_is_called() -> None:
    called: list[bool] = []

    async def note() -> None:
        called.append(True)

    with pytest.raises(Boom):
        async with database.transaction():
            await database.after_commit(note)
            raise Boom

    assert called == []


async def test_outside_a_transaction_it_is_called_at_once() -> None:
    called: list[bool] = []

    async def note() -> None:
        called.append(True)

    await database.after_commit(note)

    assert called == [True]


async def test_an_error_after_the_commit_is_logged_and_undoes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def fail() -> None:
        raise Boom

    async with database.transaction():
        await make_user()
        await database.after_commit(fail)

    assert await User.all().count() == 1
    assert "after commit" in caplog.text


async def test_two_transactions_at_once_don_t_see_each_other() -> None:
    async def add(number: int) -> None:
        async with database.transaction():
            await make_user(email=f"racer{number}@example.com")
            await asyncio.sleep(0)

    await asyncio.gather(*(add(number) for number in range(30)))

    assert await User.all().count() == 30


class CancelledAt:
    """Runs a coroutine and cancels it at exactly its n-th suspension. Awaiting it says whether it came that far."""

    def __init__(self, step: int, work: Coroutine[Any, Any, None]) -> None:
        self.step, self.work = step, work

    def __await__(self) -> Generator[Any, Any, bool]:
        suspensions = 0
        error: BaseException | None = None
        try:
            while True:
                future = self.work.throw(error) if error else self.work.send(None)
                error = None
                if suspensions == self.step:
                    if future is not None:
                        future.cancel()
                        yield None  # As in a task, the future's own callbacks come first.
                    error = asyncio.CancelledError()
                else:
                    try:
                        yield future
                    except BaseException as thrown:
                        error = thrown
                suspensions += 1
        except StopIteration:
            pass
        except asyncio.CancelledError:
            return True
        return suspensions > self.step


async def everywhere(work: Callable[[], Coroutine[Any, Any, None]], check: Callable[[], Awaitable[None]]) -> int:
    """Cancel the work at each of its suspensions in turn, and check each time."""
    for step in range(200):
        cancelled = await CancelledAt(step, work())
        async with asyncio.timeout(5):
            await check()
        if not cancelled:
            return step
    raise AssertionError("the work never came to its end")


async def test_a_transaction_may_be_cancelled_at_any_await_and_leaves_nothing_behind() -> None:
    async def work() -> None:
        async with database.transaction():
            await make_user()
            await make_user()

    async def check() -> None:
        # Whole or not at all, no connection lost, and the next transaction works.
        assert await User.all().count() in {0, 2}
        await User.all().delete()
        pool = getattr(database.connection(), "_pool", None)
        if pool is not None:
            while pool.get_size() != pool.get_idle_size():  # noqa: ASYNC110  no event tells
                await asyncio.sleep(0)
        async with database.transaction():
            await fetch("SELECT 1")

    assert await everywhere(work, check) >= 4


async def test_single_statements_may_be_cancelled_at_any_await() -> None:
    async def work() -> None:
        await make_user()
        await User.all().count()

    async def check() -> None:
        await User.all().delete()

    assert await everywhere(work, check) > 1


@pytest.mark.only("postgres")
async def test_a_connection_that_ended_unnoticed_is_given_back_without_a_word() -> None:
    client: Any = database.connection()
    async with client.acquire_connection() as borrowed:
        await borrowed.execute("BEGIN; SET LOCAL idle_in_transaction_session_timeout = 1")
        before = client.pool().in_use
        time.sleep(0.1)  # noqa: ASYNC251  the loop must not hear of it before the pool wants to roll back

    assert client.pool().in_use == before - 1
    assert await fetch("SELECT 1")


async def test_what_is_logged_of_a_query_has_no_values(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="tortoise.db_client"):
        await users.create(name="Ada Secret", email="secret@example.com")
        await users.find_by_email("secret@example.com")

    assert "INSERT INTO" in caplog.text
    assert "secret" not in caplog.text.lower()


async def test_what_an_error_says_has_no_values() -> None:
    user = await make_user(email="secret@example.com")

    with pytest.raises(IntegrityError) as taken:
        await User.create(name="x", email="secret@example.com")
    with pytest.raises(IntegrityError) as doubled:
        await User.create(id=user.id, name="x", email="other@example.com")

    assert "secret" not in str(taken.value)
    assert user.id not in str(doubled.value)


@pytest.mark.only("postgres")
async def test_what_an_error_about_an_argument_says_has_no_value() -> None:
    with pytest.raises(OperationalError) as refused:
        await fetch("SELECT $1::int", "secret")

    assert "secret" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.only("postgres")
async def test_an_exhausted_pool_raises_instead_of_waiting_for_ever(database_url: str) -> None:
    url = settings().database
    assert isinstance(url, PostgresUrl)
    held, release = asyncio.Semaphore(0), asyncio.Event()

    async def hold() -> None:
        async with database.transaction():
            held.release()
            await release.wait()

    async with database.connected(replace(url, pool_size=2, pool_timeout=0.2)), asyncio.TaskGroup() as holders:
        for _ in range(2):
            holders.create_task(hold())
            await held.acquire()

        with pytest.raises(database.PoolExhausted, match="all 2 connections"):
            await fetch("SELECT 1")
        with pytest.raises(database.PoolExhausted):
            async with database.transaction():
                pass
        release.set()
        await fetch("SELECT 1")


@pytest.mark.only("postgres")
async def test_the_database_stops_and_the_next_request_after_its_return_works(postgres: Postgres) -> None:
    user = await make_user()

    postgres.stop()
    try:
        for _ in range(2):
            with pytest.raises(database.DatabaseUnreachable) as unreachable:
                async with asyncio.timeout(10):
                    await users.get(user.id)
    finally:
        postgres.start()

    assert "check that PostgreSQL runs" in unreachable.value.remedy
    assert (await users.get(user.id)).email == user.email


@pytest.mark.only("postgres")
async def test_the_database_crashes_in_a_transaction_and_nothing_of_it_stays(postgres: Postgres) -> None:
    with pytest.raises(database.DatabaseUnreachable):
        async with database.transaction():
            await make_user(email="before@example.com")
            postgres.kill()
            await make_user(email="after@example.com")
    postgres.start()

    await make_user(email="later@example.com")
    assert await users.find_by_email("before@example.com") is None
    assert await users.find_by_email("after@example.com") is None
    assert await users.find_by_email("later@example.com")


@pytest.mark.only("postgres")
async def test_a_server_that_freezes_is_given_up_in_time(postgres: Postgres) -> None:
    url = settings().database
    assert isinstance(url, PostgresUrl)
    assert postgres._process
    server = psutil.Process(postgres._process.pid)

    async with database.connected(replace(url, command_timeout=0.5, connect_timeout=0.5, pool_timeout=1)):
        frozen = [server, *server.children()]
        for process in frozen:
            process.suspend()
        try:
            for _ in range(2):
                async with asyncio.timeout(10):
                    with pytest.raises(database.DatabaseUnreachable):
                        await fetch("SELECT 1")
                    with pytest.raises(database.DatabaseUnreachable):
                        async with database.transaction():
                            await fetch("SELECT 1")
        finally:
            for process in frozen:
                process.resume()

        assert await fetch("SELECT 1 AS one") == [{"one": 1}]


@pytest.mark.only("postgres")
async def test_aware_times_work_on_columns_with_and_without_zone_whatever_the_servers_zone() -> None:
    moment = datetime(2026, 11, 22, 17, 31, 30, 34000, tzinfo=UTC)
    elsewhere = moment.astimezone(tz=datetime.strptime("+0900", "%z").tzinfo)

    rows = await fetch("SELECT $1::timestamp AS bare, $2::timestamptz AS zoned", elsewhere, elsewhere)
    stored = await fetch("SELECT ($1::timestamp)::text AS bare, current_setting('TimeZone') AS zone", elsewhere)

    assert rows == [{"bare": moment, "zoned": moment}]
    assert stored == [{"bare": "2026-11-22 17:31:30.034", "zone": "UTC"}]


async def test_times_come_back_as_they_went_in_and_in_utc() -> None:
    user = await make_user()
    moment = clock.now() + timedelta(microseconds=1)

    await User.filter(id=user.id).update(ban_expires=moment)
    back = (await users.get(user.id)).ban_expires

    assert back == moment
    assert back.utcoffset() == timedelta()


@pytest.mark.parametrize(
    ("change", "error", "remedy"),
    [
        ({"port": 1}, database.DatabaseUnreachable, "right host and port"),
        ({"password": "wrong"}, database.AccessDenied, "user and password"),
        ({"user": "nobody"}, database.AccessDenied, "user and password"),
        ({"sslmode": "require"}, database.DatabaseUnreachable, "set sslmode=disable"),
        ({"database": "missing"}, database.DatabaseMissing, "create it"),
    ],
)
@pytest.mark.only("postgres")
async def test_what_is_wrong_with_the_address_is_said_with_a_remedy_and_without_the_password(
    change: dict[str, Any], error: type[Exception], remedy: str
) -> None:
    url = settings().database
    assert isinstance(url, PostgresUrl)
    assert url.password is not None

    with pytest.raises(error) as refused:
        async with database.connected(replace(url, **change)):
            pass

    assert remedy in refused.value.remedy  # type: ignore[attr-defined]
    assert url.password not in str(refused.value)


@pytest.mark.only("sqlite")
async def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Ada, this is not a database. " * 100)

    with pytest.raises(database.DatabaseUnreachable, match="not a database"):
        async with database.connected(SqliteUrl(file=str(tmp_path / "letter.txt"))):
            pass


@pytest.mark.only("sqlite")
async def test_a_file_that_another_process_holds_is_said_to_be_busy(folder: Path) -> None:
    file = SqliteUrl(file=str(folder / "busy.db"))
    async with database.connected(file, migrated=False):
        await fetch("PRAGMA busy_timeout = 50")
        with closing(sqlite3.connect(file.file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")

            with pytest.raises(database.DatabaseBusy):
                async with database.transaction():
                    pass
            with pytest.raises(database.DatabaseBusy):
                await fetch("CREATE TABLE x (y INT)")

        async with database.transaction():
            await fetch("CREATE TABLE x (y INT)")


@pytest.mark.only("sqlite")
async def test_processes_that_read_and_then_write_wait_for_each_other(database_url: str, tmp_path: Path) -> None:
    user = await make_user(name="0")
    program = tmp_path / "count.py"
    program.write_text(
        "import asyncio\n"
        "from core import database, users\n"
        "async def main():\n"
        "    async with database.connected():\n"
        "        for _ in range(50):\n"
        "            async with database.transaction():\n"
        f"                user = await users.get({user.id!r})\n"
        "                await users.rename(user.id, name=str(int(user.name) + 1))\n"
        "asyncio.run(main())\n"
    )

    programs = [await asyncio.create_subprocess_exec(sys.executable, str(program)) for _ in range(3)]

    assert [await each.wait() for each in programs] == [0, 0, 0]
    assert (await users.get(user.id)).name == "150"
