"""What a proven backup costs.

The limit is plain `pg_dump -Fc` and `pg_restore` of the same database. Ours count and hash every row as well, encrypt,
and read back what was written; the restore decrypts, reads all of it twice and compares every table. Each of our steps
is a process of its own, so that its memory can be told.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.figures import Contender, Figure
from benchmarks.rounds import opened, postgres, turns
from core import clock
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.settings.database_url import parse

STEP = """
import asyncio, resource, sys, time
from core import backup, database

async def work():
    async with database.connected():
        {work}

began = time.perf_counter()
asyncio.run(work())
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
RESTORE = """
import asyncio, resource, sys, time
from core import backup

began = time.perf_counter()
asyncio.run(backup.restore(target="restored"))
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


async def fill(rows: int) -> None:
    """As many people, and a session of each."""
    await fetch(
        """
        INSERT INTO "user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt")
        SELECT gen_random_uuid()::text, 'Person ' || n, 'person' || n || '@example.com', n % 3 > 0,
            $2::timestamptz - n * interval '1 s', $2 FROM generate_series(1, $1::int) n
        """,
        rows,
        clock.now(),
    )
    await fetch(
        """
        INSERT INTO "session" ("id", "token", "userId", "expiresAt", "lastUsedAt", "createdAt", "updatedAt",
            "ipAddress", "userAgent")
        SELECT gen_random_uuid()::text, encode(sha256("id"::bytea), 'hex'), "id", "createdAt" + interval '7 days', $1,
            "createdAt", $1, '203.0.113.' || (random() * 254)::int, 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox'
        FROM "user"
        """,
        clock.now(),
    )
    await fetch("VACUUM ANALYZE")
    await fetch("CHECKPOINT")


def ours(work: str, environment: dict[str, str]) -> tuple[float, float]:
    """Seconds and peak memory in MiB of one of our steps."""
    said = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-c", work], env=environment, check=True, stdout=subprocess.PIPE, text=True
    ).stdout.split()
    return float(said[-2]), float(said[-1])


def plain(command: list[str], environment: dict[str, str]) -> float:
    """Seconds of a program."""
    began = time.perf_counter()
    subprocess.run(command, env=environment, check=True)  # noqa: S603  PostgreSQL's own
    return time.perf_counter() - began


def figure(title: str, unit: str, ours: list[float], other: str, others: list[float], how: str) -> Figure:
    """One of ours beside a plain program's."""
    contenders = (
        Contender(name="stylobate", role="ours", rounds=tuple(ours)),
        Contender(name=other, role="limit", rounds=tuple(others)),
    )
    return Figure(title=title, how=how, unit=unit, better="less", contenders=contenders)


def compared(server: Postgres, folder: Path, rows: int, rounds: int) -> list[Figure]:
    """Take turns with the plain programs."""
    url = server.url("benchmark")
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "STYLOBATE_SECRETS": f"1:{'k' * 32}",
        "STYLOBATE_BACKUP_STORE": str(folder / "store"),
        "STYLOBATE_POSTGRES_BIN": str(server.binaries),
        "PGPASSWORD": parse(url).password or "",  # type: ignore[union-attr]  # it is PostgreSQL's
    }
    dump, where = str(folder / "plain.dump"), url.partition("@")[2].partition("/")[0].split(":")
    at = [f"--host={where[0]}", f"--port={where[1]}", "--username=stylobate"]
    dumping = [f"{server.binaries}/pg_dump", *at, "--format=custom", f"--file={dump}", "benchmark"]
    took: dict[str, list[float]] = {"create": [], "pg_dump": []}
    memory: dict[str, list[float]] = {"create": [], "verify": [], "restore": []}
    for name in turns(took, rounds=rounds):
        if name == "pg_dump":
            took[name].append(plain(dumping, environment))
        else:
            seconds, peak = ours(STEP.format(work="await backup.take()"), environment)
            took[name].append(seconds)
            memory[name].append(peak)
    size = max(file.stat().st_size for file in (folder / "store").glob("*.age"))
    server.create_database("plain")
    restoring = plain([f"{server.binaries}/pg_restore", *at, "--dbname=plain", dump], environment)
    verified, peak = ours(STEP.format(work="await backup.verify()"), environment)
    memory["verify"].append(peak)
    restored, peak = ours(RESTORE, environment)
    memory["restore"].append(peak)
    what = f"{rows:,} people and as many sessions."
    return [
        figure("A backup taken", "s", took["create"], "pg_dump -Fc", took["pg_dump"], what),
        figure("How large it is", "MB", [size / 1e6], "pg_dump -Fc", [Path(dump).stat().st_size / 1e6], what),
        figure("A backup verified, level 3", "s", [verified], "pg_restore", [restoring], f"Restored beside. {what}"),
        figure("A backup restored", "s", [restored], "pg_restore", [restoring], f"Put into place. {what}"),
        Figure(
            title="The most memory that is held",
            how=what,
            unit="MiB",
            better="less",
            contenders=tuple(Contender(name=step, role="ours", rounds=(max(it),)) for step, it in memory.items()),
        ),
    ]


async def measure(*, quick: bool) -> list[Figure]:
    """Fill a database, and measure."""
    rows, rounds = (10_000, 1) if quick else (1_000_000, 3)
    with tempfile.TemporaryDirectory() as folder, postgres() as server:
        async with opened(server.url("benchmark")):
            await fill(rows)
        return compared(server, Path(folder), rows, rounds)
