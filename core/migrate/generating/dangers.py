"""What nobody should do by accident: changes that lose data, may fail on rows that are there, or have two readings."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from core.errors import Invalid
from core.migrate.comparing import spelled
from core.migrate.generating.filling import Fills
from core.migrate.generating.types import Loss, loss
from core.migrate.reading import Column, Schema, Table


class Kind(StrEnum):
    """What is to be permitted."""

    DROP = "drop"
    NARROW = "narrow"
    CAST = "cast"
    REQUIRE = "require"
    UNIQUE = "unique"


class Danger(NamedTuple):
    """Something that has to be permitted, and why."""

    kind: Kind
    what: str
    why: str

    @property
    def flag(self) -> str:
        """What permits it on the command line."""
        return f"--{self.kind}"

    def __str__(self) -> str:
        return f"{self.what} {self.why} ({self.flag})"


class Refused(Invalid):
    """This can lose data or fail on rows that are there, and was not permitted."""

    def __init__(self, refused: Sequence[Danger]) -> None:
        super().__init__("; ".join(map(str, refused)))
        self.dangers = list(refused)


def dangers(here: Schema, wanted: Schema, fills: Fills) -> Iterator[Danger]:
    """The dangers on the way from one schema to another, of which the renames are done already."""
    for name, table in here.items():
        if name in wanted:
            yield from _in_table(table, wanted[name], fills)
        else:
            like = [it.name for it in wanted.values() if it.name not in here and _alike(table, it)]
            yield Danger(
                Kind.DROP,
                f"table {name}",
                "goes, and its rows with it"
                + "".join(f"; if it is called {it} now, say --rename-table {name}:{it}" for it in like),
            )


def _alike(here: Table, wanted: Table) -> bool:
    """Whether one could be the other under a new name."""
    common = here.columns.keys() & wanted.columns.keys()
    return 2 * len(common) >= len(here.columns)


def _in_table(here: Table, wanted: Table, fills: Fills) -> Iterator[Danger]:
    new = {name: column for name, column in wanted.columns.items() if name not in here.columns}
    for name, column in here.columns.items():
        if name in wanted.columns:
            yield from _in_column(here.name, column, wanted.columns[name])
        elif not column.generated or "sequence" in column.generated:
            like = [it.name for it in new.values() if it.type == column.type]
            yield Danger(
                Kind.DROP,
                f"column {here.name}.{name}",
                "goes, and its data with it"
                + "".join(f"; if it is called {it} now, say --rename {here.name}.{name}:{it}" for it in like),
            )
    for name, column in new.items():
        given = column.default is not None or column.generated or (here.name, name) in fills
        if not column.nullable and not given:
            yield Danger(
                Kind.REQUIRE,
                f"column {here.name}.{name}",
                "is NOT NULL and has no constant for the rows that are there:"
                " on a table with rows this will fail; give it a default, a db_default or null=True",
            )
    yield from _uniques(here, wanted, fills)


def _in_column(table: str, here: Column, wanted: Column) -> Iterator[Danger]:
    what = f"column {table}.{here.name}"
    if here.type.upper() != wanted.type.upper() and (lost := loss(here.type, wanted.type)):
        which = "does not fit" if lost == Loss.NARROW else "would change"
        yield Danger(
            Kind(lost), what, f"becomes {wanted.type} from {here.type}: on rows whose value {which} this will fail"
        )
    if here.nullable and not wanted.nullable:
        yield Danger(
            Kind.REQUIRE,
            what,
            "becomes NOT NULL: rows without a value get the model's constant default; if it has none, this will fail",
        )


def _uniques(here: Table, wanted: Table, fills: Fills) -> Iterator[Danger]:
    had = [set(columns) for columns, partly in _unique_columns(here) if not partly]
    same = [spelled(index.definition) for index in here.indexes]
    for columns, partly in _unique_columns(wanted):
        if partly and partly in same:
            continue
        empty = any(
            column not in here.columns
            and wanted.columns[column].nullable
            and wanted.columns[column].default is None
            and (here.name, column) not in fills
            for column in columns
            if column in wanted.columns
        )
        if not empty and not any(it <= set(columns) for it in had):
            yield Danger(
                Kind.UNIQUE,
                f"{here.name} ({', '.join(columns)})",
                "becomes unique: on rows that are alike in it this will fail",
            )


def _unique_columns(table: Table) -> Iterator[tuple[tuple[str, ...], str]]:
    """What is unique, and the statement of an index that makes it so for some rows or for an expression only."""
    for constraint in table.constraints:
        if constraint.kind in ("primary key", "unique constraint"):
            yield constraint.columns, ""
    for index in table.indexes:
        if index.unique:
            whole = " WHERE " not in index.definition and all(index.columns) and index.columns
            yield index.columns, "" if whole else spelled(index.definition)
