"""How long writers wait for a migration.

While people write to a table, and somebody reads for long, it gets a column, an index and a foreign key: once in the
form that generate writes, applied by `stylobate db migrate`, and once as Aerich would do it. What counts is the longest
that a single write took.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import asyncpg

from benchmarks.figures import Contender, Figure
from benchmarks.rounds import postgres, turns
from core import migrate
from core.database.statements import fetch
from core.migrate import files
from core.settings.database_url import parse

WRITERS, LONG_READ = 8, 3.0
OURS, TOGETHER = "stylobate db migrate", "one transaction, as Aerich does"

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


async def measure(*, quick: bool) -> list[Figure]:
    """Fill a database, and change it both ways."""
    rows, rounds = (50_000, 1) if quick else (1_000_000, 3)
    found: dict[str, list[tuple[float, list[float]]]] = {OURS: [], TOGETHER: []}
    with tempfile.TemporaryDirectory() as folder, postgres() as server:
        url, root = server.url("benchmark"), Path(folder) / "migrations"
        for number, (statements, whole) in enumerate(GENTLE):
            text = files.render(upgrade=statements, downgrade=(), state="{}", in_transaction=whole)
            files.write(root / "postgres" / f"{number}_20261123000000_change.py", text)
        async with migrate.opened(parse(url)):
            for name in turns(found, rounds=rounds):
                await fill(rows)
                work = at_once(url) if name == TOGETHER else gently(root)
                found[name].append(await among_others(url, rows, work))

    def figure(title: str, unit: str, how: str, value: Callable[[float, list[float]], float]) -> Figure:
        ours, theirs = (tuple(value(*it) for it in runs) for runs in found.values())
        return Figure(
            title=title,
            how=how,
            unit=unit,
            better="less",
            contenders=(
                Contender(name=OURS, role="ours", rounds=ours),
                Contender(name=TOGETHER, role="peer", rounds=theirs),
            ),
        )

    among = f"{rows:,} rows, {WRITERS} writers, and a reader who takes {LONG_READ:.0f} s."
    return [
        figure("The longest that a write waits", "ms", among, lambda _, waits: 1e3 * waits[-1]),
        figure(
            "What a write takes meanwhile", "ms", "The 99th percentile.", lambda _, it: 1e3 * it[len(it) * 99 // 100]
        ),
        figure("How long the migration takes", "s", "A column, an index, a foreign key.", lambda took, _: took),
    ]
