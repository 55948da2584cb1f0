"""Rows that should not be there: without what they belong to, twice, or in a file that is damaged."""

from collections.abc import AsyncIterator

from core import database, statistics
from core.database.statements import fetch
from core.doctor.finding import Check, Finding, Kind
from core.doctor.indexes import keys
from core.migrate.reading import read

ORPHANS = Kind(
    "orphans", "error", "Whatever reads them finds nobody, and a database that keeps its foreign keys refuses them."
)
CASE_TWINS = Kind(
    "case-twins", "warning", "It is chance who of them is found, signs in, or is sent the link to a new password."
)
FILE_DAMAGED = Kind("file-damaged", "error", "Rows are lost already, and each write may lose more.")

_MANY = 10_000
"""Where it would cost too much to count, so many stands for at least so many."""

_ORPHANS = """
    SELECT count(*) AS rows FROM (
        SELECT 1 FROM "{table}" AS child
        WHERE "{column}" IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM "{target}" AS parent WHERE parent."id" = child."{column}")
        LIMIT $1
    ) AS counted
"""
_TWINS = """
    SELECT count(*) AS rows, min("id") AS one, max("id") AS other FROM "{table}"
    WHERE "{column}" IS NOT NULL GROUP BY lower("{column}") HAVING count(*) > 1 ORDER BY 2 LIMIT $1
"""
_DELETE = (
    'after a look at them: DELETE FROM "{table}" AS child'
    ' WHERE NOT EXISTS (SELECT 1 FROM "{target}" AS parent WHERE parent."id" = child."{column}")'
)
_SHOW = (
    'find out which is meant, and change or delete the other: SELECT * FROM "{table}"'
    """ WHERE lower("{column}") = (SELECT lower("{column}") FROM "{table}" WHERE "id" = '{one}')"""
)
_ONCE = (("user", "email"), ("user", "username"), ("organization", "slug"))


async def _orphans() -> AsyncIterator[Finding]:
    here = await read()
    for key in keys():
        if database.dialect() == "postgres" and any(
            it.kind == "foreign key" and it.columns == (key.column,) and not it.definition.endswith(" NOT VALID")
            for it in here[key.table].constraints
        ):
            continue  # PostgreSQL keeps it. SQLite does where a program asks it to.
        (found,) = await fetch(_ORPHANS.format(**key._asdict()), _MANY)
        if found["rows"]:
            some = "at least " if found["rows"] == _MANY else ""
            yield ORPHANS.found(
                f"{some}{found['rows']:,} rows of {key.table} have a {key.column} that is no {key.target}",
                mend=_DELETE.format(**key._asdict()),
            )


async def _twins() -> AsyncIterator[Finding]:
    for table, column in _ONCE:
        found = await fetch(_TWINS.format(table=table, column=column), _MANY)
        if found:
            first = found[0]
            yield CASE_TWINS.found(
                f"{len(found):,} times rows of {table} have a {column} that differs in case alone:"
                f" first {first['one']} and {first['other']}",
                mend=_SHOW.format(table=table, column=column, one=first["one"]),
            )


async def _file() -> AsyncIterator[Finding]:
    if broken := await statistics.quick_check():
        yield FILE_DAMAGED.found(
            f"{len(broken)} things in the file are damaged, first: {' '.join(broken[0].split())}",
            mend="stop what writes, then stylobate backup restore; see whether the disk is healthy",
        )


CHECKS = (
    Check("file", _file, (FILE_DAMAGED,), "database", "sqlite"),
    Check("orphans", _orphans, (ORPHANS,), "schema"),
    Check("duplicates", _twins, (CASE_TWINS,), "schema"),
)
