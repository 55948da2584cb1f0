"""From one schema to another on SQLite.

SQLite can add a column and little else, so most changes make the table anew from the statement that the other side made
it with, and copy its rows. Foreign keys must be off meanwhile: dropping the old table would delete the rows that point
to it.
"""

import re
from collections.abc import Iterator

from core.migrate.comparing import spelled
from core.migrate.generating import types
from core.migrate.generating.filling import Fills, quoted
from core.migrate.generating.statements import Statement
from core.migrate.reading import Column, Schema, Table
from core.migrate.written import written_columns

_CONSTANT = re.compile(r"'(?:[^']|'')*'|[-+]?[\d.]+|NULL|TRUE|FALSE", re.IGNORECASE)
_NOT_ADDABLE = re.compile(r"\b(UNIQUE|PRIMARY KEY|CHECK|GENERATED|AS)\b", re.IGNORECASE)


class NoConversion(Exception):  # noqa: N818  told to whoever generates
    """SQLite has no such type, and keeps whatever it is given."""


def statements(here: Schema, wanted: Schema, *, fills: Fills, gently: bool = False) -> list[Statement]:  # noqa: ARG001
    """The statements that lead from one schema to another. (``gently`` is for servers.)"""
    found = [f'DROP TABLE "{name}"' for name in here if name not in wanted]
    for name, table in wanted.items():
        if name not in here:
            found += [table.sql, *_belongings(table)]
        elif _needs_rebuilding(here[name], table):
            found += _rebuild(here[name], table, fills)
        else:
            found += _add(here[name], table)
    return [Statement(sql) for sql in found]


def _belongings(table: Table) -> list[str]:
    return [*(index.definition for index in table.indexes), *table.triggers]


def _needs_rebuilding(here: Table, wanted: Table) -> bool:
    added = [column for column in wanted.columns.values() if column.name not in here.columns]
    names = {column.name for column in added}
    if {name: it for name, it in wanted.columns.items() if name not in names} != here.columns:
        return True
    keys = [it for it in wanted.constraints if it.kind == "foreign key" and names.issuperset(it.columns)]
    if {it for it in wanted.constraints if it not in keys} != set(here.constraints) - set(keys):
        return True
    if len(wanted.constraints) - len(keys) != len(here.constraints):
        return True
    written = written_columns(wanted.sql)
    return any(
        column.comment
        or (not column.nullable and column.default is None)
        or (column.default is not None and not _CONSTANT.fullmatch(column.default))
        or (column.default is not None and "REFERENCES" in written[column.name])
        or ("REFERENCES" not in written[column.name] and any(column.name in key.columns for key in keys))
        or _NOT_ADDABLE.search(written[column.name])
        for column in added
    )


def _add(here: Table, wanted: Table) -> Iterator[str]:
    spelled_here = {spelled(it.definition) for it in here.indexes}
    spelled_wanted = {spelled(it.definition) for it in wanted.indexes}
    for index in here.indexes:
        if spelled(index.definition) not in spelled_wanted:
            yield f'DROP INDEX "{index.name}"'
    written = written_columns(wanted.sql)
    for name in wanted.columns:
        if name not in here.columns:
            yield f'ALTER TABLE "{wanted.name}" ADD COLUMN {written[name]}'
    for index in wanted.indexes:
        if spelled(index.definition) not in spelled_here:
            yield index.definition


def _rebuild(here: Table, wanted: Table, fills: Fills) -> Iterator[str]:
    old, new = wanted.name, f"{wanted.name}__new"
    copied = list(_copied(here, wanted, fills))
    for column in wanted.columns.values():
        if column.name in here.columns and not column.generated:
            yield from _guards(here, here.columns[column.name], column)
    body = wanted.sql[wanted.sql.index("(") :]
    yield f'CREATE TABLE "{new}" {body}'
    if copied:
        columns = ", ".join(f'"{name}"' for name, _ in copied)
        values = ", ".join(value for _, value in copied)
        yield f'INSERT INTO "{new}" ({columns}) SELECT {values} FROM "{old}"'  # noqa: S608  our own names
    if "AUTOINCREMENT" in here.sql.upper() and "AUTOINCREMENT" in wanted.sql.upper():
        # A number that was given once is not given again.
        yield f"DELETE FROM sqlite_sequence WHERE name = {quoted(new)}"  # noqa: S608  the same
        yield (
            f"INSERT INTO sqlite_sequence (name, seq)"  # noqa: S608  the same
            f" SELECT {quoted(new)}, seq FROM sqlite_sequence WHERE name = {quoted(old)}"
        )
    yield f'DROP TABLE "{old}"'
    yield f'ALTER TABLE "{new}" RENAME TO "{old}"'
    yield from _belongings(wanted)
    had = [spelled(it.definition) for it in here.constraints if it.kind == "foreign key"]
    if any(it.kind == "foreign key" and spelled(it.definition) not in had for it in wanted.constraints):
        yield from _guard(f"FROM pragma_foreign_key_check({quoted(old)})", f"{old} has rows whose parent is not there")


def _copied(here: Table, wanted: Table, fills: Fills) -> Iterator[tuple[str, str]]:
    """The columns to be filled, and with what. What is left out gets the database's default."""
    for name, column in wanted.columns.items():
        fill = fills.get((wanted.name, name))
        old = here.columns.get(name)
        if column.generated:
            continue
        if old is None:
            if fill is not None and not column.nullable and column.default is None:
                yield name, fill
        elif old.nullable and not column.nullable and fill is not None:
            yield name, f'coalesce("{name}", {fill})'
        elif types.loss(old.type, column.type) == types.Loss.CAST and _is_cast(column):
            yield name, f'CAST("{name}" AS {column.type})'
        else:
            yield name, f'"{name}"'


def _is_cast(column: Column) -> bool:
    return types.is_text(column.type) or types.is_number(column.type)


def _guards(table: Table, old: Column, new: Column) -> Iterator[str]:
    """SQLite holds a value to nothing, so it is looked at before it is copied."""
    lost, name = types.loss(old.type, new.type), f'"{new.name}"'
    if not lost or old.type.upper() == new.type.upper():
        return
    wrong = ""
    if lost == types.Loss.NARROW and (longest := types.length(new.type)):
        wrong = f"length({name}) > {longest}"
    elif lost == types.Loss.NARROW and (bounds := types.bounds(new.type)):
        wrong = f"{name} NOT BETWEEN {bounds[0]} AND {bounds[1]}"
    elif _is_cast(new) and (_is_cast(old) or types.is_text(new.type)):
        wrong = f"CAST(CAST({name} AS {new.type}) AS {_storage(old)}) IS NOT {name}"
        if longest := types.length(new.type):
            wrong += f" OR length(CAST({name} AS TEXT)) > {longest}"
    elif types.is_text(old.type) and new.type.upper() == "JSON":
        wrong = f"NOT json_valid({name})"
    else:
        raise NoConversion(f"{table.name}.{new.name} from {old.type} to {new.type}")
    message = f"{table.name}.{new.name} holds what would not be the same as {new.type}"
    yield from _guard(f'FROM "{table.name}" WHERE {wrong}', message)


def _storage(column: Column) -> str:
    return column.type if _is_cast(column) else "TEXT"


def _guard(wrong: str, message: str) -> Iterator[str]:
    """Fail, with a message, when there is a row of this kind."""
    name = message.replace('"', "'")
    yield f'CREATE TEMP TABLE "guard" ("rows" INT, CONSTRAINT "{name}" CHECK ("rows" = 0))'
    yield f'INSERT INTO temp."guard" SELECT count(*) {wrong}'
    yield 'DROP TABLE temp."guard"'
