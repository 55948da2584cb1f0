"""An app's own jobs, for the command that test_jobs_command starts."""

import asyncio

from core import progress
from core.errors import Unavailable
from tasks.app import job

NEW_YEAR = "0 0 1 1 *"


@job("tests.count", schedule=NEW_YEAR)
async def count(*, dry_run: bool = False) -> str:
    """Count to two thousand."""
    if dry_run:
        return "would count"
    progress.tell(done=1_000, total=2_000)
    progress.tell(done=2_000, total=2_000)
    progress.tell(done=3_000_000, total=4_000_000, unit="bytes", what="archive")
    return "counted"


@job("tests.wait", schedule=NEW_YEAR)
async def wait() -> None:
    """Wait until it is stopped."""
    print("it waits", flush=True)  # noqa: T201  for whoever waits for it
    await asyncio.Event().wait()


@job("tests.stumble", schedule=NEW_YEAR)
async def stumble() -> None:
    """Fail for a reason that nobody has foreseen."""
    raise RuntimeError("as it should \x1b[31m")


@job("tests.miss", schedule=NEW_YEAR)
async def miss() -> None:
    """Fail for want of something."""
    raise Unavailable("the store is away", remedy="bring it back")


@job("tests.greet")
async def greet(name: str) -> str:
    """Greet somebody."""
    return f"hello {name}"
