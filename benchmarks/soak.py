"""Ten minutes of everything, and whether something is left behind: `python -m benchmarks soak`.

People sign up, are asked who they are, exchange tokens, are signed out, found organizations and invite each other;
work is cancelled in the middle, clean-ups run, and now and then the server ends a connection. It fails where memory
grows, where the server sees more connections than the pool may have, where a transaction stays open, or where a
connection is left at the end.

`python -m benchmarks.soak 2` does it for two minutes, and prints what it found.
"""

import asyncio
import ctypes
import gc
import logging
import os
import statistics
import sys
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from random import Random
from time import monotonic

import asyncpg

from benchmarks import page
from benchmarks.figures import Contender, Figure, Goal
from benchmarks.lateness import Lateness, watched
from benchmarks.rounds import opened, postgres
from core import attempts, authentication, database, invitations, members, organizations, sessions, users, verifications
from core.errors import Refusal, Unavailable
from core.settings import overridden
from core.settings.database_url import parse
from models import User

MINUTES, QUICK_MINUTES = 10.0, 0.5
AT_ONCE, POOL = 24, 10
WARM_UP = 0.25
"""The share of the time after which memory must not grow."""
GROWTH = 4.0
"""KiB for a thousand operations that still count as flat: of what is left behind each time, four bytes are found."""
STUCK = 5.0
"""Seconds in which a transaction that does nothing has to end."""


@dataclass
class State:
    """What there is to work with, and what has been seen. Nothing in it grows."""

    chance: Random = field(default_factory=lambda: Random(1))  # noqa: S311  nothing is to be guessed
    tokens: deque[str] = field(default_factory=lambda: deque(maxlen=1_000))
    people: deque[User] = field(default_factory=lambda: deque(maxlen=200))
    numbers: "count[int]" = field(default_factory=count)
    operations: int = 0
    cancelled: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    memory: list[tuple[int, float]] = field(default_factory=list)
    """So many operations, and what the process held then, in KiB."""
    most_connections: int = 0
    stuck: int = 0
    killed: int = 0
    left: int = 0
    objects: int = 0
    """By how many objects more the interpreter knew at the end than after the warm-up."""


async def measure(*, quick: bool) -> list[Figure]:
    """Do it, and insist that nothing is left behind."""
    minutes = QUICK_MINUTES if quick else MINUTES
    state, late = await soak(minutes * 60)
    return figures(state, late, minutes=minutes, insist=not quick)


def figures(state: State, late: Lateness, *, minutes: float, insist: bool) -> list[Figure]:
    """What was found.

    Raises:
        AssertionError: something was left behind. Of memory that is only said after minutes enough (``insist``).
    """
    growth = slope(state.memory)
    samples = [state.memory[int(share * (len(state.memory) - 1))] for share in (WARM_UP, 0.5, 0.75, 1)]
    held = ", ".join(f"{memory / 1024:.1f} MiB after {operations:,}" for operations, memory in samples)
    failures = [
        text
        for text, failed in (
            (f"memory grew by {growth:.1f} KiB in a thousand operations ({held})", insist and growth > GROWTH),
            (f"{state.most_connections} connections, and the pool may have {POOL}", state.most_connections > POOL),
            (f"{state.stuck} times a transaction was open and idle for {STUCK:g} s", state.stuck),
            (f"{state.left} connections were left open at the end", state.left),
        )
        if failed
    ]
    assert not failures, "; ".join(failures)  # noqa: S101  a benchmark that fails says why
    how = (
        f"{minutes:g} minutes, {state.operations:,} operations, {AT_ONCE} at once on a pool of {POOL}; "
        f"{state.cancelled:,} were cancelled, {state.killed:,} connections ended by the server. Refused: "
        + ", ".join(f"{name} {times:,}" for name, times in state.refused.most_common())
        + "."
    )

    def figure(title: str, how: str, unit: str, value: float, *goals: Goal) -> Figure:
        ours = Contender(name="the process", role="ours", rounds=(value,))
        return Figure(title=title, how=how, unit=unit, better="less", contenders=(ours,), goals=goals)

    return [
        figure(
            "Memory that is gone after a thousand operations",
            f"{how} The slope of what the process held after the first quarter: {held}. The interpreter knew "
            f"{state.objects:+,} objects.",
            "KiB",
            growth,
            Goal(value=GROWTH),
        ),
        figure(
            "Connections",
            f"The most that the server saw; the pool may have {POOL}. None was left, and no transaction open.",
            "connections",
            state.most_connections,
            Goal(value=POOL),
        ),
        figure("How late the event loop is, p99", "Asked every ten milliseconds.", "ms", late.percentile(0.99) * 1e3),
    ]


def slope(memory: list[tuple[int, float]]) -> float:
    """KiB for a thousand operations, after the warm-up. The median of all pairs: a step is no slope."""
    counted = memory[int(WARM_UP * len(memory)) :]
    pairs = [(one, other) for place, one in enumerate(counted) for other in counted[place + 1 :] if other[0] > one[0]]
    return statistics.median((after - before) / (later - sooner) * 1000 for (sooner, before), (later, after) in pairs)


async def soak(seconds: float) -> tuple[State, Lateness]:
    """Everything at once for so long."""
    logging.getLogger("core").setLevel(logging.CRITICAL)  # It warns of what is done to it here.
    state = State()
    with postgres() as server, overridden(**_SETTINGS):
        url = server.url("benchmark")
        async with opened(url):
            pass
        watcher = await asyncpg.connect(url)
        try:
            limited = parse(f"{url}?pool_size={POOL}&application_name=soak")
            async with database.connected(limited), watched(every=0.01) as late:
                await _begin(state)
                until = monotonic() + seconds
                async with asyncio.TaskGroup() as group:
                    for _ in range(AT_ONCE):
                        group.create_task(_work(state, until))
                    group.create_task(_clean(state, until))
                    group.create_task(_kill(state, watcher, until))
                    group.create_task(_look(state, seconds))
            state.left = await _left(watcher)
        finally:
            await watcher.close()
    return state, late


_SETTINGS = {"password_time_cost": 1, "password_memory_kib": 8_192, "secrets": "1:" + "k" * 32}


async def _begin(state: State) -> None:
    for _ in range(20):
        await _sign_up(state)


async def _work(state: State, until: float) -> None:
    kinds: list[Callable[[State], Awaitable[object]]] = list(_SHARES)
    shares = list(_SHARES.values())
    while monotonic() < until:
        (kind,) = state.chance.choices(kinds, shares)
        task = asyncio.ensure_future(kind(state))
        if state.chance.random() < 0.02:  # noqa: PLR2004  one in fifty
            await asyncio.sleep(state.chance.random() * 0.01)
            state.cancelled += task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        except (Refusal, Unavailable) as error:
            state.refused[type(error).__name__] += 1
        state.operations += 1


async def _sign_up(state: State) -> None:
    number = next(state.numbers)
    signed = await authentication.sign_up(
        name="Ada",
        email=f"person{number}@example.com",
        password="correct horse battery staple",  # noqa: S106  everybody's
        ip_address=f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",
    )
    await users.update_profile(signed.user.id, locale="en")
    await User.filter(id=signed.user.id).update(email_verified=True)
    state.tokens.append(signed.token)
    state.people.append(signed.user)


async def _authenticate(state: State) -> None:
    await sessions.authenticate(state.chance.choice(state.tokens))


async def _create(state: State) -> None:
    state.tokens.append((await sessions.create(user_id=state.chance.choice(state.people).id)).token)


async def _refresh(state: State) -> None:
    token = state.tokens.popleft()
    state.tokens.append((await sessions.refresh(token)).token)


async def _revoke(state: State) -> None:
    if len(state.tokens) > AT_ONCE:
        await sessions.revoke_token(state.tokens.popleft())


async def _organization(state: State) -> None:
    """Found one, have somebody join, and end it."""
    owner, guest = state.chance.sample(list(state.people), 2)
    made = await organizations.create(user_id=owner.id, name="Acme")
    actor = await members.acting(user_id=owner.id, organization_id=made.id)
    invitation = await invitations.send(actor, email=guest.email, roles=["member"])
    await invitations.accept(invitation_id=invitation.id, user_id=guest.id)
    await members.list_members(actor)
    await organizations.delete(actor)


_SHARES: dict[Callable[[State], Awaitable[object]], int] = {
    _authenticate: 60,
    _create: 8,
    _refresh: 10,
    _revoke: 6,
    _sign_up: 2,
    _organization: 3,
}


async def _clean(state: State, until: float) -> None:
    while monotonic() < until:
        for work in (sessions.purge_expired, verifications.prune, attempts.prune, invitations.prune):
            with suppress(Unavailable):
                await work()
            state.operations += 1
        await asyncio.sleep(0.5)


async def _kill(state: State, watcher: asyncpg.Connection, until: float) -> None:
    """Every two seconds the server ends one of ours, whatever it does; in between, look at all of them."""
    while monotonic() < until:
        for _ in range(20):
            seen = await watcher.fetchrow(
                """
                SELECT count(*) AS connections, count(*) FILTER (
                    WHERE state LIKE 'idle in transaction%' AND state_change < now() - make_interval(secs => $1)
                ) AS stuck FROM pg_stat_activity WHERE application_name = 'soak'
                """,
                STUCK,
            )
            assert seen is not None  # noqa: S101  it counts
            state.most_connections = max(state.most_connections, seen["connections"])
            state.stuck += seen["stuck"]
            await asyncio.sleep(0.1)
        state.killed += await watcher.fetchval(
            """
            SELECT count(*) FILTER (WHERE pg_terminate_backend(pid, 1000)) FROM (
                SELECT pid FROM pg_stat_activity WHERE application_name = 'soak' ORDER BY random() LIMIT 1
            ) one
            """
        )


async def _look(state: State, seconds: float) -> None:
    """What the process holds, a hundred times, without what is free and only not given back yet.

    A password that is being hashed takes 8 MiB, which malloc keeps for the next one, or doesn't.
    """
    library = ctypes.CDLL(None)
    for sample in range(100):
        await asyncio.sleep(seconds / 100)
        gc.collect()
        if hasattr(library, "malloc_trim"):
            library.malloc_trim(0)
        state.memory.append((state.operations, _memory()))
        if sample in {int(WARM_UP * 100), 99}:
            state.objects = len(gc.get_objects()) - state.objects


def _memory() -> float:
    with open("/proc/self/statm") as file:  # noqa: PTH123  a path costs more than the rest
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1024


async def _left(watcher: asyncpg.Connection) -> int:
    """Of the connections, those that the server still has a while after the end."""
    for _ in range(50):
        left: int = await watcher.fetchval("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'soak'")
        if not left:
            break
        await asyncio.sleep(0.1)
    return left


def main() -> None:
    """Do it by itself."""
    minutes = float(sys.argv[1]) if sys.argv[1:] else MINUTES
    state, late = asyncio.run(soak(minutes * 60))
    for figure in figures(state, late, minutes=minutes, insist=minutes >= QUICK_MINUTES):
        print(figure.title, figure.how, *page.table(figure), "", sep="\n")


if __name__ == "__main__":
    main()
