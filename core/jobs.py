"""Jobs: work that is done by itself. Here is the list; ``tasks`` says when each is done, and by whom.

A job is a coroutine function without arguments that may be run again at any time: after a crash it will be. What it
returns is its report, a short text to read.
"""

import importlib
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from core.errors import NotFound
from core.settings import settings


class JobNotFound(NotFound):
    """There is no such job."""


class Job(NamedTuple):
    """A job: its name, what it does, when, and the function."""

    name: str
    about: str
    schedule: str
    run: Callable[[], Awaitable[object]]


_jobs: dict[str, Job] = {}


def register(job: Job) -> None:
    """Put a job on the list."""
    _jobs[job.name] = job


def every() -> list[Job]:
    """All jobs of the modules in ``settings().job_modules``, by name."""
    for module in settings().job_modules:
        importlib.import_module(module)
    return sorted(_jobs.values())


def get(name: str) -> Job:
    """The job of this name.

    Raises:
        JobNotFound: there is none.
    """
    for job in every():
        if job.name == name:
            return job
    raise JobNotFound(f"there is no job {name!r}")
