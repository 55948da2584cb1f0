import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from core import database, statistics
from core.database.statements import fetch
from core.settings.database_url import parse
from tests.core.statistics.visitors import as_role, visitor
from tests.programs import until

postgres = pytest.mark.only("postgres")


@pytest.fixture
async def fruit(url: str) -> str:
    """A database with a table of two rows."""
    await fetch('CREATE TABLE "fruitBowl" (name text PRIMARY KEY, ripe boolean)')
    await fetch("""INSERT INTO "fruitBowl" VALUES ('apple', TRUE), ('pear', TRUE)""")
    return url


@pytest.fixture
async def holder(fruit: str) -> AsyncIterator[Any]:
    """Somebody who has changed a row, and has not committed."""
    async with visitor(fruit) as session:
        await session.execute("BEGIN")
        await session.execute("""UPDATE "fruitBowl" SET ripe = FALSE WHERE name = 'apple'""")
        yield session


@pytest.fixture
async def waiter(fruit: str, holder: Any) -> AsyncIterator[Any]:
    """Somebody who waits for that row."""
    async with visitor(fruit) as session:
        waiting = asyncio.create_task(session.execute("""DELETE FROM "fruitBowl" WHERE name = 'apple'"""))
        await until(statistics.locks)
        yield session
        waiting.cancel()
        with suppress(asyncio.CancelledError, asyncpg.PostgresError):
            await waiting


@postgres
async def test_who_waits_for_a_row_is_seen_with_who_holds_it(holder: Any, waiter: Any) -> None:
    [lock] = await statistics.locks()

    assert (lock.waiting.pid, lock.blocking.pid) == (waiter.get_server_pid(), holder.get_server_pid())
    assert lock.target == 'transactionid in "fruitBowl"'
    assert lock.waiting.query == """DELETE FROM "fruitBowl" WHERE name = '***'"""
    assert lock.blocking.query == """UPDATE "fruitBowl" SET ripe = FALSE WHERE name = '***'"""
    assert (lock.waiting.state, lock.blocking.state) == ("active", "idle in transaction")
    assert lock.blocking.application == "somebody"
    assert lock.seconds is not None
    assert lock.seconds >= 0
    assert lock.blocking.seconds is not None
    assert lock.blocking.seconds >= lock.seconds


@postgres
async def test_who_waits_for_a_table_is_seen_with_its_name(fruit: str, holder: Any) -> None:
    async with visitor(fruit) as session:
        waiting = asyncio.create_task(session.execute('DROP TABLE "fruitBowl"'))
        await until(statistics.locks)

        [lock] = await statistics.locks()

        assert (lock.mode, lock.target) == ("AccessExclusiveLock", 'relation "fruitBowl"')
        await holder.execute("ROLLBACK")
        await waiting
    assert await statistics.locks() == []


@postgres
async def test_an_open_transaction_is_seen_and_what_it_keeps_from_vacuum(holder: Any) -> None:
    await holder.execute("DECLARE looking CURSOR FOR TABLE pg_class")

    async def waits() -> bool:
        return all(it.waits_for for it in await statistics.transactions())

    await until(waits)  # The server says so a moment after its answer.
    [seen] = await statistics.transactions()

    assert (seen.pid, seen.application, seen.user) == (holder.get_server_pid(), "somebody", "stylobate")
    assert (seen.kind, seen.state, seen.waits_for) == ("client backend", "idle in transaction", "Client: ClientRead")
    assert seen.seconds > 0
    assert seen.xid_age is not None
    await holder.execute("COMMIT")
    assert await statistics.transactions() == []


@postgres
async def test_connections_are_counted_by_what_they_do(fruit: str, holder: Any) -> None:
    name = parse(fruit).database  # type: ignore[union-attr]
    async with visitor(fruit), visitor(fruit):
        found = {(it.application, it.state): it for it in await statistics.connections() if it.database == name}

    assert found["somebody", "idle"].sessions == 2
    assert found["somebody", "idle in transaction"].sessions == 1
    assert found["stylobate", "active"].sessions == 1
    assert (await statistics.overview()).connections


@postgres
async def test_a_role_that_sees_nobody_is_told_so_and_sees_that_there_is_somebody(
    fruit: str, role: str, holder: Any, waiter: Any
) -> None:
    async with database.connected(as_role(fruit, role), migrated=False):
        overview = await statistics.overview()
        [lock] = await statistics.locks()
        states = {it.state for it in await statistics.connections() if it.application == "somebody"}

        assert await statistics.transactions() == []
        assert states == {"hidden"}
        assert (lock.waiting.pid, lock.blocking.pid) == (waiter.get_server_pid(), holder.get_server_pid())
        assert (lock.blocking.query, lock.blocking.state) == ("<insufficient privilege>", "hidden")
        assert overview.hidden == f"{role} does not see what the sessions of other roles do"
        assert overview.remedy
        async with visitor(fruit) as superuser:
            await superuser.execute(overview.remedy.removeprefix("as a superuser: "))
        assert (await statistics.overview()).hidden is None
        assert len(await statistics.transactions()) == 2


@postgres
async def test_a_question_that_has_to_wait_is_given_up_and_the_others_are_answered(fruit: str) -> None:
    await fetch("CREATE EXTENSION pg_stat_statements")
    async with visitor(fruit) as session:
        await session.execute("BEGIN")
        await session.execute("LOCK TABLE pg_stat_statements IN ACCESS EXCLUSIVE MODE")

        with pytest.raises(database.DatabaseBusy, match="lock timeout"):
            await statistics.slow_queries()
        found = await statistics.everything()

    assert list(found.failed) == ["slow"]
    assert found.slow is None
    assert found.tables
    assert found.locks == []


async def test_it_is_not_asked_inside_a_transaction_that_it_could_break(url: str) -> None:
    async with database.transaction():
        with pytest.raises(RuntimeError, match="outside a transaction"):
            await statistics.tables()


async def test_only_what_was_asked_for_is_known(url: str) -> None:
    found = await statistics.everything(only=["tables"])

    assert found.tables == []
    assert (found.locks, found.indexes, found.failed) == (None, None, {})
    assert found.overview


@postgres
async def test_nothing_that_was_set_for_a_question_stays(url: str) -> None:
    await statistics.tables()

    assert await fetch("SELECT current_setting('statement_timeout') AS it, current_setting('jit') AS jit") == [
        {"it": "0", "jit": "on"}
    ]


@postgres
async def test_the_age_of_every_database_and_of_the_oldest_tables_is_known(url: str) -> None:
    ages = await statistics.wraparound(limit=3)

    names = [it.name for it in ages if it.kind == "database"]
    assert {parse(url).database, "template0", "template1"} <= set(names)  # type: ignore[union-attr]
    assert len([it for it in ages if it.kind == "table"]) == 3
    assert all(0 < it.xids < it.freeze_at == 200_000_000 for it in ages)
    assert all(0 <= it.multixacts < it.multixacts_freeze_at == 400_000_000 for it in ages)


@postgres
async def test_what_was_in_memory_is_counted(url: str) -> None:
    found = await statistics.cache()

    assert found
    assert found.rate is None or 0 <= found.rate <= 1


def size(path: str) -> int:
    return Path(path).stat().st_size


@pytest.mark.only("sqlite")
async def test_of_a_sqlite_file_is_known_how_large_it_is_and_nothing_of_others(url: str) -> None:
    await fetch("CREATE TABLE fruit (name text)")
    await fetch("INSERT INTO fruit VALUES ('apple')")

    found = await statistics.file()

    assert found
    assert (found.journal_mode, found.pages, found.free_pages) == ("wal", 2, 0)
    assert (found.bytes, found.wal_bytes) == (size(found.path), size(f"{found.path}-wal"))
    assert found.wal_bytes > 0
    assert (await statistics.overview()).bytes == found.bytes + found.wal_bytes
    everything = await statistics.everything()
    assert (everything.locks, everything.transactions, everything.connections) == ([], [], [])
    assert (everything.cache, everything.wraparound, everything.failed) == (None, [], {})
    await fetch("DROP TABLE fruit")
    after = await statistics.file()
    assert after
    assert after.free_pages == 1
