"""What the database knows of its tables."""

import pytest

from core import database, planner, progress
from core.database.statements import fetch
from core.progress import Step
from core.settings import PostgresUrl, settings
from core.settings.database_url import parse
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("db")


async def known(table: str) -> bool:
    """Whether the planner has looked at this table."""
    if database.dialect() == "sqlite":
        return bool(await fetch("SELECT 1 FROM sqlite_stat1 WHERE tbl = $1", table))
    return bool(await fetch("SELECT 1 FROM pg_stats WHERE tablename = $1", table))


async def test_it_knows_a_table_afterwards() -> None:
    for _ in range(200):
        await make_user()

    refreshed = await planner.refresh()

    assert refreshed.tables > 0
    assert await known("user")
    assert str(refreshed) == f"{refreshed.tables:,} tables analyzed"


@pytest.mark.only("postgres")
async def test_it_says_how_far_it_is() -> None:
    told: list[Step] = []

    with progress.told_to(told.append):
        refreshed = await planner.refresh()

    assert [step.done for step in told] == list(range(1, refreshed.tables + 1))
    assert {(step.total, step.unit) for step in told} == {(refreshed.tables, "tables")}


@pytest.mark.only("postgres")
async def test_what_the_role_may_not_analyze_is_counted_and_no_error() -> None:
    url = settings().database
    assert isinstance(url, PostgresUrl)
    everything = (await planner.refresh()).tables
    await fetch("CREATE ROLE app LOGIN PASSWORD 'app'")
    await fetch("CREATE TABLE of_the_app (id int)")
    await fetch("ALTER TABLE of_the_app OWNER TO app")
    try:
        async with database.connected(
            parse(f"postgresql://app:app@{url.host}:{url.port}/{url.database}"), migrated=False
        ):
            refreshed = await planner.refresh()
    finally:
        await fetch("DROP OWNED BY app")
        await fetch("DROP ROLE app")

    assert refreshed == (1, everything)
    assert str(refreshed) == f"1 tables analyzed; {everything} are not ours to analyze"


@pytest.mark.only("postgres")
async def test_whoever_was_granted_maintain_may() -> None:
    if int((await fetch("SHOW server_version_num"))[0]["server_version_num"]) < 170_000:
        pytest.skip("MAINTAIN came with PostgreSQL 17")
    url = settings().database
    assert isinstance(url, PostgresUrl)
    await fetch("CREATE ROLE app LOGIN PASSWORD 'app'")
    await fetch('GRANT MAINTAIN ON "session", "user" TO app')
    try:
        async with database.connected(
            parse(f"postgresql://app:app@{url.host}:{url.port}/{url.database}"), migrated=False
        ):
            refreshed = await planner.refresh()
    finally:
        await fetch("DROP OWNED BY app")
        await fetch("DROP ROLE app")

    assert refreshed.tables == 2
    assert refreshed.refused > 0
