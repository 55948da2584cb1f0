import asyncio
import time
from datetime import timedelta

import pytest

from core import clock, sessions
from core.settings import overridden
from models import Session, User
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("db")


async def fill(user: User, *, expired: int, live: int) -> None:
    now = clock.now()
    ends = [now - timedelta(seconds=number % 7) for number in range(expired)]
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
    await fill(await make_user(), expired=300, live=0)

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
