from collections.abc import AsyncIterator
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest

from core import clock, database, doctor, heartbeat
from core.doctor import CHECKS
from core.local.postgres import Postgres
from core.settings import DatabaseUrl, PostgresUrl, overridden
from core.settings.database_url import parse
from tests.core.doctor.looking import do, found, mended, run_doctor

pytestmark = pytest.mark.only("postgres")

LATER = timedelta(minutes=10)


async def test_a_clock_that_is_an_hour_away_is_found(clean: None, program: dict[str, str]) -> None:
    spec = find_spec("libfaketime")
    assert spec is not None
    assert spec.origin is not None
    fake = {
        "LD_PRELOAD": str(Path(spec.origin).parent / "vendor/libfaketime/src/libfaketime.so.1"),
        "FAKETIME": "+1h",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }

    what = (await run_doctor(**program, **fake)).findings["clock-skew"]["what"]

    assert what.endswith("s behind this machine's")
    assert 3_590 < int(what.split()[4]) <= 3_600
    assert await found("clock") == {}


async def test_another_time_zone_matters_where_a_column_has_none(own: DatabaseUrl) -> None:
    assert isinstance(own, PostgresUrl)
    await do(f"ALTER DATABASE \"{own.database}\" SET timezone TO 'Asia/Tokyo'")
    harmless = await found("time zone")
    await do('ALTER TABLE "session" ALTER "createdAt" TYPE timestamp')
    harmful = await found("time zone")
    await do(harmful["time-zone"].mend.partition(": ")[2].partition(";")[0])

    assert harmless == {}
    assert "sessions are in Asia/Tokyo" in harmful["time-zone"].what
    assert 'session."createdAt"' in harmful["time-zone"].what
    assert await found("time zone") == {}


async def test_what_the_server_of_the_tests_does_for_speed_is_found(postgres: Postgres) -> None:
    with overridden(database_url=postgres.url("postgres")):
        there = await found("durability", "role")

    assert there.keys() == {"not-durable", "commits-not-durable", "superuser"}
    assert there["not-durable"].what == "fsync is off, full_page_writes is off"


async def test_nobody_counts_slow_queries_until_it_is_mended(own: DatabaseUrl) -> None:
    there = (await found("extension"))["extension-missing"]
    if there.fix is None:  # A PostgreSQL without it.
        assert "not installed" in there.what or "not loaded" in there.what
        return

    assert there.what == "pg_stat_statements is not created"
    assert await mended("extension") == {}


async def test_a_pool_of_one_and_pools_of_too_many_are_found(clean: None, database_url: str) -> None:
    heartbeat.beat("worker", concurrency=4)
    with overridden(database_url=f"{database_url}?pool_size=1"):
        small = await found("pool")
    with overridden(database_url=f"{database_url}?pool_size=19"):
        fitting = await found("pool")
    with overridden(database_url=f"{database_url}?pool_size=20"):
        large = await found("pool")

    assert small.keys() == {"pool-too-small"}
    assert fitting == {}
    assert large.keys() == {"pools-too-large"}
    assert "100 connections" in large["pools-too-large"].what


async def test_connections_that_run_out_are_found(own: DatabaseUrl, own_url: str) -> None:
    assert isinstance(own, PostgresUrl)
    await do(f'ALTER DATABASE "{own.database}" CONNECTION LIMIT 5')
    others = [await asyncpg.connect(own_url) for _ in range(4)]
    with overridden(database_url=f"{own_url}?pool_size=5"):
        few = await found("pool")
    for other in others:
        await other.close()

    assert few.keys() == {"connections-scarce"}
    assert few["connections-scarce"].what.startswith("5 of 5 connections of the database doctor_")


async def test_a_connection_over_a_network_without_tls_is_found(postgres: Postgres) -> None:
    url = postgres.url("postgres")
    with overridden(database_url=url):
        here = await found("encryption")
    # This machine under a name that does not say so.
    with overridden(database_url=url.replace("127.0.0.1", "0.0.0.0")):  # noqa: S104  nothing is bound
        there = await found("encryption")

    assert here == {}
    assert there.keys() == {"not-encrypted"}


async def test_who_has_looked_at_a_table_and_does_not_end_is_found_and_who_only_holds_our_lock_is_not(
    clean: None, database_url: str
) -> None:
    idle = await asyncpg.connect(database_url, server_settings={"application_name": "a report"})
    await idle.execute("BEGIN")
    await idle.execute('SELECT 1 FROM "user"')
    async with database.connected(), database.exclusive("something"):
        early = await found("open transactions")
        with clock.shifted(LATER):
            checks = [check for check in CHECKS if check.subject == "open transactions"]
            late = (await doctor.examine(checks)).findings
    pid = idle.get_server_pid()
    await idle.close()

    assert early == {}
    assert [finding.name for finding in late] == ["idle-in-transaction"]
    assert late[0].what.startswith(f"process {pid} of the role stylobate (a report)")
    assert late[0].mend.startswith(f"SELECT pg_terminate_backend({pid})")


@pytest.fixture
async def neglected(folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A server that wants to freeze after 100,000 transactions, and has had twice as many, and can't: one is open."""
    binaries = request.config.getoption("--postgres-bin")
    with Postgres(folder / "neglected", durable=False, binaries=binaries) as server:
        superuser = await asyncpg.connect(server.url("postgres"))
        await superuser.execute("ALTER SYSTEM SET autovacuum_freeze_max_age = 100000")
        await superuser.close()
    with server:
        url = server.url("postgres")
        holding, working = await asyncpg.connect(url), await asyncpg.connect(url)
        await holding.execute("BEGIN")
        await holding.execute("SELECT pg_current_xact_id()")
        await working.execute(
            "DO $$ BEGIN FOR i IN 1..201000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$"
        )
        yield url
        await holding.close()
        await working.close()
    server.erase()


async def test_transactions_that_vacuum_can_not_freeze_are_found(neglected: str) -> None:
    with overridden(database_url=parse(neglected)):
        there = await found("transaction ids")

    assert there["wraparound"].level == "error"
    assert "should be 100,000 at the most" in there["wraparound"].what


async def test_what_is_named_as_a_replica_and_is_none_is_found(own: DatabaseUrl) -> None:
    assert await found("replicas") == {}

    with overridden(database_replica_urls=(own,)):
        finding = (await found("replicas"))["replica-left-out"]

    assert finding.what.endswith(": it is no replica, but takes writes itself")
