"""How long writers wait for a migration: `.venv/bin/python benchmarks/migrating.py [rows] [folder of a PostgreSQL]`.

While people write to a table, and somebody reads for long, it gets a column, an index and a foreign key: once in the
form that generate writes, applied by `stylobate db migrate`, and once as Aerich would do it. What counts is the longest
that a single write took.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path

import asyncpg

from core import migrate
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.migrate import files
from core.settings.database_url import parse

WRITERS, LONG_READ = 8, 3.0

TABLES = (
    'CREATE TABLE "place" ("id" BIGINT NOT NULL PRIMARY KEY)',
    'CREATE TABLE "thing" ("id" BIGINT NOT NULL PRIMARY KEY, "placeId" BIGINT, "count" INT NOT NULL, "name" TEXT)',
)
KEY = 'ALTER TABLE "thing" ADD CONSTRAINT "thing_place" FOREIGN KEY ("placeId") REFERENCES "place" ("id")'
GENTLE = (
    (['ALTER TABLE "thing" ADD COLUMN "more" TEXT NOT NULL DEFAULT \'\''], True),
    (['CREATE INDEX CONCURRENTLY "thing_placeId" ON "thing" ("placeId")'], False),
    ([f"{KEY} NOT VALID"], True),
    (['ALTER TABLE "thing" VALIDATE CONSTRAINT "thing_place"'], True),
)
AT_ONCE = (
    'ALTER TABLE "thing" ADD COLUMN "more" TEXT NOT NULL DEFAULT \'\'',
    'CREATE INDEX "thing_placeId" ON "thing" ("placeId")',
    KEY,
)


async def fill(rows: int) -> None:
    """Make the tables anew."""
    await fetch('DROP TABLE IF EXISTS "thing", "place", "aerich", "migrationState"')
    for statement in TABLES:
        await fetch(statement)
    await fetch('INSERT INTO "place" SELECT generate_series(1, 1000)')
    await fetch(
        'INSERT INTO "thing" SELECT n, n % 1000 + 1, 0, md5(n::text) FROM generate_series(1, $1::bigint) n', rows
    )
    await fetch("VACUUM ANALYZE")


async def write(url: str, rows: int, number: int, waits: list[float]) -> None:
    """Change rows and add some, as quickly as it goes, and note how long each took."""
    connection = await asyncpg.connect(url)
    place = number
    try:
        while True:
            place = (place * 1_103_515_245 + 12_345) % rows + 1
            began = time.perf_counter()
            await connection.execute('UPDATE "thing" SET "count" = "count" + 1 WHERE "id" = $1', place)
            waits.append(time.perf_counter() - began)
    finally:
        await connection.close()


async def read_long(url: str) -> None:
    """Hold a snapshot and a lock on the table, as a report does, again and again."""
    connection = await asyncpg.connect(url)
    try:
        while True:
            async with connection.transaction(isolation="repeatable_read"):
                await connection.fetchval('SELECT count(*) FROM "thing" WHERE "id" < 1000')
                await asyncio.sleep(LONG_READ)
            await asyncio.sleep(LONG_READ / 3)
    finally:
        await connection.close()


async def among_others(url: str, rows: int, work: Awaitable[object]) -> tuple[float, list[float]]:
    """Do it while others read and write: how long it took, and how long each write."""
    waits: list[float] = []
    others = [asyncio.create_task(write(url, rows, number, waits)) for number in range(WRITERS)]
    others.append(asyncio.create_task(read_long(url)))
    await asyncio.sleep(1)
    began = time.perf_counter()
    await work
    took = time.perf_counter() - began
    await asyncio.sleep(1)
    for task in others:
        task.cancel()
    for task in others:
        with suppress(asyncio.CancelledError):
            await task
    return took, sorted(waits)


async def gently(root: Path) -> None:
    """The files, by our own runner."""
    assert len([name async for name in migrate.migrate(root=root)]) == len(GENTLE)  # noqa: S101  or nothing is measured


async def at_once(url: str) -> None:
    """One transaction, and whoever comes has to wait."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            for statement in AT_ONCE:
                await connection.execute(statement)
    finally:
        await connection.close()


async def main() -> None:
    """Bring up a server, fill it, and measure both ways."""
    rows = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    binaries = Path(sys.argv[2]) if sys.argv[2:] else None
    with (
        tempfile.TemporaryDirectory() as folder,
        Postgres(Path(folder) / "postgres", binaries=binaries) as server,
    ):
        server.create_database("benchmark")
        url, root = server.url("benchmark"), Path(folder) / "migrations"
        for number, (statements, whole) in enumerate(GENTLE):
            text = files.render(upgrade=statements, downgrade=(), state="{}", in_transaction=whole)
            files.write(root / "postgres" / f"{number}_20261123000000_change.py", text)
        async with migrate.opened(parse(url)):
            print(f"{(await fetch('SHOW server_version'))[0]['server_version']}, {rows:,} rows, {WRITERS} writers")
            for name, work in (("stylobate db migrate", gently(root)), ("all at once", at_once(url))):
                await fill(rows)
                took, waits = await among_others(url, rows, work)
                print(
                    f"  {name:<22} took {took:>5.1f} s, {len(waits):>7,} writes,"
                    f" p99 {waits[len(waits) * 99 // 100] * 1e3:>6.1f} ms, longest {waits[-1] * 1e3:>8,.0f} ms"
                )
        server.erase()


asyncio.run(main())
