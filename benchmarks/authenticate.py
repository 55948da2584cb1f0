"""Who is this? The question of every request, asked of many sessions.

The limit is the driver alone with the same statement, from a pool, as an app needs one.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial

import asyncpg

from benchmarks.figures import EVERY_PEER, Contender, Figure, Goal, Role
from benchmarks.rivals import PEERS, all_ready
from benchmarks.rounds import Round, Work, in_turns, opened, per_second, postgres
from core import clock, sessions, users
from core.crypto import tokens
from core.database.statements import fetch
from core.sessions.principal import BY_TOKEN
from core.settings import overridden
from models import Session

OURS, LIMIT, JOIN = "sessions.authenticate", "asyncpg alone", "Tortoise's select_related"
HELD, USUAL = "asyncpg, held", "asyncpg, as it comes"
AT_ONCE = 8
HOW = {
    OURS: "a Principal: the session and its person",
    LIMIT: "the same statement from a pool whose connections come back as they are, as ours do",
    HELD: "the same on connections that never go back to a pool, which no app can have",
    USUAL: "the same from a pool with its defaults, which clean a connection by a statement of their own",
    JOIN: "`Session.get(...).select_related('user')`, in our configuration",
    **{peer.name: peer.how for peer in PEERS},
}
ROLES: dict[str, Role] = {OURS: "ours", LIMIT: "limit", HELD: "limit"}

Works = dict[str, list[Work]]
"""Of each contender as many ways to ask as are asked at once."""


async def measure(*, quick: bool) -> list[Figure]:
    """Ours, its limit, Tortoise's own join, and every peer, on one server."""
    rows, rounds, times = (10_000, 3, 200) if quick else (200_000, 40, 200)
    async with AsyncExitStack() as stack:
        server = stack.enter_context(postgres())
        rivals, absent = await all_ready(stack, PEERS, server, sessions=rows)
        await stack.enter_async_context(opened(server.url("benchmark")))
        works = await ours(stack, server.url("benchmark"), rows=rows)
        figures = []
        for at_once, words in ((1, "one after the other"), (AT_ONCE, f"{AT_ONCE} at once")):
            turns: dict[str, Round] = {name: per_second(*ways[:at_once], times=times) for name, ways in works.items()}
            for name, rival in rivals.items():
                turns[name] = partial(rival.per_second, times=times, at_once=at_once)
            found = await in_turns(turns, rounds=rounds)
            figures.append(
                Figure(
                    title=f"Who is this, {words}",
                    how=f"{rows:,} sessions, {times:,} questions a round with one token, without HTTP.",
                    unit="/s",
                    better="more",
                    contenders=tuple(
                        Contender(
                            name=name,
                            role=ROLES.get(name, "peer"),
                            rounds=found.get(name, ()),
                            version=rivals[name].version if name in rivals else "",
                            how=HOW[name] if at_once == 1 else "",
                            absent=absent.get(name, ""),
                        )
                        for name in HOW
                    ),
                    goals=(Goal(value=0.9, of=LIMIT), Goal(value=3.5, of=JOIN), Goal(value=1, of=EVERY_PEER)),
                    chart=True,
                )
            )
        return figures


async def ours(stack: AsyncExitStack, url: str, *, rows: int) -> Works:
    """Sessions of one person in the database that is open, and who of us can ask for one of them."""
    stack.enter_context(overridden(sessions_per_user=10**9))
    user = await users.create(name="Ada", email="ada@example.com")
    await fetch(
        """
        INSERT INTO "session" ("id", "token", "userId", "expiresAt", "lastUsedAt", "createdAt", "updatedAt")
        SELECT gen_random_uuid()::text, gen_random_uuid()::text, $1, $3::timestamptz + interval '1 day', $3, $3, $3
        FROM generate_series(1, $2::int) n
        """,
        user.id,
        rows,
        clock.now(),
    )
    token = (await sessions.create(user_id=user.id)).token
    await fetch("VACUUM ANALYZE")
    digest = tokens.digest(token)

    async def authenticate() -> None:
        await sessions.authenticate(token)

    async def joined() -> None:
        await Session.get(token=digest, expires_at__gt=clock.now()).select_related("user")

    async def leave(_: object) -> None: ...

    def asking(fetchrow: Callable[..., Awaitable[object]]) -> Work:
        return lambda: fetchrow(BY_TOKEN, digest, clock.now())

    pool = await stack.enter_async_context(asyncpg.create_pool(url, max_size=20, reset=leave))
    held = [await stack.enter_async_context(pool.acquire()) for _ in range(AT_ONCE)]
    usual = await stack.enter_async_context(asyncpg.create_pool(url))
    return {
        OURS: [authenticate] * AT_ONCE,
        LIMIT: [asking(pool.fetchrow)] * AT_ONCE,
        HELD: [asking(it.fetchrow) for it in held],
        USUAL: [asking(usual.fetchrow)] * AT_ONCE,
        JOIN: [joined] * AT_ONCE,
    }
