"""What the clean-up costs, and whom.

Readers and writers are processes of their own, which feel every stall.
"""

import asyncio
import resource
import statistics
import time
from datetime import timedelta
from typing import NamedTuple

from benchmarks.figures import Contender, Figure
from benchmarks.rounds import Work, apart, opened, postgres, sqlite, turns
from benchmarks.watching import Client, Span, percentile
from core import clock, progress, sessions, users, verifications
from core.database.statements import fetch
from core.progress import Step
from core.settings import overridden

CALM = 5.0
"""Seconds of watching before it begins."""
OURS, LIMIT = "purge_expired", "one DELETE"

_FILL = {
    "postgres": """
        INSERT INTO "session" ("id", "token", "userId", "expiresAt", "lastUsedAt", "createdAt", "updatedAt")
        SELECT lpad(n::text, 36, '0'), gen_random_uuid()::text, $1, $4::timestamptz
            + CASE WHEN n <= $2 THEN 86400000 ELSE n - ($2 + $3) - random() * $5::float8 * $3 END * interval '1 ms',
            $4, $4, $4
        FROM generate_series(1, $2::int + $3::int) n
    """,
    "sqlite": """
        WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $2 + $3)
        INSERT INTO "session" ("id", "token", "userId", "expiresAt", "lastUsedAt", "createdAt", "updatedAt")
        SELECT hex(randomblob(16)), hex(randomblob(16)), $1,
            datetime(CASE WHEN n <= $2 THEN '2999-01-01' ELSE '2020-01-01' END, n || ' seconds') || '+00:00',
            $4, $4, $4
        FROM numbers
    """,
}


async def authenticate(token: str) -> None:
    """What an app does at every request."""
    await sessions.authenticate(token)


async def write(value: str) -> None:
    """A short transaction."""
    await verifications.issue(purpose="benchmark", value=value, lifetime=timedelta(days=1))


async def refill(user_id: str, *, live: int, expired: int, disorder: float) -> str:
    """A table as it is before the clean-up, with nothing left to write down, and a token that opens a session of it."""
    await fetch('TRUNCATE "session"')
    await fetch('ALTER TABLE "session" DROP CONSTRAINT "session_token_key"')
    await fetch(_FILL["postgres"], user_id, live, expired, clock.now(), disorder)
    await fetch('ALTER TABLE "session" ADD UNIQUE ("token")')  # Row by row ten millions take half an hour.
    issued = await sessions.create(user_id=user_id)
    await fetch('VACUUM ANALYZE "session"')
    await fetch("CHECKPOINT")
    return issued.token


class Measured(NamedTuple):
    """One way of deleting, once: its time, what a reader felt before it and meanwhile, and how it went on."""

    seconds: float
    calm: float
    busy: float
    steps: list[tuple[float, int]]
    grown: int


async def measure_way(way: Work, *, user_id: str, rows: int, disorder: float, url: str) -> Measured:
    """Delete so many rows, while another process reads."""
    token = await refill(user_id, live=rows // 5, expired=rows, disorder=disorder)
    steps: list[tuple[float, int]] = []

    def remember(step: Step) -> None:
        steps.append((time.monotonic(), step.done))

    with Client(authenticate, token, url, every=0.002) as reader, progress.told_to(remember):
        calm = Span(time.monotonic(), time.monotonic() + CALM)
        await asyncio.sleep(CALM)
        size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.monotonic()
        await way()
        busy = Span(began, time.monotonic())
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - size
        waits = reader.stop()
    return Measured(busy.ended - began, percentile(waits, calm), percentile(waits, busy), [(began, 0), *steps], grown)


async def one_delete() -> None:
    """The limit: what the server can do when nobody matters."""
    await fetch('DELETE FROM "session" WHERE "expiresAt" <= $1', clock.now())


async def whole_purge(rows: int) -> None:
    """All of them in one run."""
    with overridden(purge_rows=rows + 1, purge_duration=timedelta(hours=1)):
        purged = await sessions.purge_expired()
    assert purged.rows == rows, purged  # noqa: S101  or there is nothing to compare


async def both(rows: int, *, user_id: str, disorder: float, rounds: int, url: str) -> dict[str, list[Measured]]:
    """The clean-up and one DELETE, in turns, so that a slow moment of the machine hits both.

    With disorder, what expires together does not lie together: it is strewn over this share of the table.
    """
    ways: dict[str, Work] = {OURS: lambda: whole_purge(rows), LIMIT: one_delete}
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    for name in turns(ways, rounds=rounds):
        found[name].append(await measure_way(ways[name], user_id=user_id, rows=rows, disorder=disorder, url=url))
    return found


def compared(rows: int, found: dict[str, list[Measured]], *, disorder: float) -> list[Figure]:
    """What was found of both."""
    ours, limit = found[OURS], found[LIMIT]
    where = f"strewn over {disorder:.0%} of the table" if disorder else "in the order of the table"
    among = f"{rows:,} expired sessions among {rows // 5:,} live ones, {where}"
    last, first = ([pace(it.steps, rows, *part) for it in ours] for part in ((0.9, 1), (0, 0.1)))
    return [
        Figure(
            title=f"Expired sessions deleted, {where}",
            how=f"{among}. The table is made anew before each round.",
            unit="rows/s",
            better="more",
            contenders=(
                Contender(name=OURS, role="ours", rounds=tuple(rows / it.seconds for it in ours)),
                Contender(name=LIMIT, role="limit", rounds=tuple(rows / it.seconds for it in limit)),
            ),
        ),
        Figure(
            title=f"What authenticate waits meanwhile, {where}",
            how=f"The 99th percentile of calls begun every 2 ms in another process, from {CALM:.0f} s before on.",
            unit="ms",
            better="less",
            contenders=(
                Contender(name=f"during {OURS}", role="ours", rounds=tuple(1e3 * it.busy for it in ours)),
                Contender(name="before it", role="limit", rounds=tuple(1e3 * it.calm for it in ours)),
                Contender(name=f"during {LIMIT}", role="peer", rounds=tuple(1e3 * it.busy for it in limit)),
            ),
        ),
        Figure(
            title=f"Whether it slows down, {where}",
            how="The pace of the last tenth of the rows, beside that of the first.",
            unit="rows/s",
            better="more",
            contenders=(
                Contender(name="the last tenth", role="ours", rounds=tuple(last)),
                Contender(name="the first tenth", role="limit", rounds=tuple(first)),
            ),
        ),
        Figure(
            title=f"What its process grows by, {where}",
            how="The growth of the most memory that it has held.",
            unit="KiB",
            better="less",
            contenders=(Contender(name=OURS, role="ours", rounds=tuple(it.grown for it in ours)),),
        ),
    ]


def pace(steps: list[tuple[float, int]], rows: int, begin: float, end: float) -> float:
    """Rows a second between two points of the way."""
    counted = [(when, done) for when, done in steps if begin * rows <= done <= end * rows]
    (began, first), (ended, last) = counted[0], counted[-1]
    return (last - first) / (ended - began)


async def idle(runs: int) -> Figure:
    """When there is nothing to delete."""
    await fetch('VACUUM "session"')

    async def once() -> float:
        return 1e6 * statistics.median([(await sessions.purge_expired()).seconds for _ in range(runs)])

    return Figure(
        title="Nothing to delete",
        how=f"A round is the median of {runs} runs over a table of live sessions.",
        unit="µs",
        better="less",
        contenders=(Contender(name=OURS, role="ours", rounds=tuple([await once() for _ in range(10)])),),
    )


async def on_sqlite(rows: int, rounds: int) -> list[Figure]:
    """What another process that writes feels of it."""
    rates, before, meanwhile = [], [], []
    async with sqlite() as url:
        user = await users.create(name="Ada", email="ada@example.com")
        for _ in range(rounds):
            await fetch('DELETE FROM "session"')
            await fetch(_FILL["sqlite"], user.id, rows // 5, rows, clock.now())
            await fetch("PRAGMA wal_checkpoint(TRUNCATE)")
            with Client(write, "", url, every=0.01) as writer, overridden(purge_duration=timedelta(hours=1)):
                calm = Span(time.monotonic(), time.monotonic() + CALM)
                await asyncio.sleep(CALM)
                began = time.monotonic()
                purged = await sessions.purge_expired()
                busy = Span(began, time.monotonic())
                waits = writer.stop()
            assert purged.rows == rows  # noqa: S101  or there is nothing to tell
            rates.append(rows / purged.seconds)
            before.append(1e3 * percentile(waits, calm))
            meanwhile.append(1e3 * percentile(waits, busy))
    return [
        Figure(
            title="Expired sessions deleted, on SQLite",
            how=f"{rows:,} expired sessions among {rows // 5:,} live ones.",
            unit="rows/s",
            better="more",
            contenders=(Contender(name=OURS, role="ours", rounds=tuple(rates)),),
        ),
        Figure(
            title="What writers wait meanwhile, on SQLite",
            how="The 99th percentile of short transactions begun every 10 ms in another process.",
            unit="ms",
            better="less",
            contenders=(
                Contender(name=f"during {OURS}", role="ours", rounds=tuple(meanwhile)),
                Contender(name="before it", role="limit", rounds=tuple(before)),
            ),
        ),
    ]


async def on_postgres(rows: int, rounds: int, *, disorders: tuple[float, ...], runs: int) -> list[Figure]:
    """Beside one DELETE."""
    figures = []
    with postgres() as server, overridden(sessions_per_user=10**9):
        url = server.url("benchmark")
        async with opened(url):
            user = await users.create(name="Ada", email="ada@example.com")
            for disorder in disorders:
                times = 1 if disorder else rounds
                found = await both(rows, user_id=user.id, disorder=disorder, rounds=times, url=url)
                figures += compared(rows, found, disorder=disorder)
            figures.append(await idle(runs))
    return figures


async def measure(*, quick: bool) -> list[Figure]:
    """Measure on both databases."""
    if quick:
        figures = await on_postgres(200_000, 1, disorders=(0,), runs=10)
    else:
        figures = await on_postgres(1_000_000, 3, disorders=(0, 0.1), runs=50)
    lite: list[Figure] = apart(on_sqlite, *((5_000, 1) if quick else (150_000, 3)))
    return figures + lite
