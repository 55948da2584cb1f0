"""What only PostgreSQL has: programs of its version, roles, other databases, and a server that may go away."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import asyncpg
import psutil
import pytest

from core import backup, database, migrate, progress
from core.backup import names, programs
from core.backup.manifest import written
from core.backup.postgres import ServerTooOld
from core.backup.stores import open_store
from core.database import AccessDenied
from core.database.alone import drop_database
from core.errors import Unavailable
from core.local.postgres import Postgres
from core.progress import Step
from core.settings import PostgresUrl, overridden
from core.settings.database_url import parse
from tests.factories import make_user
from tests.programs import until

pytestmark = pytest.mark.only("postgres")


@asynccontextmanager
async def superuser(url: PostgresUrl, name: str = "postgres") -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(
        host=url.host, port=url.port, user=url.user, password=url.password, database=name
    )
    yield connection
    await connection.close()


async def scratch_databases(url: PostgresUrl) -> list[str]:
    async with superuser(url) as server:
        rows = await server.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, 'stylobate_scratch_')")
    return [row["datname"] for row in rows]


def pretend_program(folder: Path, name: str, version: str) -> None:
    """A program that only says its version."""
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_the_program_of_the_servers_own_version_is_found(tmp_path: Path) -> None:
    pretend_program(tmp_path, "pg_dump", "97.3 (Debian 97.3-1.pgdg120+1)")

    with overridden(postgres_bin=tmp_path):
        assert programs.find("pg_dump", major=97) == (tmp_path / "pg_dump", "97.3")


def test_one_of_another_version_is_refused_by_name_and_place(tmp_path: Path) -> None:
    pretend_program(tmp_path, "pg_dump", "98beta1")

    with overridden(postgres_bin=tmp_path), pytest.raises(programs.ProgramMissing) as refused:
        programs.find("pg_dump", major=97)

    assert f"the server is PostgreSQL 97, and there is no pg_dump of it: found 98beta1 in {tmp_path}" in str(
        refused.value
    )
    assert refused.value.remedy.startswith("install postgresql-client-97")


async def test_the_password_is_nowhere_to_be_seen(opened_own: PostgresUrl) -> None:
    """Not among the arguments of our programs, and not in what they say."""
    seen: set[str] = set()
    password = opened_own.password
    assert password

    def told(_: Step) -> None:
        for child in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):  # It may end while it is looked at.
                seen.update(child.cmdline())

    # More than a pipe takes, so that pg_dump is still there when it is looked at.
    await database.connection().execute_query(
        """UPDATE "user" SET "image" = (SELECT string_agg(md5(n::text), '') FROM generate_series(1, 90000) n)"""
    )
    with progress.told_to(told):
        await backup.take()
        await backup.verify()

    assert any(word.endswith("pg_dump") for word in seen)
    assert any(word.endswith("pg_restore") for word in seen)
    assert not any(password in word for word in seen)


async def test_a_password_of_odd_characters_works(own: PostgresUrl, empty_database: str) -> None:
    password = r"a:b\c'd %e"
    async with superuser(own) as server:
        await server.execute(f"CREATE ROLE odd SUPERUSER LOGIN PASSWORD '{password.replace(chr(39), chr(39) * 2)}'")
    where = empty_database.partition("@")[2]
    with overridden(database_url=parse(f"postgresql://odd:{quote(password, safe='')}@{where}")):
        async with database.connected():
            await backup.take()
            assert (await backup.verify()).level == 3
    async with superuser(own) as server:
        await server.execute("DROP ROLE odd")


async def test_what_a_check_restores_into_is_gone_afterwards(opened_own: PostgresUrl, store: Path) -> None:
    manifest = await backup.take()

    await backup.verify()
    assert await scratch_databases(opened_own) == []

    changed = manifest.model_copy(update={"migrations": ()})
    (store / f"{manifest.name}{names.MANIFEST}").write_bytes(written(changed))
    with pytest.raises(backup.NotAsTaken, match="3 migrations instead of 0"):
        await backup.verify()
    assert await scratch_databases(opened_own) == []


async def test_what_a_killed_check_left_goes_with_the_next(opened_own: PostgresUrl) -> None:
    left, busy = "stylobate_scratch_0123456789ab", "stylobate_scratch_cdefghijklmn"
    async with superuser(opened_own) as server:
        for name in (left, busy):
            await server.execute(f"CREATE DATABASE {name}")
        async with superuser(opened_own, busy):
            await backup.take()
            await backup.verify()

            assert await scratch_databases(opened_own) == [busy]
        await server.execute(f"DROP DATABASE {busy} WITH (FORCE)")


async def test_called_off_a_check_leaves_nothing(opened_own: PostgresUrl) -> None:
    await backup.take()
    begun, loop = asyncio.Event(), asyncio.get_running_loop()

    def told(step: Step) -> None:
        if step.what == "restore":
            loop.call_soon_threadsafe(begun.set)

    async def check() -> None:
        with progress.told_to(told):
            await backup.verify()

    task = asyncio.create_task(check())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert await scratch_databases(opened_own) == []
    assert not [child for child in psutil.Process().children() if "pg_restore" in child.name()]


@pytest.fixture
async def backup_role(own: PostgresUrl) -> AsyncIterator[PostgresUrl]:
    """The role of docs/operations.md."""
    async with superuser(own) as server:
        await server.execute("CREATE ROLE stylobate_backup LOGIN CREATEDB PASSWORD 'p' IN ROLE pg_read_all_data")
    yield replace(own, user="stylobate_backup", password="p")
    async with superuser(own) as server:
        await server.execute("DROP ROLE stylobate_backup")


async def test_a_role_that_may_only_read_takes_and_proves(own: PostgresUrl, backup_role: PostgresUrl) -> None:
    async with superuser(own, own.database) as server:
        await server.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    with overridden(direct_database_url=backup_role):
        async with database.connected(own):
            manifest = await backup.take()
            assert (await backup.verify()).level == 3

    assert manifest.tables["user"].rows == 3


async def test_a_role_that_only_may_create_databases_drops_its_own_while_the_server_vacuums_it(
    folder: Path, request: pytest.FixtureRequest
) -> None:
    binaries = request.config.getoption("--postgres-bin")
    with Postgres(folder / f"vacuums-{os.getpid()}", durable=False, binaries=binaries) as local:
        url = parse(local.url("postgres"))
        assert isinstance(url, PostgresUrl)
        async with superuser(url) as server:
            for setting in ("naptime = '1s'", "vacuum_cost_delay = '100ms'", "vacuum_cost_limit = 1"):
                await server.execute(f"ALTER SYSTEM SET autovacuum_{setting}")
            await server.execute("SELECT pg_reload_conf()")
            await server.execute("CREATE ROLE maker LOGIN CREATEDB PASSWORD 'p'")
            maker = replace(url, user="maker", password="p")
            async with superuser(maker) as own:
                await own.execute("CREATE DATABASE made")
                async with superuser(maker, "made") as inside:
                    await inside.execute("CREATE TABLE t AS SELECT n FROM generate_series(1, 100000) n")
                    await inside.execute("DELETE FROM t")
                await until(lambda: server.fetch("SELECT FROM pg_stat_activity WHERE datname = 'made'"))
                await drop_database(own, "made")
            assert not await server.fetch("SELECT FROM pg_database WHERE datname = 'made'")
        local.erase()


async def test_a_role_that_may_not_create_databases_is_told_what_to_do(
    own: PostgresUrl, backup_role: PostgresUrl
) -> None:
    async with superuser(own) as server:
        await server.execute("ALTER ROLE stylobate_backup NOCREATEDB")
    async with database.connected(own):
        await backup.take()
        with overridden(direct_database_url=backup_role):
            with pytest.raises(AccessDenied, match="permission denied to create database") as refused:
                await backup.verify()
            assert refused.value.remedy.startswith("ALTER ROLE stylobate_backup CREATEDB, or set STYLOBATE_BACKUP_SC")

            with overridden(backup_scratch_url=own):
                assert (await backup.verify()).level == 3


async def test_a_role_that_may_not_read_everything_is_told_so(own: PostgresUrl) -> None:
    async with superuser(own) as server:
        await server.execute("CREATE ROLE blind LOGIN PASSWORD 'p'")
    with overridden(direct_database_url=replace(own, user="blind", password="p")):
        async with database.connected(own):
            with pytest.raises(Unavailable, match="permission denied"):
                await backup.take()
            assert await open_store().names() == []
    async with superuser(own) as server:
        await server.execute("DROP ROLE blind")


async def test_an_archive_of_a_newer_server_is_refused(opened_own: PostgresUrl, store: Path, tmp_path: Path) -> None:
    manifest = await backup.take()
    changed = manifest.model_copy(update={"server_version": "97.1"})
    (store / f"{manifest.name}{names.MANIFEST}").write_bytes(written(changed))

    with pytest.raises(ServerTooOld, match="is of PostgreSQL 97"):
        await backup.verify()
    assert await scratch_databases(opened_own) == []


async def test_a_server_that_dies_in_the_middle_leaves_no_backup(
    folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    binaries = request.config.getoption("--postgres-bin")
    with Postgres(folder / f"victim-{os.getpid()}", durable=True, binaries=binaries) as server:
        server.create_database("victim")
        url = parse(server.url("victim"))
        with overridden(database_url=url, backup_store=str(tmp_path / "store")):
            async with database.connected(migrated=False):
                assert [name async for name in migrate.migrate()]
                await make_user()
                earlier = await backup.take()
                await database.connection().execute_query(
                    'UPDATE "user" SET "image" = (SELECT string_agg(md5(n::text), \'\')'
                    " FROM generate_series(1, 500000) n)"
                )
                told: list[Step] = []

                def kill(step: Step) -> None:
                    told.append(step)
                    server.kill()

                with progress.told_to(kill), pytest.raises(Unavailable):
                    await backup.take()
                assert told
                assert await open_store().names() == [earlier.name]
            server.start()
            async with database.connected():
                assert (await backup.verify(earlier.name)).level == 3
        server.erase()
