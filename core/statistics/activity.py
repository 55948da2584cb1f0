"""Who is connected, what has been going on for long, and who waits for whom.

A role sees what its own sessions do. Those of others are counted, and what they do is hidden, unless it is a member of
pg_read_all_stats: ``overview().hidden`` says so.
"""

from typing import Any, NamedTuple

from core.database import dialect
from core.statistics.asking import ask
from core.statistics.queries import without_values


class Connections(NamedTuple):
    """The connections of a program that are in one state; ``seconds`` is how long one has been at the most."""

    database: str
    application: str
    state: str
    sessions: int
    seconds: float | None


class Transaction(NamedTuple):
    """A transaction that is open. One that was prepared (PREPARE TRANSACTION) has no process any more.

    ``waits_for`` is what its process waits for, such as ``Lock: transactionid``. ``xid_age`` is how many transactions
    ago the oldest began that it may still want to see the rows of: vacuum leaves them all.
    """

    pid: int | None
    user: str | None
    application: str
    kind: str
    state: str
    seconds: float
    waits_for: str | None
    xid_age: int | None
    query: str


class Process(NamedTuple):
    """One side of a lock. ``seconds`` is how long its transaction has been open."""

    pid: int
    user: str | None
    application: str
    state: str
    seconds: float | None
    query: str


class Lock(NamedTuple):
    """A process that waits for a lock, and one that has it or stands before it in line.

    ``seconds`` is how long it has been waiting. The blocking process is 0 where a prepared transaction holds it.
    """

    mode: str
    target: str
    seconds: float | None
    waiting: Process
    blocking: Process


_CONNECTIONS = """
    SELECT coalesce(datname, '') AS database, application_name AS application, coalesce(state, 'hidden') AS state,
        count(*) AS sessions, extract(epoch FROM max(clock_timestamp() - state_change))::float AS seconds
    FROM pg_stat_activity
    WHERE CASE WHEN backend_type IS NULL THEN usesysid IS NOT NULL ELSE backend_type = 'client backend' END
    GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3
"""
_TRANSACTIONS = """
    SELECT pid, usename AS user, application_name AS application, backend_type AS kind, coalesce(state, '') AS state,
        extract(epoch FROM clock_timestamp() - xact_start)::float AS seconds,
        wait_event_type || ': ' || wait_event AS waits_for, age(backend_xmin) AS xid_age, query
    FROM pg_stat_activity
    WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()
    UNION ALL
    SELECT NULL, owner, '', 'prepared transaction', 'prepared',
        extract(epoch FROM clock_timestamp() - prepared)::float, NULL, age(transaction), ''
    FROM pg_prepared_xacts WHERE database = current_database()
    ORDER BY 6 DESC LIMIT $1
"""
_PROCESS = """
    {0}.usename AS {0}_user, {0}.application_name AS {0}_application, {0}.state AS {0}_state,
    extract(epoch FROM clock_timestamp() - {0}.xact_start)::float AS {0}_seconds, {0}.query AS {0}_query
"""
# Who waits for a row waits for the transaction that changed it; which table's row it is, the lock in its hand tells.
_LOCKS = f"""
    SELECT DISTINCT l.mode, CASE
            WHEN l.relation IS NOT NULL THEN l.locktype || ' ' || l.relation::regclass::text
            ELSE l.locktype || coalesce((
                SELECT ' in ' || relation::regclass::text FROM pg_locks own
                WHERE own.pid = l.pid AND own.locktype = 'tuple' AND own.granted LIMIT 1
            ), '')
        END AS target,
        extract(epoch FROM clock_timestamp() - l.waitstart)::float AS seconds,
        l.pid AS waiting_pid, {_PROCESS.format("waiting")},
        blocker AS blocking_pid, {_PROCESS.format("blocking")}
    FROM pg_locks l
    JOIN pg_stat_activity waiting ON waiting.pid = l.pid
    CROSS JOIN unnest(pg_blocking_pids(l.pid)) blocker
    LEFT JOIN pg_stat_activity blocking ON blocking.pid = blocker
    WHERE NOT l.granted AND waiting.datname = current_database()
    ORDER BY 3 DESC NULLS LAST, 4, 10
"""  # noqa: S608  our own words


async def connections() -> list[Connections]:
    """The connections of people and programs to the whole server, by state. Outside a transaction only."""
    if dialect() == "sqlite":
        return []
    return [Connections(**row) for row in await ask(_CONNECTIONS)]


async def transactions(*, limit: int = 20) -> list[Transaction]:
    """The transactions on this database that have been open longest. Outside a transaction only."""
    if dialect() == "sqlite":
        return []
    found = await ask(_TRANSACTIONS, limit)
    return [Transaction(**{**row, "query": without_values(row["query"])}) for row in found]


async def locks() -> list[Lock]:
    """Who on this database waits for a lock, and for whom, the longest first. Outside a transaction only."""
    if dialect() == "sqlite":
        return []
    return [
        Lock(row["mode"], row["target"], row["seconds"], _process(row, "waiting"), _process(row, "blocking"))
        for row in await ask(_LOCKS)
    ]


def _process(row: dict[str, Any], side: str) -> Process:
    values = {name: row[f"{side}_{name}"] for name in Process._fields}
    return Process(
        **{
            **values,
            "application": values["application"] or "",
            "state": values["state"] or ("hidden" if values["pid"] else "prepared"),
            "query": without_values(values["query"] or ""),
        }
    )
