"""Jobs as an app asks for them, and what came of them."""

import json
from datetime import timedelta
from typing import Any

from core import clock
from models import JobRun, JobState, Verification
from tests.programs import run_code

ENQUEUE = """
import asyncio, json, sys
from core import database, jobs

async def main():
    async with database.connected(), database.transaction():
        for name, arguments in json.loads(sys.argv[1]):
            await jobs.enqueue(name, **arguments)

asyncio.run(main())
"""


async def ask(*jobs: tuple[str, dict[str, Any]], **environment: str) -> str:
    """Ask in a process of its own; what was said there."""
    return await run_code(ENQUEUE, json.dumps(jobs), **environment)


async def ended(job: str) -> list[JobRun]:
    """The runs of a job that are over."""
    return await JobRun.filter(job=job, finished_at__isnull=False).order_by("id")


async def marks() -> list[str]:
    """What the jobs left, oldest first."""
    return [row.identifier for row in await Verification.exclude(identifier="a day").order_by("id")]


async def is_left(mark: str) -> bool:
    return await Verification.filter(identifier=mark).exists()


async def make_it_due() -> None:
    """Let so much time pass that whatever has not ended is looked after, and that everything is due."""
    await JobRun.filter(finished_at__isnull=True).update(due_at=clock.now())
    await JobState.all().update(started_at=clock.now() - timedelta(days=2))
