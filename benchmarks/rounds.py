"""Taking turns, on servers from the wheels."""

import asyncio
import inspect
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from core import database, migrate
from core.local.postgres import Postgres
from core.settings.database_url import parse

Work = Callable[[], Awaitable[object]]
Round = Callable[[], Awaitable[float]]
"""One turn of a contender, as a value in the figure's unit."""


def turns(names: Iterable[str], *, rounds: int) -> Iterator[str]:
    """Whose turn it is. Each round has another order, so that nobody has the best place or always one neighbour."""
    order = Random(1)  # noqa: S311  nothing is to be guessed: every run has the same orders
    waiting = list(names)
    for _ in range(rounds):
        order.shuffle(waiting)
        yield from waiting


async def in_turns(works: Mapping[str, Round], *, rounds: int) -> dict[str, tuple[float, ...]]:
    """What each says of itself in every round."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for name in turns(works, rounds=rounds):
        found[name].append(await works[name]())
    return {name: tuple(values) for name, values in found.items()}


def per_second(*works: Work, times: int) -> Round:
    """A round of so many calls, as calls a second: each of the works does its share, all of them at once."""
    share = times // len(works)

    async def calls(work: Work) -> None:
        for _ in range(share):
            await work()

    async def turn() -> float:
        began = time.perf_counter()
        await asyncio.gather(*map(calls, works))
        return share * len(works) / (time.perf_counter() - began)

    return turn


def milliseconds(work: Work, *, times: int) -> Round:
    """A round of so many calls, as the median of their times."""

    async def turn() -> float:
        taken = []
        for _ in range(times):
            began = time.perf_counter()
            await work()
            taken.append(1_000 * (time.perf_counter() - began))
        return statistics.median(taken)

    return turn


def apart(work: Callable[..., object], *arguments: object) -> Any:  # noqa: ANN401  whatever it returns
    """Do it in a process of its own: Tortoise keeps its SQL per connection and not per dialect, and memory is told."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(_here, work, *arguments).result()


def _here(work: Callable[..., object], *arguments: object) -> object:
    found = work(*arguments)
    return asyncio.run(found) if inspect.iscoroutine(found) else found


@contextmanager
def postgres(*, durable: bool = True) -> Iterator[Postgres]:
    """A PostgreSQL with an empty database ``benchmark``: the wheel's, or that of the programs in POSTGRES_BIN."""
    given = os.environ.get("POSTGRES_BIN")
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        Path(name).chmod(0o711)  # The server runs as another account when this one is root.
        server = Postgres(Path(name) / "postgres", durable=durable, binaries=Path(given) if given else None)
        try:
            server.start()
            server.create_database("benchmark")
            yield server
        finally:
            server.stop()
            server.erase()


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[None]:
    """An empty database, migrated and connected to, with enough connections, whose statements may take an hour."""
    longer = f"{url}?pool_size=20&command_timeout=3600" if url.startswith("postgresql:") else url
    async with database.connected(parse(longer), migrated=False):
        assert [name async for name in migrate.migrate()]  # noqa: S101  it is empty
        yield


@asynccontextmanager
async def sqlite() -> AsyncIterator[str]:
    """A SQLite file in the same state, and its address."""
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        url = f"sqlite://{folder}/benchmark.db"
        async with opened(url):
            yield url
