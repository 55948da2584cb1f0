"""What statements cost, as PostgreSQL's own extension pg_stat_statements counts it when it is told to be loaded."""

import re
from typing import Any, NamedTuple

from core.database import dialect
from core.masking import MASK, masked
from core.statistics.asking import OURS, ask

HIDDEN = "<insufficient privilege>"
"""What the server says instead of what others do, to whom it does not tell."""


class SlowQuery(NamedTuple):
    """A statement, without its values, and what it cost since it was first counted. Times are in seconds."""

    query: str
    user: str | None
    calls: int
    seconds: float
    mean_seconds: float
    max_seconds: float
    rows: int
    hit_rate: float | None


class SlowQueries(NamedTuple):
    """What cost most. ``unavailable`` says what is not known, of all or of some, and ``remedy`` what to do about it."""

    rows: list[SlowQuery]
    unavailable: str | None = None
    remedy: str | None = None


# A comment, a quoted name, and three ways to write a string; one that was cut off has no end.
_TOKENS = re.compile(
    r"""(?sx)
    (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
    | (?P<name> "(?:[^"]|"")*(?:"|\Z) )
    | \b[eE]'(?:[^'\\]|''|\\.)*(?:'|\Z)
    | '(?:[^']|'')*(?:'|\Z)
    | (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)
    """
)
_STANDING = """
    SELECT current_setting('pg_stat_statements.max', TRUE) IS NOT NULL AS loaded,
        current_setting('pg_stat_statements.track', TRUE) AS track,
        CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('shared_preload_libraries') END
            AS libraries,
        EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') AS there,
        current_database() AS database, quote_ident(current_user) AS role, quote_ident(nspname) AS schema,
        has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS allowed,
        ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0) AS columns
    FROM (SELECT) one LEFT JOIN (
        pg_extension e
        JOIN pg_namespace n ON n.oid = extnamespace
        JOIN pg_class c ON relnamespace = n.oid AND relname = 'pg_stat_statements'
    ) ON extname = 'pg_stat_statements'
"""
_SLOWEST = """
    SELECT query, rolname AS user, calls, s.{total} / 1000 AS seconds, s.{mean} / 1000 AS mean_seconds,
        s.{max} / 1000 AS max_seconds, rows,
        shared_blks_hit::float / nullif(shared_blks_hit + shared_blks_read, 0) AS hit_rate
    FROM {schema}.pg_stat_statements s LEFT JOIN pg_roles ON pg_roles.oid = userid
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND right(query, length($2)) <> $2
    ORDER BY s.{total} DESC LIMIT $1
"""


async def slow_queries(*, limit: int = 20) -> SlowQueries:
    """The statements on this database that took most time altogether. Outside a transaction only.

    Raises:
        DatabaseBusy: it took too long.
    """
    if dialect() == "sqlite":
        return SlowQueries([], "SQLite does not count what its statements cost")
    standing = (await ask(_STANDING))[0]
    missing = _missing(standing)
    if missing:
        return missing
    # Until PostgreSQL 13 planning was no part of it. A database that was upgraded keeps its extension's old version.
    kind = "exec_time" if "total_exec_time" in standing["columns"] else "time"
    words = {word: f"{word}_{kind}" for word in ("total", "mean", "max")}
    found = await ask(_SLOWEST.format(schema=standing["schema"], **words), limit, OURS)
    rows = [SlowQuery(**{**row, "query": without_values(row["query"])}) for row in found]
    hidden = sum(row.query == HIDDEN for row in rows)
    if hidden:
        role = standing["role"]
        return SlowQueries(
            rows,
            f"the text of {hidden} statements of other roles is hidden from {role}",
            f"as a superuser: GRANT pg_read_all_stats TO {role}",
        )
    return SlowQueries(rows)


def _missing(standing: dict[str, Any]) -> SlowQueries | None:
    create = f"in the database {standing['database']}, as a superuser: CREATE EXTENSION pg_stat_statements"
    if not standing["loaded"] and not standing["there"]:
        return SlowQueries(
            [],
            "the server does not have the extension pg_stat_statements",
            f"install PostgreSQL's contrib package; then {_load(standing['libraries'])}; then, {create}",
        )
    if not standing["loaded"]:
        remedy = _load(standing["libraries"])
        if standing["schema"] is None:
            remedy += f"; then, {create}"
        return SlowQueries([], "pg_stat_statements is not in shared_preload_libraries", remedy)
    if standing["schema"] is None:
        return SlowQueries([], "pg_stat_statements is loaded, but not created in this database", create)
    if not standing["allowed"]:
        schema, role = standing["schema"], standing["role"]
        return SlowQueries(
            [],
            f"{role} may not read pg_stat_statements",
            f"as a superuser: GRANT USAGE ON SCHEMA {schema} TO {role};"
            f" GRANT SELECT ON {schema}.pg_stat_statements TO {role}",
        )
    if standing["track"] == "none":
        return SlowQueries(
            [],
            "pg_stat_statements.track is none, so nothing is counted",
            "as a superuser: ALTER SYSTEM SET pg_stat_statements.track = 'top'; SELECT pg_reload_conf()",
        )
    return None


def _load(libraries: str | None) -> str:
    """How to have it loaded beside what is. Each name in quotes of its own: as one string it would be one name, and the
    server would not start any more.
    """
    if libraries is None:
        return (
            "add pg_stat_statements to shared_preload_libraries in postgresql.conf, beside what is there, and restart"
            " PostgreSQL"
        )
    names = [name.strip().strip('"') for name in libraries.split(",") if name.strip()]
    listed = ", ".join(f"'{name}'" for name in [*names, "pg_stat_statements"])
    return f"as a superuser: ALTER SYSTEM SET shared_preload_libraries = {listed}; restart PostgreSQL"


def without_values(query: str) -> str:
    """A statement on one line without its strings and comments: the server leaves them in where it is told a password.

    Not every statement comes to us with its values taken out: what is being done now has them, and so has every
    statement that is not a query, such as ALTER ROLE.
    """

    def instead(token: re.Match[str]) -> str:
        if token["comment"]:
            return " "
        return token[0] if token["name"] else f"'{MASK}'"

    return masked(" ".join(_TOKENS.sub(instead, query).split()))
