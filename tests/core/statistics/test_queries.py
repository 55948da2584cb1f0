import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core import database, statistics
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.settings.database_url import parse
from core.statistics.queries import HIDDEN, without_values
from tests.core.statistics.visitors import as_role, visitor


@pytest.fixture
async def counted(url: str) -> str:
    """A database whose statements are counted."""
    await fetch("CREATE EXTENSION pg_stat_statements")
    return url


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("ALTER ROLE ada PASSWORD 'se''cret'", "ALTER ROLE ada PASSWORD '***'"),
        ("ALTER ROLE ada PASSWORD 'secret", "ALTER ROLE ada PASSWORD '***'"),
        (r"ALTER ROLE ada PASSWORD E'se\'cret' VALID UNTIL 'now'", "ALTER ROLE ada PASSWORD '***' VALID UNTIL '***'"),
        ("DO $$ BEGIN secret; END $$; SELECT $1", "DO '***'; SELECT $1"),
        ("DO $a$ secret $$ secret $a$ LANGUAGE plpgsql", "DO '***' LANGUAGE plpgsql"),
        ("DO $a$ secret", "DO '***'"),
        ("SELECT 1 -- it's secret\nFROM a /* it's, too */", "SELECT 1 FROM a"),
        (
            """SELECT "it's", "a""b" FROM a WHERE b = 'secret' AND c = $2""",
            """SELECT "it's", "a""b" FROM a WHERE b = '***' AND c = $2""",
        ),
        ("CREATE SUBSCRIPTION s CONNECTION 'password=secret'", "CREATE SUBSCRIPTION s CONNECTION '***'"),
        ("SELECT password=secret", "SELECT password=***"),
        ("SELECT a$b$c FROM a", "SELECT a$b$c FROM a"),
        ("UPDATE a\n   SET b = $1\n", "UPDATE a SET b = $1"),
        (HIDDEN, HIDDEN),
    ],
)
def test_a_statement_is_shown_without_what_was_said_in_it(query: str, shown: str) -> None:
    assert without_values(query) == shown


@pytest.mark.only("postgres")
async def test_what_took_longest_comes_first_without_its_values(counted: str) -> None:
    await fetch("SELECT pg_sleep(0.2), 'ada@example.com' AS slow")
    for number in range(3):
        await fetch(f"SELECT {number} AS quick, 'ada@example.com' AS mail")

    found = await statistics.slow_queries()

    assert (found.unavailable, found.remedy) == (None, None)
    slow = next(it for it in found.rows if "AS slow" in it.query)
    quick = next(it for it in found.rows if "AS quick" in it.query)
    assert (slow.query, slow.calls, slow.user) == ("SELECT pg_sleep($1), $2 AS slow", 1, "stylobate")
    assert 0.2 <= slow.mean_seconds == slow.seconds == slow.max_seconds
    assert (quick.query, quick.calls, quick.rows) == ("SELECT $1 AS quick, $2 AS mail", 3, 3)
    assert [it.seconds for it in found.rows] == sorted((it.seconds for it in found.rows), reverse=True)
    assert len((await statistics.slow_queries(limit=1)).rows) == 1


@pytest.mark.only("postgres")
async def test_what_we_ask_ourselves_does_not_count_as_slow(counted: str) -> None:
    await statistics.everything()

    found = await statistics.slow_queries(limit=1_000)

    assert found.rows
    assert [it.query for it in found.rows if "pg_stat_" in it.query] == ["CREATE EXTENSION pg_stat_statements"]


@pytest.mark.only("postgres")
async def test_no_password_is_shown_that_the_server_was_told(counted: str, role: str) -> None:
    await fetch(f"ALTER ROLE {role} PASSWORD 'the-new-one' VALID UNTIL 'infinity'")

    found = await statistics.slow_queries(limit=1_000)

    assert await fetch("SELECT FROM pg_stat_statements WHERE query LIKE '%the-' || 'new-one%'")
    assert f"ALTER ROLE {role} PASSWORD '***' VALID UNTIL '***'" in [it.query for it in found.rows]
    assert "the-new-one" not in str(found)


@pytest.mark.only("postgres")
async def test_without_the_extension_it_says_how_to_create_it(url: str) -> None:
    found = await statistics.slow_queries()

    assert found.rows == []
    assert found.unavailable == "pg_stat_statements is loaded, but not created in this database"
    assert found.remedy
    await fetch(found.remedy.rpartition(": ")[2])
    assert (await statistics.slow_queries()).unavailable is None


class Bare(Postgres):
    """A server that loads what its configuration says, and not what we want."""

    def _command(self, port: int) -> list[str]:
        return [option for option in super()._command(port) if "shared_preload_libraries" not in option]


@pytest.mark.only("postgres")
async def test_where_it_is_not_loaded_the_remedy_loads_it_beside_what_is(
    folder: Path, request: pytest.FixtureRequest
) -> None:
    server = Bare(folder / "bare", durable=False, binaries=request.config.getoption("--postgres-bin"))
    try:
        async with started(server), database.connected(parse(server.url("postgres")), migrated=False):
            await fetch("ALTER SYSTEM SET shared_preload_libraries = 'auto_explain'")
        async with started(server), database.connected(parse(server.url("postgres")), migrated=False):
            found = await statistics.slow_queries()
            assert (found.rows, found.unavailable) == ([], "pg_stat_statements is not in shared_preload_libraries")
            load, restart, create = (found.remedy or "").split("; ")
            assert restart == "restart PostgreSQL"
            await fetch(load.removeprefix("as a superuser: "))
        async with started(server), database.connected(parse(server.url("postgres")), migrated=False):
            await fetch(create.rpartition(": ")[2])
            assert (await statistics.slow_queries()).unavailable is None
            loaded = await fetch("SHOW shared_preload_libraries")
            assert loaded == [{"shared_preload_libraries": "auto_explain, pg_stat_statements"}]
    finally:
        server.erase()


@asynccontextmanager
async def started(server: Postgres) -> AsyncIterator[None]:
    await asyncio.to_thread(server.start)
    try:
        yield
    finally:
        await asyncio.to_thread(server.stop)


@pytest.mark.only("postgres")
async def test_a_role_that_may_not_see_the_statements_of_others_is_told_so(counted: str, role: str) -> None:
    await fetch("SELECT pg_sleep(0) AS of_somebody_else")
    async with database.connected(as_role(counted, role), migrated=False):
        found = await statistics.slow_queries()

    assert HIDDEN in [it.query for it in found.rows]
    assert "of_somebody_else" not in str(found)
    assert found.unavailable
    assert found.unavailable.endswith(f"statements of other roles is hidden from {role}")
    assert found.remedy
    await fetch(found.remedy.rpartition(": ")[2])
    async with database.connected(as_role(counted, role), migrated=False):
        found = await statistics.slow_queries(limit=1_000)
    assert found.unavailable is None
    assert "SELECT pg_sleep($1) AS of_somebody_else" in [it.query for it in found.rows]


@pytest.mark.only("postgres")
async def test_a_role_that_may_not_read_the_extension_is_told_what_to_grant(counted: str, role: str) -> None:
    await fetch("REVOKE SELECT ON pg_stat_statements FROM PUBLIC")
    await fetch("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
    async with database.connected(as_role(counted, role), migrated=False):
        found = await statistics.slow_queries()
        assert (found.rows, found.unavailable) == ([], f"{role} may not read pg_stat_statements")

        async with visitor(counted) as superuser:
            await superuser.execute((found.remedy or "").removeprefix("as a superuser: "))
        assert (await statistics.slow_queries()).rows


@pytest.mark.only("sqlite")
async def test_sqlite_counts_nothing_and_says_so(url: str) -> None:
    assert await statistics.slow_queries() == ([], "SQLite does not count what its statements cost", None)
