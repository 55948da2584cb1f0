"""Indexes that cost something and are good for nothing: unused, doubled, or never finished.

What keeps a rule (a primary key, a unique index, a constraint) is never called superfluous, however seldom it is read.
"""

from typing import Any, NamedTuple

from core.database import dialect
from core.statistics import sqlite
from core.statistics.asking import ask
from core.statistics.sizes import LOCKED


class Index(NamedTuple):
    """An index, and what is wrong with it. Its ``definition`` is empty while its table is locked.

    ``scans`` is how often it was read since ``overview().counted_since``; on SQLite nobody counts. ``unused`` is one
    that never was and that no foreign key leans on either. ``duplicate_of`` names one that does exactly the same,
    ``prefix_of`` a longer one that begins with the same columns. One that is not ``valid`` is written and never read: a
    CREATE INDEX CONCURRENTLY that failed left it. For one that is not ``analyzed`` SQLite's planner has to guess.
    """

    schema: str
    table: str
    name: str
    columns: tuple[str, ...]
    definition: str
    bytes: int | None
    scans: int | None
    unique: bool
    constraint: bool
    valid: bool = True
    building: bool = False
    analyzed: bool = True
    unused: bool = False
    duplicate_of: str | None = None
    prefix_of: str | None = None


class _Shape(NamedTuple):
    """What two indexes have in common that do the same."""

    place: tuple[str, str]
    method: str
    predicate: str
    keys: tuple[tuple[str, str], ...]
    included: frozenset[str]


class _Known(NamedTuple):
    """An index and what it is compared by. ``age`` is less for the older one; ``nulls`` is whether NULLs are alike."""

    entry: Index
    shape: _Shape
    age: int
    nulls: bool


# An expression can only be read by looking at its table, which somebody may have for himself.
_INDEXES = f"""
    WITH locked AS MATERIALIZED ({LOCKED})
    SELECT n.nspname AS schema, t.relname AS table, c.relname AS name, am.amname AS method, c.oid AS age,
        ARRAY(
            SELECT coalesce(
                attname::text,
                CASE WHEN t.oid NOT IN (SELECT relation FROM locked) THEN pg_get_indexdef(c.oid, k, FALSE) END,
                format('(expression of %s)', c.relname)
            )
            FROM generate_series(1, indnatts) k LEFT JOIN pg_attribute ON attrelid = t.oid AND attnum = indkey[k - 1]
            ORDER BY k
        ) AS columns, indnkeyatts AS keys,
        indclass::text AS classes, indcollation::text AS collations, indoption::text AS options,
        coalesce(regexp_replace(indpred::text, ':location -?[0-9]+', '', 'g'), '') AS predicate,
        coalesce(CASE WHEN t.oid NOT IN (SELECT relation FROM locked) THEN pg_get_indexdef(c.oid) END, '')
            AS definition,
        coalesce(
            CASE WHEN c.oid NOT IN (SELECT relation FROM locked) THEN pg_table_size(c.oid) END,
            c.relpages::bigint * current_setting('block_size')::int
        ) AS bytes,
        pg_stat_get_numscans(c.oid) AS scans, indisunique AS unique, indisvalid AS valid,
        coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, FALSE) AS nulls,
        EXISTS (SELECT FROM pg_constraint WHERE conindid = c.oid AND contype IN ('p', 'u', 'x')) AS constraint,
        indisreplident OR EXISTS (
            SELECT FROM pg_constraint
            WHERE conrelid = t.oid AND contype = 'f' AND indpred IS NULL
                AND (indkey::int2[])[0:cardinality(conkey) - 1] @> conkey
        ) AS needed,
        EXISTS (SELECT FROM pg_stat_progress_create_index WHERE index_relid = c.oid) AS building
    FROM pg_index i
    JOIN pg_class c ON c.oid = indexrelid
    JOIN pg_class t ON t.oid = indrelid
    JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_am am ON am.oid = c.relam
    WHERE c.relkind = 'i' AND t.relkind IN ('r', 'm') AND t.relpersistence <> 't'
        AND n.nspname NOT IN ('pg_catalog', 'information_schema')
    ORDER BY 1, 2, 3
"""  # noqa: S608  our own words


async def indexes() -> list[Index]:
    """Every index, by table and name. Outside a transaction only.

    Raises:
        DatabaseBusy: it took too long.
    """
    known = await _of_sqlite() if dialect() == "sqlite" else [_known(row) for row in await ask(_INDEXES)]
    neighbours: dict[tuple[str, str], list[_Known]] = {}
    for it in known:
        neighbours.setdefault(it.shape.place, []).append(it)
    return [_judged(it, neighbours[it.shape.place]) for it in known]


async def _of_sqlite() -> list[_Known]:
    return [
        _Known(
            Index(
                schema="main",
                table=it.table,
                name=it.name,
                columns=tuple(key.column for key in it.keys),
                definition=it.definition,
                bytes=it.bytes,
                scans=None,
                unique=it.unique,
                constraint=it.constraint,
                analyzed=it.analyzed,
            ),
            _Shape(("main", it.table), "btree", it.predicate, it.keys, frozenset()),
            it.age,
            nulls=False,
        )
        for it in await sqlite.indexes()
    ]


def _known(row: dict[str, Any]) -> _Known:
    schema, table, columns = row["schema"], row["table"], row["columns"]
    keys, included = columns[: row["keys"]], columns[row["keys"] :]
    orders = zip(row["classes"].split(), row["collations"].split(), row["options"].split(), strict=False)
    entry = Index(
        schema=schema,
        table=table,
        name=row["name"],
        columns=tuple(columns),
        definition=row["definition"],
        bytes=row["bytes"],
        scans=row["scans"],
        unique=row["unique"],
        constraint=row["constraint"],
        valid=row["valid"],
        building=row["building"],
        unused=row["valid"] and not (row["scans"] or row["unique"] or row["constraint"] or row["needed"]),
    )
    shape = _Shape(
        (schema, table),
        row["method"],
        row["predicate"],
        tuple((key, " ".join(order)) for key, order in zip(keys, orders, strict=False)),
        frozenset(included),
    )
    return _Known(entry, shape, row["age"], row["nulls"])


def _judged(it: _Known, neighbours: list[_Known]) -> Index:
    """Say which other one does its work."""
    if it.entry.constraint or not it.entry.valid:
        return it.entry
    others = [other for other in neighbours if other is not it and other.entry.valid]
    same = [other.entry.name for other in others if _does_the_same(it, other)]
    longer = [other.entry.name for other in others if not it.entry.unique and _begins(it.shape, other.shape)]
    return it.entry._replace(duplicate_of=next(iter(same), None), prefix_of=None if same else next(iter(longer), None))


def _does_the_same(it: _Known, other: _Known) -> bool:
    """Whether the other one makes it superfluous: of two equal ones, the older does."""
    if it.shape != other.shape:
        return False
    if it.entry.unique:
        if not other.entry.unique or it.nulls != other.nulls:
            return False
        return other.entry.constraint or other.age < it.age
    return other.entry.unique or other.age < it.age


def _begins(short: _Shape, long: _Shape) -> bool:
    if (short.place, short.predicate) != (long.place, long.predicate) or {short.method, long.method} != {"btree"}:
        return False
    there = long.included.union(key for key, _ in long.keys)
    return len(short.keys) < len(long.keys) and long.keys[: len(short.keys)] == short.keys and short.included <= there
