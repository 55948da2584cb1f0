"""What is in a database: its tables described alike on both dialects, so that two of them can be compared.

PostgreSQL says everything in its catalogs, in a form of its own. SQLite's pragmas say most of it; names of constraints,
CHECKs and comments stand only in the text of the CREATE TABLE (see ``core.migrate.written``).
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from core.database import dialect
from core.database.statements import fetch
from core.migrate.states import TABLES
from core.migrate.written import Written


class Column(NamedTuple):
    """A column. ``generated`` says how the database makes its values, where it does."""

    name: str
    type: str
    nullable: bool
    default: str | None = None
    generated: str | None = None
    collation: str | None = None
    comment: str | None = None


class Constraint(NamedTuple):
    """A primary key, a unique, a foreign key or a check. Where SQLite was given no name for it, it has none."""

    kind: str
    name: str
    columns: tuple[str, ...]
    definition: str


class Index(NamedTuple):
    """An index that is not a constraint's. ``definition`` is its whole statement."""

    name: str
    unique: bool
    columns: tuple[str, ...]
    definition: str


class Table(NamedTuple):
    """A table. ``sql`` is the statement that made it, on SQLite, and is not compared."""

    name: str
    columns: dict[str, Column]
    constraints: tuple[Constraint, ...]
    indexes: tuple[Index, ...]
    triggers: tuple[str, ...] = ()
    comment: str | None = None
    sql: str = ""


Schema = dict[str, Table]


async def read() -> Schema:
    """The tables of the open database, without those that belong to the migrations themselves."""
    return await (_postgres() if dialect() == "postgres" else _sqlite())


# --- PostgreSQL ---

_HERE = "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
_TABLES = f"""
    SELECT relname AS name, obj_description(oid, 'pg_class') AS comment
    FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = {_HERE} ORDER BY 1
"""  # noqa: S608  constants
_COLUMNS = f"""
    SELECT c.relname AS "table", a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type,
        NOT a.attnotnull AS nullable, pg_get_expr(d.adbin, d.adrelid) AS "default", a.attgenerated::text AS computed,
        a.attidentity::text AS identity, format_type(s.seqtypid, NULL) AS sequence,
        CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END AS collation,
        col_description(c.oid, a.attnum) AS comment
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    LEFT JOIN pg_depend o ON o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid AND o.refobjsubid = a.attnum
        AND o.classid = 'pg_class'::regclass AND o.deptype IN ('a', 'i')
        AND EXISTS (SELECT FROM pg_sequence WHERE seqrelid = o.objid)
    LEFT JOIN pg_sequence s ON s.seqrelid = o.objid
    WHERE c.relkind IN ('r', 'p') AND c.relnamespace = {_HERE} ORDER BY c.relname, a.attnum
"""  # noqa: S608  the same
_CONSTRAINTS = f"""
    SELECT c.relname AS "table", o.contype::text AS kind, o.conname AS name, pg_get_constraintdef(o.oid) AS definition,
        ARRAY(
            SELECT a.attname::text FROM unnest(o.conkey) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute a ON a.attrelid = o.conrelid AND a.attnum = k.number ORDER BY place
        ) AS columns
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid
    WHERE o.contype IN ('p', 'u', 'f', 'c', 'x') AND o.conparentid = 0 AND c.relnamespace = {_HERE} ORDER BY 1, 3
"""  # noqa: S608  the same
_INDEXES = f"""
    SELECT c.relname AS "table", n.relname AS name, i.indisunique AS unique, i.indisvalid AS valid,
        replace(pg_get_indexdef(i.indexrelid), ' ON ' || quote_ident(current_schema()) || '.', ' ON ') AS definition,
        ARRAY(
            SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number ORDER BY place
        ) AS columns
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class n ON n.oid = i.indexrelid
    WHERE c.relnamespace = {_HERE} AND c.relkind IN ('r', 'p')
        AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x'))
    ORDER BY 1, 2
"""  # noqa: S608  the same
_TRIGGERS = f"""
    SELECT c.relname AS "table",
        replace(pg_get_triggerdef(t.oid), ' ON ' || quote_ident(current_schema()) || '.', ' ON ') AS definition
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = {_HERE} ORDER BY 1, 2
"""  # noqa: S608  the same
_KINDS = {"p": "primary key", "u": "unique constraint", "f": "foreign key", "c": "check", "x": "exclusion"}


async def _postgres() -> Schema:
    columns, constraints, indexes, triggers = [
        _by_table(await fetch(query)) for query in (_COLUMNS, _CONSTRAINTS, _INDEXES, _TRIGGERS)
    ]
    return {
        name: Table(
            name=name,
            columns={row["name"]: _postgres_column(row) for row in columns.get(name, [])},
            constraints=tuple(
                Constraint(_KINDS[row["kind"]], row["name"], tuple(row["columns"]), row["definition"])
                for row in constraints.get(name, [])
            ),
            indexes=tuple(
                Index(
                    row["name"],
                    row["unique"],
                    tuple(row["columns"]),
                    row["definition"] + ("" if row["valid"] else " INVALID"),
                )
                for row in indexes.get(name, [])
            ),
            triggers=tuple(row["definition"] for row in triggers.get(name, [])),
            comment=table["comment"],
        )
        for table in await fetch(_TABLES)
        if (name := table["name"]) not in TABLES
    }


def _by_table(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["table"], []).append(row)
    return found


def _postgres_column(row: dict[str, Any]) -> Column:
    generated, default = None, row["default"]
    if row["computed"]:
        generated, default = f"ALWAYS AS ({default}) {'STORED' if row['computed'] == 's' else 'VIRTUAL'}", None
    elif row["identity"]:
        generated = f"{'ALWAYS' if row['identity'] == 'a' else 'BY DEFAULT'} AS IDENTITY"
    elif row["sequence"]:
        generated = f"by a sequence of {row['sequence']}"
    return Column(row["name"], row["type"], row["nullable"], default, generated, row["collation"], row["comment"])


# --- SQLite ---


async def _sqlite() -> Schema:
    rows = await fetch("SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
    return {
        row["name"]: await _sqlite_table(row["name"], row["sql"], [it for it in rows if it["tbl_name"] == row["name"]])
        for row in rows
        # What SQLite itself keeps: sequences, and statistics since the first ANALYZE.
        if row["type"] == "table" and row["name"] not in TABLES and not row["name"].startswith("sqlite_")
    }


async def _sqlite_table(name: str, sql: str, parts: list[dict[str, Any]]) -> Table:
    written = Written(sql)
    columns = await fetch("SELECT * FROM pragma_table_xinfo($1)", name)
    indexes = await fetch("SELECT * FROM pragma_index_list($1) ORDER BY name", name)
    inside = {row["name"]: await _indexed(row["name"]) for row in indexes}
    definitions = {row["name"]: row["sql"] for row in parts if row["type"] == "index"}
    return Table(
        name=name,
        columns={
            row["name"]: Column(
                name=row["name"],
                type=row["type"],
                nullable=not row["notnull"],
                default=row["dflt_value"],
                generated=written.after(row["name"], "AS") if row["hidden"] > 1 else None,
                collation=written.after(row["name"], "COLLATE"),
                comment=written.comments.get(row["name"]),
            )
            for row in columns
        },
        constraints=tuple(
            sorted(
                [
                    *_primary_key(columns, written),
                    *(_unique(inside[row["name"]], written) for row in indexes if row["origin"] == "u"),
                    *_foreign_keys(await fetch("SELECT * FROM pragma_foreign_key_list($1) ORDER BY id, seq", name)),
                    *(Constraint("check", name, (), f"CHECK {text}") for name, text in written.checks()),
                ]
            )
        ),
        indexes=tuple(
            Index(row["name"], bool(row["unique"]), inside[row["name"]], definitions[row["name"]])
            for row in indexes
            if row["origin"] == "c"
        ),
        triggers=tuple(row["sql"] for row in parts if row["type"] == "trigger"),
        sql=sql,
    )


async def _indexed(index: str) -> tuple[str, ...]:
    rows = await fetch("SELECT name FROM pragma_index_info($1) ORDER BY seqno", index)
    return tuple(row["name"] or "" for row in rows)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _primary_key(columns: list[dict[str, Any]], written: Written) -> Iterator[Constraint]:
    keys = tuple(row["name"] for row in sorted(columns, key=lambda it: it["pk"]) if row["pk"])
    if keys:
        counted = " AUTOINCREMENT" if written.says("AUTOINCREMENT") else ""
        yield Constraint("primary key", "", keys, f"PRIMARY KEY ({_quoted(keys)}){counted}")


def _unique(columns: tuple[str, ...], written: Written) -> Constraint:
    return Constraint("unique constraint", written.uniques.get(columns, ""), columns, f"UNIQUE ({_quoted(columns)})")


def _foreign_keys(rows: list[dict[str, Any]]) -> Iterator[Constraint]:
    for number in dict.fromkeys(row["id"] for row in rows):
        parts = [row for row in rows if row["id"] == number]
        first, columns = parts[0], tuple(row["from"] for row in parts)
        target = f" ({_quoted([row['to'] for row in parts])})" if first["to"] else ""
        actions = "".join(
            f" ON {what.upper()} {first[f'on_{what}']}"
            for what in ("update", "delete")
            if first[f"on_{what}"] != "NO ACTION"
        )
        definition = f'FOREIGN KEY ({_quoted(columns)}) REFERENCES "{first["table"]}"{target}{actions}'
        yield Constraint("foreign key", "", columns, definition)
