"""What the target's tables are, as far as a value must fit into them. PostgreSQL's catalog says it."""

from typing import TYPE_CHECKING, NamedTuple

from core.migrate import states

if TYPE_CHECKING:
    import asyncpg


class Column(NamedTuple):
    """A column. ``type`` is one of ours (see ``_TYPES``), or PostgreSQL's own name where we can't fill it."""

    name: str
    type: str
    nullable: bool
    length: int | None = None
    default: bool = False
    """Whether the database has a value for it."""


class Reference(NamedTuple):
    """A foreign key."""

    columns: tuple[str, ...]
    table: str
    to: tuple[str, ...]


class Table(NamedTuple):
    """A table. ``uniques`` has the primary key, too; an index that is unique for some rows only is none of them."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[Reference, ...] = ()
    uniques: tuple[tuple[str, ...], ...] = ()
    checks: tuple[str, ...] = ()
    """Conditions, as PostgreSQL writes them."""


_TYPES = {
    "text": "text",
    "character varying": "text",
    "character": "text",
    "boolean": "boolean",
    "smallint": "smallint",
    "integer": "integer",
    "bigint": "bigint",
    "double precision": "double",
    "numeric": "numeric",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamp",
    "date": "date",
    "uuid": "uuid",
    "json": "json",
    "jsonb": "json",
    "bytea": "bytes",
}

_OURS = """
    c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> ALL ($1::text[])
        AND c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
"""
# What the database computes itself can't be given to it.
_COLUMNS = f"""
    SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, NULL) AS type, t.typtype = 'e' AS is_enum,
        NOT a.attnotnull AS nullable, a.atthasdef OR a.attidentity <> '' AS "default",
        CASE WHEN format_type(a.atttypid, NULL) IN ('character varying', 'character') AND a.atttypmod > 4
            THEN a.atttypmod - 4 END AS length
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE {_OURS} ORDER BY c.relname, a.attnum
"""  # noqa: S608  constants
_NAMES = """
    ARRAY(
        SELECT a.attname::text FROM unnest({keys}) WITH ORDINALITY AS k (number, place)
        JOIN pg_attribute a ON a.attrelid = {table} AND a.attnum = k.number WHERE place <= {many} ORDER BY place
    )
"""
_FROM = _NAMES.format(keys="o.conkey", table="o.conrelid", many="cardinality(o.conkey)")
_TO = _NAMES.format(keys="o.confkey", table="o.confrelid", many="cardinality(o.confkey)")
_REFERENCES = f"""
    SELECT c.relname AS "table", f.relname AS to_table, {_FROM} AS columns, {_TO} AS to_columns
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_class f ON f.oid = o.confrelid
    WHERE o.contype = 'f' AND o.conparentid = 0 AND {_OURS} ORDER BY c.relname, o.conname
"""  # noqa: S608  the same
_UNIQUES = f"""
    SELECT c.relname AS "table", i.indisprimary AS "primary",
        {_NAMES.format(keys="i.indkey::int2[]", table="i.indrelid", many="i.indnkeyatts")} AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class n ON n.oid = i.indexrelid
    WHERE i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AND {_OURS}
    ORDER BY c.relname, i.indisprimary DESC, n.relname
"""  # noqa: S608  the same
_CHECKS = f"""
    SELECT c.relname AS "table", pg_get_expr(o.conbin, o.conrelid) AS condition
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
    WHERE o.contype = 'c' AND {_OURS} ORDER BY c.relname, o.conname
"""  # noqa: S608  the same


async def tables_of(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[str, Table]:
    """The tables of the schema that the connection is in, by their names: ours, and whatever else is there.

    Those in which the migrations themselves are kept are none of them.
    """
    tables: dict[str, Table] = {}
    for row in await connection.fetch(_COLUMNS, states.TABLES):
        table = tables.setdefault(row["table"], Table(row["table"], (), ()))
        kind = "text" if row["is_enum"] else _TYPES.get(row["type"], row["type"])
        column = Column(row["name"], kind, row["nullable"], row["length"], row["default"])
        tables[table.name] = table._replace(columns=(*table.columns, column))
    for row in await connection.fetch(_REFERENCES, states.TABLES):
        table = tables[row["table"]]
        reference = Reference(tuple(row["columns"]), row["to_table"], tuple(row["to_columns"]))
        tables[table.name] = table._replace(references=(*table.references, reference))
    for row in await connection.fetch(_UNIQUES, states.TABLES):
        table = tables[row["table"]]
        columns = tuple(row["columns"])
        key = columns if row["primary"] else table.key
        tables[table.name] = table._replace(key=key, uniques=(*table.uniques, columns))
    for row in await connection.fetch(_CHECKS, states.TABLES):
        table = tables[row["table"]]
        tables[table.name] = table._replace(checks=(*table.checks, row["condition"]))
    return tables
