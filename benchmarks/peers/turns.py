"""The other end of ``benchmarks/rivals.py``: a program that says who is asking, when it is its turn.

A peer's program is run with its own environment's Python. It makes its tables in the empty database of DATABASE_URL, as
many sessions as its only argument says, and one real token. Then it says ``ready``, reads lines of ``TIMES AT_ONCE``,
and answers each with the seconds that it took. Nothing of ours but this file is imported.
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator

EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"  # noqa: S105  of nobody


def sessions() -> int:
    """How many there are to be."""
    return int(sys.argv[1])


def database_url(scheme: str) -> str:
    """Where they are to be, in the words of the peer's library."""
    return os.environ["DATABASE_URL"].replace("postgresql", scheme, 1)


async def take(who: Callable[[], Awaitable[object]]) -> None:
    """Ask ``who``, which returns an address, whenever it is time."""
    expect(await who())

    async def ask(times: int) -> None:
        for _ in range(times):
            await who()

    for times, at_once in turns():
        began = time.perf_counter()
        if at_once == 1:
            await ask(times)
        else:
            await asyncio.gather(*(ask(times // at_once) for _ in range(at_once)))
        print(time.perf_counter() - began, flush=True)


def turns() -> Iterator[tuple[int, int]]:
    """How often to ask, and how many at once. Reading holds up the event loop, on which nothing else is to happen."""
    print("ready", flush=True)
    for line in sys.stdin:
        times, at_once = map(int, line.split())
        yield times, at_once


def expect(email: object) -> None:
    """Insist on the right answer: a quick wrong one would look good."""
    if email != EMAIL:
        raise SystemExit(f"it says {email}")
