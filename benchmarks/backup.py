"""What a proven backup costs, beside the limit: `.venv/bin/python benchmarks/backup.py [rows]`.

The limit is plain `pg_dump -Fc` and `pg_restore` of the same database, in the same run. Ours count and hash every row
as well, encrypt, and read back what was written; the restore decrypts, reads all of it twice and compares every table.
Each of our steps is a process of its own, so that its memory can be told.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core import clock, database, migrate
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.settings.database_url import parse

ROUNDS = 3

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


def report(what: str, seconds: float, limit: float, rest: str) -> None:
    """One line."""
    print(f"  {what:<16} {seconds:>7.1f} s  {seconds / limit:.2f} of {limit:.1f} s  {rest}")


def measure(server: Postgres, folder: Path, rows: int) -> None:
    """Take turns with the plain programs, and compare."""
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
    memory = []
    for _ in range(ROUNDS):
        took["pg_dump"].append(plain(dumping, environment))
        seconds, peak = ours(STEP.format(work="await backup.take()"), environment)
        took["create"].append(seconds)
        memory.append(peak)
    size = max(file.stat().st_size for file in (folder / "store").glob("*.age"))
    limit, size_limit = statistics.median(took["pg_dump"]), Path(dump).stat().st_size
    server.create_database("plain")
    restoring = [f"{server.binaries}/pg_restore", *at, "--dbname=plain", dump]
    restore_limit = plain(restoring, environment)

    print(f"\n{rows:,} people and as many sessions, in one run on one machine")
    report(
        "create",
        statistics.median(took["create"]),
        limit,
        f"{size / 1e6:.1f} MB, {size / size_limit:.2f} of pg_dump -Fc's; peak memory {max(memory):.0f} MiB",
    )
    seconds, peak = ours(STEP.format(work="await backup.verify()"), environment)
    report("verify, level 3", seconds, restore_limit, f"(pg_restore); peak memory {peak:.0f} MiB")
    seconds, peak = ours(RESTORE, environment)
    report("restore", seconds, restore_limit, f"(pg_restore); peak memory {peak:.0f} MiB")


async def main() -> None:
    """Bring up a server, fill it, and measure."""
    rows = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Postgres(folder / "postgres") as server:
            server.create_database("benchmark")
            async with database.connected(parse(server.url("benchmark") + "?command_timeout=600"), migrated=False):
                assert [name async for name in migrate.migrate()]  # noqa: S101  it is empty
                await fill(rows)
            measure(server, folder, rows)
            server.erase()


asyncio.run(main())
