"""What the clean-up costs, and whom: `.venv/bin/python benchmarks/purge.py [rows]`.

The figures are ratios within one run: a time of one machine says nothing of another. Readers and writers are processes
of their own that begin something every few milliseconds, whether or not what they began before is done: so they feel
every stall, and a slow clean-up is not a lucky one. PostgreSQL is the one from the wheel, with settings that survive
the machine.
"""

import asyncio
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, Self

from core import clock, database, migrate, progress, sessions, users, verifications
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.progress import Step
from core.settings import overridden
from core.settings.database_url import parse

ROUNDS, IDLE_RUNS, CALM = 3, 500, 5.0
SQLITE_ROWS, LARGE = 300_000, 3_000_000

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


class Span(NamedTuple):
    """When something was going on, by the clock that all processes share."""

    began: float
    ended: float


class Client:
    """A process that does one thing every so often, and remembers when, and how long it waited."""

    def __init__(self, work: Callable[[str], Awaitable[object]], argument: str, url: str, *, every: float) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._ours, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_client, args=(work, argument, url, every, theirs), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self._ours.recv()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.join()

    def stop(self) -> list[tuple[float, float]]:
        """When each call was due, and the seconds from then to its end."""
        self._ours.send(None)
        waits: list[tuple[float, float]] = self._ours.recv()
        return waits


def _client(
    work: Callable[[str], Awaitable[object]], argument: str, url: str, every: float, commander: Connection
) -> None:
    async def run() -> None:
        waits = []
        async with database.connected(parse(url)):
            await work(argument)
            commander.send(None)
            due = time.monotonic()
            while not commander.poll():
                due += every
                await asyncio.sleep(max(0, due - time.monotonic()))
                await work(argument)
                waits.append((due, time.monotonic() - due))
        commander.send(waits)

    asyncio.run(run())


async def authenticate(token: str) -> None:
    """What an app does at every request."""
    await sessions.authenticate(token)


async def write(value: str) -> None:
    """A short transaction."""
    await verifications.issue(purpose="benchmark", value=value, lifetime=timedelta(days=1))


def percentile(waits: list[tuple[float, float]], span: Span, share: float = 0.99) -> float:
    """The time within which so many of the calls were done that were due in the span."""
    counted = sorted(wait for due, wait in waits if span.began <= due <= span.ended)
    return counted[int(share * (len(counted) - 1))]


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


async def measure(
    way: Callable[[], Awaitable[object]], *, user_id: str, rows: int, disorder: float, url: str
) -> Measured:
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


async def on_postgres(rows: int, *, user_id: str, disorder: float, rounds: int, url: str) -> None:
    """Compare the clean-up with one DELETE, in turns, so that a slow moment of the machine hits both.

    With disorder, what expires together does not lie together: it is strewn over this share of the table.
    """

    async def purge() -> None:
        with overridden(purge_rows=rows + 1, purge_duration=timedelta(hours=1)):
            purged = await sessions.purge_expired()
        assert purged.rows == rows, purged  # noqa: S101  or there is nothing to compare

    ways = {"one DELETE": one_delete, "purge_expired": purge}
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            found[name].append(await measure(way, user_id=user_id, rows=rows, disorder=disorder, url=url))

    print(f"\nPostgreSQL: {rows:,} expired sessions among {rows // 5:,} live ones, median of {rounds}", end="")
    print(f", each batch strewn over {disorder:.0%} of the table" if disorder else ", in the order of the table")
    limit = statistics.median(rows / each.seconds for each in found["one DELETE"])
    for name, runs in found.items():
        rate = statistics.median(rows / each.seconds for each in runs)
        calm, busy = (statistics.median(times) for times in zip(*((it.calm, it.busy) for it in runs), strict=True))
        print(f"  {name:<14} {rate:>9,.0f} rows/s {rate / limit:>6.2f} of the limit", end="")
        print(f"   authenticate p99 {calm * 1e3:.2f} -> {busy * 1e3:.2f} ms, {busy / calm:.1f} times")
    for each in found["purge_expired"]:
        first, last = (pace(each.steps, rows, *part) for part in ((0, 0.1), (0.9, 1)))
        print(
            f"  first tenth {first:,.0f} rows/s, last tenth {last:,.0f} rows/s; the process grew by {each.grown:,} KiB"
        )

    await fetch('VACUUM "session"')
    took = [(await sessions.purge_expired()).seconds for _ in range(IDLE_RUNS)]
    print(f"  with nothing to delete {statistics.median(took) * 1e6:,.0f} µs")


def pace(steps: list[tuple[float, int]], rows: int, begin: float, end: float) -> float:
    """Rows a second between two points of the way."""
    counted = [(when, done) for when, done in steps if begin * rows <= done <= end * rows]
    (began, first), (ended, last) = counted[0], counted[-1]
    return (last - first) / (ended - began)


async def on_sqlite(rows: int, rounds: int, url: str) -> None:
    """What another process that writes feels of it."""
    user = await users.create(name="Ada", email="ada@example.com")
    print(f"\nSQLite: {rows:,} expired sessions among {rows // 5:,} live ones, {rounds} times")
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
        before, meanwhile = percentile(waits, calm), percentile(waits, busy)
        print(f"  {rows / purged.seconds:>9,.0f} rows/s   writers' p99 {before * 1e3:.1f} -> {meanwhile * 1e3:.1f} ms")


async def main() -> None:
    """Measure on both databases. A number of rows as the argument is for PostgreSQL alone, once if it is large."""
    rows = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    with tempfile.TemporaryDirectory() as folder, overridden(sessions_per_user=10**9):
        with Postgres(Path(folder) / "postgres") as server:
            server.create_database("benchmark")
            url = server.url("benchmark") + "?command_timeout=3600"
            async with database.connected(parse(url), migrated=False):
                assert [name async for name in migrate.migrate()]  # noqa: S101  it is empty
                user = await users.create(name="Ada", email="ada@example.com")
                for disorder in (0, 0.1):
                    rounds = 1 if disorder or rows > LARGE else ROUNDS
                    await on_postgres(rows, user_id=user.id, disorder=disorder, rounds=rounds, url=url)
        server.erase()
        if not sys.argv[1:]:
            url = f"sqlite://{folder}/benchmark.db"
            async with database.connected(parse(url), migrated=False):
                assert [name async for name in migrate.migrate()]  # noqa: S101  the same
                await on_sqlite(SQLITE_ROWS, ROUNDS, url)


if __name__ == "__main__":
    asyncio.run(main())
