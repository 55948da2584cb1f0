"""An app's own jobs, as an app would add them, for the workers that the tests start."""

import asyncio
import os
import signal
from contextvars import ContextVar
from datetime import timedelta

from core import clock, users
from core.jobs import timetable
from models import Verification
from tasks.app import app, job

timetable._AGAIN = timedelta(seconds=0.1)  # A test does not wait half a minute.
if "TESTS_SOFT_SHUTDOWN" in os.environ:
    app.conf.worker_soft_shutdown_timeout = float(os.environ["TESTS_SOFT_SHUTDOWN"])

_seen: ContextVar[bool] = ContextVar("seen", default=False)


async def leave(mark: str) -> None:
    """A mark that a test can see."""
    await Verification.create(identifier=mark, value="", expires_at=clock.now() + timedelta(days=3650))


@job("tests.mark")
async def mark(what: str) -> None:
    """Leave a mark."""
    await leave(what)


@job("tests.take_time")
async def take_time(what: str, seconds: float) -> None:
    """Leave a mark at the beginning and one at the end."""
    await leave(f"{what} began")
    await asyncio.sleep(seconds)
    await leave(f"{what} ended")


@job("tests.backup", limit=timedelta(hours=2))
async def backup(seconds: float) -> None:
    """Do what takes long."""
    await leave("backup began")
    await asyncio.sleep(seconds)
    await leave("backup ended")


@job("tests.hang", limit=timedelta(seconds=1), retries=0)
async def hang() -> None:
    """Never end by itself."""
    try:
        await asyncio.Event().wait()
    finally:
        await users.create(name="cleaned up", email="hung@example.com")


@job("tests.fail", retries=2)
async def fail() -> None:
    """Fail always."""
    await leave("failing")
    raise RuntimeError("as it should")


@job("tests.die", retries=1)
async def die() -> None:
    """Take the process with it, as a leak that the kernel ends would."""
    await leave("dying")
    os.kill(os.getpid(), signal.SIGKILL)


@job("tests.look_around")
async def look_around() -> str:
    """Say whether something of an earlier job is still there."""
    before = _seen.get()
    _seen.set(True)
    return f"the context was {'used' if before else 'fresh'}"


@job("tests.daily", schedule="0 0 * * *")
async def daily() -> None:
    """Leave a mark once a day."""
    await leave("a day")
