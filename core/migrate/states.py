"""What a database says of its migrations.

Aerich's table ``aerich`` says which it has had. Ours, ``migrationState``, says what Aerich's can't: how each file was
when it was applied, when and by which version that was, and how far a file has come that is not all or nothing.
"""

from datetime import datetime
from importlib.metadata import version
from typing import Any, NamedTuple

from core import clock
from core.database import dialect
from core.database.migrated import applied
from core.database.statements import fetch, moment
from core.migrate.files import Script

TABLES = ("aerich", "migrationState")
"""These two are nobody's models."""

AERICH = {
    "postgres": """
        CREATE TABLE IF NOT EXISTS "aerich" (
            "id" SERIAL NOT NULL PRIMARY KEY,
            "version" VARCHAR(255) NOT NULL,
            "app" VARCHAR(100) NOT NULL,
            "content" JSONB NOT NULL
        )
    """,
    "sqlite": """
        CREATE TABLE IF NOT EXISTS "aerich" (
            "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
            "version" VARCHAR(255) NOT NULL,
            "app" VARCHAR(100) NOT NULL,
            "content" JSON NOT NULL
        )
    """,
}
_OURS = """
    CREATE TABLE IF NOT EXISTS "migrationState" (
        "name" VARCHAR(255) NOT NULL PRIMARY KEY,
        "checksum" VARCHAR(64) NOT NULL,
        "direction" VARCHAR(16) NOT NULL,
        "statements" INT NOT NULL,
        "trying" INT NOT NULL,
        "startedAt" TIMESTAMPTZ,
        "finishedAt" TIMESTAMPTZ,
        "programVersion" VARCHAR(255)
    )
"""
_THERE = {
    "postgres": "SELECT 1 WHERE to_regclass('\"migrationState\"') IS NOT NULL",
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = 'migrationState'",
}


class State(NamedTuple):
    """How a file was when it was applied, and how far it has come. Who applied it with Aerich left no times.

    ``trying``: the statement after those that are done was begun, and can't be undone as others can.
    """

    name: str
    checksum: str
    direction: str
    statements: int
    trying: bool
    started_at: datetime | None
    finished_at: datetime | None
    program_version: str | None

    @property
    def unfinished(self) -> bool:
        """Whether it began and did not end: somewhere in the middle its process died or a statement failed."""
        return self.started_at is not None and self.finished_at is None


async def all_states() -> dict[str, State]:
    """What is known of every file, by its name."""
    if not await fetch(_THERE[dialect()]):
        return {}
    rows = await fetch(
        'SELECT "name", "checksum", "direction", "statements", "trying",'
        ' "startedAt", "finishedAt", "programVersion"'
        ' FROM "migrationState"'
    )
    return {row["name"]: _state(row) for row in rows}


def _state(row: dict[str, Any]) -> State:
    return State(
        name=row["name"],
        checksum=row["checksum"],
        direction=row["direction"],
        statements=row["statements"],
        trying=bool(row["trying"]),
        started_at=row["startedAt"] and moment(row["startedAt"]),
        finished_at=row["finishedAt"] and moment(row["finishedAt"]),
        program_version=row["programVersion"],
    )


async def make_tables() -> None:
    """Make the two tables where there are none."""
    for statement in (AERICH[dialect()], _OURS):
        await fetch(statement)


async def begin(script: Script, direction: str) -> None:
    """Note that a file is begun."""
    await fetch('DELETE FROM "migrationState" WHERE "name" = $1', script.name)
    await fetch(
        """
        INSERT INTO "migrationState"
            ("name", "checksum", "direction", "statements", "trying", "startedAt", "programVersion")
        VALUES ($1, $2, $3, 0, 0, $4, $5)
        """,
        script.name,
        script.checksum,
        direction,
        clock.now(),
        version("stylobate"),
    )


async def come_to(script: Script, statements: int) -> None:
    """Note how many of a file's statements are done."""
    await fetch(
        'UPDATE "migrationState" SET "statements" = $2, "trying" = 0 WHERE "name" = $1', script.name, statements
    )


async def try_next(script: Script) -> None:
    """Note that the next statement is begun."""
    await fetch('UPDATE "migrationState" SET "trying" = 1 WHERE "name" = $1', script.name)


async def finish(script: Script, direction: str) -> None:
    """Note that a file is done, for Aerich too."""
    if direction == "downgrade":
        await fetch('DELETE FROM "aerich" WHERE "version" = $1 AND "app" = $2', script.name, script.dialect)
        await fetch('DELETE FROM "migrationState" WHERE "name" = $1', script.name)
        return
    await fetch('UPDATE "migrationState" SET "finishedAt" = $2 WHERE "name" = $1', script.name, clock.now())
    await fetch(
        'INSERT INTO "aerich" ("version", "app", "content") VALUES ($1, $2, $3)',
        script.name,
        script.dialect,
        script.state,
    )


async def remember(scripts: list[Script]) -> None:
    """Note how the files are that Aerich has applied, to see later whether one is edited."""
    had, known = await applied(), await all_states()
    if missing := [script for script in scripts if script.name in had and script.name not in known]:
        await fetch(_OURS)
        for script in missing:
            await fetch(
                'INSERT INTO "migrationState" ("name", "checksum", "direction", "statements", "trying")'
                " VALUES ($1, $2, 'upgrade', 0, 0)",
                script.name,
                script.checksum,
            )
