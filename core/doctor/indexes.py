"""Indexes, unique constraints and foreign keys: those that the models want, against those that there are.

What does the work counts, whatever it is called: a database that was adopted has names of its own.
"""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any, NamedTuple

from tortoise.models import Model

from core import database, planner, statistics
from core.database.postgres import PostgresSchema
from core.database.sqlite import SqliteSchema
from core.database.statements import fetch
from core.doctor.connection import tables
from core.doctor.finding import Check, Finding, Kind
from core.migrate.reading import Table, read
from core.migrate.stepwise import make_index
from core.migrate.waiting import PATIENCE

INDEX_MISSING = Kind(
    "index-missing", "warning", "Each look-up reads the whole table, and the clean-up keeps others waiting."
)
UNIQUE_MISSING = Kind("unique-missing", "error", "Two of what may be there once get in, and nobody notices.")
INDEX_INVALID = Kind(
    "index-invalid", "warning", "Every write keeps it up, nothing is found by it, and a unique one was never unique."
)
FOREIGN_KEY_MISSING = Kind(
    "foreign-key-missing", "error", "Rows stay when what they belong to is gone, or come when it never was there."
)
FOREIGN_KEY_UNCHECKED = Kind(
    "foreign-key-unchecked", "warning", "It is kept for new rows; nobody has looked at those that were there."
)
STATISTICS_MISSING = Kind(
    "statistics-missing", "info", "The planner guesses what is in the table, and may read all of it for one row."
)

_LARGE = 1_000
"""Rows from which on a wrong plan is felt."""


class Key(NamedTuple):
    """A foreign key that a model wants: from a column to the id of another table."""

    table: str
    column: str
    target: str


def keys() -> Iterator[Key]:
    """The foreign keys of all models."""
    for name, model in tables().items():
        described = model.describe(serializable=False)
        for relation in (*described["fk_fields"], *described["o2o_fields"]):
            target = relation["python_type"].describe(serializable=False)["table"]
            yield Key(name, _columns(model)[relation["raw_field"]], target)


def _columns(model: type[Model]) -> dict[str, str]:
    """The columns, by the fields' names."""
    described = model.describe(serializable=False)
    fields = (described["pk_field"], *described["data_fields"])
    return {field["name"]: field["db_column"] for field in fields}


def _wanted(model: type[Model]) -> Iterator[tuple[tuple[str, ...], bool]]:
    """What should be found by an index, and whether it is unique."""
    described, columns = model.describe(serializable=False), _columns(model)
    for field in described["data_fields"]:
        if field["indexed"]:
            yield (field["db_column"],), field["unique"]
    for names in described["unique_together"]:
        yield tuple(columns[name] for name in names), True
    for names in described["indexes"]:
        yield tuple(columns[name] for name in names), False


def _has(table: Table, columns: tuple[str, ...], *, unique: bool) -> bool:
    held = [it.columns for it in table.constraints if it.kind in {"unique constraint", "primary key"}]
    whole = [it for it in table.indexes if " WHERE " not in it.definition and not it.definition.endswith(" INVALID")]
    held += [it.columns for it in whole if it.unique]
    if unique:
        return any(set(it) == set(columns) for it in held)
    return any(it[: len(columns)] == columns for it in (*held, *(it.columns for it in whole)))


async def _indexes() -> AsyncIterator[Finding]:
    here, models = await read(), tables()
    client: Any = database.connection()
    generator = PostgresSchema(client) if database.dialect() == "postgres" else SqliteSchema(client)
    for name in sorted(here.keys() & models.keys()):
        for columns, unique in _wanted(models[name]):
            if _has(here[name], columns, unique=unique):
                continue
            what = f"{name} has no index on {' and '.join(columns)}"
            if unique:
                quoted = ", ".join(f'"{column}"' for column in columns)
                yield UNIQUE_MISSING.found(
                    f"{what} that keeps it unique",
                    mend=f'CREATE UNIQUE INDEX ON "{name}" ({quoted}), after the rows that are there twice;'
                    " stylobate db check prints what makes the constraint",
                )
                continue
            sql = generator._get_index_sql(models[name], columns, safe=False).rstrip(";")  # noqa: SLF001  with its name
            sql = _concurrently(sql)
            yield INDEX_MISSING.found(what, mend=sql, fix=partial(_make, sql))
    for it in await statistics.indexes():
        if not it.valid and not it.building and it.table in models:
            left = it.name.endswith(("_ccnew", "_ccold"))  # A REINDEX CONCURRENTLY that failed; the first one is there.
            sql = "" if left else _concurrently(it.definition)
            drop = f'DROP INDEX CONCURRENTLY "{it.name}"'
            yield INDEX_INVALID.found(
                f"the index {it.name} of {it.table} was never finished",
                mend="; ".join(filter(None, (drop, sql))),
                fix=partial(_make, sql) if sql else partial(_drop, it.name),
            )


def _concurrently(sql: str) -> str:
    if database.dialect() != "postgres" or " CONCURRENTLY " in sql:
        return sql
    return sql.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)


async def _make(sql: str) -> str:
    await make_index(sql, PATIENCE)  # One that was never finished is dropped before.
    return sql


async def _drop(name: str) -> str:
    sql = f'DROP INDEX CONCURRENTLY IF EXISTS "{name}"'
    await make_index(sql, PATIENCE)
    return sql


async def _foreign_keys() -> AsyncIterator[Finding]:
    here = await read()
    for key in keys():
        held = [it for it in here[key.table].constraints if it.kind == "foreign key" and it.columns == (key.column,)]
        if not held:
            name = f'"{key.table}_{key.column}_fkey"'
            yield FOREIGN_KEY_MISSING.found(
                f"{key.table}.{key.column} does not refer to {key.target} by a foreign key",
                mend=f'ALTER TABLE "{key.table}" ADD CONSTRAINT {name} FOREIGN KEY ("{key.column}")'
                f' REFERENCES "{key.target}" ("id") ON DELETE CASCADE NOT VALID; then stylobate doctor --fix'
                if database.dialect() == "postgres"
                else "stylobate db check, which prints the SQL that makes the table anew",
            )
        for it in held:
            if it.definition.endswith(" NOT VALID"):
                sql = f'ALTER TABLE "{key.table}" VALIDATE CONSTRAINT "{it.name}"'
                yield FOREIGN_KEY_UNCHECKED.found(
                    f"the foreign key {it.name} of {key.table} was not checked for the rows that were there before it",
                    mend=sql,
                    fix=partial(_run, sql),
                )


async def _run(sql: str) -> str:
    await fetch(sql)
    return sql


_KNOWN = {
    "postgres": "SELECT DISTINCT tablename AS name FROM pg_stats WHERE schemaname = current_schema()",
    "sqlite": "SELECT DISTINCT tbl AS name FROM sqlite_stat1",
}


async def _statistics() -> AsyncIterator[Finding]:
    kept = database.dialect() == "postgres" or await fetch("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'")
    known = {row["name"] for row in await fetch(_KNOWN[database.dialect()])} if kept else set()
    unknown = []
    for name in sorted(tables().keys() - known):
        some = await fetch(f'SELECT count(*) AS rows FROM (SELECT 1 FROM "{name}" LIMIT $1) AS counted', _LARGE)  # noqa: S608  our own names
        if some[0]["rows"] == _LARGE:
            unknown.append(name)
    if unknown:

        async def fix() -> str:
            return str(await planner.refresh())

        yield STATISTICS_MISSING.found(
            f"the planner knows nothing of {', '.join(unknown)}", mend="ANALYZE (as the owner)", fix=fix
        )


CHECKS = (
    Check("indexes", _indexes, (INDEX_MISSING, UNIQUE_MISSING, INDEX_INVALID), "schema"),
    Check("foreign keys", _foreign_keys, (FOREIGN_KEY_MISSING, FOREIGN_KEY_UNCHECKED), "schema"),
    Check("statistics", _statistics, (STATISTICS_MISSING,), "schema"),
)
