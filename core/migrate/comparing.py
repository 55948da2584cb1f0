"""Two schemas, and what differs, in words."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from core.migrate.reading import Column, Constraint, Index, Schema, Table
from core.migrate.written import tokens


class Difference(NamedTuple):
    """Something that is ``here`` in one way (None: not at all) and ``wanted`` in another."""

    what: str
    here: str | None
    wanted: str | None

    def __str__(self) -> str:
        if self.here is None:
            return f"{self.what}: missing here" + (f", {self.wanted} wanted" if self.wanted else "")
        if self.wanted is None:
            return f"{self.what}: here, and not wanted"
        return f"{self.what}: {self.here} here, {self.wanted} wanted"


def differences(here: Schema, wanted: Schema) -> list[Difference]:
    """What differs between two databases. The order of tables, columns and constraints says nothing."""
    found: list[Difference] = []
    for name in sorted({*here, *wanted}):
        if name not in here:
            found.append(Difference(f"table {name}", None, ""))
        elif name not in wanted:
            found.append(Difference(f"table {name}", "", None))
        else:
            found += _of_tables(here[name], wanted[name])
    return found


def _of_tables(here: Table, wanted: Table) -> Iterator[Difference]:
    if here.comment != wanted.comment:
        yield Difference(f"comment of table {here.name}", repr(here.comment), repr(wanted.comment))
    for column in sorted({*here.columns, *wanted.columns}):
        what = f"column {here.name}.{column}"
        yield from _of_columns(what, here.columns.get(column), wanted.columns.get(column))
    yield from _named(here.name, _constraints(here), _constraints(wanted))
    yield from _named(here.name, _indexes(here), _indexes(wanted))
    yield from _named(here.name, _triggers(here), _triggers(wanted))


def _of_columns(what: str, here: Column | None, wanted: Column | None) -> Iterator[Difference]:
    if not here or not wanted:
        yield Difference(what, here and "", wanted and f"{wanted.type}{'' if wanted.nullable else ' NOT NULL'}")
        return
    if here.type.upper() != wanted.type.upper():
        yield Difference(what, here.type, wanted.type)
    if here.nullable != wanted.nullable:
        yield Difference(what, *("nullable" if it.nullable else "NOT NULL" for it in (here, wanted)))
    for part in ("default", "generated", "collation", "comment"):
        one, other = getattr(here, part), getattr(wanted, part)
        if one != other:
            yield Difference(f"{part} of {what}", one or "none", other or "none")


def _named(table: str, here: Mapping[str, str], wanted: Mapping[str, str]) -> Iterator[Difference]:
    for key in sorted({*here, *wanted}):
        if here.get(key) != wanted.get(key):
            yield Difference(f"{key} of {table}", here.get(key), wanted.get(key))


def _constraints(table: Table) -> dict[str, str]:
    return {f"{it.kind} {it.name or spelled(it.definition)}": spelled(it.definition) for it in table.constraints}


def _indexes(table: Table) -> dict[str, str]:
    return {f"index {it.name}": spelled(it.definition) for it in table.indexes}


def _triggers(table: Table) -> dict[str, str]:
    return {f"trigger {trigger_name(it)}": spelled(it) for it in table.triggers}


def trigger_name(definition: str) -> str:
    """What a trigger is called."""
    return tokens(definition)[2]


def spelled(sql: str) -> str:
    """A statement in one spelling, however it was laid out."""
    return " ".join(token for token in tokens(sql) if not token.startswith(("--", "/*")))


def same(here: Constraint | Index, wanted: Constraint | Index) -> bool:
    """Whether two are alike but for the name."""
    return _nameless(here) == _nameless(wanted)


def _nameless(it: Constraint | Index) -> list[str]:
    words = spelled(it.definition).split(" ")
    if isinstance(it, Index):
        del words[words.index("ON") - 1]
    return words
