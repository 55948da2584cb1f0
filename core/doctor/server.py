"""The PostgreSQL server and its settings: what can be lost, run out, or be read on the way."""

from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta

from core import clock, heartbeat, statistics
from core.database import replicas
from core.database.alone import connected, place
from core.database.failures import postgres_failures
from core.database.statements import fetch, moment
from core.doctor.connection import tables
from core.doctor.finding import Check, Finding, Kind
from core.errors import Unavailable
from core.migrate.resetting import is_local
from core.settings import PostgresUrl, settings

_SKEW = timedelta(seconds=5)
_IDLE = timedelta(minutes=5)
_ANSWER = 2.0
"""Seconds in which replicas show that they follow."""
_NEARLY_ALL = 0.8
_ONE_TRANSACTION_AND_ITS_LOCK = 2
_WRAPAROUND = 1_200_000_000
"""Of the 2,000,000,000 transactions after which PostgreSQL takes no more writes."""

NOT_ENCRYPTED = Kind(
    "not-encrypted", "warning", "Whoever is on the way to the database reads everything, and can change it."
)
CLOCK_SKEW = Kind(
    "clock-skew",
    "error",
    "Sessions, links and codes end too early or too late, jobs begin at the wrong time, second factors fail.",
)
TIME_ZONE = Kind(
    "time-zone",
    "warning",
    "Another program's sessions write and compare times without a zone in local time, hours away from ours.",
)
NOT_DURABLE = Kind("not-durable", "error", "A machine that loses power may leave a database that can't be repaired.")
COMMITS_NOT_DURABLE = Kind(
    "commits-not-durable", "warning", "What was confirmed in the last moments before a crash of the server is lost."
)
SUPERUSER = Kind(
    "superuser", "warning", "One hole in the app is enough to read every database of the server, its files included."
)
EXTENSION_MISSING = Kind(
    "extension-missing", "info", "Which queries are slow can't be seen, now or afterwards: nobody counts them."
)
POOL_TOO_SMALL = Kind(
    "pool-too-small", "error", "A job holds its lock on one connection and works on another, so it never begins."
)
POOLS_TOO_LARGE = Kind(
    "pools-too-large", "warning", "When all are busy at once, the server refuses connections and requests fail."
)
CONNECTIONS_SCARCE = Kind(
    "connections-scarce", "warning", "Few more, and the server refuses connections; requests and jobs fail then."
)
IDLE_IN_TRANSACTION = Kind(
    "idle-in-transaction",
    "warning",
    "It holds what it has locked, makes migrations wait, and keeps vacuum from removing dead rows.",
)
REPLICA_LEFT_OUT = Kind(
    "replica-left-out", "warning", "The primary answers what the replica should, and may not be sized for that."
)
WRAPAROUND = Kind(
    "wraparound", "error", "Vacuum does not keep up. After 2,000,000,000 transactions PostgreSQL takes no more writes."
)


async def _encryption() -> AsyncIterator[Finding]:
    url = settings().database
    if is_local(url):
        return
    (session,) = await fetch("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
    if not session["ssl"]:
        yield NOT_ENCRYPTED.found(
            f"the connection to {url} is not encrypted",
            mend="switch TLS on at the server, and add sslmode=verify-full (or require) to DATABASE_URL",
        )


async def _clock() -> AsyncIterator[Finding]:
    before = clock.now()
    (row,) = await fetch("SELECT clock_timestamp() AS now")
    after = clock.now()
    theirs = moment(row["now"])
    away = max(before - theirs, theirs - after)
    if away > _SKEW:
        which = "behind" if theirs < before else "ahead of"
        yield CLOCK_SKEW.found(
            f"the database's clock is {away.total_seconds():.0f} s {which} this machine's",
            mend="keep both by NTP: timedatectl set-ntp true, on each machine",
        )


_ZONELESS = """
    SELECT quote_ident(table_name) || '.' || quote_ident(column_name) AS name FROM information_schema.columns
    WHERE table_schema = current_schema() AND table_name = ANY($1) AND data_type = 'timestamp without time zone'
    ORDER BY table_name, ordinal_position
"""


async def _time_zone() -> AsyncIterator[Finding]:
    columns = [row["name"] for row in await fetch(_ZONELESS, list(tables()))]
    url = settings().database
    if not columns or not isinstance(url, PostgresUrl):
        return
    zone, offset = await _usual_zone(url)
    if offset:
        yield TIME_ZONE.found(
            f"sessions are in {zone} unless they say otherwise, and {len(columns)} columns have no zone,"
            f" first {columns[0]}",
            mend=f"as the owner: ALTER DATABASE \"{url.database}\" SET timezone TO 'UTC'; then see with SHOW timezone"
            " whether the role has another one of its own",
        )


async def _usual_zone(url: PostgresUrl) -> tuple[str, int]:
    """The zone of a session that does not ask for one, as ours do, and how many seconds it is away from UTC."""
    with postgres_failures(place(url)):
        async with connected(url) as session:
            row = await session.fetchrow("SELECT current_setting('timezone'), extract(timezone FROM now())::int")
    assert row is not None, "one row"  # noqa: S101
    return row[0], row[1]


_DURABILITY = "SELECT name, source FROM pg_settings WHERE name = ANY($1) AND setting = 'off' ORDER BY name"


async def _durability() -> AsyncIterator[Finding]:
    if off := [row["name"] for row in await fetch(_DURABILITY, ["fsync", "full_page_writes"])]:
        commands = "; ".join(f"ALTER SYSTEM SET {name} = on" for name in off)
        yield NOT_DURABLE.found(
            ", ".join(f"{name} is off" for name in off), mend=f"as a superuser: {commands}; SELECT pg_reload_conf()"
        )
    for row in await fetch(_DURABILITY, ["synchronous_commit"]):
        yield COMMITS_NOT_DURABLE.found(
            f"synchronous_commit is off (set by: {row['source']})",
            mend="as a superuser: ALTER SYSTEM SET synchronous_commit = on; SELECT pg_reload_conf();"
            " where the role or the database has its own, ALTER ROLE (or DATABASE) ... RESET synchronous_commit",
        )


async def _role() -> AsyncIterator[Finding]:
    for row in await fetch("SELECT rolname AS name FROM pg_roles WHERE rolname = current_user AND rolsuper"):
        yield SUPERUSER.found(
            f"DATABASE_URL's role {row['name']!r} is a superuser",
            mend="make a role that may read and write rows and no more: docs/operations.md, Roles of the database",
        )


_EXTENSION = """
    SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_stat_statements') AS made,
        EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_stat_statements') AS installed,
        (SELECT setting LIKE '%pg_stat_statements%' FROM pg_settings WHERE name = 'shared_preload_libraries') AS loaded
"""


async def _extension() -> AsyncIterator[Finding]:
    (row,) = await fetch(_EXTENSION)
    if row["made"] and row["loaded"] is not False:  # None: this role may not know.
        return
    create = "CREATE EXTENSION IF NOT EXISTS pg_stat_statements"
    load = "" if row["loaded"] else "add pg_stat_statements to shared_preload_libraries, if it is not there; restart; "
    where = "not loaded" if row["loaded"] is False else "not created"

    async def fix() -> str:
        await fetch(create)
        return create

    yield EXTENSION_MISSING.found(
        f"pg_stat_statements is {where if row['installed'] else 'not installed'}",
        mend=f"as a superuser: {load}{create}",
        fix=fix if row["installed"] and not row["made"] and row["loaded"] is not False else None,
    )


_LIMITS = """
    SELECT 'the server' AS what,
        current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
            - coalesce(current_setting('reserved_connections', true)::int, 0) AS most,
        (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS used
    UNION ALL
    SELECT 'the role ' || quote_ident(rolname), rolconnlimit,
        (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user AND backend_type = 'client backend')
    FROM pg_roles WHERE rolname = current_user AND rolconnlimit >= 0
    UNION ALL
    SELECT 'the database ' || quote_ident(datname), datconnlimit,
        (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend')
    FROM pg_database WHERE datname = current_database() AND datconnlimit >= 0
"""


async def _pool() -> AsyncIterator[Finding]:
    url = settings().database
    assert isinstance(url, PostgresUrl), "it is a PostgreSQL"  # noqa: S101
    if url.pool_size < _ONE_TRANSACTION_AND_ITS_LOCK:
        yield POOL_TOO_SMALL.found(
            f"the pool has {url.pool_size} connection", mend="say pool_size=2 or more in DATABASE_URL"
        )
    limits = await fetch(_LIMITS)
    for row in limits:
        if row["used"] > _NEARLY_ALL * row["most"]:
            yield CONNECTIONS_SCARCE.found(
                f"{row['used']} of {row['most']} connections of {row['what']} are in use",
                mend="see whose they are in pg_stat_activity; lower pool_size in DATABASE_URL, raise the limit,"
                " or put PgBouncer in between",
            )
    tightest = min(limits, key=lambda row: int(row["most"]))
    wanted = _processes() * url.pool_size
    if not url.pgbouncer and wanted > tightest["most"]:
        yield POOLS_TOO_LARGE.found(
            f"an app, and the worker and beat of this machine, may want {wanted} connections together:"
            f" {url.pool_size} each; {tightest['what']} has {tightest['most']}",
            mend="lower pool_size in DATABASE_URL, raise max_connections, or put PgBouncer in between",
        )


def _processes() -> int:
    """Those that have a pool: an app's, of which nobody knows, and what shows itself on this machine."""
    with suppress(Unavailable):
        workers = sum(int(sign.facts.get("concurrency", 1)) for sign in heartbeat.living("worker"))
        return 1 + workers + len(heartbeat.living("beat"))
    return 1


# Who holds no lock on a table holds nobody up: so are the sessions that hold the locks of our jobs, and beat's.
_OPEN = """
    SELECT pid, quote_ident(usename) AS role, application_name AS name, state_change AS since
    FROM pg_stat_activity AS session
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'
        AND EXISTS (SELECT FROM pg_locks WHERE pg_locks.pid = session.pid AND locktype = 'relation')
    ORDER BY state_change
"""


async def _transactions() -> AsyncIterator[Finding]:
    for row in await fetch(_OPEN):
        idle = clock.now() - moment(row["since"])
        if idle > _IDLE:
            yield IDLE_IN_TRANSACTION.found(
                f"process {row['pid']} of the role {row['role']} ({row['name'] or 'without a name'}) has been idle in a"
                f" transaction for {idle.total_seconds() / 60:.0f} min",
                mend=f"SELECT pg_terminate_backend({row['pid']}), which undoes what it has not committed",
            )


async def _wraparound() -> AsyncIterator[Finding]:
    for it in await statistics.wraparound():
        if it.kind == "database" and it.xids > min(2 * it.freeze_at, _WRAPAROUND):
            yield WRAPAROUND.found(
                f"the oldest transaction in the database {it.name!r} that vacuum has not frozen is {it.xids:,}"
                f" transactions ago, and should be {it.freeze_at:,} at the most",
                mend="end what holds vacuum back (old transactions, pg_prepared_xacts, pg_replication_slots), then in"
                " that database, as its owner: VACUUM (FREEZE)",
            )


async def _replicas() -> AsyncIterator[Finding]:
    for name, _, why_not in await replicas.examined(seconds=_ANSWER):
        if why_not:
            yield REPLICA_LEFT_OUT.found(
                f"{name}: {why_not}",
                mend="docs/operations.md, Read replicas, says what each needs; or take it out of DATABASE_REPLICA_URLS",
            )


CHECKS = (
    Check("encryption", _encryption, (NOT_ENCRYPTED,), "database", "postgres"),
    Check("clock", _clock, (CLOCK_SKEW,), "database", "postgres"),
    Check("time zone", _time_zone, (TIME_ZONE,), "database", "postgres"),
    Check("durability", _durability, (NOT_DURABLE, COMMITS_NOT_DURABLE), "database", "postgres"),
    Check("role", _role, (SUPERUSER,), "database", "postgres"),
    Check("extension", _extension, (EXTENSION_MISSING,), "database", "postgres"),
    Check("pool", _pool, (POOL_TOO_SMALL, POOLS_TOO_LARGE, CONNECTIONS_SCARCE), "database", "postgres"),
    Check("open transactions", _transactions, (IDLE_IN_TRANSACTION,), "database", "postgres"),
    Check("replicas", _replicas, (REPLICA_LEFT_OUT,), "database", "postgres"),
    Check("transaction ids", _wraparound, (WRAPAROUND,), "database", "postgres"),
)
