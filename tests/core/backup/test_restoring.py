"""The database is the old one or the new one, whole, whatever happens."""

# ruff: noqa: ASYNC240, S608  files are what is looked at here, and the SQL is our own

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from core import backup, clock, database
from core.backup import names
from core.backup.archive import ArchiveDamaged, WrongKey
from core.backup.dialects import engine
from core.backup.manifest import Manifest, written
from core.backup.stores import open_store
from core.database import DatabaseBusy, Held
from core.settings import DatabaseUrl, PostgresUrl, SqliteUrl, overridden
from models import User
from tests.core.backup.conftest import Killer
from tests.factories import make_user


@pytest.fixture
async def taken(own: DatabaseUrl) -> Manifest:
    """A backup of three people; there are five now. Nobody has the database open."""
    async with database.connected(own):
        with clock.shifted(timedelta(hours=-1)):
            manifest = await backup.take()
        await make_user()
        await make_user()
    return manifest


async def people(url: DatabaseUrl) -> int:
    async with database.connected(url):
        return await User.all().count()


def named(url: DatabaseUrl, name: str) -> DatabaseUrl:
    return replace(url, database=name) if isinstance(url, PostgresUrl) else SqliteUrl(file=name)


async def beside(url: DatabaseUrl) -> list[str]:
    """The databases that were made of it, by what their names say."""
    if isinstance(url, SqliteUrl):
        file = Path(url.file)
        return sorted(path.name.removeprefix(file.name) for path in file.parent.glob(f"{file.name}.*-*"))
    connection = await asyncpg.connect(
        host=url.host, port=url.port, user=url.user, password=url.password, database="postgres"
    )
    rows = await connection.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1)", url.database[:36])
    await connection.close()
    return sorted(row["datname"][36:] for row in rows if row["datname"] != url.database)


async def test_it_is_as_it_was_and_the_old_one_is_kept(own: DatabaseUrl, taken: Manifest) -> None:
    restored = await backup.restore(taken.name)

    assert await people(own) == 3
    assert restored.kept
    assert await people(named(own, restored.kept)) == 5
    assert restored.safety_copy
    async with database.connected(own):
        copy = await backup.find(restored.safety_copy)
        assert (copy.tables["user"].rows, copy.is_safety_copy) == (5, True)
        assert (await backup.verify(restored.safety_copy)).level == 3
        assert {archive.name for archive in await backup.every()} == {taken.name, restored.safety_copy}


async def test_row_by_row_it_is_what_was_backed_up(own: DatabaseUrl, taken: Manifest) -> None:
    restored = await backup.restore(taken.name)

    assert restored.kept
    async with database.connected(own):
        now = await User.all().order_by("id").values()
    async with database.connected(named(own, restored.kept)):
        before = await User.all().order_by("id").values()
    assert now == before[:3]
    assert len(now) == 3


async def test_the_newest_is_restored_when_none_is_named(own: DatabaseUrl, taken: Manifest) -> None:
    await backup.restore(taken.name)

    again = await backup.restore()

    assert again.name == taken.name, "the safety copy is newer, and is not meant"


async def test_what_was_there_can_be_brought_back(own: DatabaseUrl, taken: Manifest) -> None:
    restored = await backup.restore(taken.name)
    assert await people(own) == 3

    assert restored.undo
    if isinstance(own, PostgresUrl):
        connection = await asyncpg.connect(
            host=own.host, port=own.port, user=own.user, password=own.password, database="postgres"
        )
        for statement in restored.undo.split("; "):
            await connection.execute(statement)
        await connection.close()
    else:
        process = await asyncio.create_subprocess_shell(restored.undo)
        assert await process.wait() == 0

    assert await people(own) == 5


async def test_without_a_safety_copy_none_is_taken(own: DatabaseUrl, taken: Manifest) -> None:
    restored = await backup.restore(taken.name, safety_copy=False)

    assert restored.safety_copy is None
    assert restored.kept
    assert await open_store().names() == [taken.name]


async def test_another_database_can_be_made_of_it(own: DatabaseUrl, taken: Manifest, tmp_path: Path) -> None:
    target = "another_" + os.urandom(4).hex() if isinstance(own, PostgresUrl) else str(tmp_path / "another.db")

    restored = await backup.restore(taken.name, target=target)

    assert (restored.where, restored.kept) == (target, None)
    assert await people(named(own, target)) == 3
    assert await people(own) == 5
    with pytest.raises(backup.NotRestored, match="is there already"):
        await backup.restore(taken.name, target=target)


async def test_where_the_database_is_lost_it_is_made_anew(own: DatabaseUrl, taken: Manifest) -> None:
    if isinstance(own, PostgresUrl):
        await engine(own).discard(own, own.database)
    else:
        Path(own.file).unlink()

    restored = await backup.restore()

    assert (restored.kept, restored.safety_copy) == (None, None)
    assert await people(own) == 3


@pytest.mark.parametrize("fault", ["damaged", "cut off", "another key", "no such archive", "another dialect"])
async def test_what_is_wrong_with_the_archive_is_found_before_anything_is_touched(
    own: DatabaseUrl, taken: Manifest, store: Path, fault: str
) -> None:
    archive, manifest = store / f"{taken.name}{names.ARCHIVE}", store / f"{taken.name}{names.MANIFEST}"
    whole, name, secrets = archive.read_bytes(), taken.name, {1: "k" * 32}
    expected: type[Exception] = ArchiveDamaged
    if fault == "damaged":
        archive.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    elif fault == "cut off":
        archive.write_bytes(whole[: len(whole) // 2])
    elif fault == "another key":
        secrets, expected = {1: "x" * 32}, WrongKey
        with overridden(secrets=secrets):
            manifest.write_bytes(written(taken))
    elif fault == "no such archive":
        name, expected = taken.name[:-6] + "000000", backup.BackupNotFound
    else:
        other = "sqlite" if own.dialect == "postgres" else "postgres"
        manifest.write_bytes(written(taken.model_copy(update={"dialect": other})))
        expected = backup.Foreign

    with overridden(secrets=secrets), pytest.raises(expected):
        await backup.restore(name, force=True)

    assert await people(own) == 5
    assert await beside(own) == []


async def test_an_archive_of_a_database_of_another_name_takes_force(
    own: DatabaseUrl, taken: Manifest, store: Path
) -> None:
    (store / f"{taken.name}{names.MANIFEST}").write_bytes(written(taken.model_copy(update={"database": "shop"})))

    with pytest.raises(backup.Foreign, match="of the database 'shop'"):
        await backup.restore(taken.name)
    assert await people(own) == 5

    await backup.restore(taken.name, force=True)
    assert await people(own) == 3


async def migrated_further(url: DatabaseUrl, name: str) -> None:
    async with database.connected(url, migrated=False):
        await database.connection().execute_query(
            f"""INSERT INTO "aerich" ("version", "app", "content") VALUES ('{name}', '{url.dialect}', '{{}}')"""
        )


async def test_over_newer_migrations_it_takes_force(own: DatabaseUrl, taken: Manifest) -> None:
    await migrated_further(own, "9_new.py")

    with pytest.raises(backup.NotRestored, match=r"the present database has had the migration 9_new\.py"):
        await backup.restore(taken.name)

    await backup.restore(taken.name, force=True)
    assert await people(own) == 3


async def test_migrations_that_this_program_does_not_know_take_force(own: DatabaseUrl) -> None:
    await migrated_further(own, "9_new.py")
    async with database.connected(own, migrated=False):
        manifest = await backup.take()

    with pytest.raises(backup.NotRestored, match=r"9_new\.py, which this program does not know"):
        await backup.restore(manifest.name)

    assert (await backup.restore(manifest.name, force=True)).kept


async def test_while_a_backup_is_taken_nothing_is_restored(own: DatabaseUrl, taken: Manifest) -> None:
    async with database.connected(own), database.exclusive("backups"):
        with pytest.raises(Held):
            await backup.restore(taken.name)

    assert await people(own) == 5
    assert await beside(own) == []


async def test_a_database_that_can_not_be_restored_is_gone_again(
    own: DatabaseUrl, taken: Manifest, store: Path
) -> None:
    tables = {**taken.tables, "user": taken.tables["user"].model_copy(update={"rows": 9})}
    (store / f"{taken.name}{names.MANIFEST}").write_bytes(written(taken.model_copy(update={"tables": tables})))

    with pytest.raises(backup.NotAsTaken):
        await backup.restore(taken.name)

    assert await people(own) == 5
    assert await beside(own) == []


async def test_killed_at_ten_moments_it_is_the_old_one_or_the_new_one(
    own: DatabaseUrl, taken: Manifest, killed_ten_times: Killer
) -> None:
    await killed_ten_times(
        f"""
    async with database.connected():
        from models import User
        from tests.factories import make_user
        while await User.all().count() < 5:
            await make_user(email=os.urandom(8).hex() + "@example.com")
    await backup.restore({taken.name!r}, safety_copy=False)
    async with database.connected():
        assert await User.all().count() == 3
"""
    )

    assert 3 <= await people(own) <= 5
    await the_lock_of_the_killed_is_free(own)
    await backup.restore(taken.name, safety_copy=False)
    assert await people(own) == 3
    assert not [name for name in await beside(own) if "restoring" in name]


async def the_lock_of_the_killed_is_free(url: DatabaseUrl) -> None:
    async with asyncio.timeout(20), database.connected(url, migrated=False):
        while True:
            try:
                async with database.exclusive("backups"):
                    break
            except Held:
                await asyncio.sleep(0.01)
        while isinstance(url, PostgresUrl) and await orphans(url):  # noqa: ASYNC110  the server has no event for it
            await asyncio.sleep(0.01)


async def orphans(url: PostgresUrl) -> bool:
    """Whether a pg_restore of somebody who was killed is still connected."""
    rows = await database.connection().execute_query_dict(
        "SELECT 1 FROM pg_stat_activity WHERE starts_with(datname, $1) AND datname <> current_database()",
        [url.database[:36]],
    )
    return bool(rows)


async def test_single_tables_come_beside_the_present_ones(own: DatabaseUrl, taken: Manifest) -> None:
    async with database.connected(own):
        await User.all().delete()

        restored = await backup.take_out(["user", "session"], taken.name)

        assert await User.all().count() == 0
        if isinstance(own, PostgresUrl):
            rows = await database.connection().execute_query_dict(f'SELECT "email" FROM {restored.where}."user"')
            assert len(rows) == 3
            await database.connection().execute_query(f'INSERT INTO "user" SELECT * FROM {restored.where}."user"')
            assert await User.all().count() == 3
        else:
            with sqlite3.connect(restored.where) as file:
                assert file.execute('SELECT count(*) FROM "user"').fetchall() == [(3,)]
                assert {name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")} >= {
                    "user",
                    "session",
                }
                assert not file.execute("SELECT 1 FROM sqlite_master WHERE name = 'account'").fetchall()
            file.close()


async def test_a_table_that_the_archive_has_not_is_named(own: DatabaseUrl, taken: Manifest) -> None:
    with pytest.raises(backup.TableUnknown, match="has no table users"):
        await backup.take_out(["users"], taken.name)

    assert await beside(own) == []


# --- SQLite ---


@pytest.mark.only("sqlite")
async def test_while_a_program_has_the_file_open_it_stays_as_it_is(own: SqliteUrl, taken: Manifest) -> None:
    async with database.connected(own):
        with pytest.raises(DatabaseBusy, match="another program has it open"):
            await backup.restore(taken.name, safety_copy=False)

    assert await people(own) == 5
    assert await beside(own) == []


@pytest.mark.only("sqlite")
async def test_a_file_that_is_ruined_is_kept_as_it_is(own: SqliteUrl, taken: Manifest) -> None:
    file = Path(own.file)
    file.write_bytes(b"ruined" * 1000)
    Path(f"{own.file}-wal").write_bytes(b"more of it")

    with pytest.raises(backup.NotRestored, match="no safety copy"):
        await backup.restore(taken.name)
    restored = await backup.restore(taken.name, safety_copy=False)

    assert await people(own) == 3
    assert restored.kept
    assert Path(restored.kept).read_bytes() == b"ruined" * 1000
    assert not Path(f"{own.file}-wal").exists()


@pytest.mark.only("sqlite")
async def test_a_lost_file_leaves_its_journal_to_nobody(own: SqliteUrl, taken: Manifest) -> None:
    connection = sqlite3.connect(own.file)
    connection.execute("""UPDATE "user" SET "name" = 'changed'""")
    connection.commit()
    wal = Path(f"{own.file}-wal").read_bytes()
    connection.close()
    Path(own.file).unlink()
    Path(f"{own.file}-wal").write_bytes(wal)

    await backup.restore(taken.name)

    async with database.connected(own):
        assert not await User.filter(name="changed").exists()


@pytest.mark.only("sqlite")
async def test_the_file_keeps_its_mode(own: SqliteUrl, taken: Manifest) -> None:
    Path(own.file).chmod(0o640)

    await backup.restore(taken.name)

    assert Path(own.file).stat().st_mode & 0o777 == 0o640


@pytest.mark.only("sqlite")
async def test_what_is_still_in_the_journal_is_backed_up(opened_own: SqliteUrl) -> None:
    await make_user(name="Only in the journal")
    assert Path(f"{opened_own.file}-wal").stat().st_size > 0

    manifest = await backup.take()

    assert manifest.tables["user"].rows == 4
    await backup.verify()


@pytest.mark.only("sqlite")
async def test_a_database_in_memory_can_not_be_backed_up(own: SqliteUrl) -> None:
    url = SqliteUrl(file=":memory:")
    with overridden(database_url=url):
        async with database.connected(url, migrated=False):
            with pytest.raises(backup.NotBackedUp, match="in memory"):
                await backup.take()


# --- PostgreSQL ---


@pytest.fixture
async def superuser(own: DatabaseUrl) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    assert isinstance(own, PostgresUrl)
    connection = await asyncpg.connect(
        host=own.host, port=own.port, user=own.user, password=own.password, database="postgres"
    )
    yield connection
    await connection.close()


@pytest.mark.only("postgres")
async def test_an_app_that_is_connected_comes_out_in_the_new_one(own: PostgresUrl, taken: Manifest) -> None:
    counts: list[int] = []

    async def keep_asking() -> None:
        while not counts or counts[-1] != 3:
            try:
                counts.append(await people(own))
            except (database.DatabaseUnreachable, database.DatabaseMissing):
                continue

    asking = asyncio.create_task(keep_asking())
    await backup.restore(taken.name)
    async with asyncio.timeout(20):
        await asking

    assert set(counts) <= {3, 5}


@pytest.mark.only("postgres")
async def test_owners_rights_and_settings_of_the_database_stay(
    own: PostgresUrl, taken: Manifest, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    name = f'"{own.database}"'
    await superuser.execute("CREATE ROLE some_owner; CREATE ROLE some_app LOGIN")
    for statement in (
        f"ALTER DATABASE {name} OWNER TO some_owner",
        f"REVOKE ALL ON DATABASE {name} FROM PUBLIC",
        f"GRANT CONNECT ON DATABASE {name} TO some_app",
        f"ALTER DATABASE {name} SET search_path = public, pg_catalog",
        f"ALTER DATABASE {name} SET work_mem = '5MB'",
        f"ALTER ROLE some_app IN DATABASE {name} SET \"our.word\" = 'it''s so'",
        f"ALTER DATABASE {name} CONNECTION LIMIT 77",
    ):
        await superuser.execute(statement)

    await backup.restore(taken.name)

    row = await superuser.fetchrow(
        "SELECT pg_get_userbyid(datdba) AS owner, datacl::text AS rights, datconnlimit AS most,"
        " ARRAY(SELECT unnest(setconfig) FROM pg_db_role_setting WHERE setdatabase = d.oid ORDER BY 1) AS settings"
        " FROM pg_database d WHERE datname = $1",
        own.database,
    )
    assert row is not None
    assert (row["owner"], row["most"]) == ("some_owner", 77)
    assert "some_app=c/some_owner" in row["rights"]
    assert "{=" not in row["rights"]
    assert row["settings"] == ["our.word=it's so", "search_path=public, pg_catalog", "work_mem=5MB"]
    for database_ in await superuser.fetch("SELECT datname FROM pg_database WHERE datdba = 'some_owner'::regrole"):
        await superuser.execute(f'DROP DATABASE "{database_["datname"]}" WITH (FORCE)')
    await superuser.execute("DROP ROLE some_app; DROP ROLE some_owner")


@pytest.mark.only("postgres")
async def test_owners_that_the_server_does_not_have_are_noted(
    own: PostgresUrl, superuser: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await superuser.execute("CREATE ROLE passing")
    async with database.connected(own):
        await database.connection().execute_query('GRANT SELECT ON "user" TO passing')
        manifest = await backup.take()
        await database.connection().execute_query("DROP OWNED BY passing")
    await superuser.execute("DROP ROLE passing")

    restored = await backup.restore(manifest.name)

    assert restored.notes == ('role "passing" does not exist',)
    assert await people(own) == 3


@pytest.mark.only("postgres")
async def test_a_name_of_63_bytes_leaves_room_for_others(
    own: PostgresUrl, superuser: "asyncpg.Connection[asyncpg.Record]", tmp_path: Path
) -> None:
    url = replace(own, database="ä" * 31 + "x")
    await superuser.execute(f'CREATE DATABASE "{url.database}" TEMPLATE "{own.database}"')
    with overridden(database_url=url):
        async with database.connected(url):
            manifest = await backup.take()
            await make_user()
        restored = await backup.restore(manifest.name)

        assert await people(url) == 3
        assert restored.kept
        assert len(restored.kept.encode()) <= 63
        assert await people(replace(url, database=restored.kept)) == 4
