"""``stylobate jobs watch``: the jobs as they go. Everything is read from the database, so it may run anywhere."""

import asyncio
from datetime import datetime
from typing import NamedTuple

import typer
from rich.console import Console
from rich.text import Text

from core import clock, database, jobs
from core.cli.jobs import due, progress, run_row, said
from core.cli.screen import live
from core.cli.tables import Row, harmless, table, took
from core.errors import Unavailable
from core.jobs import Job, Standing
from core.jobs.timetable import due_at
from models import JobRun

_LAST, _NEXT = 8, 6
_AT_ONCE = 1_000
"""So many runs may end between two looks."""
_PATIENCE = 1.0


class _Seen(NamedTuple):
    """What there is at one moment."""

    now: datetime
    running: list[JobRun]
    waiting: int
    ended: list[JobRun]
    following: list[tuple[datetime, Job, Standing]]
    messages: str


async def watch(interval: float) -> None:
    """Look every so many seconds, and show it. A database that goes away is waited for."""
    console = Console(highlight=False)
    async with database.connected():
        if console.is_terminal:
            await live(console, _page, interval)
        else:
            await _lines(interval)


async def _page() -> list[Text]:
    return _drawn(await _look())


async def _look() -> _Seen:
    now, known = clock.now(), await jobs.standings()
    standings = [(job, known.get(job.name, Standing())) for job in jobs.every()]
    times = [(due_at(job, standing, now), job, standing) for job, standing in standings]
    unfinished = JobRun.filter(finished_at=None)
    return _Seen(
        now,
        await unfinished.filter(status="running").order_by("id"),
        await unfinished.filter(status="waiting").count(),
        await JobRun.filter(finished_at__not_isnull=True).order_by("-finished_at").limit(_LAST),
        sorted(((time, job, standing) for time, job, standing in times if time), key=lambda it: it[0])[:_NEXT],
        await _messages(),
    )


async def _messages() -> str:
    """What waits in the queues. Everything else is known without the broker."""
    try:
        async with asyncio.timeout(_PATIENCE):
            depths = await jobs.queue_depths()
    except (Unavailable, TimeoutError):
        return "unknown, the broker does not answer"
    return ", ".join(f"{queue} {depth:,}" for queue, depth in depths.items())


def _drawn(seen: _Seen) -> list[Text]:
    now = seen.now
    running = [
        Row((run.job, took(now - (run.started_at or now)), progress(run), harmless(run.worker or "")))
        for run in seen.running
    ]
    following = [Row((job.name, due(job, standing, now), job.schedule or "")) for _, job, standing in seen.following]
    parts = [
        table(("Running", "For", "Done", "Worker"), running),
        table(("Next", "When", "Times (UTC)"), following),
        table(
            ("Last (UTC)", "Job", "Outcome", "Took", "Attempt", "Trigger"), [run_row(run, now) for run in seen.ended]
        ),
    ]
    head = Text(f"{now:%Y-%m-%d %H:%M:%S} UTC   runs waiting: {seen.waiting:,}   messages: {seen.messages}", "dim")
    return [head, *(line for part in parts for line in (Text(), *part))]


async def _lines(interval: float) -> None:
    """Print each run that ends from now on."""
    known = {run.id for run in await _latest()}
    typer.echo("watching; Ctrl-C ends it", err=True)
    wrong = ""
    while True:
        await asyncio.sleep(interval)
        try:
            ended = await _latest()
        except Unavailable as error:
            if str(error) != wrong:
                wrong = str(error)
                typer.echo(harmless(wrong), err=True)
            continue
        for run in reversed(ended):
            if run.id not in known:
                typer.echo(_line(run))
        known, wrong = {run.id for run in ended}, ""


async def _latest() -> list[JobRun]:
    return await JobRun.filter(finished_at__not_isnull=True).order_by("-finished_at").limit(_AT_ONCE)


def _line(run: JobRun) -> str:
    began = run.started_at or run.created_at
    spent = took((run.finished_at or began) - began)
    return f"{run.finished_at:%Y-%m-%d %H:%M:%S} {run.job} {run.status} {spent}: {harmless(said(run))}"
