"""What is due. Nobody has to remember when a message was sent: when a job last began stands in ``jobState``."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, NamedTuple

from core import clock
from core.database.statements import fetch, moment
from core.jobs.registry import Job, every
from core.settings import settings

_AGAIN = timedelta(seconds=30)
"""After the first failure; after each further one it is twice as long."""
_LONGEST_AGAIN = timedelta(hours=1)
_LOST_AFTER = timedelta(minutes=5)
"""A message that nobody took for so long is sent again."""
_AT_ONCE = 500
_GRACE = timedelta(minutes=5)


class Standing(NamedTuple):
    """How a job stands: a row of ``jobState``."""

    run_id: str | None = None
    asked_at: datetime | None = None
    started_at: datetime | None = None
    succeeded_at: datetime | None = None
    failures: int = 0


class Reminder(NamedTuple):
    """A message that a worker should get: do this job, which last began at ``since``, or this run of it."""

    job: str
    since: datetime | None = None
    run_id: str | None = None


class Late(NamedTuple):
    """A job that should have begun, and when."""

    job: str
    due_at: datetime


_STANDINGS = 'SELECT "id", "runId", "askedAt", "startedAt", "succeededAt", "failures" FROM "jobState"'


async def standings() -> dict[str, Standing]:
    """How every job stands that was ever begun, by name."""
    return {row["id"]: _standing(row) for row in await fetch(_STANDINGS)}


async def standing(name: str) -> Standing:
    """How a job stands."""
    for row in await fetch(f'{_STANDINGS} WHERE "id" = $1', name):
        return _standing(row)
    return Standing()


def _standing(row: dict[str, Any]) -> Standing:
    asked_at, started_at, succeeded_at = (
        moment(row[name]) if row[name] else None for name in ("askedAt", "startedAt", "succeededAt")
    )
    return Standing(row["runId"], asked_at, started_at, succeeded_at, row["failures"])


def due_at(job: Job, standing: Standing, now: datetime) -> datetime | None:
    """When a job should begin next, if the timetable has anything to do with it; in the past when it is due.

    However many times were missed, there is one run to make up for them.
    """
    began = standing.started_at
    if job.schedule is None:
        return None
    if began is None or began > now:  # Never, or the clock was set back.
        return now
    slot = job.following(began)
    wishes = [slot + _jitter(job, slot)]
    if standing.asked_at and standing.asked_at > began:
        wishes.append(standing.asked_at)
    failures = standing.failures + (standing.run_id is not None)  # It runs, or died; whoever gets its lock knows.
    if 0 < failures <= job.retries:
        wishes.append(began + backoff(failures))
    return min(wishes)


def _jitter(job: Job, slot: datetime) -> timedelta:
    """The same for everybody who asks, and another each time."""
    longest = min(settings().job_jitter, (job.following(slot) - slot) / 2)
    share: float = int.from_bytes(sha256(f"{job.name} {slot.isoformat()}".encode()).digest()[:4], "big") / 2**32
    return longest * share


def backoff(failures: int) -> timedelta:
    """How long to wait after so many failures in a row."""
    doubled: timedelta = _AGAIN * 2 ** min(failures - 1, 16)
    return min(doubled, _LONGEST_AGAIN)


_ENDED_BADLY = """
    UPDATE "jobRun" SET "status" = 'lost', "finishedAt" = $1, "dueAt" = NULL, "error" = 'its process died'
    WHERE "dueAt" <= $1 AND "trigger" <> 'asked'
"""
_OVERDUE = """
    UPDATE "jobRun" SET "dueAt" = $1
    WHERE "id" IN (SELECT "id" FROM "jobRun" WHERE "dueAt" <= $2 ORDER BY "dueAt" LIMIT $3)
    RETURNING "id", "job"
"""


async def reminders() -> list[Reminder]:
    """What workers should be told now: the jobs that are due, and the runs that were asked for and not done.

    A run is named once, then not again for five minutes. A job is named until a worker began with it.
    """
    now = clock.now()
    named = [Reminder(job.name, standing.started_at) for job, standing, _ in await _due(now)]
    await fetch(_ENDED_BADLY, now)
    overdue = await fetch(_OVERDUE, now + _LOST_AFTER, now, _AT_ONCE)
    return [*named, *(Reminder(row["job"], run_id=row["id"]) for row in overdue)]


async def _due(now: datetime) -> list[tuple[Job, Standing, datetime]]:
    """The jobs that should have begun by then."""
    known = await standings()
    every_job = ((job, known.get(job.name, Standing())) for job in every())
    return [
        (job, standing, due)
        for job, standing in every_job
        if (due := due_at(job, standing, now)) is not None and due <= now
    ]


async def late() -> list[Late]:
    """The jobs that should have begun more than five minutes ago: no beat, no worker, or none that gets to it."""
    now = clock.now()
    return [
        Late(job.name, due)
        for job, standing, due in await _due(now)
        if due <= now - _GRACE and not (standing.run_id and now < due + job.limit)  # It may be running.
    ]
