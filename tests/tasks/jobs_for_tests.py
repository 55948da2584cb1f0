"""An app's own jobs, as an app would add them, for the worker that test_worker starts."""

import asyncio
from contextvars import ContextVar
from datetime import timedelta

from celery.schedules import crontab, schedule

from core import users, verifications
from tasks.app import job

NEW_YEAR = crontab(minute="0", hour="0", day_of_month="1", month_of_year="1")

_seen: ContextVar[bool] = ContextVar("seen", default=False)


@job("tests.hang", schedule=NEW_YEAR, limit=timedelta(seconds=1))
async def hang() -> None:
    """Never end by itself."""
    try:
        await asyncio.Event().wait()
    finally:
        await users.create(name="cleaned up", email="hung@example.com")


@job("tests.fail", schedule=NEW_YEAR)
async def fail() -> None:
    """Fail always."""
    raise RuntimeError("as it should")


@job("tests.look_around", schedule=NEW_YEAR)
async def look_around() -> str:
    """Say whether something of an earlier job is still there."""
    before = _seen.get()
    _seen.set(True)
    return f"the context was {'used' if before else 'fresh'}"


@job("tests.tick", schedule=schedule(timedelta(seconds=0.5)))
async def tick() -> str:
    """Prune, twice a second."""
    return f"tick: {await verifications.prune()}"
