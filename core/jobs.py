"""Jobs: work that is done by itself. Here is the list; ``tasks`` says when each is done, and by whom.

A job is a coroutine function that may be run again at any time: after a crash it will be. It takes ids and small
values, never rows. What it returns is its report, a short text to read.

``enqueue`` asks for one by name, after the commit. The message is a reminder and may be lost; what must happen is a row
first, and a job on the timetable that looks for such rows.
"""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from core import database
from core.errors import NotFound
from core.settings import settings

_log = logging.getLogger(__name__)


class JobNotFound(NotFound):
    """There is no such job."""


class Job(NamedTuple):
    """A job: its name, what it does, when (None: when it is asked for), and the function."""

    name: str
    about: str
    schedule: str | None
    run: Callable[..., Awaitable[object]]


Publisher = Callable[[str, dict[str, Any]], object]

_jobs: dict[str, Job] = {}
_publishers: list[Publisher] = []
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jobs")
"""Publishing blocks, for seconds when the broker is away, so it is never done on the event loop."""


def register(job: Job) -> None:
    """Put a job on the list."""
    _jobs[job.name] = job


def publish_with(publisher: Publisher) -> None:
    """Say how a job's name and arguments reach a worker; it is called in a thread of its own."""
    _publishers[:] = [publisher]


def every() -> list[Job]:
    """All jobs of the modules in ``settings().job_modules``, by name."""
    _load()
    return sorted(_jobs.values(), key=lambda job: job.name)


def get(name: str) -> Job:
    """The job of this name.

    Raises:
        JobNotFound: there is none.
    """
    _load()
    if name not in _jobs:
        raise JobNotFound(f"there is no job {name!r}")
    return _jobs[name]


def _load() -> None:
    for module in settings().job_modules:
        importlib.import_module(module)


async def enqueue(name: str, **arguments: Any) -> None:  # noqa: ANN401  whatever JSON takes
    """Have a worker do a job soon, after the commit. It is not waited for, and a broker that is away is no error."""

    async def publish() -> None:
        asyncio.get_running_loop().run_in_executor(_thread, _publish, name, arguments)

    await database.after_commit(publish)


def _publish(name: str, arguments: dict[str, Any]) -> None:
    try:
        _load()
        for publisher in _publishers:
            publisher(name, arguments)
    except Exception as error:  # noqa: BLE001  whatever is wrong with the broker, the timetable makes up for it
        _log.warning("%s was not published (%s); the timetable makes up for it", name, type(error).__name__)
