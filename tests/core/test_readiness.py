import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from core import clock, database, migrate, readiness
from core.database.pool import pool
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.readiness import Check
from core.settings import overridden
from core.settings.database_url import parse
from models import Backup, JobState
from tests.programs import until


async def found() -> dict[str, Check]:
    return {check.name: check for check in await readiness.fresh()}


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[None]:
    """Have this be the database, with the schema of today."""
    with overridden(database_url=url):
        async with database.connected(migrated=False):
            assert [name async for name in migrate.migrate()] or await database.connection().execute_query("SELECT 1")
            yield


@contextmanager
def frozen(server: Postgres) -> Iterator[None]:
    """The server and all its processes, stopped where they stand."""
    assert server._process is not None
    main = psutil.Process(server._process.pid)
    main.suspend()  # No new ones while they are counted.
    processes = [main, *main.children(recursive=True)]
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Postgres]:
    """A server that may be stopped."""
    with Postgres(folder / "readiness", durable=False) as server:
        server.create_database("readiness")
        yield server
    server.erase()


@pytest.mark.usefixtures("db")
async def test_all_is_well_where_everything_is_there() -> None:
    checks = await found()

    assert list(checks) == ["pool", "database", "migrations", "broker"]
    assert readiness.all_well(checks.values())
    assert all(check.seconds >= 0 and check.what and check.remedy is None for check in checks.values())
    assert checks["broker"].what == "not asked: none is set"


async def test_a_database_that_lacks_a_migration_is_not_ready_and_one_that_is_ahead_is(empty_database: str) -> None:
    async with opened(empty_database):
        (newest,) = await fetch('SELECT "id", "version" FROM "aerich" ORDER BY "id" DESC LIMIT 1')
        await fetch('UPDATE "aerich" SET "version" = $1 WHERE "id" = $2', "99_of_tomorrow.py", newest["id"])
        behind = await found()
        await fetch(
            'INSERT INTO "aerich" ("version", "app", "content") SELECT $1, "app", "content" FROM "aerich" '
            'WHERE "id" = $2',
            newest["version"],
            newest["id"],
        )
        ahead = await found()

    assert (behind["database"].ok, behind["migrations"].ok) == (True, False)
    assert behind["migrations"].what.startswith("the database lacks 1 of ")
    assert behind["migrations"].remedy is not None
    assert "stylobate db migrate" in behind["migrations"].remedy
    assert ahead["migrations"].what == "1 more are applied than this program knows"
    assert readiness.all_well(ahead.values())


async def test_an_exhausted_pool_is_said_to_be_and_the_database_is_asked_beside_it(
    empty_database: str, dialect: str
) -> None:
    small = parse(empty_database + "?pool_size=1&pool_timeout=600" * (dialect == "postgres"))
    async with opened(empty_database), database.connected(small):
        held, end = asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            async with database.transaction():
                held.set()
                await end.wait()

        holding = asyncio.create_task(hold())
        await held.wait()
        waiting = asyncio.create_task(fetch("SELECT 1"))
        await until(lambda: asyncio.sleep(0, pool().waiting))
        exhausted = await found()
        end.set()
        await asyncio.gather(holding, waiting)
        again = await found()

    assert [name for name, check in exhausted.items() if not check.ok] == ["pool"]
    assert exhausted["pool"].what == "all 1 connections were in use for 2 s"
    assert again["pool"].what == "0 of 1 connections in use, 0 waiting"


@pytest.mark.only("postgres")
async def test_a_server_that_is_stopped_is_not_ready_until_it_is_back(server: Postgres) -> None:
    async with opened(server.url("readiness")):
        server.stop()
        stopped = await found()
        server.start()
        again = await found()

    assert [name for name, check in stopped.items() if not check.ok] == ["database", "migrations"]
    assert "can't be reached" in stopped["database"].what
    assert stopped["migrations"].what == "not asked: no database"
    assert readiness.all_well(again.values())


@pytest.mark.only("postgres")
async def test_a_server_that_is_frozen_is_not_waited_for(server: Postgres) -> None:
    # What waits for it, or for what it holds, waits longer than a test may take.
    async with opened(f"{server.url('readiness')}?pool_timeout=600&command_timeout=600&connect_timeout=600"):
        with frozen(server):
            checks = await found()
        await until(lambda: asyncio.sleep(0, pool().in_use == 0))
        again = await found()

    assert (checks["pool"].ok, checks["database"].ok) == (True, False)
    assert checks["database"].what == "no answer within 2 s"
    assert readiness.all_well(again.values())


@pytest.mark.only("postgres")
async def test_a_frozen_server_that_has_taken_the_whole_pool_is_told_from_an_exhausted_pool(server: Postgres) -> None:
    url = f"{server.url('readiness')}?pool_size=1&pool_timeout=600&command_timeout=600&connect_timeout=600"
    async with opened(url):
        with frozen(server):
            stuck = asyncio.create_task(fetch("SELECT 1"))
            await until(lambda: asyncio.sleep(0, pool().in_use == 1))
            checks = await found()
        await stuck

    assert (checks["pool"].ok, checks["database"].ok) == (False, False)
    assert checks["database"].what == "no answer within 2 s"


@pytest.mark.only("postgres")
async def test_no_text_has_the_password(server: Postgres) -> None:
    url = server.url("readiness").replace("stylobate:", "stylobate:hunter2")
    with overridden(database_url=url):
        check = await readiness._tried("database", lambda: readiness._answers(apart=True))

    assert "refuses the user" in check.what
    assert "hunter2" not in str(check)


@pytest.mark.usefixtures("db")
async def test_who_asks_at_the_same_time_is_told_the_same() -> None:
    first, second = await asyncio.gather(readiness.checks(), readiness.checks())

    assert first is second


@pytest.mark.usefixtures("db")
async def test_what_has_changed_is_logged_once(empty_database: str, caplog: pytest.LogCaptureFixture) -> None:
    async with opened(empty_database):
        await fetch('UPDATE "aerich" SET "version" = $1', "99_of_tomorrow.py")
        for _ in range(2):
            await readiness._watched()
    for _ in range(2):
        await readiness._watched()

    first, *others = [record.getMessage() for record in caplog.records if record.name == "core.readiness"]
    assert first.startswith("not ready: migrations: the database lacks ")
    assert others == ["ready again"]


async def worries() -> dict[str, Check]:
    return {check.name: check for check in await readiness.worries()}


async def prove(age: timedelta, **fields: Any) -> None:
    moment = clock.now() - age
    await Backup.create(name=f"of {moment}", store="here", taken_at=moment, **{"check_level": 3, **fields})


@pytest.mark.usefixtures("db")
async def test_nobody_needs_to_look_after_what_is_in_time() -> None:
    await prove(timedelta(hours=3))

    assert readiness.all_well((await worries()).values())


@pytest.mark.usefixtures("db")
async def test_a_late_job_is_something_to_look_after() -> None:
    began = clock.now() - timedelta(hours=3)
    await JobState.create(id="sessions.purge_expired", started_at=began, succeeded_at=began)

    late = (await worries())["jobs"]

    assert (late.ok, late.what.startswith("late: sessions.purge_expired since ")) == (False, True)


@pytest.mark.usefixtures("db")
async def test_only_a_proven_backup_that_is_young_enough_is_well() -> None:
    none = (await worries())["backups"]
    await prove(timedelta(hours=1), check_level=1)
    await prove(timedelta(hours=2), check_error="damaged")
    await prove(timedelta(hours=3), is_safety_copy=True)
    await prove(timedelta(days=3))
    old = (await worries())["backups"]
    with overridden(backup_age_limit=timedelta(days=4)):
        young = (await worries())["backups"]

    assert (none.ok, none.what) == (False, "no backup has been proven yet")
    assert (old.ok, old.what.startswith("the last proven backup is from ")) == (False, True)
    assert young.ok


@pytest.mark.usefixtures("db")
async def test_backups_that_are_not_proven_here_are_not_asked_about() -> None:
    with overridden(job_schedules={"backups.verify": "never"}):
        backups = (await worries())["backups"]

    assert (backups.ok, backups.what) == (True, "not asked: backups.verify has no time")


@pytest.mark.usefixtures("db")
async def test_jobs_that_can_not_be_found_are_no_good_news() -> None:
    with overridden(job_modules=("nowhere",)):
        assert not readiness.all_well((await worries()).values())
