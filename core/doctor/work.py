"""Whether the work in the background is done: a broker, a worker, beat, and jobs that begin and succeed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from core import clock, heartbeat, jobs
from core.database import dialect
from core.database.statements import fetch
from core.doctor.finding import Check, Finding, Kind
from core.errors import Unavailable
from core.patience import within
from core.settings import settings
from models import JobState

_STUCK = timedelta(minutes=1)
_ANSWER = 3.0
"""Seconds in which a broker answers that is there."""

BROKER_UNREACHABLE = Kind(
    "broker-unreachable", "error", "No worker is told what to do. What is asked for meanwhile is done once it is back."
)
BROKER_LOST = Kind("broker-lost", "warning", "This process is told nothing until it reaches its broker again.")
STUCK = Kind("process-stuck", "error", "It does nothing any more, and whoever restarts what has died does not see it.")
NO_WORKER = Kind("no-worker", "error", "Nothing is done in the background: no mail, no clean-up, no backup.")
NO_BEAT = Kind(
    "no-beat", "error", "Nobody begins what is due: no clean-up, no backup, and nothing that was lost is sent again."
)
JOBS_LATE = Kind("jobs-late", "error", "What they do is not done: rows pile up, mails wait, backups grow old.")
JOBS_FAILING = Kind("jobs-failing", "warning", "What they do is not done, or only after another attempt.")

_START = {
    "worker": "celery -A tasks worker, as its user; docs/operations.md has its service",
    "beat": "celery -A tasks beat, as its user; docs/operations.md has its service",
}


async def _broker() -> AsyncIterator[Finding]:
    try:
        _ = settings().broker  # Or what is said of it would not be that it is not set.
        await asyncio.to_thread(
            jobs.every
        )  # The first time it imports what defines jobs. That is not the broker's time.
        await within(_ANSWER, jobs.queue_depths())
    except Unavailable as error:
        yield BROKER_UNREACHABLE.found(str(error), mend=error.remedy)
    except TimeoutError:
        yield BROKER_UNREACHABLE.found(
            f"the broker did not answer within {_ANSWER:.0f} s", mend="see whether it is frozen or overloaded"
        )


async def _processes() -> AsyncIterator[Finding]:
    for kind in ("worker", "beat"):
        for sign in heartbeat.living(kind):
            if sign.age > _STUCK.total_seconds():
                yield STUCK.found(
                    f"the {kind} of process {sign.pid} has not shown itself for {sign.age:.0f} s",
                    mend="restart it, and read its last lines",
                )
            elif not sign.broker:
                yield BROKER_LOST.found(
                    f"the {kind} of process {sign.pid} does not reach its broker",
                    mend="see that the broker runs, and that this process's REDIS_URL or BROKER_URL names it",
                )


async def _jobs() -> AsyncIterator[Finding]:
    # In a thread: the first time it imports what defines jobs.
    known = {job.name: job for job in await asyncio.to_thread(jobs.every)}
    late, now = await jobs.late(), clock.now()
    for it in late:
        yield JOBS_LATE.found(
            f"{it.job} should have begun {(now - it.due_at).total_seconds() / 60:.0f} min ago",
            mend=f"stylobate health beat; stylobate health worker; then stylobate jobs run {it.job}",
        )
    if late or not await jobs.standings():
        said = "jobs are late" if late else "no job has ever begun"
        if not heartbeat.living("worker"):
            yield NO_WORKER.found(f"{said}, and no worker shows itself in {heartbeat.folder()}", mend=_START["worker"])
        if not heartbeat.living("beat") and not await _a_beat_leads():
            yield NO_BEAT.found(f"{said}, and no beat shows itself in {heartbeat.folder()}", mend=_START["beat"])
    for state in await JobState.filter(failures__gt=0).order_by("id"):
        given_up = state.id in known and state.failures > known[state.id].retries
        yield JOBS_FAILING.found(
            f"{state.id} has failed {state.failures} times in a row"
            + (", and is not tried again before its next time" if given_up else ""),
            mend=f"stylobate jobs history {state.id}, which says why; then stylobate jobs run {state.id}",
            level="error" if given_up else None,
        )


_LEADS = """
    SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (classid::bigint << 32) | objid::bigint = hashtextextended('stylobate: beat', 0)
"""


async def _a_beat_leads() -> bool:
    """Whether one has the lock, on whatever machine. On SQLite it would be on this one."""
    return dialect() == "postgres" and bool(await fetch(_LEADS))


CHECKS = (
    Check("broker", _broker, (BROKER_UNREACHABLE,)),
    Check("processes", _processes, (STUCK, BROKER_LOST)),
    Check("jobs", _jobs, (JOBS_LATE, JOBS_FAILING, NO_WORKER, NO_BEAT), "schema"),
)
