"""Sample data, and a database that begins anew."""

from typing import TYPE_CHECKING, Annotated

import typer

from core.cli.db.asking import Json, Yes, agree, done, say, wrong

if TYPE_CHECKING:
    from core.migrate.resetting import Contents
    from core.migrate.seeding import Seeded
    from core.settings import DatabaseUrl

_Database = Annotated[
    str | None,
    typer.Option("--database", metavar="NAME", help="Its name, for a database that is not on this machine."),
]


def _insist_it_is_meant(url: "DatabaseUrl", name: str | None) -> None:
    from core.migrate.resetting import is_local, name_of

    if not is_local(url) and name != name_of(url):
        wrong(f"{url} is not on this machine. If it is the one you mean, say --database {name_of(url)}")


def seed_(
    size: Annotated[
        str, typer.Argument(help="small, medium, large (100, 10,000, 100,000), or how many people.")
    ] = "small",
    number: Annotated[int, typer.Option("--seed", help="Another number makes other people.")] = 1,
    into_filled: Annotated[bool, typer.Option("--into-filled", help="Also where somebody is already.")] = False,
    database: _Database = None,
    as_json: Json = False,
) -> None:
    """Fill the database with sample data, the same on the same day for the same number.

    It refuses a database with people in it, and one that is not on this machine unless it is named. Everybody's
    password is `sample password`.
    """
    from core import clock, migrate
    from core.database.migrated import require_migrated
    from core.migrate import seeding
    from core.settings import settings

    url = settings().direct_database
    _insist_it_is_meant(url, database)
    people = seeding.SIZES.get(size) or (int(size) if size.isdecimal() else 0)
    if not people:
        wrong(f"{size} is no size: small, medium, large, or a number of people from 1")

    async def fill() -> "Seeded":
        async with migrate.opened(url):
            await require_migrated()
            until = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
            return await seeding.seed(people=people, number=number, until=until, into_filled=into_filled)

    rows = done(fill(), quiet=as_json).rows
    if as_json:
        say(rows)
        return
    for table, count in rows.items():
        typer.echo(f"{count:>12,}  {table}")


def reset_(database: _Database = None, yes: Yes = False, as_json: Json = False) -> None:
    """Drop everything in the database and migrate it anew. It asks first.

    It refuses a database that is not on this machine unless it is named.
    """
    from core import migrate
    from core.migrate import resetting
    from core.settings import settings

    url = settings().direct_database
    _insist_it_is_meant(url, database)

    async def look() -> "Contents":
        async with migrate.opened(url):
            return await resetting.contents()

    async def begin_anew() -> list[str]:
        async with migrate.opened(url):
            return [name async for name in resetting.reset()]

    there = done(look(), quiet=True)
    agree(f"{there.tables} tables with {there.rows:,} rows of {resetting.name_of(url)} go.", yes=yes)
    names = done(begin_anew(), quiet=as_json)
    if as_json:
        say({"applied": names})
        return
    for name in names:
        typer.echo(f"applied {name}")
