"""``stylobate transfer``: from SQLite to PostgreSQL, and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from core.cli.db.asking import Json, done, say, wrong

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from core.cli.tables import Row
    from core.settings import PostgresUrl
    from core.transfer import Compared, Kind, Moved, Plan, Recognised, TablePlan

_KINDS = "stylobate, better-auth, drizzle (seconds) or drizzle-milliseconds"


class _RunUnlessSaid(TyperGroup):
    """A group whose command ``run`` need not be named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401  Typer's own click
        if args and args[0] not in (*self.commands, *ctx.help_option_names):
            args.insert(0, "run")
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_RunUnlessSaid,
    help="Move a database from SQLite to PostgreSQL, or take a copy home: `stylobate transfer SOURCE [TARGET]`.",
    no_args_is_help=True,
)

_Source = Annotated[str, typer.Argument(help="A SQLite file, or a URL. `-` is DATABASE_URL.")]
_Target = Annotated[str | None, typer.Argument(help="The same; DATABASE_URL if left out.")]
_Kind = Annotated[str | None, typer.Option("--kind", help=f"Whose the SQLite file is, if it is not seen: {_KINDS}.")]


@app.command()
def run(  # noqa: PLR0913, PLR0917  each is an option
    source: _Source,
    target: _Target = None,
    plan: Annotated[bool, typer.Option("--plan", help="Read everything, change nothing, say what would be.")] = False,
    kind: _Kind = None,
    merge: Annotated[bool, typer.Option("--merge", help="Add what a filled target lacks, all or nothing.")] = False,
    extra: Annotated[bool, typer.Option("--extra", help="Carry tables and columns that the target lacks.")] = False,
    leave_extra: Annotated[bool, typer.Option("--leave-extra", help="Leave those behind.")] = False,
    max_rejects: Annotated[
        int, typer.Option("--max-rejects", min=0, help="So many rows that can't be are no failure.")
    ] = 0,
    rejects: Annotated[Path, typer.Option("--rejects", help="Where those rows are told of, a JSON object a line.")] = (
        Path("transfer-rejects.ndjson")
    ),
    as_json: Json = False,
) -> None:
    """Copy everything, and compare both sides. The word `run` may be left out.

    An empty PostgreSQL database is migrated first. Called again after an interruption, it goes on where it ended. Exits
    with 1 when rows could not be taken or the sides differ, with 2 when the target has no place for something.
    """
    from core import transfer

    if extra and leave_extra:
        wrong("--extra and --leave-extra do not go together")
    what = transfer.Extra.CARRY if extra else transfer.Extra.LEAVE if leave_extra else transfer.Extra.REFUSE
    start, end = _url(source), _url(target)
    if start.dialect == end.dialect:
        wrong(f"from {start} to {end}: one of the two must be SQLite, and the other PostgreSQL")
    if start.dialect == "postgres":
        if plan or merge or kind:
            wrong("--plan, --merge and --kind are for the way from SQLite to PostgreSQL")
        moved = _refusing(transfer.take_home(start, Path(end.file), extra=what), as_json=as_json)
    elif plan:
        _plan(
            Path(start.file), end, kind=_kind(kind), is_placed=extra or leave_extra, most=max_rejects, as_json=as_json
        )
        return
    else:
        moving = transfer.move(Path(start.file), end, kind=_kind(kind), merge=merge, extra=what, rejected=rejects)
        moved = _refusing(moving, as_json=as_json)
    if as_json:
        say(_described(moved))
    else:
        _show(moved)
        if moved.rejected:
            typer.echo(f"{moved.rejected:,} rows were not taken: {rejects} says which, and why", err=True)
    if moved.rejected > max_rejects or not moved.same:
        raise typer.Exit(1)


@app.command()
def verify(
    source: _Source,
    target: _Target = None,
    kind: _Kind = None,
    rejects: Annotated[
        Path | None, typer.Option("--rejects", help="The file of the rows that were not taken, and are not missed.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read both sides again, and compare every row of every table. Exits with 1 when they differ."""
    from core import transfer

    start, end = _url(source), _url(target)
    if start.dialect == "postgres":  # Which of the two is the copy makes no difference.
        start, end = end, start
    if start.dialect == end.dialect:
        wrong(f"{start} and {end}: one of the two must be SQLite, and the other PostgreSQL")
    compared = done(transfer.verify(Path(start.file), end, kind=_kind(kind), rejected=rejects), quiet=as_json)
    if as_json:
        say([_one(it) for it in compared])
    else:
        _show_compared(compared)
    if not all(it.same for it in compared):
        raise typer.Exit(1)


def _url(text: str | None) -> Any:  # noqa: ANN401  one of the two kinds, which the caller tells apart
    from core.settings import settings
    from core.settings.database_url import SqliteUrl, parse

    if text in (None, "-"):
        return settings().direct_database
    if not text.startswith("sqlite:") and "://" not in text:
        return SqliteUrl(file=text)
    try:
        return parse(text)
    except ValueError as error:
        return wrong(str(error))


def _kind(text: str | None) -> "Kind | None":
    from core.transfer import Kind

    if text is not None and text not in set(Kind):
        wrong(f"--kind is one of {_KINDS}")
    return Kind(text) if text else None


def _refusing(work: "Coroutine[Any, Any, Moved]", *, as_json: bool) -> "Moved":
    """Do it. That something has no place is the caller's to decide about."""
    from core.database import DatabaseUnreachable
    from core.transfer import LeftBehind

    try:
        return done(work, quiet=as_json)
    except LeftBehind as error:
        wrong(str(error))
    except DatabaseUnreachable:
        typer.echo("what is stored stays: called again, this goes on from there", err=True)
        raise


def _plan(
    source: Path, target: "PostgresUrl", *, kind: "Kind | None", is_placed: bool, most: int, as_json: bool
) -> None:
    from core import transfer

    recognised, plan = done(transfer.plan(source, target, kind=kind), quiet=as_json)
    missing = [f"{table.name}.{column}" for table in plan.tables if table.rows for column in table.missing]
    if as_json:
        say(
            {
                **recognised._asdict(),
                "tables": [_planned(table) for table in plan.tables],
                "extra": {
                    "tables": [table.name for table in plan.extras.tables],
                    "columns": {name: [it.name for it in columns] for name, columns in plan.extras.columns.items()},
                },
                "notes": plan.notes,
                "rejected": plan.rejected,
            }
        )
    else:
        _show_plan(recognised, plan)
        if missing:
            typer.echo(f"the target must have a value in {', '.join(missing)}, and the source has no such column")
    if plan.rejected > most or missing:
        raise typer.Exit(1)
    if plan.extras and not is_placed:
        raise typer.Exit(2)


def _planned(table: "TablePlan") -> dict[str, Any]:
    return {
        **table._asdict(),
        "wrong": [wrong._asdict() for wrong in table.wrong],
        "rejected": table.rejected,
    }


def _show_plan(recognised: "Recognised", plan: "Plan") -> None:
    from core.cli.tables import harmless

    typer.echo(f"the source is of {recognised.kind}: {recognised.why}")
    for table in plan.tables:
        typer.echo(f"{table.name}: {table.rows:,} rows")
        for column, told in table.told.items():
            typer.echo(f"  {column}: {', '.join(f'{count:,} {how}' for how, count in told.items())}")
        if table.filled and table.rows:
            typer.echo(f"  the source lacks {', '.join(table.filled)}")
        for wrong_ in table.wrong:
            where = f"{wrong_.column}: " if wrong_.column else ""
            keys = ", ".join(harmless(str(key)) for key in wrong_.keys)
            more = ", ..." if wrong_.rows > len(wrong_.keys) else ""
            typer.echo(f"  NOT TAKEN: {wrong_.rows:,} rows, {where}{wrong_.reason} ({keys}{more})")
    if plan.extras:
        typer.echo(f"the target has no place for {plan.extras}: say --extra to carry them, or --leave-extra")
    for note in plan.notes:
        typer.echo(f"note: {note}")
    typer.echo(f"{sum(table.rows for table in plan.tables):,} rows, {plan.rejected:,} of them can't be taken")


def _show(moved: "Moved") -> None:
    typer.echo(f"the source is of {moved.recognised.kind}: {moved.recognised.why}")
    if moved.resumed:
        typer.echo("gone on with what was begun before")
    from core.cli.tables import Row

    rows = [
        Row((it.table, f"{it.rows - it.already:,}", f"{it.already:,}", f"{it.rejected:,}"))
        for it in moved.tables
        if it.rows or it.rejected
    ]
    _print(("Table", "Taken", "Were there", "Not taken"), rows)
    _show_compared(moved.compared)
    taken = sum(it.rows - it.already for it in moved.tables)
    typer.echo(f"{taken:,} rows in {moved.seconds:.1f} s")


def _show_compared(compared: "Sequence[Compared]") -> None:
    from rich.text import Text

    from core.cli.tables import Row

    rows = [
        Row(
            (
                it.table,
                f"{it.source_rows:,}",
                f"{it.target_rows:,}",
                it.source_fingerprint,
                it.target_fingerprint,
                Text("the same", "green") if it.same else Text("DIFFERENT", "red"),
            )
        )
        for it in compared
        if it.source_rows or it.target_rows
    ]
    _print(("Table", "Source", "Target", "Source's rows", "Target's rows", ""), rows)


def _print(head: tuple[str, ...], rows: "list[Row]") -> None:
    from rich.console import Console

    from core.cli.tables import table

    console = Console(highlight=False, soft_wrap=True)
    for line in table(head, rows):
        console.print(line)


def _one(compared: "Compared") -> dict[str, Any]:
    return {**compared._asdict(), "same": compared.same}


def _described(moved: "Moved") -> dict[str, Any]:
    return {
        **moved.recognised._asdict(),
        "tables": [it._asdict() for it in moved.tables],
        "compared": [_one(it) for it in moved.compared],
        "rejected": moved.rejected,
        "resumed": moved.resumed,
        "seconds": moved.seconds,
    }
