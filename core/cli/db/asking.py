"""What the commands have in common: how they answer, and how they ask before something goes."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from core.progress import Step

Json = Annotated[bool, typer.Option("--json", help="As JSON, for a script.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")]
Wait = Annotated[
    float, typer.Option("--wait", metavar="SECONDS", help="How long to wait for others who use the database.")
]

Result = TypeVar("Result")


def done(work: Coroutine[Any, Any, Result], *, quiet: bool = False) -> Result:
    """Do it, and show how far it is."""
    from core import progress
    from core.cli import bars

    told: set[str] = set()

    def listen(step: "Step") -> None:
        if step.unit == "seconds" and step.what not in told:
            told.add(step.what)
            typer.echo(step.what, err=True)

    with bars.shown(enabled=not quiet), progress.told_to(listen):
        return asyncio.run(work)


def say(value: object) -> None:
    """Print it as JSON."""
    typer.echo(json.dumps(value, default=lambda moment: moment.isoformat()))


def agree(question: str, *, yes: bool) -> None:
    """Go on only when whoever asked for it agrees."""
    if yes:
        return
    if not sys.stdin.isatty():
        wrong(f"{question} Say --yes.")
    typer.confirm(question, abort=True, err=True)


def wrong(message: str) -> NoReturn:
    """The command was called wrongly, or without what it needs to be told."""
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(2)
