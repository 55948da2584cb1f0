"""What a read replica takes off the primary: `.venv/bin/python -m benchmarks.replicas [seconds]`.

Two servers from the wheel on one machine, so the throughput says little; the primary's processor time says what it is
spared. In turns without and with the replica, while somebody else writes.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

import psutil

from core import database, measures, migrate, sessions, users
from core.database.replicas import PRIMARY, examined
from core.local.postgres import Postgres
from core.settings import PostgresUrl, overridden
from core.settings.database_url import parse
from tests.standby import Standby

ROUNDS, READERS, SESSIONS = 3, 16, 20


def url_of(server: Postgres) -> PostgresUrl:
    """Where its database is."""
    url = parse(server.url("benchmark"))
    assert isinstance(url, PostgresUrl)  # noqa: S101  it is a PostgreSQL
    return url


def processor_time(of: PostgresUrl) -> float:
    """Seconds that the server and all its processes have used so far."""
    (server,) = (it for it in psutil.process_iter(["cmdline"]) if f"--port={of.port}" in (it.info["cmdline"] or ()))
    return sum(server.cpu_times()[:4]) + sum(sum(child.cpu_times()[:2]) for child in server.children())


async def load(user_id: str, seconds: float) -> int:
    """Read lists for so long; how many were read."""
    end, reads = time.monotonic() + seconds, 0

    async def reader() -> None:
        nonlocal reads
        while time.monotonic() < end:
            with database.one_caller():
                assert len(await sessions.list_live(user_id=user_id)) == SESSIONS  # noqa: S101  there are so many
            reads += 1

    async def writer() -> None:
        with database.one_caller():
            while time.monotonic() < end:
                await users.create(name="Another", email=f"{uuid4()}@example.com")
                await asyncio.sleep(0.02)

    await asyncio.gather(writer(), *(reader() for _ in range(READERS)))
    return reads


async def until_read_there(user_id: str) -> float:
    """Seconds from one's own write until one's reads come from the replica again."""
    with database.one_caller():
        await users.rename(user_id, name="Ada")
        began = time.monotonic()
        before = sum(count.number for name, count in measures.reads.items() if name != PRIMARY)
        while sum(count.number for name, count in measures.reads.items() if name != PRIMARY) == before:
            await sessions.list_live(user_id=user_id)
            await asyncio.sleep(0.005)
    return time.monotonic() - began


async def main() -> None:
    """Bring up two servers, and measure."""
    seconds = float(sys.argv[1]) if sys.argv[1:] else 5.0
    with tempfile.TemporaryDirectory() as folder, Postgres(Path(folder) / "primary") as primary:
        primary.create_database("benchmark")
        with overridden(database_url=url_of(primary)):
            async with database.connected(migrated=False):
                assert [name async for name in migrate.migrate()]  # noqa: S101  it is empty
                ada = await users.create(name="Ada", email="ada@example.com")
                for _ in range(SESSIONS):
                    await sessions.create(user_id=ada.id)
        with Standby(Path(folder) / "standby", primary) as standby:
            await measure(url_of(primary), url_of(standby), ada.id, seconds)
        standby.erase()
        primary.erase()


async def measure(primary: PostgresUrl, standby: PostgresUrl, user_id: str, seconds: float) -> None:
    """In turns without and with the replica."""
    for number in range(ROUNDS):
        for urls in ((), (standby,)):
            with overridden(database_url=primary, database_replica_urls=urls):
                if urls:
                    assert not any(each.why_not for each in await examined(seconds=10))  # noqa: S101  it follows
                async with database.connected():
                    await load(user_id, 1)
                    measures.reads.clear()
                    before = processor_time(primary)
                    reads = await load(user_id, seconds)
                    used = processor_time(primary) - before
                    there = sum(count.number for name, count in measures.reads.items() if name != PRIMARY)
                    print(
                        f"{'with' if urls else 'without':<8} {reads / seconds:>7,.0f} lists/s,"
                        f" {there / reads:>6.1%} of them from the replica,"
                        f" {used / reads * 1e6:>5.0f} µs of the primary's processor for each"
                    )
                    if urls and number == ROUNDS - 1:
                        took = [await until_read_there(user_id) for _ in range(20)]
                        print(
                            f"from the replica again {statistics.median(took):.2f} s after one's own write,"
                            f" at the most {max(took):.2f} s"
                        )


asyncio.run(main())
