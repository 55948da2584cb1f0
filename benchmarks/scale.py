"""Many sessions: whether it takes longer to find one among twenty millions than among ten thousand.

Each size is a database of its own on one server, whose cache is a quarter of the memory; they take turns. The table is
filled by SQL, with the indexes made afterwards, as one would fill it anew.
"""

import asyncio
import os
import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from time import perf_counter
from typing import NamedTuple

from benchmarks.figures import Contender, Figure, Goal
from benchmarks.rounds import opened, postgres, turns
from core import clock, database, sessions
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.settings import overridden
from core.settings.database_url import parse

SIZES, QUICK_SIZES = (10_000, 1_000_000, 20_000_000), (1_000, 10_000, 100_000)
SESSIONS_OF_ONE = 10
GROWTH = 1.5
"""So many times as long the largest may take."""

_FILL_PEOPLE = """
    INSERT INTO "user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt")
    SELECT lpad(to_hex(n), 32, '0')::uuid::text, 'Ada', 'person' || n || '@example.com', true, $2, $2
    FROM generate_series(0, $1::int - 1) n
"""
_FILL = """
    INSERT INTO "session" ("id", "token", "userId", "expiresAt", "ipAddress", "userAgent", "lastUsedAt", "createdAt",
        "updatedAt")
    SELECT lpad(to_hex(n), 32, '0')::uuid::text, encode(sha256(n::text::bytea), 'hex'),
        lpad(to_hex(n % $2::int), 32, '0')::uuid::text, $3::timestamptz + random() * interval '7 days', '203.0.113.9',
        'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0', $3, $3, $3
    FROM generate_series(0, $1::int - 1) n
"""
"""The tokens are 0, 1, 2 ..."""
_INDEXES = """
    SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made, c.conname AS "constraint",
        pg_get_constraintdef(c.oid) AS definition
    FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.conrelid = i.indrelid
    WHERE i.indrelid = '"session"'::regclass
"""
_PARTS = """
    SELECT 'the table' AS part, pg_table_size('"session"') AS bytes
    UNION ALL SELECT 'the index on ' || a.attname, pg_relation_size(i.indexrelid)
    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = '"session"'::regclass
"""


class Filled(NamedTuple):
    """A database with so many sessions."""

    url: str
    rows: int
    seconds: float
    parts: dict[str, float]
    """Of its bytes, how many each session has, and where."""


async def measure(*, quick: bool) -> list[Figure]:
    """The time of a lookup at each size, and what a session takes."""
    rounds, times = (2, 200) if quick else (9, 5_000)
    with postgres(durable=False) as server, overridden(session_touch_interval=timedelta(days=365)):
        await _set_up(server)
        filled = [await _fill(server, rows) for rows in (QUICK_SIZES if quick else SIZES)]
        p50: dict[str, list[float]] = {_words(each): [] for each in filled}
        p99: dict[str, list[float]] = {_words(each): [] for each in filled}
        by_words = {_words(each): each for each in filled}
        for words in turns(by_words, rounds=rounds):
            taken = await _look_ups(by_words[words], times=times, seed=len(p50[words]))
            p50[words].append(statistics.median(taken) * 1e6)
            p99[words].append(statistics.quantiles(taken, n=100)[98] * 1e6)
        await _check_plans(filled[-1])
    largest = filled[-1]
    how = (
        f"`sessions.authenticate` with tokens by chance, one after the other; {rounds} rounds of {times:,}, on a warm "
        f"server. {SESSIONS_OF_ONE} sessions a person. Filling {_words(largest)} took {largest.seconds:.0f} s."
    )
    figures = [
        Figure(
            title=f"A lookup, {title}",
            how=how,
            unit="µs",
            better="less",
            contenders=tuple(
                Contender(name=name, role="ours" if name == _words(largest) else "peer", rounds=tuple(values))
                for name, values in reversed(found.items())
            ),
            goals=goals,
        )
        for title, found, goals in (
            ("median", p50, (Goal(value=round(1 / GROWTH, 2), of=_words(filled[0])),)),
            ("p99", p99, ()),
        )
    ]
    figures.append(
        Figure(
            title=f"What a session takes among {_words(largest)}",
            how=f"Bytes of the whole, {', '.join(f'{name} {value:.0f}' for name, value in largest.parts.items())}.",
            unit="bytes",
            better="less",
            contenders=(Contender(name="a session", role="ours", rounds=(sum(largest.parts.values()),)),),
        )
    )
    return figures


def _words(filled: Filled) -> str:
    return f"{filled.rows:,} sessions"


async def _set_up(server: Postgres) -> None:
    """Memory as an operator would give it, and checkpoints that are not in the way of filling."""
    quarter = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 4 >> 20
    async with database.connected(parse(server.url("benchmark")), migrated=False):
        for name, value in {
            "shared_buffers": f"{quarter}MB",
            "maintenance_work_mem": "1GB",
            "max_wal_size": "16GB",
        }.items():
            await fetch(f"ALTER SYSTEM SET {name} = '{value}'")
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[None]:
    async with database.connected(parse(f"{url}?command_timeout=3600")):
        yield


async def _fill(server: Postgres, rows: int) -> Filled:
    name = f"sessions_{rows}"
    server.create_database(name)
    url = server.url(name)
    async with opened(url):
        began = perf_counter()
        indexes = await fetch(_INDEXES)
        async with database.transaction():
            await fetch("SET LOCAL session_replication_role = replica")  # Foreign keys are right by construction.
            for index in indexes:
                if index["constraint"]:
                    await fetch(f'ALTER TABLE "session" DROP CONSTRAINT "{index["constraint"]}"')
                else:
                    await fetch(f"DROP INDEX {index['name']}")
            people = max(rows // SESSIONS_OF_ONE, 1)
            await fetch(_FILL_PEOPLE, people, clock.now())
            await fetch(_FILL, rows, people, clock.now() + timedelta(days=1))
        for index in indexes:
            if index["constraint"]:
                await fetch(f'ALTER TABLE "session" ADD CONSTRAINT "{index["constraint"]}" {index["definition"]}')
            else:
                await fetch(index["made"])
        for table in ("user", "session"):
            await fetch(f'VACUUM (ANALYZE) "{table}"')
        seconds = perf_counter() - began
        await fetch("CREATE EXTENSION pg_prewarm")
        await fetch(
            "SELECT pg_prewarm(c.oid) FROM pg_class c WHERE c.relkind IN ('r', 'i') AND c.oid IN (SELECT indexrelid"
            """ FROM pg_index WHERE indrelid IN ('"user"'::regclass, '"session"'::regclass) UNION ALL"""
            """ VALUES ('"user"'::regclass), ('"session"'::regclass))"""
        )
        parts = {part["part"]: part["bytes"] / rows for part in await fetch(_PARTS)}
        return Filled(url, rows, seconds, parts)


async def _look_ups(filled: Filled, *, times: int, seed: int) -> list[float]:
    """Seconds of each, after so many that nobody counts."""
    chance = Random(seed)  # noqa: S311  nothing is to be guessed
    taken = []
    async with _connected(filled.url):
        for _ in range(2 * times):
            token = str(chance.randrange(filled.rows))
            began = perf_counter()
            await sessions.authenticate(token)
            taken.append(perf_counter() - began)
    return taken[times:]


async def _check_plans(filled: Filled) -> None:
    """A clean-up with little to do, and a person's list, must not read the table."""
    async with _connected(filled.url):
        began = perf_counter()
        purged = await sessions.purge_expired(dry_run=True)
        assert purged.rows == 0, purged  # noqa: S101  nothing has expired
        person = (await fetch('SELECT "userId" FROM "session" LIMIT 1'))[0]["userId"]
        assert len(await sessions.list_live(user_id=person)) == SESSIONS_OF_ONE  # noqa: S101  see _FILL
        seconds = perf_counter() - began
        assert seconds < 1, seconds  # noqa: S101  reading the table takes longer
