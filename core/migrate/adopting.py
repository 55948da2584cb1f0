"""Adopting a database that a better-auth application made, with Drizzle or with better-auth's own migrator.

The application goes on working on it, so only what it does not notice is done: tables of ours that are missing, columns
that may be empty or have a default, indexes, and columns that may be empty from now on because we don't write them.
Types stay as they are. Then all migrations that there are count as applied.
"""

import re
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from typing import NamedTuple

from core.database import dialect, transaction
from core.database.migrated import applied
from core.database.statements import fetch
from core.errors import Conflict, Invalid
from core.migrate import applying, files, scratch, states
from core.migrate.comparing import trigger_name
from core.migrate.executing import enter, execute
from core.migrate.generating.leading import STATEMENTS
from core.migrate.reading import Column, Schema, Table, read
from core.migrate.stepwise import make_index
from core.migrate.waiting import PATIENCE, patiently, turn
from core.settings import PostgresUrl

_THEIRS = ("user", "session", "account", "verification")
"""What every such application has."""


class AlreadyOurs(Conflict):
    """The database has had migrations of ours: it needs `stylobate db migrate`, and nothing to be adopted."""


class NotAdoptable(Invalid):
    """The database can't be adopted as it is."""


class Adoption(NamedTuple):
    """What is to be done, and what stays different."""

    statements: list[str]
    indexes: list[str]
    """Made after the rest, CONCURRENTLY."""
    left: list[str]
    """Said in words. None of it hinders us."""


_FUNCTIONS = """
    SELECT replace(
        pg_get_functiondef(oid), ' FUNCTION ' || quote_ident(current_schema()) || '.', ' FUNCTION '
    ) AS sql
    FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prorettype = 'trigger'::regtype ORDER BY 1
"""
"""What our triggers call. It replaces what is there, so it may be done again."""


async def plan(server: PostgresUrl, *, root: Traversable | None = None) -> Adoption:
    """What ``adopt`` would do with the open database.

    Args:
        server: where a scratch database is made.
        root: the folder of the migrations, unless it is the package.

    Raises:
        AlreadyOurs: it was migrated or adopted.
        NotAdoptable: it is no such application's, or something in it has to be put right first.
    """
    if dialect() != "postgres":
        raise NotAdoptable(
            "a SQLite file of such an application holds its times differently: transfer it to PostgreSQL"
        )
    if await applied():
        raise AlreadyOurs
    here = await read()
    if missing := [name for name in _THEIRS if name not in here]:
        raise NotAdoptable(f"this is no database of such an application: it has no table {missing[0]}")
    async with scratch.opened(server):
        _ = [name async for name in applying.migrate(root=root)]
        ours = await read()
        functions = [row["sql"] for row in await fetch(_FUNCTIONS)]
    adoption = await _compare(here, ours)
    triggers = [*_triggers(here, ours)]
    # First, because tables that are new have triggers, too.
    return adoption._replace(statements=[*functions, *adoption.statements, *triggers]) if triggers else adoption


async def adopt(server: PostgresUrl, *, root: Traversable | None = None) -> Adoption:
    """Make the open database one of ours. When it ends in the middle it is begun again: what is there is not missing.

    Raises:
        AlreadyOurs, NotAdoptable: as for ``plan``. Nothing was changed.
        DatabaseBusy: a table was in use for too long.
    """
    async with turn(PATIENCE):
        adoption = await plan(server, root=root)

        async def add() -> None:
            async with transaction():
                await enter()
                for statement in adoption.statements:
                    await execute(statement)

        await patiently(add, PATIENCE, "who uses the tables")
        for statement in adoption.indexes:
            await make_index(statement, PATIENCE)
        async with transaction():
            await enter()
            await states.make_tables()
            for script in files.scripts("postgres", root=root):
                await states.begin(script, "upgrade")
                await states.finish(script, "upgrade")
    return adoption


async def _compare(here: Schema, ours: Schema) -> Adoption:
    new = {name: table for name, table in ours.items() if name not in here}
    # Their keys point to tables that are there, under the same names.
    statements = [it.sql for it in STATEMENTS["postgres"]({}, new, fills={})]
    indexes: list[str] = []
    left: list[str] = []
    for name, table in ours.items():
        if name in here:
            statements += _columns(here[name], table)
            left += _left(here[name], table)
            for columns, unique, sql in _wanted_indexes(table):
                if _has_index(here[name], columns, unique=unique):
                    continue
                if unique and set(columns) <= here[name].columns.keys() and await _has_twins(name, columns):
                    raise NotAdoptable(
                        f"two rows of {name} have the same {' and '.join(columns)}: put that right first"
                    )
                indexes.append(sql)
    return Adoption(statements, indexes, left)


def _triggers(here: Schema, ours: Schema) -> Iterator[str]:
    for name, table in ours.items():
        if name in here:
            there = set(map(trigger_name, here[name].triggers))
            yield from (it for it in table.triggers if trigger_name(it) not in there)


def _columns(here: Table, ours: Table) -> Iterator[str]:
    for name, column in ours.columns.items():
        if name not in here.columns:
            default = f" DEFAULT {column.default}" if column.default is not None else ""
            yield f'ALTER TABLE "{ours.name}" ADD COLUMN "{name}" {_type(column, here)}{default}'
        elif column.nullable and not here.columns[name].nullable and here.columns[name].default is None:
            yield f'ALTER TABLE "{ours.name}" ALTER COLUMN "{name}" DROP NOT NULL'
    for name, there in here.columns.items():
        if name not in ours.columns and not there.nullable and there.default is None:
            yield f'ALTER TABLE "{ours.name}" ALTER COLUMN "{name}" DROP NOT NULL'


def _type(column: Column, here: Table) -> str:
    """Times as the others of the table, with a zone or without."""
    times = [it.type for it in here.columns.values() if it.type.startswith("timestamp")]
    return times[0] if times and column.type.startswith("timestamp") else column.type


def _left(here: Table, ours: Table) -> Iterator[str]:
    for name, column in ours.columns.items():
        if name in here.columns and here.columns[name].type != column.type:
            yield f"{ours.name}.{name} is {here.columns[name].type}, and {column.type} with us"
        if name not in here.columns and not column.nullable and column.default is None:
            yield f"{ours.name}.{name} may be empty, as it is in the rows that are there"
    checks = {it.name for it in here.constraints}
    for constraint in ours.constraints:
        if constraint.kind == "check" and constraint.name not in checks:
            yield f"{ours.name} has no check {constraint.name}"


def _wanted_indexes(table: Table) -> Iterator[tuple[tuple[str, ...], bool, str]]:
    for index in table.indexes:
        yield index.columns, index.unique, re.sub(r" INDEX ", " INDEX CONCURRENTLY ", index.definition, count=1)
    for it in table.constraints:
        if it.kind == "unique constraint":
            columns = ", ".join(f'"{column}"' for column in it.columns)
            yield it.columns, True, f'CREATE UNIQUE INDEX CONCURRENTLY "{it.name}" ON "{table.name}" ({columns})'


def _has_index(here: Table, columns: tuple[str, ...], *, unique: bool) -> bool:
    """Whether these columns are found, and are unique if they have to be, whatever that is called."""
    uniques = [it.columns for it in here.constraints if it.kind in {"unique constraint", "primary key"}]
    plain = [it for it in here.indexes if not re.search(r" WHERE | INVALID$", it.definition)]
    uniques += [it.columns for it in plain if it.unique]
    if unique:
        return any(set(it) == set(columns) for it in uniques)
    return any(it[: len(columns)] == columns for it in [*uniques, *(index.columns for index in plain)])


async def _has_twins(table: str, columns: tuple[str, ...]) -> bool:
    names = ", ".join(f'"{column}"' for column in columns)
    some = " AND ".join(f'"{column}" IS NOT NULL' for column in columns)
    return bool(
        await fetch(f'SELECT 1 FROM "{table}" WHERE {some} GROUP BY {names} HAVING count(*) > 1 LIMIT 1')  # noqa: S608  our own names
    )
