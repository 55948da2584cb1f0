"""Applying migrations, taking them back, and saying which were."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.db.asking import Json, Wait, Yes, agree, done, say

if TYPE_CHECKING:
    from core.migrate import Event, Migration, Planned
    from core.migrate.adopting import Adoption

_Plan = Annotated[bool, typer.Option("--plan", help="Print the SQL that would be run, and run nothing.")]


def migrate_(plan: _Plan = False, wait: Wait = 600, as_json: Json = False) -> None:
    """Apply the migrations that the database has not had.

    Safe to run from several machines at once: one applies them, the others wait and find nothing left. Each file is all
    or nothing, or is gone on with where it ended. Nobody waits for it longer than a second. DIRECT_DATABASE_URL is used
    where it is set, since a pooler is no place for migrations.
    """
    from core import migrate

    async def planned() -> "list[Planned]":
        async with migrate.opened():
            return await migrate.plan()

    async def apply() -> "tuple[list[str], list[Migration]]":
        names = []
        async with migrate.opened():
            async for name in migrate.migrate(patience=timedelta(seconds=wait)):
                names.append(name)
                if not as_json:
                    typer.echo(f"applied {name}")
            return names, await migrate.status()

    if plan:
        _print_plan(done(planned(), quiet=as_json), as_json=as_json)
        return
    names, migrations = done(apply(), quiet=as_json)
    if as_json:
        say({"applied": names})
    else:
        typer.echo("the schema is up to date" if names else "nothing to do: the schema is up to date")
    for migration in migrations:
        if migration.edited:
            typer.echo(f"warning: {migration.name} was edited since it was applied", err=True)


def downgrade_(
    to: Annotated[int | None, typer.Option(metavar="NUMBER", help="The migration that is the last one then.")] = None,
    steps: Annotated[int, typer.Option(min=1, help="How many to take back.")] = 1,
    plan: _Plan = False,
    yes: Yes = False,
    wait: Wait = 600,
    as_json: Json = False,
) -> None:
    """Take back the newest migrations, one unless told otherwise. It asks when rows go with them."""
    from core import migrate
    from core.migrate.losses import losses

    async def planned() -> "tuple[list[Planned], list[str]]":
        async with migrate.opened():
            found = await migrate.plan_downgrade(to=to, steps=steps)
            return found, await losses(found)

    async def take_back() -> list[str]:
        names = []
        async with migrate.opened():
            async for name in migrate.downgrade(to=to, steps=steps, patience=timedelta(seconds=wait)):
                names.append(name)
                if not as_json:
                    typer.echo(f"took back {name}")
        return names

    found, lost = done(planned(), quiet=as_json)
    if plan:
        _print_plan(found, as_json=as_json)
        return
    if lost:
        agree(f"This goes: {', '.join(lost)}.", yes=yes)
    names = done(take_back(), quiet=as_json)
    if as_json:
        say({"taken_back": names})
    elif not names:
        typer.echo("nothing to do: there is no such migration")


def _print_plan(planned: "list[Planned]", *, as_json: bool) -> None:
    if as_json:
        say([it._asdict() for it in planned])
        return
    for it in planned:
        typer.echo(f"-- {it.name}{'' if it.in_transaction else ', statement by statement'}")
        if it.statements is None:
            typer.echo("-- asks the database as it goes: see the file")
        for statement in it.statements or []:
            typer.echo(f"{statement};")
    if not planned:
        typer.echo("-- nothing to do")


def status(as_json: Json = False) -> None:
    """Show which migrations the database has had. Exits with 1 when one is missing, half done or edited since."""
    from core import migrate

    async def read() -> "list[Migration]":
        async with migrate.opened():
            return await migrate.status()

    migrations = done(read(), quiet=True)
    if as_json:
        say([migration._asdict() for migration in migrations])
    else:
        for migration in migrations:
            state = "applied" if migration.applied else "MISSING"
            if migration.unfinished:
                state = f"HALF DONE ({migration.unfinished})"
            typer.echo(f"{state}  {migration.name}{'  EDITED since' if migration.edited else ''}")
    if any(not it.applied or it.unfinished or it.edited for it in migrations):
        raise typer.Exit(1)


def history(as_json: Json = False) -> None:
    """Show what was applied, when, by which version, and whether the file is still the same."""
    from core import migrate

    async def read() -> "list[Event]":
        async with migrate.opened():
            return await migrate.history()

    events = done(read(), quiet=True)
    if as_json:
        say([event._asdict() for event in events])
        return
    for event in events:
        when = f"{event.applied_at:%Y-%m-%d %H:%M:%S}" if event.applied_at else "by Aerich         "
        version = event.program_version or "?"
        intact = {True: "intact", False: "EDITED since", None: "checksum unknown"}[event.intact]
        typer.echo(f"{when}  {version}  {event.name}  {intact}")


def adopt_(plan: _Plan = False, as_json: Json = False) -> None:
    """Take over a PostgreSQL database that a better-auth application made; that application goes on working.

    What is missing is added, nothing is taken away and no type is changed. The migrations then count as applied.
    """
    from core import migrate
    from core.migrate import adopting
    from core.settings import PostgresUrl, settings

    url = settings().direct_database

    async def run() -> "Adoption":
        server = url if isinstance(url, PostgresUrl) else PostgresUrl()
        async with migrate.opened(url):
            return await (adopting.plan if plan else adopting.adopt)(server)

    adoption = done(run(), quiet=as_json)
    if as_json:
        say(adoption._asdict())
        return
    for statement in (*adoption.statements, *adoption.indexes):
        typer.echo(f"{statement};")
    for words in adoption.left:
        typer.echo(f"-- stays: {words}")
    if not plan:
        typer.echo("-- adopted")
