"""``stylobate backup``: take, prove, restore and forget backups."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from core.errors import Unavailable

if TYPE_CHECKING:
    from rich.text import Text

    from core.backup import Archive, Manifest, Restored
    from core.cli.tables import Row

app = typer.Typer(help="Backups, and their proof.", no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="As JSON, for a script.")]
_Name = Annotated[str | None, typer.Argument(help="An archive, as `list` shows it; the newest if left out.")]

Result = TypeVar("Result")


def _done(work: Coroutine[Any, Any, Result], *, as_json: bool) -> Result:
    from core.cli import bars

    with bars.shown(enabled=not as_json):
        return asyncio.run(work)


def _print(value: object) -> None:
    typer.echo(json.dumps(value, default=lambda moment: moment.isoformat()))


@app.command()
def create(as_json: _Json = False) -> None:
    """Take a backup now. The database is in use meanwhile as ever."""
    from rich.filesize import decimal

    from core import backup, database

    async def take() -> "Manifest":
        async with database.connected():
            return await backup.take()

    manifest = _done(take(), as_json=as_json)
    if as_json:
        _print(manifest.model_dump(mode="json", exclude={"signature"}))
    else:
        rows = sum(table.rows for table in manifest.tables.values())
        typer.echo(f"{manifest.name}: {rows:,} rows in {decimal(manifest.size)}, {manifest.seconds:.2f} s")


@app.command("list")
def list_(as_json: _Json = False) -> None:
    """Show the backups of this database and what is known of each, the newest first.

    Without a database it shows what the store has.
    """
    from core import backup, clock, database
    from core.cli.tables import harmless, table

    async def read() -> "list[Archive] | None":
        try:
            async with database.connected():
                return await backup.every()
        except Unavailable as error:
            typer.echo(f"what was checked is not known: {error}", err=True)
            return None

    archives = asyncio.run(read())
    if archives is None:
        manifests = asyncio.run(backup.stored())
        if as_json:
            _print([manifest.model_dump(mode="json", include={"name", "taken_at", "size"}) for manifest in manifests])
        else:
            for manifest in manifests:
                typer.echo(f"{manifest.name}  {manifest.size:,} bytes")
        return
    if as_json:
        _print([{**archive._asdict(), "is_proven": archive.is_proven} for archive in archives])
        return

    from rich.console import Console

    console, now = Console(highlight=False, soft_wrap=True), clock.now()
    for line in table(("Backup", "Taken", "Size", "State"), [_row(archive, now) for archive in archives]):
        console.print(line)
    if not archives:
        typer.echo(harmless("there is no backup yet: `stylobate backup create`"))


def _row(archive: "Archive", now: datetime) -> "Row":
    from rich.filesize import decimal

    from core.cli.tables import Row, span

    size = decimal(archive.size) if archive.size else ""
    taken = f"{span(now - archive.taken_at)} ago"
    return Row((archive.name, taken, size, _state(archive)), archive.error or archive.check_error or "")


def _state(archive: "Archive") -> "Text":
    from rich.text import Text

    if archive.error:
        return Text("failed", "red")
    if not archive.is_stored:
        return Text("not in the store", "red")
    if archive.check_error:
        return Text("not to be trusted", "red")
    if archive.is_proven:
        return Text("proven", "green")
    return Text({1: "checksum is right", 2: "read to its end"}.get(archive.check_level or 0, "not checked"), "yellow")


@app.command()
def verify(
    name: _Name = None,
    level: Annotated[
        int, typer.Option(min=1, max=3, help="1: its checksum. 2: read to its end. 3: restored and compared.")
    ] = 3,
    as_json: _Json = False,
) -> None:
    """Prove a backup: restore it into a database that is gone afterwards, and compare every table."""
    from core import backup, database

    async def check() -> backup.Verified:
        async with database.connected():
            return await backup.verify(name, level=level)

    verified = _done(check(), as_json=as_json)
    if as_json:
        _print(verified._asdict())
    else:
        typer.echo(f"{verified}, {verified.seconds:.2f} s")


@app.command()
def restore(
    name: _Name = None,
    table: Annotated[
        list[str] | None,
        typer.Option("--table", help="Only this table, beside the present one. May be given several times."),
    ] = None,
    target: Annotated[
        str | None, typer.Option(help="Make another database (SQLite: another file) and leave the present one alone.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also another database's archive, or one of other migrations.")
    ] = False,
    safety_copy: Annotated[
        bool, typer.Option("--safety-copy/--no-safety-copy", help="Take a backup of the present database first.")
    ] = True,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: _Json = False,
) -> None:
    """Put a backup in the place of the present database, which is kept under another name.

    It is restored beside the present one, compared with what was backed up, and only then takes its place. Whatever is
    wrong with the archive is found before anything is touched.
    """
    from core import backup
    from core.settings import settings

    if table and target:
        raise typer.BadParameter("--table and --target do not go together")
    manifest = asyncio.run(backup.find(name))
    if not (table or target or yes):
        rows = sum(content.rows for content in manifest.tables.values())
        question = (
            f"Replace {settings().direct_database} by {manifest.name},"
            f" taken {manifest.taken_at:%Y-%m-%d %H:%M} UTC, {rows:,} rows?"
        )
        if not sys.stdin.isatty():
            raise typer.BadParameter(f"nobody is here to ask: {question} Add --yes if so.")
        typer.confirm(question, abort=True)
    if table:
        restored = _done(backup.take_out(table, manifest.name), as_json=as_json)
    else:
        work = backup.restore(manifest.name, target=target, force=force, safety_copy=safety_copy)
        restored = _done(work, as_json=as_json)
    if as_json:
        _print(restored._asdict())
    else:
        _tell(restored)


def _tell(restored: "Restored") -> None:
    for note in restored.notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"{restored.name} restored into {restored.where}")
    if restored.safety_copy:
        typer.echo(f"what was there is backed up as {restored.safety_copy}")
    if restored.kept:
        typer.echo(f"and kept as {restored.kept}")
        typer.echo(f"to go back: {restored.undo}")
        typer.echo(f"to delete it: {restored.drop}")


@app.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be removed.")] = False,
    as_json: _Json = False,
) -> None:
    """Remove the backups that nobody needs any more, as STYLOBATE_BACKUP_KEEP says.

    The newest that was proven always stays, and all stay while the newest is in doubt.
    """
    from core import backup, database

    async def remove() -> backup.Pruned:
        async with database.connected():
            return await backup.prune(dry_run=dry_run)

    pruned = asyncio.run(remove())
    if as_json:
        _print(pruned._asdict())
        return
    for name in pruned.removed:
        typer.echo(f"{'would be removed' if dry_run else 'removed'}  {name}")
    if not dry_run:
        typer.echo(str(pruned))


@app.command()
def key() -> None:
    """Print the public keys that backups are encrypted for."""
    from core.backup import keys

    for recipient in keys.recipients():
        typer.echo(recipient.key_id)
