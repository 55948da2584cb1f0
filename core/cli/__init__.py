"""The ``stylobate`` command.

Every command exits with 0 when it is done, 1 when it can't be (one line says why, one what to do) and 2 when it was
called wrongly. Commands import what they need when they run, so that ``--help`` is there at once.
"""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from core.cli import backup, db, doctor, health, jobs, studio, transfer, up
from core.errors import Refusal, Unavailable

app = typer.Typer(
    name="stylobate",
    help="The async data core of a SaaS product: its database, its jobs, and a whole system on your laptop.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(backup.app, name="backup")
app.add_typer(db.app, name="db")
app.add_typer(health.app, name="health")
app.add_typer(jobs.app, name="jobs")
app.add_typer(transfer.app, name="transfer")
app.command("doctor")(doctor.doctor)
app.command("studio")(studio.studio)
app.command("up")(up.up)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("stylobate"))
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")] = False,
) -> None:
    pass


def main() -> None:
    """Run the command, and say in one line what is wrong when it can't be run."""
    sys.path.insert(0, "")  # An app's jobs are in its own folder, where `celery` would find them too.
    try:
        app()
    except Unavailable as error:
        sys.exit(f"error: {error}\nremedy: {error.remedy}")
    except Refusal as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
