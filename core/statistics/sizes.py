"""How large the tables are, what is dead in them, and when they were last looked after."""

from datetime import datetime
from typing import NamedTuple

from core.database import dialect
from core.statistics import sqlite
from core.statistics.asking import ask


class Table(NamedTuple):
    """A table (or a materialized view). Counts are estimates; what is not known is None.

    ``bytes`` includes what is stored out of line (TOAST) and not the indexes; ``dead`` are rows that nobody sees any
    more and vacuum has not come to; ``changed`` is how many rows changed since the planner's statistics were made.
    """

    schema: str
    name: str
    rows: int | None
    bytes: int | None
    index_bytes: int | None
    dead: int | None = None
    changed: int | None = None
    last_vacuum: datetime | None = None
    last_autovacuum: datetime | None = None
    last_analyze: datetime | None = None
    last_autoanalyze: datetime | None = None


# The size of a table that somebody has for himself, or waits to have, could only be waited for. Then it is that of its
# last vacuum.
LOCKED = """
    SELECT DISTINCT relation FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'AccessExclusiveLock' AND pid IS DISTINCT FROM pg_backend_pid()
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_TABLES = f"""
    WITH locked AS MATERIALIZED ({LOCKED})
    SELECT nspname AS schema, relname AS name,
        coalesce(nullif(pg_stat_get_live_tuples(c.oid), 0), greatest(reltuples, 0))::bigint AS rows,
        coalesce(
            CASE WHEN c.oid NOT IN (SELECT relation FROM locked) THEN pg_table_size(c.oid) END,
            relpages::bigint * current_setting('block_size')::int
        ) AS bytes,
        coalesce((
            SELECT sum(CASE
                WHEN i.oid IN (SELECT relation FROM locked) THEN i.relpages::bigint * current_setting('block_size')::int
                ELSE pg_table_size(i.oid)
            END)
            FROM pg_index JOIN pg_class i ON i.oid = indexrelid WHERE indrelid = c.oid
        ), 0)::bigint AS index_bytes,
        pg_stat_get_dead_tuples(c.oid) AS dead,
        pg_stat_get_mod_since_analyze(c.oid) AS changed,
        pg_stat_get_last_vacuum_time(c.oid) AS last_vacuum,
        pg_stat_get_last_autovacuum_time(c.oid) AS last_autovacuum,
        pg_stat_get_last_analyze_time(c.oid) AS last_analyze,
        pg_stat_get_last_autoanalyze_time(c.oid) AS last_autoanalyze
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'm') AND relpersistence <> 't' AND nspname NOT IN ('pg_catalog', 'information_schema')
    ORDER BY 4 DESC, 1, 2
"""  # noqa: S608  our own words


async def tables() -> list[Table]:
    """Every table, the largest first. Outside a transaction only.

    Raises:
        DatabaseBusy: it took too long.
    """
    if dialect() == "sqlite":
        return [Table("main", *found) for found in await sqlite.tables()]
    return [Table(**row) for row in await ask(_TABLES)]
