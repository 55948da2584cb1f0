"""Which jobs there are."""

import importlib
import inspect
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cronsim import CronSim, CronSimError

from core.errors import NotFound
from core.settings import SettingsInvalid, settings

NEVER = "never"


class JobNotFound(NotFound):
    """There is no such job."""


class Job(NamedTuple):
    """A job: its name, what it does, the function, and how it is run.

    ``usual`` is the crontab line it comes with; None: only when it is asked for. A run that takes longer than ``limit``
    is cancelled. One that fails is tried again ``retries`` times. Jobs of one ``family`` take turns.
    """

    name: str
    about: str
    run: Callable[..., Awaitable[object]]
    usual: str | None
    limit: timedelta
    retries: int
    family: str | None = None

    @property
    def schedule(self) -> str | None:
        """When it is done, as a crontab line in UTC; None: only when it is asked for."""
        line = settings().job_schedules.get(self.name, self.usual)
        return None if line == NEVER else line

    def following(self, moment: datetime) -> datetime:
        """Its first time after a moment."""
        assert self.schedule is not None, "it has times"  # noqa: S101
        return next(CronSim(self.schedule, moment))

    @property
    def has_dry_run(self) -> bool:
        """Whether it can tell what it would do."""
        return "dry_run" in inspect.signature(self.run).parameters


_jobs: dict[str, Job] = {}


def register(job: Job) -> None:
    """Put a job on the list.

    Raises:
        ValueError: its times are no crontab line.
    """
    if job.usual is not None:
        _check(job.usual)
    _jobs[job.name] = job


def _check(line: str) -> None:
    try:
        next(CronSim(line, datetime(2000, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration):
        raise ValueError(f"{line!r} is no crontab line that ever comes") from None


def every() -> list[Job]:
    """All jobs of the modules in ``settings().job_modules``, by name.

    Raises:
        SettingsInvalid: ``job_schedules`` names a job that there is not, or a time that is none.
    """
    load()
    for name, line in settings().job_schedules.items():
        if name not in _jobs:
            raise _unusable(f"there is no job {name!r}")
        try:
            if line != NEVER:
                _check(line)
        except ValueError as error:
            raise _unusable(str(error)) from None
    return sorted(_jobs.values(), key=lambda job: job.name)


def _unusable(what: str) -> SettingsInvalid:
    return SettingsInvalid(
        f"STYLOBATE_JOB_SCHEDULES: {what}",
        remedy="correct it: the name of a job in `stylobate jobs list`, and '7 * * * *' or 'never'",
    )


def get(name: str) -> Job:
    """The job of this name.

    Raises:
        JobNotFound: there is none.
    """
    load()
    if name not in _jobs:
        raise JobNotFound(f"there is no job {name!r}")
    return _jobs[name]


def load() -> None:
    """Import the modules that define jobs."""
    for module in settings().job_modules:
        importlib.import_module(module)
