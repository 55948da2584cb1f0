"""The database as a whole: how large it is, whether it is read from memory, and how old its oldest rows are."""

from datetime import datetime
from typing import NamedTuple

from core.database import dialect
from core.statistics import sqlite
from core.statistics.asking import ask


class Overview(NamedTuple):
    """Which database it is, and how far it can be seen.

    ``counted_since`` is when its counters began: what was not used in an hour may be used tomorrow. ``hidden`` says
    what this role is not shown, and ``remedy`` what to do about it.
    """

    version: str
    database: str
    bytes: int
    connections: int | None = None
    connection_limit: int | None = None
    counted_since: datetime | None = None
    hidden: str | None = None
    remedy: str | None = None


class Cache(NamedTuple):
    """How many pages were wanted and were in PostgreSQL's memory (``hits``), or had to be asked of the system."""

    hits: int
    reads: int
    rate: float | None


class Age(NamedTuple):
    """How many transactions ago the oldest row was written that is not frozen, in a database or a table of this one.

    At ``freeze_at`` autovacuum freezes it, whatever else there is to do; at about 2,100,000,000 the server takes no
    more writes. ``multixacts`` is the same for the ids of rows that several have locked at once.
    """

    kind: str
    name: str
    xids: int
    freeze_at: int
    multixacts: int
    multixacts_freeze_at: int


_OVERVIEW = """
    SELECT 'PostgreSQL ' || split_part(current_setting('server_version'), ' ', 1) AS version, datname AS database,
        pg_database_size(oid) AS bytes,
        (SELECT sum(numbackends)::int FROM pg_stat_database) AS connections,
        current_setting('max_connections')::int AS connection_limit,
        greatest(
            pg_stat_get_db_stat_reset_time(oid), (SELECT stats_reset FROM pg_stat_bgwriter)
        ) AS counted_since,
        quote_ident(current_user) AS role, pg_has_role('pg_read_all_stats', 'USAGE') AS sees_all
    FROM pg_database WHERE datname = current_database()
"""
_CACHE = """
    SELECT blks_hit AS hits, blks_read AS reads, blks_hit::float / nullif(blks_hit + blks_read, 0) AS rate
    FROM pg_stat_database WHERE datname = current_database()
"""
# What is stored out of line has an age of its own.
_AGES = """
    WITH tables AS (
        SELECT 'table' AS kind, c.oid::regclass::text AS name,
            greatest(age(c.relfrozenxid), age(t.relfrozenxid)) AS xids,
            greatest(mxid_age(c.relminmxid), mxid_age(t.relminmxid)) AS multixacts
        FROM pg_class c LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
        WHERE c.relkind IN ('r', 'm')
        ORDER BY 3 DESC LIMIT $1
    )
    SELECT kind, name, xids, current_setting('autovacuum_freeze_max_age')::int AS freeze_at, multixacts,
        current_setting('autovacuum_multixact_freeze_max_age')::int AS multixacts_freeze_at
    FROM (
        SELECT 'database' AS kind, datname::text AS name, age(datfrozenxid) AS xids, mxid_age(datminmxid) AS multixacts
        FROM pg_database
        UNION ALL TABLE tables
    ) ages ORDER BY kind, xids DESC, name
"""


async def overview() -> Overview:
    """What it is, and how far we see. Outside a transaction only."""
    found = await sqlite.file()
    if found:
        return Overview(f"SQLite {found.version}", found.path, found.bytes + found.wal_bytes)
    row = (await ask(_OVERVIEW))[0]
    role, sees_all = row.pop("role"), row.pop("sees_all")
    if sees_all:
        return Overview(**row)
    hidden = f"{role} does not see what the sessions of other roles do"
    return Overview(**row, hidden=hidden, remedy=f"as a superuser: GRANT pg_read_all_stats TO {role}")


async def cache() -> Cache | None:
    """How often this database's pages were in memory; None on SQLite. Outside a transaction only."""
    if dialect() == "sqlite":
        return None
    return Cache(**(await ask(_CACHE))[0])


async def wraparound(*, limit: int = 5) -> list[Age]:
    """The age of every database of the server, and of this one's oldest tables. Outside a transaction only."""
    if dialect() == "sqlite":
        return []
    return [Age(**row) for row in await ask(_AGES, limit)]
