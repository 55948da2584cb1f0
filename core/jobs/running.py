"""One run of a job, from its lock to its last word in ``jobRun``."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, NamedTuple

from core import clock, correlation, database, progress
from core.database import Held
from core.database.statements import fetch
from core.database.uninterrupted import uninterrupted
from core.errors import Invalid, Refusal, Unavailable
from core.jobs.pings import ping
from core.jobs.registry import Job, JobNotFound, get
from core.jobs.timetable import Standing, backoff, due_at, standing
from core.masking import masked
from models.base import new_id

_log = logging.getLogger("stylobate.jobs")

_MARGIN = timedelta(minutes=2)
"""So long after its limit a run that has not ended is taken for dead."""
_HELD = timedelta(seconds=5)
_NOTED_EVERY = 2.0
_LONGEST_TEXT = 1_000

_BEGIN = """
    INSERT INTO "jobRun"
        ("id", "job", "trigger", "attempt", "dueAt", "startedAt", "createdAt",
        "worker", "correlationId", "arguments", "status")
    VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, '{}', 'running')
"""
_BEGUN = """
    INSERT INTO "jobState" ("id", "runId", "startedAt", "failures", "runsSucceeded", "runsFailed", "rows", "seconds")
    VALUES ($1, $2, $3, 0, 0, 0, 0, 0)
    ON CONFLICT ("id") DO UPDATE SET "runId" = excluded."runId", "startedAt" = excluded."startedAt"
"""
_CLAIM = """
    UPDATE "jobRun" SET "status" = 'running', "attempt" = "attempt" + 1, "startedAt" = $2, "dueAt" = $3, "worker" = $4
    WHERE "id" = $1 AND "finishedAt" IS NULL
    RETURNING "attempt", "correlationId"
"""
_END = """
    UPDATE "jobRun"
    SET "status" = $2, "finishedAt" = $3, "dueAt" = $4, "counts" = $5, "report" = $6, "error" = $7
    WHERE "id" = $1 AND "finishedAt" IS NULL
"""
_ENDED = """
    INSERT INTO "jobState" ("id", "succeededAt", "failures", "runsSucceeded", "runsFailed", "rows", "seconds")
    VALUES ($1, $3, $4, $5, $6, $7, $8)
    ON CONFLICT ("id") DO UPDATE SET
        "runId" = nullif("jobState"."runId", $2),
        "succeededAt" = coalesce(excluded."succeededAt", "jobState"."succeededAt"),
        "failures" = CASE WHEN excluded."runsSucceeded" = 1 THEN 0 ELSE "jobState"."failures" + excluded."failures" END,
        "runsSucceeded" = "jobState"."runsSucceeded" + excluded."runsSucceeded",
        "runsFailed" = "jobState"."runsFailed" + excluded."runsFailed",
        "rows" = "jobState"."rows" + excluded."rows",
        "seconds" = "jobState"."seconds" + excluded."seconds"
"""
_STOPPED = """
    UPDATE "jobRun" SET "status" = 'waiting', "dueAt" = $2, "attempt" = "attempt" - 1
    WHERE "id" = $1 AND "finishedAt" IS NULL
"""
_LATER = """UPDATE "jobRun" SET "dueAt" = $2 WHERE "id" = $1 AND ("status" = 'waiting' OR "dueAt" < $2)"""
_ASKED_AGAIN = 'UPDATE "jobState" SET "askedAt" = $2 WHERE "id" = $1'


class NoDryRun(Invalid):
    """This job can't tell what it would do."""


class Skipped(NamedTuple):
    """Nothing was done, and that is right."""

    why: str


class Done(NamedTuple):
    """A run: how it ended, and its report, or what was wrong."""

    run_id: str
    status: str
    text: str
    counts: dict[str, Any]
    seconds: float


class _Run(NamedTuple):
    """What is being done."""

    id: str
    job: Job
    arguments: dict[str, Any]
    attempt: int
    correlation_id: str
    asked: bool


async def run_scheduled(name: str, *, asked_at: str | None = None, worker: str | None = None) -> Done | Skipped:
    """Do a job of the timetable if it is due, or if it has not begun since somebody asked for it.

    Raises:
        JobNotFound: there is none.
        Unavailable: the database is away. It stays due.
    """
    job = get(name)
    try:
        async with database.exclusive(_lock(job)):
            known = await _settled(job)
            now = clock.now()
            if asked_at is not None:
                if known.started_at and known.started_at.isoformat() >= asked_at:
                    return Skipped("it has begun since")
            elif (due := due_at(job, known, now)) is None or due > now:
                return Skipped("it is not due")
            trigger = "asked" if asked_at else "timetable"
            done = await _perform(await _begun(job, trigger, known, worker))
    except Held:
        if asked_at is not None:  # What is running may have looked already.
            await fetch(_ASKED_AGAIN, name, clock.now())
        return Skipped("it is running")
    await ping(name, succeeded=done.status == "succeeded")
    return done


async def run_now(name: str, **arguments: Any) -> Done:  # noqa: ANN401  whatever JSON takes
    """Do a job here and now, due or not.

    Raises:
        JobNotFound: there is none.
        Held: it is running.
    """
    job = get(name)
    async with database.exclusive(_lock(job)):
        done = await _perform(await _begun(job, "command", await _settled(job), None), arguments)
    await ping(name, succeeded=done.status == "succeeded")
    return done


async def run_asked(run_id: str, *, worker: str | None = None) -> Done | Skipped:
    """Do what ``enqueue`` promised, unless that has been done. Two runs with the same arguments never overlap.

    Raises:
        Unavailable: the database is away. It stays due.
    """
    found = await fetch('SELECT "job", "arguments" FROM "jobRun" WHERE "id" = $1 AND "finishedAt" IS NULL', run_id)
    if not found:
        return Skipped("it has been done")
    name, arguments = found[0]["job"], _json(found[0]["arguments"])
    try:
        job = get(name)
    except JobNotFound as error:
        await fetch(_END, run_id, "failed", clock.now(), None, None, None, str(error))
        raise
    try:
        async with database.exclusive(_lock(job, arguments)):
            now = clock.now()
            claimed = await fetch(_CLAIM, run_id, now, now + job.limit + _MARGIN, worker)
            if not claimed:
                return Skipped("it has been done")
            attempt, correlation_id = claimed[0]["attempt"], claimed[0]["correlationId"] or run_id
            run = _Run(run_id, job, arguments, attempt, correlation_id, asked=True)
            if attempt > job.retries + 1:
                return await _end(run, "lost", f"its process died, {attempt - 1} times", {}, 0.0)
            done = await _perform(run, arguments)
    except Held:
        await fetch(_LATER, run_id, clock.now() + _HELD)
        return Skipped("one with the same arguments is running")
    await ping(name, succeeded=done.status == "succeeded")
    return done


async def preview(name: str) -> object:
    """What a job would do, without doing it.

    Raises:
        JobNotFound: there is none.
        NoDryRun: it can't tell.
    """
    job = get(name)
    if not job.has_dry_run:
        raise NoDryRun(f"{name} has no dry run")
    return await job.run(dry_run=True)


def _lock(job: Job, arguments: dict[str, Any] | None = None) -> str:
    name = f"job {job.family or job.name}"
    return f"{name} {json.dumps(arguments, sort_keys=True)}" if arguments else name


async def _settled(job: Job) -> Standing:
    """How a job stands, now that we have its lock: a run that seems to be under way is one whose process died."""
    known = await standing(job.name)
    if known.run_id is None:
        return known
    await fetch(_END, known.run_id, "lost", clock.now(), None, None, None, "its process died")
    await fetch(_ENDED, job.name, known.run_id, None, 1, 0, 1, 0, 0.0)
    return known._replace(run_id=None, failures=known.failures + 1)


async def _begun(job: Job, trigger: str, known: Standing, worker: str | None) -> _Run:
    run_id, now = new_id(), clock.now()
    correlation_id = correlation.current() or run_id
    attempt = known.failures + 1
    due_at = now + job.limit + _MARGIN
    async with database.transaction():
        await fetch(_BEGIN, run_id, job.name, trigger, attempt, due_at, now, worker, correlation_id)
        await fetch(_BEGUN, job.name, run_id, now)
    return _Run(run_id, job, {}, attempt, correlation_id, asked=False)


async def _perform(run: _Run, arguments: dict[str, Any] | None = None) -> Done:
    """Do it, and write down what came of it."""
    began, job = time.monotonic(), run.job
    with correlation.bound(run.correlation_id):
        try:
            async with asyncio.timeout(job.limit.total_seconds()) as limit, _noting(run.id):
                result = await job.run(**(arguments or {}))
        except asyncio.CancelledError:
            await uninterrupted(_give_back(run))
            raise
        except Exception as error:  # noqa: BLE001  whatever a job ends with is its end
            status, text = "failed", _said(error)
            if isinstance(error, TimeoutError) and limit.expired():
                status, text = "timed_out", f"TimeoutError: it took longer than {job.limit}"
            foreseen = isinstance(error, Refusal | Unavailable)
            _log.error("%s: %s", job.name, text, exc_info=None if foreseen else error)
            return await _end(run, status, text, {}, time.monotonic() - began)
        seconds = time.monotonic() - began
        text = "" if result is None else str(result)[:_LONGEST_TEXT]
        _log.info("%s: %s", job.name, text or "done")
        return await _end(run, "succeeded", text, _counts(result), seconds)


async def _end(run: _Run, status: str, text: str, counts: dict[str, Any], seconds: float) -> Done:
    now, succeeded = clock.now(), status == "succeeded"
    report, error = (text, None) if succeeded else (None, text)
    end: tuple[Any, ...] = (status, now, None, json.dumps(counts) if succeeded else None, report, error)
    if run.asked and not succeeded and run.attempt <= run.job.retries:
        end = ("waiting", None, now + backoff(run.attempt), None, None, error)
    failed = int(not succeeded)
    succeeded_at, rows = now if succeeded else None, counts.get("rows", 0)
    async with database.transaction():
        await fetch(_END, run.id, *end)
        await fetch(_ENDED, run.job.name, run.id, succeeded_at, failed, int(succeeded), failed, rows, seconds)
    return Done(run.id, status, text, counts, seconds)


async def _give_back(run: _Run) -> None:
    """It is being stopped, and that is not its fault: somebody does it again, and soon."""
    now = clock.now()
    try:
        if run.asked:
            await fetch(_STOPPED, run.id, now)
        else:
            await fetch(_END, run.id, "stopped", now, None, None, None, "it was stopped before its end")
            await fetch('UPDATE "jobState" SET "runId" = NULL, "askedAt" = $2 WHERE "id" = $1', run.job.name, now)
    except Unavailable as error:
        _log.warning("%s was stopped, and that could not be written down: %s", run.job.name, error)


@asynccontextmanager
async def _noting(run_id: str) -> AsyncIterator[None]:
    """Keep the run's row up to date with its progress, for whoever watches."""
    steps: dict[str, progress.Step] = {}

    def remember(step: progress.Step) -> None:
        steps[step.what] = step

    async def note() -> None:
        noted = None
        while True:
            await asyncio.sleep(_NOTED_EVERY)
            current = json.dumps([step._asdict() for step in steps.values()])
            if steps and current != noted:
                await fetch('UPDATE "jobRun" SET "counts" = $2 WHERE "id" = $1', run_id, f'{{"progress": {current}}}')
                noted = current

    noting = asyncio.create_task(note())
    try:
        with progress.told_to(remember):
            yield
    finally:
        noting.cancel()
        await asyncio.wait([noting])


def _counts(result: object) -> dict[str, Any]:
    """The numbers of a report."""
    if isinstance(result, tuple) and hasattr(result, "_asdict"):
        return {name: value for name, value in result._asdict().items() if isinstance(value, int | float)}
    return {"rows": result} if isinstance(result, int) else {}


def _said(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}"
    if isinstance(error, Unavailable):
        text += f" ({error.remedy})"
    return masked(text)[:_LONGEST_TEXT]


def _json(value: Any) -> Any:  # noqa: ANN401  a column of JSON, which SQLite keeps as text
    return json.loads(value) if isinstance(value, str) else value
