"""``stylobate health``: whether all is well, and whether what should run does, for whoever restarts it (systemd,
Compose, Kubernetes).
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from core.errors import Unavailable

if TYPE_CHECKING:
    from core.heartbeat import Sign
    from core.jobs import Late
    from core.readiness import Check

Answer = TypeVar("Answer")

app = typer.Typer()

_READY, _DEGRADED, _NOT_READY = range(3)
_SAID = ("ready", "degraded", "not ready")

_PATIENCE = 5.0
"""Seconds that a database has to answer."""

_Within = Annotated[int, typer.Option(metavar="SECONDS", help="How long ago it may have shown itself at the most.")]
_Ready = Annotated[bool, typer.Option("--ready", help="Also ask whether its broker and the database are there.")]
_Json = Annotated[bool, typer.Option("--json", help="As JSON, for a script.")]


@app.callback(invoke_without_command=True)
def health(context: typer.Context, as_json: _Json = False) -> None:
    """Whether all is well, and whether what should run does.

    Alone it exits with 0 if all is well, 1 if somebody should look after something, and 2 if no work can be done.
    Needed for work are the database, its migrations and, where one is set, the broker: what /readyz asks. To be looked
    after are jobs that are late, and a last proven backup that is old.
    """
    if context.invoked_subcommand is not None:
        if as_json:
            context.fail(f"--json stands behind {context.invoked_subcommand}")
        return
    needed, worries = asyncio.run(_found())
    code = _NOT_READY if not all(it.ok for it in needed) else _DEGRADED if not all(it.ok for it in worries) else _READY
    found = [*needed, *worries]
    if as_json:
        typer.echo(json.dumps({"status": _SAID[code], "checks": [check.described() for check in found]}))
    else:
        typer.echo(_SAID[code])
        width = max(len(check.name) for check in found)
        for check in found:
            typer.echo(f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<{width}}  {check.what}")
            if not check.ok:
                typer.echo(f"{'remedy: ':>{width + 8}}{check.remedy}")
    raise typer.Exit(code)


async def _found() -> "tuple[tuple[Check, ...], tuple[Check, ...]]":
    """What is needed, and what is to be looked after: that is asked of a database that answers."""
    from core import readiness

    needed = await readiness.fresh()
    stored = (check for check in needed if check.name != "broker")
    return needed, await readiness.worries() if readiness.all_well(stored) else ()


@app.command()
def worker(within: _Within = 60, ready: _Ready = False, as_json: _Json = False) -> None:
    """Exit with 0 if the workers of this machine or container are alive, and with 1 if there is none or one is stuck.

    That one is alive says its heartbeat, a file that it writes anew every few seconds. Nothing is asked over a network,
    except with --ready: that is for whoever waits for it, and no reason to restart it.
    """
    _check("worker", within, ready=ready, as_json=as_json)


@app.command()
def beat(within: _Within = 60, ready: _Ready = False, as_json: _Json = False) -> None:
    """Exit with 0 if beat is alive, as `stylobate health worker` does for the workers."""
    _check("beat", within, ready=ready, as_json=as_json)


@app.command()
def jobs(as_json: _Json = False) -> None:
    """Exit with 0 if every job began in time, and with 1 if one is late: no beat, no worker, or none that gets to it.

    It asks the database and nothing else, so it may run anywhere, as a dead man's switch for the whole.
    """
    from core.jobs import Late, late

    found: list[Late] = []
    said: dict[str, str] = {}
    try:
        found = asyncio.run(_answered(late))
        if found:
            raise _too_late(found)
    except Unavailable as error:
        if not as_json:
            raise
        said = {"error": str(error), "remedy": error.remedy}
    if as_json:
        named = [{"job": it.job, "due_at": it.due_at.isoformat()} for it in found]
        typer.echo(json.dumps({"kind": "jobs", "ok": not said, **said, "late": named}))
    else:
        typer.echo("no job is late")
    if said:
        raise typer.Exit(1)


def _too_late(found: "list[Late]") -> Unavailable:
    from core import clock
    from core.cli.tables import span

    now = clock.now()
    names = ", ".join(f"{it.job} for {span(now - it.due_at)}" for it in sorted(found, key=lambda it: it.due_at))
    return Unavailable(
        f"late: {names}",
        remedy="see that beat and a worker run (`stylobate health beat`, `stylobate health worker`), and what they do",
    )


def _check(kind: str, within: int, *, ready: bool, as_json: bool) -> None:
    from core import heartbeat

    signs: list[heartbeat.Sign] = []
    said: dict[str, str] = {}
    try:
        signs = heartbeat.require(kind, within=timedelta(seconds=within))
        if ready:
            _require_ready(signs)
    except Unavailable as error:
        if not as_json:
            raise
        said = {"error": str(error), "remedy": error.remedy}
    if as_json:
        processes = [{"pid": it.pid, "age": round(it.age, 1), "broker": it.broker, **it.facts} for it in signs]
        typer.echo(json.dumps({"kind": kind, "ok": not said, **said, "processes": processes}))
    else:
        for sign in signs:
            typer.echo(f"{kind} {sign.pid} showed itself {sign.age:.0f} s ago")
    if said:
        raise typer.Exit(1)


def _require_ready(signs: "list[Sign]") -> None:
    """Raise Unavailable if a process does not reach its broker, or the database does not answer or is not migrated."""
    for sign in signs:
        if not sign.broker:
            raise Unavailable(
                f"the {sign.kind} of process {sign.pid} does not reach its broker",
                remedy="check that it runs, and that REDIS_URL or BROKER_URL names it",
            )

    async def nothing() -> None:
        pass

    asyncio.run(_answered(nothing))


async def _answered(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    """Ask the database something, and don't wait for ever."""
    from core import database

    try:
        async with asyncio.timeout(_PATIENCE), database.connected():
            return await ask()
    except TimeoutError:
        raise database.DatabaseUnreachable(
            f"the database did not answer within {_PATIENCE:.0f} s",
            remedy="check whether it is frozen or overloaded",
        ) from None
