"""``stylobate jobs``: the work that is done by itself."""

import asyncio
import inspect
import json
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.errors import Conflict, Invalid, Unavailable

if TYPE_CHECKING:
    from rich.text import Text

    from core.cli.tables import Row
    from core.jobs import Done, Job, Standing
    from models import JobRun

app = typer.Typer(help="The work that is done by itself.", no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="As JSON, for a script.")]

_COLOURS = {"succeeded": "green", "running": "cyan", "waiting": "yellow", "stopped": "yellow"}
_SOON = timedelta(minutes=1)
_SUCCEEDED = "succeeded"


class JobRunning(Conflict):
    """This job is running."""


class ArgumentsMissing(Invalid):
    """This job is told what to do by whoever asks for it."""


@app.command("list")
def list_(as_json: _Json = False) -> None:
    """Show every job: what it does, when (a crontab line, in UTC), and how it stands.

    Without a database it shows what is known without one.
    """
    from core import clock, jobs
    from core.cli.tables import table
    from core.jobs import Standing

    every, now = jobs.every(), clock.now()
    known = asyncio.run(_standings())
    if as_json:
        typer.echo(json.dumps([_described(job, known, now) for job in every]))
    elif known is None:
        _print(table(("Job", "When (UTC)", "Limit"), [_row(job) for job in every]))
    else:
        head = ("Job", "When (UTC)", "Next", "Last success", "Failures", "Limit")
        _print(table(head, [_standing_row(job, known.get(job.name, Standing()), now) for job in every]))


async def _standings() -> "dict[str, Standing] | None":
    from core import database, jobs

    try:
        async with database.connected():
            return await jobs.standings()
    except Unavailable as error:
        typer.echo(f"how they stand is not known: {error}", err=True)
        return None


def _row(job: "Job", *between: "Text | str") -> "Row":
    from core.cli.tables import Row, span

    return Row((job.name, job.schedule or "when asked for", *between, span(job.limit)), job.about)


def _standing_row(job: "Job", standing: "Standing", now: datetime) -> "Row":
    from rich.text import Text

    from core.cli.tables import span

    succeeded_at, failures = standing.succeeded_at, standing.failures
    return _row(
        job,
        due(job, standing, now),
        f"{span(now - succeeded_at)} ago" if succeeded_at else "never",
        Text(f"{failures:,}", "red") if failures else "",
    )


def due(job: "Job", standing: "Standing", now: datetime) -> "Text | str":
    """When it is done next, in words."""
    from rich.text import Text

    from core.cli.tables import span
    from core.jobs.timetable import due_at

    following = due_at(job, standing, now)
    if standing.run_id:
        return Text("running", "cyan")
    if following is None:
        return ""
    if following > now:
        return f"in {span(following - now)}"
    return "now" if now - following < _SOON else Text(f"{span(now - following)} late", "red")


def _described(job: "Job", known: "dict[str, Standing] | None", now: datetime) -> dict[str, Any]:
    from core.jobs import Standing
    from core.jobs.timetable import due_at

    described = {"name": job.name, "schedule": job.schedule, "about": job.about, "limit": job.limit.total_seconds()}
    if known is None:
        return described
    standing = known.get(job.name, Standing())
    return {
        **described,
        "next_at": _iso(due_at(job, standing, now)),
        "running": standing.run_id is not None,
        "started_at": _iso(standing.started_at),
        "succeeded_at": _iso(standing.succeeded_at),
        "failures": standing.failures,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


@app.command()
def history(
    name: Annotated[str | None, typer.Argument(help="Of this job only.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="Only what failed, took too long or was lost.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="So many at the most.")] = 20,
    as_json: _Json = False,
) -> None:
    """Show what was done, the newest first, and what came of it."""
    from core import clock, database, jobs
    from core.cli.tables import table

    async def read() -> list["JobRun"]:
        async with database.connected():
            return await jobs.history(job=name, failed=failed, limit=limit)

    runs = asyncio.run(read())
    if name and not runs:
        jobs.get(name)  # raises: it may be a slip of the pen
    if as_json:
        typer.echo(json.dumps([_run_described(run) for run in runs]))
    elif runs:
        head = ("When (UTC)", "Job", "Outcome", "Took", "Attempt", "Trigger")
        _print(table(head, [run_row(run, clock.now()) for run in runs]))
    else:
        typer.echo("there is none")


def run_row(run: "JobRun", now: datetime) -> "Row":
    """A run as a row of a table."""
    from rich.text import Text

    from core.cli.tables import Row, took

    began = run.started_at or run.created_at
    return Row(
        (
            f"{began:%Y-%m-%d %H:%M:%S}",
            run.job,
            Text(run.status, _COLOURS.get(run.status, "red")),
            took((run.finished_at or now) - run.started_at) if run.started_at else "",
            str(run.attempt),
            run.trigger,
        ),
        said(run),
    )


def said(run: "JobRun") -> str:
    """What came of it, or how far it is, and where."""
    where = f" ({run.worker})" if run.worker else ""
    if run.status == "running":
        return f"{progress(run)}{where}".strip()
    return f"{run.error or run.report or ''}{where}".strip()


def progress(run: "JobRun") -> str:
    """How far a run is that is under way."""
    from core.cli.bars import share
    from core.progress import Step

    steps = [Step(**step) for step in (run.counts or {}).get("progress", [])]
    return ", ".join(f"{step.what} {share(step)}".strip() for step in steps)


def _run_described(run: "JobRun") -> dict[str, Any]:
    known = ("id", "job", "arguments", "status", "attempt", "trigger", "worker", "correlation_id")
    outcome = ("counts", "report", "error")
    times = ("created_at", "started_at", "finished_at")
    return {
        **{name: getattr(run, name) for name in known},
        **{name: _iso(getattr(run, name)) for name in times},
        "seconds": (run.finished_at - run.started_at).total_seconds() if run.finished_at and run.started_at else None,
        **{name: getattr(run, name) for name in outcome},
    }


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="The job's name, as `stylobate jobs list` shows it.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do, and don't do it.")] = False,
    as_json: _Json = False,
) -> None:
    """Do a job now, here, without a worker. Exits with 1 when it fails.

    It is written down like every other run. While it runs, nobody else does this job; stopped with Ctrl-C, it is given
    to a worker.
    """
    from core.cli.tables import harmless

    if dry_run:
        _preview(name, as_json=as_json)
        return

    try:
        done = asyncio.run(_perform(name, as_json=as_json))
    except KeyboardInterrupt:
        typer.echo("stopped", err=True)
        raise
    succeeded = done.status == _SUCCEEDED
    if as_json:
        report, error = (done.text, None) if succeeded else (None, done.text)
        outcome = {"run_id": done.run_id, "status": done.status, "seconds": round(done.seconds, 3)}
        typer.echo(json.dumps({"job": name, **outcome, "counts": done.counts, "report": report, "error": error}))
    elif succeeded:
        typer.echo(f"{name}: {done.text or 'done'}")
    else:
        typer.echo(f"error: {name}: {harmless(done.text)}", err=True)
    if not succeeded:
        raise typer.Exit(1)


async def _perform(name: str, *, as_json: bool) -> "Done":
    from core import database, jobs
    from core.cli import bars

    job = jobs.get(name)
    missing = [name for name, given in inspect.signature(job.run).parameters.items() if given.default is given.empty]
    if missing:
        raise ArgumentsMissing(f"{name} needs to be told its {', '.join(missing)}: ask for it with jobs.enqueue")
    logging.getLogger("stylobate.jobs").addFilter(_is_news)
    async with database.connected():
        try:
            with bars.shown(name, enabled=not as_json):
                return await jobs.run_now(name)
        except database.Held:
            runs = await jobs.history(job=name, limit=50)
            raise next((_running(run) for run in runs if run.status == "running"), JobRunning()) from None


def _is_news(record: logging.LogRecord) -> bool:
    """Whether it says more than we say in the end: where an error came from that nobody has foreseen."""
    error = record.exc_info[1] if record.exc_info else None
    return record.levelno < logging.ERROR or not (error is None or isinstance(error, TimeoutError))


def _running(run: "JobRun") -> JobRunning:
    where = f" on {run.worker}" if run.worker else ""
    return JobRunning(f"{run.job} is running since {run.started_at:%Y-%m-%d %H:%M:%S} UTC{where}")


def _preview(name: str, *, as_json: bool) -> None:
    from core import database, jobs

    async def look() -> object:
        async with database.connected():
            return await jobs.preview(name)

    report = asyncio.run(look())
    typer.echo(json.dumps({"job": name, "dry_run": True, "report": str(report)}) if as_json else f"{name}: {report}")


@app.command()
def watch(
    interval: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="How often to look.")] = 1.0,
) -> None:
    """Show what is being done, what was, what is due and what waits, until Ctrl-C.

    Where the output is no terminal, it is a line for each run that ends.
    """
    from core.cli.watching import watch

    try:
        asyncio.run(watch(interval))
    except KeyboardInterrupt:
        return


def _print(lines: Iterable["Text"]) -> None:
    from rich.console import Console

    console = Console(soft_wrap=True, highlight=False)
    for line in lines:
        console.print(line)
