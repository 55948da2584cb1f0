"""What has expired goes, and nobody notices."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from itertools import pairwise
from typing import Any

import asyncpg
import pytest
from tortoise.exceptions import OperationalError
from tortoise.fields import DatetimeField

from core import clock, database, expiry, progress, sessions
from core.database.statements import fetch
from core.progress import Step
from core.settings import PostgresUrl, SqliteUrl, overridden, settings
from models import Session, User
from models.base import Row
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("db")


@asynccontextmanager
async def elsewhere() -> AsyncIterator[Any]:
    """A transaction of another program."""
    url = settings().database
    assert isinstance(url, PostgresUrl)
    other = await asyncpg.connect(
        host=url.host, port=url.port, user=url.user, password=url.password, database=url.database
    )
    try:
        await other.execute("BEGIN")
        yield other
    finally:
        await other.close()


async def somebody_waits() -> None:
    """Until a statement waits for what another holds."""
    async with asyncio.timeout(30):
        while not await fetch("SELECT 1 FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110  no event tells
            await asyncio.sleep(0.001)


async def fill(user: User, *, expired: int, live: int, times: int = 7) -> None:
    """Sessions of a person's; those that are over ended at so many different times."""
    now = clock.now()
    ends = [now - timedelta(seconds=number % times) for number in range(expired)]
    ends += [now + timedelta(hours=1)] * live
    await Session.bulk_create(
        (
            Session(user_id=user.id, token=f"{user.id}-{number}", expires_at=end, created_at=now, updated_at=now)
            for number, end in enumerate(ends)
        ),
        batch_size=1_000,
    )


async def test_expired_rows_go_in_batches_and_live_ones_stay() -> None:
    await fill(await make_user(), expired=1_001, live=50)

    with overridden(purge_batch=100):
        purged = await sessions.purge_expired()

    assert (purged.rows, purged.finished) == (1_001, True)
    assert await Session.all().count() == 50


async def test_with_nothing_expired_nothing_is_done() -> None:
    await fill(await make_user(), expired=0, live=5)

    assert (await sessions.purge_expired()).rows == 0


async def test_the_budget_of_rows_ends_a_run_and_the_next_goes_on() -> None:
    await fill(await make_user(), expired=250, live=5)

    with overridden(purge_batch=100, purge_rows=150):
        first, second = await sessions.purge_expired(), await sessions.purge_expired()

    assert (first.rows, first.finished) == (150, False)
    assert (second.rows, second.finished) == (100, True)
    assert "more are left" in str(first)
    assert await Session.all().count() == 5


async def test_the_budget_of_time_ends_a_run_after_the_batch_it_is_in() -> None:
    await fill(await make_user(), expired=300, live=0, times=300)

    with overridden(purge_batch=100, purge_duration=timedelta(0)):
        purged = await sessions.purge_expired()

    assert (purged.rows, purged.finished) == (100, False)


async def test_several_at_once_share_the_work_and_remove_each_row_once() -> None:
    await fill(await make_user(), expired=2_000, live=10)

    with overridden(purge_batch=50):
        purged = await asyncio.gather(*(sessions.purge_expired() for _ in range(4)))

    rest = await sessions.purge_expired()
    assert sum(each.rows for each in purged) + rest.rows == 2_000
    assert await Session.all().count() == 10


async def test_a_run_that_is_cancelled_keeps_what_it_did() -> None:
    await fill(await make_user(), expired=1_000, live=10)

    with overridden(purge_batch=20):
        run = asyncio.create_task(sessions.purge_expired())
        while await Session.all().count() > 900:  # noqa: ASYNC110  no event tells
            await asyncio.sleep(0)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)

    left = await Session.all().count()
    assert 10 < left <= 900
    assert (await sessions.purge_expired()).rows == left - 10


async def test_others_are_served_between_the_batches() -> None:
    user = await make_user()
    issued = await sessions.create(user_id=user.id)
    await fill(user, expired=4_000, live=0)

    with overridden(purge_batch=200):
        run = asyncio.create_task(sessions.purge_expired())
        answers = 0
        while not run.done():
            assert await sessions.authenticate(issued.token)
            answers += 1

    assert answers >= 10
    assert (await run).rows == 4_000
    assert (await run).seconds <= time.monotonic()


async def test_a_dry_run_says_what_would_go_and_removes_nothing() -> None:
    await fill(await make_user(), expired=30, live=5)

    would = await sessions.purge_expired(dry_run=True)
    with overridden(purge_rows=20):
        some = await sessions.purge_expired(dry_run=True)

    assert (would.rows, would.finished, would.dry_run) == (30, True, True)
    assert str(would) == "30 expired rows would be removed"
    assert (some.rows, some.finished) == (20, False)
    assert await Session.all().count() == 35


async def test_after_each_batch_it_says_how_far_it_is() -> None:
    await fill(await make_user(), expired=250, live=5, times=250)
    told: list[Step] = []

    with overridden(purge_batch=100), progress.told_to(told.append):
        await sessions.purge_expired()

    assert [(step.done, step.unit) for step in told] == [(100, "rows"), (200, "rows"), (250, "rows")]


async def test_very_many_with_the_same_time_are_no_larger_batch() -> None:
    user, now = await make_user(), clock.now()
    ends = [now - timedelta(hours=2)] * 10 + [now - timedelta(hours=1)] * 350 + [now - timedelta(minutes=1)] * 10
    await Session.bulk_create(
        Session(user_id=user.id, token=f"token-{number}", expires_at=end, created_at=now, updated_at=now)
        for number, end in enumerate(ends)
    )
    told: list[Step] = []

    with overridden(purge_batch=100), progress.told_to(told.append):
        purged = await sessions.purge_expired()

    assert (purged.rows, purged.finished) == (370, True)
    rows = [0, *(step.done for step in told)]
    assert all(after - before <= 100 for before, after in pairwise(rows))


async def test_inside_a_transaction_there_is_no_clean_up() -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"):
        async with database.transaction():
            await sessions.purge_expired()


@pytest.mark.only("postgres")
async def test_a_session_that_is_extended_while_the_clean_up_waits_for_it_lives_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(expiry, "_PATIENCE", timedelta(minutes=1))
    await fill(await make_user(), expired=50, live=0)
    session = await Session.all().order_by("expires_at").first()
    assert session

    async with elsewhere() as other:
        await other.execute('UPDATE "session" SET "expiresAt" = now() + interval \'1 day\' WHERE "id" = $1', session.id)
        run = asyncio.create_task(sessions.purge_expired())
        await somebody_waits()
        await other.execute("COMMIT")
        purged = await run

    assert (purged.rows, purged.finished) == (49, True)
    assert [left.id for left in await Session.all()] == [session.id]


@pytest.mark.only("sqlite")
async def test_a_session_that_is_extended_while_the_clean_up_waits_for_the_file_lives_on() -> None:
    await fill(await make_user(), expired=50, live=0)
    session = await Session.all().order_by("expires_at").first()
    url = settings().database
    assert session
    assert isinstance(url, SqliteUrl)

    with closing(sqlite3.connect(url.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        later = (clock.now() + timedelta(days=1)).isoformat(" ")
        other.execute('UPDATE "session" SET "expiresAt" = ? WHERE "id" = ?', (later, session.id))
        run = asyncio.create_task(sessions.purge_expired())
        await asyncio.sleep(0)
        other.execute("COMMIT")
        purged = await run

    assert (purged.rows, purged.finished) == (49, True)
    assert [left.id for left in await Session.all()] == [session.id]


@pytest.mark.only("postgres")
async def test_rows_that_somebody_holds_are_passed_over_and_go_the_next_time() -> None:
    await fill(await make_user(), expired=700, live=5)
    held = await Session.all().order_by("expires_at").limit(3)

    async with elsewhere() as other:
        await other.execute('SELECT 1 FROM "session" WHERE "id" = ANY ($1) FOR UPDATE', [each.id for each in held])
        with overridden(purge_batch=100):
            first = await sessions.purge_expired()
        left = await Session.filter(expires_at__lte=clock.now())

    assert (first.rows, first.finished) == (697, True)
    assert {each.id for each in left} == {each.id for each in held}
    assert (await sessions.purge_expired()).rows == 3


@pytest.mark.only("postgres")
async def test_in_a_deadlock_it_is_the_clean_up_that_gives_way() -> None:
    await fill(await make_user(), expired=100, live=0)
    rows = await fetch('SELECT "id" FROM "session" ORDER BY ctid')

    async with elsewhere() as other:
        await other.execute('UPDATE "session" SET "ipAddress" = $2 WHERE "id" = $1', rows[-1]["id"], "192.0.2.1")
        run = asyncio.create_task(sessions.purge_expired())
        await somebody_waits()
        # This one waits for the clean-up, which waits for the other.
        await other.execute('UPDATE "session" SET "ipAddress" = $2 WHERE "id" = $1', rows[0]["id"], "192.0.2.1")
        purged = await run
        await other.execute("COMMIT")

    assert (purged.rows, purged.finished) == (98, True)
    assert await Session.filter(ip_address="192.0.2.1").count() == 2


@asynccontextmanager
async def a_server_too_slow_for(rows: int) -> AsyncIterator[None]:
    """A database in which a statement that deletes more sessions than that takes for ever."""
    await fetch(
        f"""
        CREATE FUNCTION too_slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF (SELECT count(*) FROM gone) > {rows:d} THEN PERFORM pg_sleep(3600); END IF;
            RETURN NULL;
        END $$
        """  # noqa: S608  a number
    )
    await fetch(
        'CREATE TRIGGER too_slow AFTER DELETE ON "session" REFERENCING OLD TABLE AS gone'
        " FOR EACH STATEMENT EXECUTE FUNCTION too_slow()"
    )
    try:
        yield
    finally:
        await fetch("DROP FUNCTION too_slow CASCADE")


@pytest.mark.only("postgres")
async def test_a_batch_that_takes_too_long_is_tried_again_with_half_as_many_rows() -> None:
    await fill(await make_user(), expired=900, live=5)
    told: list[Step] = []

    async with a_server_too_slow_for(rows=150):
        with (
            overridden(purge_batch=400, purge_statement_timeout=timedelta(seconds=1)),
            progress.told_to(told.append),
        ):
            purged = await sessions.purge_expired()

    assert (purged.rows, purged.finished) == (900, True)
    assert [step.done for step in told][:3] == [100, 200, 300]
    assert await Session.all().count() == 5


@pytest.mark.only("postgres")
async def test_when_few_rows_take_too_long_as_well_the_rest_is_left_for_the_next_run() -> None:
    await fill(await make_user(), expired=300, live=5)

    async with a_server_too_slow_for(rows=0):
        with overridden(purge_batch=200, purge_statement_timeout=timedelta(milliseconds=50)):
            first = await sessions.purge_expired()

    assert (first.rows, first.finished) == (0, False)
    assert (await sessions.purge_expired()).rows == 300


@pytest.mark.only("postgres")
async def test_what_is_wrong_with_the_statement_is_said() -> None:
    with pytest.raises(OperationalError, match="does not exist"):
        await expiry.delete_expired(Unmigrated, by="expires_at")


class Unmigrated(Row):
    expires_at = DatetimeField()

    class Meta:
        table = "unmigrated"
