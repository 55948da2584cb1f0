"""Who is this? The question of every request, asked of 200,000 sessions.

The limit is the driver alone with the same statement on a connection of its own, which nobody else wants.
"""

import asyncpg

from benchmarks.figures import Contender, Figure, Goal
from benchmarks.rounds import in_turns, opened, per_second, postgres
from core import clock, sessions, users
from core.crypto import tokens
from core.database.statements import fetch
from core.settings import overridden
from models import Session

OURS, LIMIT, JOIN = "sessions.authenticate", "asyncpg alone", "Tortoise's select_related"


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


async def measure(*, quick: bool) -> list[Figure]:
    """Time `authenticate`, the same statement by the driver alone, and Tortoise's own join."""
    rows, rounds, times = (10_000, 3, 200) if quick else (200_000, 15, 1_000)
    with postgres() as server, overridden(sessions_per_user=10**9):
        async with opened(server.url("benchmark")):
            user = await users.create(name="Ada", email="ada@example.com")
            await fill(user.id, rows)
            token = (await sessions.create(user_id=user.id)).token
            await fetch("VACUUM ANALYZE")
            digest = tokens.digest(token)
            alone = await asyncpg.connect(server.url("benchmark"))

            async def joined() -> None:
                await Session.get(token=digest, expires_at__gt=clock.now()).select_related("user")

            found = await in_turns(
                {
                    OURS: per_second(lambda: sessions.authenticate(token), times=times),
                    LIMIT: per_second(
                        lambda: alone.fetchrow(sessions._BY_TOKEN, digest, clock.now()),  # noqa: SLF001  the same
                        times=times,
                    ),
                    JOIN: per_second(joined, times=times),
                },
                rounds=rounds,
            )
            await alone.close()
    return [
        Figure(
            title="Who is this, asked by one after the other",
            how=f"{rows:,} sessions, {rounds} rounds of {times:,} questions, no HTTP.",
            unit="/s",
            better="more",
            contenders=(
                Contender(name=OURS, role="ours", rounds=found[OURS]),
                Contender(name=LIMIT, role="limit", rounds=found[LIMIT], how="the same statement, a connection held"),
                Contender(name=JOIN, role="peer", rounds=found[JOIN]),
            ),
            goals=(Goal(value=0.9, of=LIMIT), Goal(value=3.5, of=JOIN)),
            chart=True,
        )
    ]
