"""How soon an ended session is refused by other processes, which remember it and have their hands full.

Three processes ask without a pause whose tokens these are, while another program deletes sessions, one after the other.
Their clock is the machine's, so what one refused can be held against what another had committed before.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, Popen

import asyncpg

from benchmarks.figures import Contender, Figure, Goal
from benchmarks.rounds import opened, postgres
from core import clock, users
from core.crypto import tokens
from core.database.statements import fetch

ASKING = 3
ROOT = Path(__file__).parents[1]
FILL = """
    INSERT INTO "session" ("id", "token", "userId", "expiresAt", "lastUsedAt", "createdAt", "updatedAt")
    SELECT gen_random_uuid()::text, digest, $2, $3::timestamptz + interval '1 day', $3, $3, $3
    FROM unnest($1::text[]) AS digest
"""


async def measure(*, quick: bool) -> list[Figure]:
    """Rounds of sessions that are ended, each of which says how long its slowest hundredth was accepted."""
    rounds, ended = (3, 40) if quick else (20, 40)
    with postgres() as server:
        url = server.url("benchmark")
        async with opened(url):
            user = await users.create(name="Ada", email="ada@example.com")
            batches = [await late(url, user.id, ended) for _ in range(rounds)]
    return [
        Figure(
            title="How soon other processes refuse an ended session",
            how=f"{ended} sessions a round, each ended by another program's DELETE, and {ASKING} processes that ask.",
            unit="ms",
            better="less",
            contenders=(
                Contender(
                    name="99 of 100",
                    role="ours",
                    rounds=tuple(statistics.quantiles(batch, n=100)[98] for batch in batches),
                    how="from the answer to the DELETE to the first no, with the time until that token's turn comes",
                ),
                Contender(name="half of them", role="ours", rounds=tuple(map(statistics.median, batches))),
            ),
            goals=(Goal(value=50),),
        )
    ]


async def late(url: str, user_id: str, ended: int) -> list[float]:
    """After how many milliseconds each process refused each session."""
    issued = [tokens.new() for _ in range(ended)]
    await fetch(FILL, [tokens.digest(it) for it in issued], user_id, clock.now())
    with tempfile.TemporaryDirectory() as folder:
        with asking(Path(folder), url, issued) as files:
            committed = await revoke(url, issued)
        refused = [json.loads(file.read_text())["refused"] for file in files]
    return [1_000 * (it[token] - at) for it in refused for token, at in committed.items()]


@contextmanager
def asking(folder: Path, url: str, issued: list[str]) -> Iterator[list[Path]]:
    """Processes that ask until the block ends, and then have written down what they accepted."""
    known = folder / "tokens"
    known.write_text(json.dumps(issued))
    files = [folder / f"accepted-{number}" for number in range(ASKING)]
    environment = {**os.environ, "DATABASE_URL": url, "STYLOBATE_SESSION_CACHE": str(len(issued))}
    command = [sys.executable, "-m", "tests.core.asking_who", str(known)]
    started = [Popen([*command, file], cwd=ROOT, env=environment, stdout=PIPE) for file in files]  # noqa: S603  ours
    try:
        for process in started:
            assert process.stdout is not None  # noqa: S101  a pipe
            assert process.stdout.readline() == b"remembers\n"  # noqa: S101  or it has failed
        yield files
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.communicate()


async def revoke(url: str, issued: list[str]) -> dict[str, float]:
    """When each was over."""
    committed = {}
    other = await asyncpg.connect(url)
    try:
        for token in issued:
            await other.execute('DELETE FROM "session" WHERE "token" = $1', tokens.digest(token))
            committed[token] = time.monotonic()
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.5)  # Until each process has had its turn.
    finally:
        await other.close()
    return committed
