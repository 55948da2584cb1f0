"""What a session costs, beside the limit: `.venv/bin/python benchmarks/sessions.py [rows]`.

The figures are ratios within one run, on a PostgreSQL from the wheel: a time of one machine says nothing of another.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from core import clock, database, migrate, sessions, users
from core.crypto import tokens
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.sessions.principal import BY_TOKEN
from core.settings import overridden
from core.settings.database_url import parse
from models import Session

ROUNDS, LOOK_UPS = 7, 400


async def fill(user_id: str, rows: int) -> None:
    """Make sessions as quickly as the server can."""
    await fetch(
        """
        INSERT INTO "session" ("id", "token", "userId", "expiresAt", "lastUsedAt", "createdAt", "updatedAt")
        SELECT gen_random_uuid()::text, gen_random_uuid()::text, $1, $3::timestamptz + interval '1 day', $3, $3, $3
        FROM generate_series(1, $2::int) n
        """,
        user_id,
        rows,
        clock.now(),
    )


async def median(rounds: dict[str, Callable[[], Awaitable[object]]]) -> dict[str, float]:
    """Seconds of a round of each, taken in turns so that a slow moment hits all alike."""
    took: dict[str, list[float]] = {name: [] for name in rounds}
    for _ in range(ROUNDS):
        for name, work in rounds.items():
            began = time.perf_counter()
            for _ in range(LOOK_UPS):
                await work()
            took[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in took.items()}


async def look_ups(user_id: str, rows: int) -> None:
    """Time `authenticate`, the same statement by the driver alone, and Tortoise's own join."""
    await fill(user_id, rows)
    await fetch("ANALYZE")
    token = (await sessions.create(user_id=user_id)).token
    digest, pool = tokens.digest(token), database.connection()._pool  # noqa: SLF001  the driver alone is the limit

    async def alone() -> None:
        async with pool.acquire() as connection:
            await connection.fetchrow(BY_TOKEN, digest, clock.now())

    async def joined() -> None:
        await Session.get(token=digest, expires_at__gt=clock.now()).select_related("user")

    took = await median(
        {
            "asyncpg alone": alone,
            "sessions.authenticate": lambda: sessions.authenticate(token),
            "select_related": joined,
        }
    )
    print(f"\nsessions.authenticate among {rows:,} sessions, median of {ROUNDS} x {LOOK_UPS}")
    for name, seconds in took.items():
        rate, ratio = LOOK_UPS / seconds, took["asyncpg alone"] / seconds
        print(f"  {name:<24} {rate:>8,.0f}/s  {seconds / LOOK_UPS * 1e6:>6,.0f} µs  {ratio:.2f} of the limit")


async def main() -> None:
    """Bring up a server, fill it, and measure."""
    rows = int(sys.argv[1]) if sys.argv[1:] else 200_000
    with tempfile.TemporaryDirectory() as folder, Postgres(Path(folder) / "postgres") as server:
        server.create_database("benchmark")
        url = parse(server.url("benchmark") + "?command_timeout=600")
        async with database.connected(url, migrated=False):
            assert [name async for name in migrate.migrate()]  # noqa: S101  it is empty
            user = await users.create(name="Ada", email="ada@example.com")
            with overridden(sessions_per_user=10**9):
                await look_ups(user.id, rows)
        server.erase()


asyncio.run(main())
