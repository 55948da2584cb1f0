"""What must hold on any machine: `make benchmarks-guard`, under a minute, in CI.

Ratios alone, in small, without peers, and with margins so wide that only a mistake gets through them: a look-up that
asks twice, a clean-up that reads every row.
"""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Literal

from benchmarks import ai_chat_append, authenticate, purge
from benchmarks.figures import Contender, Figure, Goal
from benchmarks.rounds import Work, in_turns, milliseconds, opened, per_second, postgres, turns
from core import sessions, users
from core.database.statements import fetch
from core.settings import overridden

SESSIONS, EXPIRED, LIVE, MESSAGES = 2_000, 50_000, 100_000, 1_000


async def look_ups(url: str) -> Figure:
    """As benchmarks/authenticate.py."""
    async with AsyncExitStack() as stack:
        works = await authenticate.ours(stack, url, rows=SESSIONS)
        names = (authenticate.OURS, authenticate.LIMIT, authenticate.JOIN)
        found = await in_turns({name: per_second(works[name][0], times=100) for name in names}, rounds=40)
    goals = (Goal(value=0.6, of=authenticate.LIMIT), Goal(value=2, of=authenticate.JOIN))
    return figure("sessions.authenticate", "/s", "more", found, goals)


async def clean_up() -> Figure:
    """As benchmarks/purge.py."""
    ways: dict[str, Work] = {purge.OURS: lambda: purge.whole_purge(EXPIRED), purge.LIMIT: purge.one_delete}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    user = await users.create(name="Ada", email="grace@example.com")
    with overridden(sessions_per_user=10**9):
        for name in turns(ways, rounds=5):
            await purge.refill(user.id, live=EXPIRED // 5, expired=EXPIRED, disorder=0)
            began = time.perf_counter()
            await ways[name]()
            rates[name].append(EXPIRED / (time.perf_counter() - began))
    return figure("sessions.purge_expired", "rows/s", "more", rates, (Goal(value=0.25, of=purge.LIMIT),))


async def nothing_to_do() -> Figure:
    """The same with nothing to delete, beside a statement that says so."""
    user = await users.create(name="Ada", email="joan@example.com")
    with overridden(sessions_per_user=10**9):
        await purge.refill(user.id, live=LIVE, expired=0, disorder=0)
    works: dict[str, Work] = {"purge_expired": sessions.purge_expired, "SELECT 1": lambda: fetch("SELECT 1")}
    found = await in_turns({name: milliseconds(work, times=5) for name, work in works.items()}, rounds=15)
    return figure("sessions.purge_expired, idle", "ms", "less", found, (Goal(value=0.015, of="SELECT 1"),))


async def messages() -> Figure:
    """As benchmarks/ai_chat_append.py."""
    user = await users.create(name="Ada", email="mary@example.com")
    works = {
        "a row": await ai_chat_append.of_a_row(user.id, MESSAGES),
        "the list": await ai_chat_append.of_the_list(user.id, MESSAGES),
    }
    found = await in_turns({name: milliseconds(work, times=5) for name, work in works.items()}, rounds=15)
    return figure("ai_chats.append", "ms", "less", found, (Goal(value=1.5, of="the list"),))


def figure(
    title: str,
    unit: str,
    better: Literal["more", "less"],
    found: Mapping[str, Sequence[float]],
    goals: tuple[Goal, ...],
) -> Figure:
    """The first is ours."""
    ours, *_ = found
    contenders = (
        Contender(name=name, role="ours" if name == ours else "limit", rounds=tuple(values))
        for name, values in found.items()
    )
    return Figure(title=title, how="", unit=unit, better=better, contenders=tuple(contenders), goals=goals)


async def main() -> bool:
    """Say what was found, and whether all of it holds."""
    with postgres(durable=False) as server:
        async with opened(url := server.url("benchmark")):
            figures = [await look_ups(url), await clean_up(), await nothing_to_do(), await messages()]
    verdicts = [(it.title, *verdict) for it in figures for verdict in it.verdicts()]
    for title, goal, found, reached in verdicts:
        print(f"{'ok ' if reached else 'NOT'} {title}: {found}, has to be {goal}")
    return all(reached for *_, reached in verdicts)


if __name__ == "__main__":
    sys.exit(not asyncio.run(main()))
