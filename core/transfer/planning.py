"""What a transfer would do, found by reading everything and changing nothing.

The rows go through the same conversion as when they are copied; ``core.transfer.losses`` finds those that no conversion
can help.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from core import progress
from core.transfer import extras
from core.transfer.columns import Table
from core.transfer.converting import converter
from core.transfer.extras import Extras
from core.transfer.kinds import Kind
from core.transfer.losses import Losses, Wrong
from core.transfer.source import Source, SourceTable

_BATCH = 5_000


class TablePlan(NamedTuple):
    """What becomes of a table.

    ``told`` says for each column how many values become something else, and how. ``filled`` names columns of the target
    that get NULL or their default, ``missing`` those that must have a value and get none: nothing can be copied then.
    """

    name: str
    rows: int
    told: dict[str, dict[str, int]]
    wrong: tuple[Wrong, ...]
    filled: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def rejected(self) -> int:
        """How many of the rows can't be."""
        return sum(wrong.rows for wrong in self.wrong)


class Plan(NamedTuple):
    """What a transfer would do: tables in the order in which each comes after those that it names."""

    tables: tuple[TablePlan, ...]
    extras: Extras
    notes: tuple[str, ...]

    @property
    def rejected(self) -> int:
        """How many rows can't be."""
        return sum(table.rejected for table in self.tables)


def order(tables: Mapping[str, Table]) -> list[str]:
    """Their names, each after those that it refers to. In a circle, one of them must be the first."""
    ordered: dict[str, None] = {}
    entered: set[str] = set()

    def enter(name: str) -> None:
        if name in entered or name not in tables:
            return
        entered.add(name)
        for reference in tables[name].references:
            enter(reference.table)
        ordered[name] = None

    for name in sorted(tables):
        enter(name)
    return list(ordered)


def scan(source: Source, kind: Kind, tables: Mapping[str, Table]) -> Plan:
    """Read all of a source and say what would become of it.

    Args:
        source: an open source.
        kind: whose it is.
        tables: those of the target.

    Raises:
        NotFillable: the target has a column of a type that we can't fill.
    """
    there = source.tables()
    names = [name for name in order(tables) if name in there]
    losses = Losses(source, {name: (there[name], tables[name]) for name in names})
    told = {name: _convert(source, kind, losses, name) for name in names}
    for name in names:
        losses.add_orphans(name)
        losses.add_unchecked(name)
        losses.add_equals(name)
    losses.follow()
    plans = tuple(_planned(there[name], tables[name], told[name], losses.of(name)) for name in names)
    return Plan(plans, extras.find(there, dict(tables)), tuple(_notes(kind, there)))


def _convert(source: Source, kind: Kind, losses: Losses, name: str) -> dict[str, dict[str, int]]:
    table, target = losses.tables[name]
    made = converter(kind, table, target)
    done = 0
    for batch in source.batches(table, made.reads, size=_BATCH):
        for reject in made.convert(batch.rows).rejects:
            losses.add(name, [reject.key], reject.column, reject.reason, anew=True)
        done += len(batch.rows)
        progress.tell(done=done, total=table.rows, unit="rows", what=name)
    return {column: dict(counts) for column, counts in made.told.items()}


def _planned(table: SourceTable, target: Table, told: dict[str, dict[str, int]], wrong: tuple[Wrong, ...]) -> TablePlan:
    there = {column.name for column in table.columns}
    lacking = [column for column in target.columns if column.name not in there]
    missing = tuple(column.name for column in lacking if not column.nullable and not column.default)
    filled = tuple(column.name for column in lacking if column.name not in missing)
    return TablePlan(table.name, table.rows, told, wrong, filled, missing)


def _notes(kind: Kind, there: Mapping[str, SourceTable]) -> Iterable[str]:
    if kind is not Kind.STYLOBATE and "session" in there and there["session"].rows:
        yield (
            "the tokens of sessions stay as the application wrote them: with STYLOBATE_SHARING=better-auth people stay"
            " signed in, without it they sign in again"
        )
