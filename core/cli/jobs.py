"""``stylobate jobs``: the work that is done by itself."""

import asyncio
import json
import time
from typing import Annotated

import typer

app = typer.Typer(help="The work that is done by itself.", no_args_is_help=True)


@app.command("list")
def list_(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a script.")] = False,
) -> None:
    """Show every job, when it is done (a crontab line, in UTC) and what it does."""
    from core import jobs

    every = jobs.every()
    if as_json:
        typer.echo(json.dumps([{"name": job.name, "schedule": job.schedule, "about": job.about} for job in every]))
        return

    from rich.console import Console
    from rich.table import Table

    table = Table("Job", "When (UTC)", "What it does", box=None, pad_edge=False, header_style="bold")
    for job in every:
        table.add_row(job.name, job.schedule or "when asked for", job.about)
    Console().print(table)


@app.command()
def run(
    name: Annotated[str, typer.Argument(help="The job's name, as `stylobate jobs list` shows it.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a script.")] = False,
) -> None:
    """Do a job now, here, without a worker."""
    from core import database, jobs

    job = jobs.get(name)

    async def perform() -> object:
        async with database.connected():
            return await job.run()

    began = time.monotonic()
    report = asyncio.run(perform())
    if as_json:
        seconds = round(time.monotonic() - began, 3)
        typer.echo(json.dumps({"job": name, "seconds": seconds, "report": str(report)}))
    else:
        typer.echo(f"{name}: {report}")
