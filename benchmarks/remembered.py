"""Who is this, without asking the database: out of memory, and how soon that forgets a session that was ended.

Ours is `STYLOBATE_SESSION_CACHE`. What others have is a copy in the browser's cookie, which nobody can take back.
"""

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from functools import partial

import asyncpg

from benchmarks.figures import EVERY_PEER, Contender, Figure, Goal, Role
from benchmarks.rivals import Peer, all_ready
from benchmarks.rounds import Round, in_turns, opened, per_second, postgres
from core import measures, sessions, users
from core.crypto import tokens
from core.settings import overridden

PEERS = (
    Peer("better-auth", "better_auth", "auth.api.getSession on Node, session.cookieCache on", ("cached",)),
    Peer("better-auth-server", "better_auth_server", "load_session, cookie_cache on", ("cached",)),
)
COOKIE = "It is accepted until the cookie's time is up: 5 minutes unless told otherwise."
OURS, ASKED, LIMIT = "sessions.authenticate, remembered", "sessions.authenticate, asked", "SHA-256 and a dict"


async def measure(*, quick: bool) -> list[Figure]:
    """Ours with and without memory, and peers with theirs."""
    rounds, times = (3, 500) if quick else (15, 2_000)
    async with AsyncExitStack() as stack:
        server = stack.enter_context(postgres())
        rivals, absent = await all_ready(stack, PEERS, server, sessions=1_000)
        url = server.url("benchmark")
        await stack.enter_async_context(opened(url))
        stack.enter_context(overridden(session_cache=1_000, sessions_per_user=10**9))
        user = await users.create(name="Ada", email="ada@example.com")
        turns = await _ours(user.id, times)
        for name, rival in rivals.items():
            turns[name] = partial(rival.per_second, times=times)
        found = await in_turns(turns, rounds=rounds)
        forgotten = tuple([await _forgotten(user.id, url) for _ in range(3 if quick else 50)])
    roles: dict[str, Role] = {OURS: "ours", LIMIT: "limit", ASKED: "ours"}
    how = {
        LIMIT: "what can't be done without",
        ASKED: "the same from the database",
        **{it.name: it.how for it in PEERS},
    }
    return [
        Figure(
            title="Who is this, without asking the database",
            how=f"{times:,} questions a round, one after the other, with one token, without HTTP.",
            unit="/s",
            better="more",
            contenders=tuple(
                Contender(
                    name=name,
                    role=roles.get(name, "peer"),
                    rounds=found.get(name, ()),
                    version=rivals[name].version if name in rivals else "",
                    how=how.get(name, ""),
                    absent=absent.get(name, ""),
                )
                for name in (OURS, LIMIT, ASKED, *(peer.name for peer in PEERS))
            ),
            goals=(Goal(value=50, of=ASKED), Goal(value=1, of=EVERY_PEER)),
        ),
        Figure(
            title="How long an ended session is still accepted",
            how="From the answer to another program's DELETE of its row to the first refusal.",
            unit="ms",
            better="less",
            contenders=(
                Contender(name=OURS, role="ours", rounds=forgotten),
                *(Contender(name=peer.name, role="peer", absent=COOKIE) for peer in PEERS),
            ),
            goals=(Goal(value=1_000),),
        ),
    ]


async def _ours(user_id: str, times: int) -> dict[str, Round]:
    """Ours, twice, and the least that such a question can cost."""
    token = (await sessions.create(user_id=user_id)).token
    known = {tokens.digest(token): "ada@example.com"}
    ask = per_second(lambda: sessions.authenticate(token), times=times)

    async def look() -> str:
        return known[tokens.digest(token)]

    async def remembered() -> float:
        await _remembered(token)
        before = measures.recalled.number
        rate = await ask()
        assert measures.recalled.number - before == times  # noqa: S101  or something else was measured
        return rate

    async def asked() -> float:
        with overridden(session_cache=0):
            return await ask()

    return {OURS: remembered, ASKED: asked, LIMIT: per_second(look, times=times)}


async def _remembered(token: str) -> None:
    """Ask until it is answered out of memory: the channel has to be heard first."""
    before = measures.recalled.number
    while measures.recalled.number == before:
        await sessions.authenticate(token)
        await asyncio.sleep(0)


async def _forgotten(user_id: str, url: str) -> float:
    """Milliseconds for which a session that another program has ended is still accepted."""
    issued = await sessions.create(user_id=user_id)
    await _remembered(issued.token)
    other = await asyncpg.connect(url)
    try:
        await other.execute('DELETE FROM "session" WHERE "id" = $1', issued.session.id)
        ended = time.perf_counter()
        with suppress(sessions.SessionInvalid):
            while True:
                await sessions.authenticate(issued.token)
                await asyncio.sleep(0)
        return 1_000 * (time.perf_counter() - ended)
    finally:
        await other.close()
