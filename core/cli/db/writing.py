"""Writing migrations, and checking that models, files and database agree."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from core.cli.db.asking import Json, done, say, wrong

if TYPE_CHECKING:
    from core.migrate.checking import Finding
    from core.migrate.generating import Kind, Rename
    from core.settings import DatabaseUrl, PostgresUrl

_Renames = Annotated[
    list[str] | None,
    typer.Option("--rename", metavar="TABLE.OLD:NEW", help="A column, or a field of the model, is called NEW now."),
]
_TableRenames = Annotated[
    list[str] | None, typer.Option("--rename-table", metavar="OLD:NEW", help="A table is called NEW now.")
]
_Drop = Annotated[bool, typer.Option("--drop", help="Let tables and columns go, and what is in them.")]
_Narrow = Annotated[bool, typer.Option("--narrow", help="Let types become narrower; what does not fit is refused.")]
_Cast = Annotated[bool, typer.Option("--cast", help="Let values be converted; what can't be is refused.")]
_Require = Annotated[bool, typer.Option("--require", help="Let columns be required that may be empty now.")]
_Unique = Annotated[bool, typer.Option("--unique", help="Let columns be unique that may have duplicates now.")]


def generate_(  # noqa: PLR0913, PLR0917  a flag is an argument to Typer
    name: Annotated[str, typer.Argument(help="What it does, in a few words.")],
    rename: _Renames = None,
    rename_table: _TableRenames = None,
    drop: _Drop = False,
    narrow: _Narrow = False,
    cast: _Cast = False,
    require: _Require = False,
    unique: _Unique = False,
    as_json: Json = False,
) -> None:
    """Write a migration, in both dialects, from the difference between the models and the files.

    It is tried out, up and down, before it is written. What could lose rows, or fail on rows that are there, needs its
    flag: without it the command exits with 2 and names it. PostgreSQL is that of DATABASE_URL, or one from the wheel.
    """
    from core.migrate.generating import Refused, RenameInvalid, generate

    try:
        with _postgres() as server:
            renames = _read_renames(rename, rename_table)
            allow = _allowed(drop=drop, narrow=narrow, cast=cast, require=require, unique=unique)
            written = done(generate(name, server=server, renames=renames, allow=allow), quiet=as_json)
    except Refused as error:
        _refused(error)
    except RenameInvalid as error:
        wrong(str(error))
    if as_json:
        say({"written": [str(file) for file in written]})
        return
    for file in written:
        typer.echo(f"wrote {file}")
    if not written:
        typer.echo("nothing to do: the files lead to the models")


def push_(
    rename: _Renames = None,
    rename_table: _TableRenames = None,
    drop: _Drop = False,
    narrow: _Narrow = False,
    cast: _Cast = False,
    require: _Require = False,
    unique: _Unique = False,
    as_json: Json = False,
) -> None:
    """Make the database match the models without a migration, for development. Rows stay, or it needs a flag."""
    from core import migrate
    from core.migrate.generating import Refused, RenameInvalid
    from core.migrate.pushing import push
    from core.settings import settings

    async def run() -> list[str]:
        renames = _read_renames(rename, rename_table)
        allow = _allowed(drop=drop, narrow=narrow, cast=cast, require=require, unique=unique)
        async with migrate.opened():
            return await push(settings().direct_database, renames=renames, allow=allow)

    try:
        statements = done(run(), quiet=as_json)
    except Refused as error:
        _refused(error)
    except RenameInvalid as error:
        wrong(str(error))
    if as_json:
        say({"ran": statements})
        return
    for statement in statements:
        typer.echo(f"{statement};")
    if not statements:
        typer.echo("nothing to do: the database matches the models")


def check(
    files_only: Annotated[bool, typer.Option("--files-only", help="Leave the database out.")] = False,
    as_json: Json = False,
) -> None:
    """Compare models, files and database, and look for what is unsafe.

    Exits with 1 when something differs. What differs is said in words, and in the SQL that would mend it.
    """
    from core import migrate
    from core.migrate import checking
    from core.settings import SqliteUrl, settings

    async def run(server: "PostgresUrl") -> "list[Finding]":
        found = await checking.check_files()
        found += await checking.check_models([server, SqliteUrl(file="scratch.db")])
        if not files_only:
            url = settings().direct_database
            async with migrate.opened(url):
                found += await checking.check_database(server if url.dialect == "postgres" else url)
        return found

    if not files_only:
        _ = settings().direct_database  # Or it is said too late that there is none.
    with _postgres() as server:
        findings = done(run(server), quiet=as_json)
    if as_json:
        say([finding._asdict() for finding in findings])
    else:
        for finding in findings:
            typer.echo(f"{'' if finding.fatal else 'note: '}{finding.what}")
            for statement in finding.sql:
                typer.echo("    " + statement.strip().replace("\n", "\n    ") + ";")
    if any(finding.fatal for finding in findings):
        raise typer.Exit(1)
    if not as_json:
        typer.echo("models and files agree" if files_only else "models, files and database agree")


def export_(
    dialect: Annotated[Literal["postgres", "sqlite"], typer.Argument(help="For which database.")] = "postgres",
) -> None:
    """Print the whole schema as SQL, as the models say it."""
    from core.migrate.exporting import export

    typer.echo(done(export(dialect)), nl=False)


def _read_renames(columns: list[str] | None, tables: list[str] | None) -> "list[Rename]":
    from core.migrate.generating import Rename

    return [Rename.parse_table(it) for it in tables or []] + [Rename.parse(it) for it in columns or []]


def _allowed(**flags: bool) -> "set[Kind]":
    from core.migrate.generating import Kind

    return {Kind(name) for name, given in flags.items() if given}


def _refused(error: Exception) -> None:
    for danger in getattr(error, "dangers", []):
        typer.echo(f"error: {danger}", err=True)
    raise typer.Exit(2)


@contextmanager
def _postgres() -> "Iterator[PostgresUrl]":
    """A PostgreSQL to try things out on: the one that is set, or one from the wheel, for as long as it is needed."""
    import tempfile
    from pathlib import Path

    from core.settings import PostgresUrl, settings
    from core.settings.database_url import parse

    there = settings()
    urls: list[DatabaseUrl | None] = [there.backup_scratch_url, there.direct_database_url, there.database_url]
    for url in urls:
        if isinstance(url, PostgresUrl):
            yield url
            return

    from core.local.postgres import Postgres

    typer.echo("starting a PostgreSQL to try it out on ...", err=True)
    with tempfile.TemporaryDirectory() as folder, Postgres(Path(folder) / "postgres", durable=False) as server:
        try:
            found = parse(server.url("postgres"))
            assert isinstance(found, PostgresUrl)  # noqa: S101  it is one
            yield found
        finally:
            server.erase()
