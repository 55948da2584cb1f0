"""``stylobate db``: the schema."""

import asyncio
import json
from typing import Annotated

import typer

app = typer.Typer(help="The database's schema.", no_args_is_help=True)


@app.command("migrate")
def migrate_() -> None:
    """Apply the migrations that the database has not had.

    Safe to run from several machines at once: one applies them, the others wait and find nothing left. Each file is all
    or nothing. DIRECT_DATABASE_URL is used where it is set, since a pooler is no place for migrations.
    """
    from core import database, migrate
    from core.settings import settings

    async def apply() -> None:
        done = 0
        async with database.connected(settings().direct_database, migrated=False):
            async for name in migrate.migrate():
                typer.echo(f"applied {name}")
                done += 1
        typer.echo("the schema is up to date" if done else "nothing to do: the schema is up to date")

    asyncio.run(apply())


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="As JSON, for a script.")] = False,
) -> None:
    """Show which migrations the database has had. Exits with 1 when one is missing."""
    from core import database, migrate
    from core.settings import settings

    async def read() -> list[migrate.Migration]:
        async with database.connected(settings().direct_database, migrated=False):
            return await migrate.status()

    migrations = asyncio.run(read())
    if as_json:
        typer.echo(json.dumps([migration._asdict() for migration in migrations]))
    else:
        for migration in migrations:
            typer.echo(f"{'applied' if migration.applied else 'MISSING'}  {migration.name}")
    if not all(migration.applied for migration in migrations):
        raise typer.Exit(1)
