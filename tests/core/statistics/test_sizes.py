import asyncio
from pathlib import Path

import pytest

from core import database, statistics
from core.database import DatabaseBusy
from core.database.statements import fetch
from core.settings import SqliteUrl
from core.statistics.asking import read
from tests.core.statistics.visitors import visitor
from tests.programs import until

ROWS = 2_000


@pytest.fixture
async def fruit(url: str) -> str:
    """A database with one table that is full and one that is empty."""
    await fetch("CREATE TABLE basket (id integer PRIMARY KEY)")
    await fetch("CREATE TABLE fruit (id integer PRIMARY KEY, name text)")
    await fetch("CREATE INDEX by_name ON fruit (name)")
    await fetch(f"""
        WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {ROWS})
        INSERT INTO fruit SELECT n, 'fruit number ' || n FROM numbers
    """)  # noqa: S608  our own number
    if database.dialect() == "postgres":
        await fetch("SELECT pg_stat_force_next_flush()")
    return url


async def test_the_largest_table_comes_first_with_its_rows_and_sizes(fruit: str) -> None:
    # PostgreSQL counts a session's rows a moment after its transaction.
    await until(counted)

    full, empty = await statistics.tables()

    assert (full.name, full.rows) == ("fruit", ROWS)
    assert (empty.name, empty.rows) == ("basket", 0)
    assert full.bytes is not None
    assert full.bytes > ROWS * 10
    assert full.index_bytes is not None
    assert full.index_bytes > ROWS * 10


async def counted() -> bool:
    return (await statistics.tables())[0].rows == ROWS


@pytest.mark.only("postgres")
async def test_dead_rows_are_counted_until_vacuum_comes(fruit: str) -> None:
    await until(counted)
    async with visitor(fruit) as session:
        await session.execute("UPDATE fruit SET name = 'none'")

    async def dead() -> bool:
        return (await statistics.tables())[0].dead == ROWS

    await until(dead)
    before = (await statistics.tables())[0]
    assert (before.last_vacuum, before.last_analyze) == (None, None)
    assert before.changed == 2 * ROWS
    async with visitor(fruit) as session:
        await session.execute("VACUUM ANALYZE fruit")

    async def vacuumed() -> bool:
        return (await statistics.tables())[0].last_analyze is not None

    await until(vacuumed)
    after = (await statistics.tables())[0]
    assert (after.rows, after.dead, after.changed) == (ROWS, 0, 0)
    assert after.last_vacuum


@pytest.mark.only("postgres")
async def test_a_table_that_somebody_has_for_himself_is_not_waited_for(fruit: str) -> None:
    await fetch("CREATE INDEX of_expression ON fruit (lower(name)) WHERE id > 3")
    async with visitor(fruit) as session:
        await session.execute("VACUUM ANALYZE fruit")
        known = {it.name: it.bytes for it in await statistics.tables()}
        await session.execute("BEGIN")
        await session.execute("LOCK TABLE fruit IN ACCESS EXCLUSIVE MODE")
        await session.execute("DROP INDEX of_expression")

        found = await statistics.everything(only=["tables", "indexes"])

    assert found.failed == {}
    assert {it.name for it in found.tables or []} == {"fruit", "basket"}
    assert next(it.bytes for it in found.tables or [] if it.name == "fruit") == pytest.approx(known["fruit"], rel=0.5)
    assert {it.name: it.definition for it in found.indexes or [] if it.table == "fruit"} == {
        "fruit_pkey": "",
        "by_name": "",
        "of_expression": "",
    }


@pytest.mark.only("sqlite")
async def test_a_writer_is_not_waited_for(fruit: str) -> None:
    changed = asyncio.Event()

    async def write() -> None:
        async with database.transaction():
            await fetch("INSERT INTO basket VALUES (1)")
            changed.set()
            await asyncio.Event().wait()

    writing = asyncio.create_task(write())
    await changed.wait()

    found = await statistics.tables()

    writing.cancel()
    assert [it.rows for it in found] == [ROWS, 0]


@pytest.mark.only("sqlite")
async def test_a_question_to_a_file_ends_in_time(fruit: str) -> None:
    endless = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers) SELECT max(n) FROM numbers"

    with pytest.raises(DatabaseBusy, match=r"too large to be read in 0\.1 s"):
        await read(endless, seconds=0.1)


@pytest.mark.only("sqlite")
async def test_a_file_in_memory_is_known_as_well() -> None:
    async with database.connected(SqliteUrl(file=":memory:"), migrated=False):
        await fetch("CREATE TABLE fruit (name text)")

        found = await statistics.everything()

    assert [it.name for it in found.tables or []] == ["fruit"]
    assert found.file
    assert (found.file.journal_mode, found.file.bytes, found.file.wal_bytes) == ("memory", 8_192, 0)


def damage(path: str, place: int) -> None:
    with Path(path).open("r+b") as file:
        file.seek(place)
        file.write(b"\xff" * 64)


@pytest.mark.only("sqlite")
async def test_a_damaged_file_is_seen(fruit: str) -> None:
    assert await statistics.quick_check() == []
    await fetch("PRAGMA wal_checkpoint(TRUNCATE)")
    found = await statistics.file()
    assert found
    page = (await read("SELECT pageno FROM dbstat WHERE name = 'fruit' AND pagetype = 'leaf' LIMIT 1"))[0]["pageno"]
    damage(found.path, (page - 1) * found.page_size)

    broken = await statistics.quick_check()

    assert broken
    everything = await statistics.everything()
    assert everything.file
