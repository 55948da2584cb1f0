"""What the loop costs: uvloop or asyncio's own, under the same work.

What is counted is the processor's time of this process, not the server's, and not the time that passes.
"""

import asyncio
import resource
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

import uvloop

from benchmarks.figures import Contender, Figure, Goal
from benchmarks.rounds import opened, postgres
from core import database, sessions, users, verifications
from core.settings.database_url import parse

UVLOOP, ASYNCIO = "uvloop", "asyncio"
LOOPS = {UVLOOP: uvloop.new_event_loop, ASYNCIO: asyncio.new_event_loop}
AT_ONCE = 8


def measure(*, quick: bool) -> list[Figure]:
    """A lookup and a small transaction, one after the other and several at once, on a loop made for each round."""
    rounds, times = (2, 200) if quick else (9, 1_000)
    found: dict[tuple[str, str], list[float]] = {}
    with postgres() as server:
        url = server.url("benchmark")
        asyncio.run(_fill(url))
        for turn in range(rounds):
            for name in list(LOOPS)[:: (-1) ** turn]:
                with asyncio.Runner(loop_factory=LOOPS[name]) as runner:
                    for title, microseconds in runner.run(_round(url, times)).items():
                        found.setdefault((title, name), []).append(microseconds)
    return [
        Figure(
            title=title,
            how=f"{rounds} rounds of {times:,}, on PostgreSQL; the processor's time of the process, for one of them.",
            unit="µs",
            better="less",
            contenders=tuple(
                Contender(name=name, role="ours" if name == UVLOOP else "peer", rounds=tuple(found[title, name]))
                for name in LOOPS
            ),
            goals=(Goal(value=1, of=ASYNCIO),),
        )
        for title in dict.fromkeys(title for title, _ in found)
    ]


async def _fill(url: str) -> None:
    async with opened(url):
        await users.create(name="Ada", email="ada@example.com")


async def _round(url: str, times: int) -> dict[str, float]:
    """What each costs on the loop that runs."""
    async with database.connected(parse(url)):
        user = await users.find_by_email("ada@example.com")
        assert user is not None  # noqa: S101  see `_fill`
        token = (await sessions.create(user_id=user.id)).token
        works: dict[str, Callable[[], Awaitable[object]]] = {
            "A lookup": partial(sessions.authenticate, token),
            "A small transaction": _transaction,
        }
        return {
            f"{title}, {words}": await _cost(work, times, at_once)
            for at_once, words in ((1, "one after the other"), (AT_ONCE, f"{AT_ONCE} at once"))
            for title, work in works.items()
        }


async def _transaction() -> None:
    async with database.transaction():
        await verifications.issue(purpose="benchmark", value="", lifetime=timedelta(days=1))


async def _cost(work: Callable[[], Awaitable[object]], times: int, at_once: int) -> float:
    async def share() -> None:
        for _ in range(times // at_once):
            await work()

    await work()
    began = _processor()
    await asyncio.gather(*(share() for _ in range(at_once)))
    return (_processor() - began) / times * 1e6


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
