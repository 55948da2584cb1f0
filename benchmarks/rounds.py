"""Taking turns, on servers from the wheels."""

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from core import database, migrate
from core.local.postgres import Postgres
from core.settings.database_url import parse

Result = TypeVar("Result")
Work = Callable[[], Awaitable[object]]
Round = Callable[[], Awaitable[float]]
"""One turn of a contender, as a value in the figure's unit."""


async def in_turns(works: Mapping[str, Round], *, rounds: int) -> dict[str, tuple[float, ...]]:
    """What each says of itself in every round. A round begins with another one each time, so that no place is best."""
    found: dict[str, list[float]] = {name: [] for name in works}
    names = list(works)
    for turn in range(rounds):
        first = turn % len(names)
        for name in (*names[first:], *names[:first]):
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


def apart(work: Callable[..., Result], *arguments: object) -> Result:
    """Do it in a process that does nothing else, so that nothing is left of what was done before."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(work, *arguments).result()


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
