"""Lists from a read replica: what the primary is spared, and when one's own write is there.

Both servers are on one machine, so nothing is said of the throughput of two.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import psutil

from benchmarks.figures import Contender, Figure, Goal
from benchmarks.rounds import opened, postgres, turns
from core import database, measures, sessions, users
from core.database.replicas import PRIMARY
from core.local.postgres import Postgres
from core.settings import PostgresUrl, overridden
from core.settings.database_url import parse
from tests.programs import until
from tests.standby import Standby

OURS, WITHOUT = "with a replica", "the primary alone"
READERS, SESSIONS = 16, 20
_TICK = 0.01


async def measure(*, quick: bool) -> list[Figure]:
    """In turns with a replica and without, while somebody else writes fifty times a second."""
    rounds, seconds, writes = (2, 1.0, 5) if quick else (9, 5.0, 100)
    spent: dict[str, list[float]] = {OURS: [], WITHOUT: []}
    shares: list[float] = []
    with postgres() as server:
        async with opened(server.url("benchmark")):
            ada = await users.create(name="Ada", email="ada@example.com")
            for _ in range(SESSIONS):
                await sessions.create(user_id=ada.id)
        with Standby(server.data.parent / "replica", server, binaries=server.binaries) as standby:
            try:
                for name in turns(spent, rounds=rounds):
                    async with _connected(server, standby if name == OURS else None, ada.id):
                        share, used = await _load(server, ada.id, seconds)
                        spent[name].append(used * 1e6)
                        shares.extend([share * 100] if name == OURS else ())
                async with _connected(server, standby, ada.id):
                    back = [1_000 * await _until_read_there(ada.id) for _ in range(writes)]
            finally:
                standby.stop()
                standby.erase()
    how = f"{READERS} readers of lists of {SESSIONS} sessions, {rounds} rounds of {seconds:g} s, 50 writes a second."
    return [
        Figure(
            title="Processor time of the primary for a list",
            how=f"All its processes, what it sends to the replica included; {how}",
            unit="µs",
            better="less",
            contenders=(
                Contender(name=OURS, role="ours", rounds=tuple(spent[OURS])),
                Contender(name=WITHOUT, role="peer", rounds=tuple(spent[WITHOUT])),
            ),
            goals=(Goal(value=3, of=WITHOUT),),
        ),
        Figure(
            title="Lists that the replica answers",
            how="The others are the primary's: the replica was not near enough at that moment.",
            unit="%",
            better="more",
            contenders=(Contender(name=OURS, role="ours", rounds=tuple(shares)),),
            goals=(Goal(value=95),),
        ),
        Figure(
            title="From one's own write until the replica answers again",
            how=f"Until then the primary answers, and shows it. {writes} writes.",
            unit="ms",
            better="less",
            contenders=(Contender(name=OURS, role="ours", rounds=tuple(back)),),
            goals=(Goal(value=400),),
        ),
    ]


def _url(server: Postgres) -> PostgresUrl:
    url = parse(server.url("benchmark"))
    assert isinstance(url, PostgresUrl)  # noqa: S101  it is one
    return url


@asynccontextmanager
async def _connected(primary: Postgres, standby: Standby | None, user_id: str) -> AsyncIterator[None]:
    """The program's database, with connections that are open and a replica that is used, if there is one."""
    urls = () if standby is None else (_url(standby),)
    with overridden(database_url=_url(primary), database_replica_urls=urls):
        async with database.connected():
            await _load(primary, user_id, 1)
            if urls:
                await until(lambda: _is_read_there(user_id))
            yield


async def _load(primary: Postgres, user_id: str, seconds: float) -> tuple[float, float]:
    """Read lists for so long: the replica's share of them, and the primary's processor time for each in seconds."""
    measures.reads.clear()
    before, end, reads = _processor_time(primary), time.monotonic() + seconds, 0

    async def read() -> None:
        nonlocal reads
        while time.monotonic() < end:
            with database.one_caller():
                assert len(await sessions.list_live(user_id=user_id)) == SESSIONS  # noqa: S101  there are so many
            reads += 1

    async def write() -> None:
        with database.one_caller():
            while time.monotonic() < end:
                await users.create(name="Another", email=f"{uuid4()}@example.com")
                await asyncio.sleep(0.02)

    await asyncio.gather(write(), *(read() for _ in range(READERS)))
    # The kernel counts in ticks: less than one is one.
    return _read_there() / reads, max(_processor_time(primary) - before, _TICK) / reads


def _processor_time(of: Postgres) -> float:
    port = f"--port={_url(of).port}"
    (server,) = (it for it in psutil.process_iter(["cmdline"]) if port in (it.info["cmdline"] or ()))
    return sum(server.cpu_times()[:4]) + sum(sum(child.cpu_times()[:2]) for child in server.children())


def _read_there() -> int:
    return sum(count.number for name, count in measures.reads.items() if name != PRIMARY)


async def _is_read_there(user_id: str) -> bool:
    before = _read_there()
    await sessions.list_live(user_id=user_id)
    return _read_there() > before


async def _until_read_there(user_id: str) -> float:
    with database.one_caller():
        await users.rename(user_id, name="Ada")
        began = time.monotonic()
        while not await _is_read_there(user_id):  # noqa: ASYNC110  as often as a busy caller would
            await asyncio.sleep(0.002)
    return time.monotonic() - began
