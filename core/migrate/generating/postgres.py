"""From one schema to another on PostgreSQL.

Constraints, indexes and defaults are taken over word for word from the catalogs of the other side, so nothing is
translated. ``gently`` is for tables that others write to meanwhile: indexes are made CONCURRENTLY, and what looks at
every row (VALIDATE) comes later and in another transaction than what locks the table.
"""

import re
from collections.abc import Iterator
from typing import Generic, TypeVar

from core.migrate.comparing import same
from core.migrate.generating import types
from core.migrate.generating.filling import Fills, quoted
from core.migrate.generating.statements import AFTERWARDS, ALONE, TOGETHER, Statement
from core.migrate.reading import Column, Constraint, Index, Schema, Table

_NOT_VALID = " NOT VALID"
_SEQUENCE = re.compile(r"nextval\('(?P<name>.+)'::regclass\)")
_NO_SCAN = """-- It is NULL in every row, so no row is looked at.
        -- squawk-ignore adding-foreign-key-constraint"""
_PERMITTED = """-- This was permitted: it fails on a table with rows.
        -- squawk-ignore adding-required-field"""
_SERIAL = {"smallint": "SMALLSERIAL", "integer": "SERIAL", "bigint": "BIGSERIAL"}


_DROPPED = ("foreign key", "check", "exclusion", "unique constraint", "primary key")
"""In this order; the other way round when they are made."""

It = TypeVar("It", Constraint, Index)


class _Changes(Generic[It]):
    """What goes, what comes, what only gets another name, and what was NOT VALID and is to be, of one table."""

    def __init__(self, table: Table, here: tuple[It, ...], wanted: tuple[It, ...]) -> None:
        self.table = table
        self.gone: list[It] = [it for it in here if it not in wanted]
        self.new: list[It] = [it for it in wanted if it not in here]
        self.renamed: list[tuple[str, str]] = []
        self.proven: list[It] = []
        for old in self.gone[:]:
            for new in self.new:
                if old.name != new.name and same(old, new):
                    self.renamed.append((old.name, new.name))
                elif old == new._replace(definition=new.definition + _NOT_VALID):
                    self.proven.append(new)
                else:
                    continue
                self.gone.remove(old)
                self.new.remove(new)
                break


def statements(here: Schema, wanted: Schema, *, fills: Fills, gently: bool = False) -> list[Statement]:
    """The statements that lead from one schema to another."""
    both = [(here[name], wanted[name]) for name in wanted if name in here]
    new = [wanted[name] for name in wanted if name not in here]
    gone = [f'"{name}"' for name in here if name not in wanted]
    constraints = [_Changes(table, old.constraints, table.constraints) for old, table in both]
    indexes = [_Changes(table, old.indexes, table.indexes) for old, table in both]
    taken: set[Constraint] = set()
    return [
        *_made_way(constraints, indexes),
        *([Statement(f"DROP TABLE {', '.join(gone)}")] if gone else []),
        *(statement for table in new for statement in _create(table)),
        *(statement for old, table in both for statement in _columns(old, table, fills, gently=gently, taken=taken)),
        *_constrained(constraints, taken, gently=gently),
        *(
            _alter(table, f'ADD CONSTRAINT "{it.name}" {it.definition}')
            for table in new
            for it in table.constraints
            if it.kind == "foreign key"
        ),
        *(_index(it, gently=gently) for changes in indexes for it in changes.new),
        *(_comment(f'TABLE "{table.name}"', table.comment) for old, table in both if old.comment != table.comment),
    ]


def _made_way(constraints: list[_Changes[Constraint]], indexes: list[_Changes[Index]]) -> Iterator[Statement]:
    """Drop what goes, and rename what stays under another name."""
    for kind in _DROPPED:
        for changes in constraints:
            yield from (_alter(changes.table, f'DROP CONSTRAINT "{it.name}"') for it in changes.gone if it.kind == kind)
    for index in indexes:
        yield from (Statement(f'DROP INDEX "{it.name}"') for it in index.gone)
    for changes in constraints:
        for old, new in changes.renamed:
            yield _alter(changes.table, f'RENAME CONSTRAINT "{old}" TO "{new}"')
    for index in indexes:
        yield from (Statement(f'ALTER INDEX "{old}" RENAME TO "{new}"') for old, new in index.renamed)


def _constrained(
    constraints: list[_Changes[Constraint]], taken: set[Constraint], *, gently: bool
) -> Iterator[Statement]:
    for kind in reversed(_DROPPED):
        for changes in constraints:
            for it in changes.new:
                if it.kind == kind and it not in taken:
                    yield from _add(changes.table, it, gently=gently)
            for it in changes.proven:
                if it.kind == kind:
                    yield _alter(changes.table, f'VALIDATE CONSTRAINT "{it.name}"', AFTERWARDS if gently else TOGETHER)


def _alter(table: Table, change: str, phase: int = TOGETHER) -> Statement:
    return Statement(f'ALTER TABLE "{table.name}" {change}', phase)


def _comment(what: str, comment: str | None) -> Statement:
    return Statement(f"COMMENT ON {what} IS {'NULL' if comment is None else quoted(comment)}")


def _create(table: Table) -> Iterator[Statement]:
    lines = [_defined(column) for column in table.columns.values()]
    lines += [f'CONSTRAINT "{it.name}" {it.definition}' for it in table.constraints if it.kind != "foreign key"]
    yield Statement(f'CREATE TABLE "{table.name}" (\n            ' + ",\n            ".join(lines) + "\n        )")
    for index in table.indexes:
        yield Statement(index.definition)
    yield from (Statement(trigger) for trigger in table.triggers)
    if table.comment is not None:
        yield _comment(f'TABLE "{table.name}"', table.comment)
    for column in table.columns.values():
        if column.comment is not None:
            yield _comment(f'COLUMN "{table.name}"."{column.name}"', column.comment)


def _defined(column: Column) -> str:
    required = "" if column.nullable else " NOT NULL"
    if column.generated and "sequence" in column.generated:
        return f'"{column.name}" {_SERIAL[column.type]}{required}'
    generated = f" GENERATED {column.generated}" if column.generated else ""
    default = f" DEFAULT {column.default}" if column.default is not None else ""
    collation = f" COLLATE {column.collation}" if column.collation else ""
    return f'"{column.name}" {column.type}{collation}{generated}{default}{required}'


def _columns(here: Table, wanted: Table, fills: Fills, *, gently: bool, taken: set[Constraint]) -> Iterator[Statement]:
    for name, column in wanted.columns.items():
        old = here.columns.get(name)
        if old and old.generated != column.generated and "AS (" in f"{old.generated}{column.generated}":
            yield _alter(wanted, f'DROP COLUMN "{name}"')  # What is computed can be computed again.
            old = None
        if old:
            yield from _change(wanted, old, column, fills, gently=gently)
        else:
            yield from _new(wanted, column, fills, gently=gently, taken=taken)
        if column.comment != (old and old.comment):
            yield _comment(f'COLUMN "{wanted.name}"."{name}"', column.comment)
    for name in here.columns:
        if name not in wanted.columns:
            yield _alter(wanted, f'DROP COLUMN "{name}"')


def _new(table: Table, column: Column, fills: Fills, *, gently: bool, taken: set[Constraint]) -> Iterator[Statement]:
    fill = fills.get((table.name, column.name))
    given = column.default is not None or column.generated
    if not column.nullable and not given and fill is not None:
        yield _alter(table, f"ADD COLUMN {_defined(column._replace(default=fill))}")
        yield _alter(table, f'ALTER COLUMN "{column.name}" DROP DEFAULT')
        return
    added = _alter(table, f"ADD COLUMN {_defined(column)}")
    keys = [it for it in table.constraints if it.kind == "foreign key" and it.columns == (column.name,)]
    if gently and column.nullable and not given and keys:
        taken.add(keys[0])
        inline = f'{added.sql} CONSTRAINT "{keys[0].name}" {keys[0].definition.partition(") ")[2]}'
        added = Statement(f"{_NO_SCAN}\n{inline}")
    elif gently and not column.nullable and not given:
        added = Statement(f"{_PERMITTED}\n{added.sql}")
    yield added


def _change(table: Table, old: Column, new: Column, fills: Fills, *, gently: bool) -> Iterator[Statement]:
    column = f'ALTER COLUMN "{new.name}"'
    default = old.default
    if old.type != new.type:
        if default is not None and not (old.generated and "sequence" in old.generated):
            yield _alter(table, f"{column} DROP DEFAULT")
            default = None
        yield from _convert(table, old, new)
    if default != new.default:
        one, other = (_SEQUENCE.fullmatch(it or "") for it in (default, new.default))
        if one and other:
            yield Statement(f"ALTER SEQUENCE {one['name']} RENAME TO {other['name']}")
        else:
            yield _alter(table, f"{column} " + (f"SET DEFAULT {new.default}" if new.default else "DROP DEFAULT"))
    if old.generated != new.generated and (sequence := _SEQUENCE.fullmatch(new.default or "")):
        yield Statement(f"ALTER SEQUENCE {sequence['name']} AS {new.type}")
    if old.nullable and not new.nullable:
        yield from _require(table, new, fills.get((table.name, new.name)), gently=gently)
    elif new.nullable and not old.nullable:
        yield _alter(table, f"{column} DROP NOT NULL")


def _convert(table: Table, old: Column, new: Column) -> Iterator[Statement]:
    """Change a type, after a look whether every value can be had back from what becomes of it."""
    lost, name = types.loss(old.type, new.type), f'"{new.name}"'
    if lost and types.is_text(old.type) and (longest := types.length(new.type)) and lost == types.Loss.NARROW:
        # PostgreSQL would cut off blanks at the end without a word.
        yield _guard(table, f"char_length({name}) > {longest}", f"{table.name}.{new.name} holds more than {new.type}")
    elif lost and not (types.is_text(old.type) and new.type in ("json", "jsonb")):
        there_and_back = f"(({name}::{new.type})::{old.type})::text IS DISTINCT FROM {name}::text"
        yield _guard(table, there_and_back, f"{table.name}.{new.name} holds what would change as {new.type}")
    using = f" USING {name}::{new.type}" if lost == types.Loss.CAST else ""
    yield _alter(table, f"ALTER COLUMN {name} TYPE {new.type}{using}")


def _guard(table: Table, wrong: str, message: str) -> Statement:
    """Fail, with a message and without a value, when there is a row of this kind."""
    return Statement(
        f"""DO $guard$ BEGIN
            LOCK TABLE "{table.name}" IN ACCESS EXCLUSIVE MODE;
            IF EXISTS (SELECT FROM "{table.name}" WHERE {wrong}) THEN
                RAISE EXCEPTION USING MESSAGE = {quoted(message)};
            END IF;
        EXCEPTION WHEN data_exception THEN
            RAISE EXCEPTION USING MESSAGE = {quoted(message)};
        END $guard$"""
    )


def _require(table: Table, column: Column, fill: str | None, *, gently: bool) -> Iterator[Statement]:
    name = f'"{column.name}"'
    if fill is not None:
        yield Statement(f'UPDATE "{table.name}" SET {name} = {fill} WHERE {name} IS NULL')  # noqa: S608  our own names
    if not gently:
        yield _alter(table, f"ALTER COLUMN {name} SET NOT NULL")
        return
    check = f'"{column.name[:54]}_required"'
    yield _alter(table, f"ADD CONSTRAINT {check} CHECK ({name} IS NOT NULL) NOT VALID")
    yield _alter(table, f"VALIDATE CONSTRAINT {check}", AFTERWARDS)
    yield _alter(table, f"ALTER COLUMN {name} SET NOT NULL", AFTERWARDS)
    yield _alter(table, f"DROP CONSTRAINT {check}", AFTERWARDS)


def _add(table: Table, constraint: Constraint, *, gently: bool) -> Iterator[Statement]:
    named = f'ADD CONSTRAINT "{constraint.name}"'
    columns = re.fullmatch(r"UNIQUE (\(.*\))", constraint.definition)
    if gently and columns:
        index = f'CREATE UNIQUE INDEX CONCURRENTLY "{constraint.name}" ON "{table.name}" {columns[1]}'
        yield Statement(index, ALONE)
        yield _alter(table, f'{named} UNIQUE USING INDEX "{constraint.name}"', AFTERWARDS)
    elif gently and constraint.kind in ("foreign key", "check") and not constraint.definition.endswith(_NOT_VALID):
        yield _alter(table, f"{named} {constraint.definition}{_NOT_VALID}")
        yield _alter(table, f'VALIDATE CONSTRAINT "{constraint.name}"', AFTERWARDS)
    else:
        yield _alter(table, f"{named} {constraint.definition}")


def _index(index: Index, *, gently: bool) -> Statement:
    if gently:
        return Statement(index.definition.replace(" INDEX ", " INDEX CONCURRENTLY ", 1), ALONE)
    return Statement(index.definition)
