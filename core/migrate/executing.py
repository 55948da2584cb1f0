"""Running a file's statements: each by itself, since a script as a whole would make SQLite commit before it."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
from tortoise.exceptions import IntegrityError, OperationalError

from core.database import connection, dialect
from core.database.failures import postgres_failures
from core.database.postgres import PostgresClient
from core.database.statements import fetch
from core.database.uninterrupted import uninterrupted
from core.errors import Invalid, Unavailable
from core.migrate import files
from core.migrate.files import FileInvalid, NeedsDatabase, Script
from core.migrate.waiting import LOCKED
from core.text import TextInvalid

NEVER = 10.0**8
"""Seconds. asyncpg takes None for its own limit."""

_LOCK_TIMEOUT = "400ms"
"""Whoever writes to a table waits no longer than this, plus what a statement takes, for one that waits for its lock."""

_FENCE = 0x5354594C
"""Of PostgreSQL's advisory locks, ours: the letters STYL. A server may still be busy with what a dead process sent."""


class MigrationFailed(Unavailable):
    """A statement of a migration could not be run."""


class NoWayBack(Invalid):
    """The migration can't be taken back."""


async def enter() -> None:
    """Make the transaction one that lets others pass, but may take its time."""
    if dialect() != "postgres":
        return
    await fetch(f"SET LOCAL lock_timeout = '{_LOCK_TIMEOUT}'")
    await fetch("SET LOCAL statement_timeout = 0")
    await fetch("SET LOCAL idle_in_transaction_session_timeout = 0")
    await fetch("SELECT pg_advisory_xact_lock($1)", _FENCE)


async def execute(statement: str) -> None:
    """Run a statement in the transaction around."""
    client: Any = connection()
    if dialect() != "postgres":
        await client.execute_query(statement)
        return
    assert not isinstance(client, PostgresClient), "a transaction has a connection of its own"  # noqa: S101
    with postgres_failures(client.where):
        await client._connection.execute(statement, timeout=NEVER)  # noqa: SLF001  Tortoise knows no other limit


@contextmanager
def failing(script: Script, number: int, statement: str, kept: str) -> Iterator[None]:
    """Say which statement failed. That it has to wait is no failure."""
    try:
        yield
    except LOCKED:
        raise
    except (OperationalError, IntegrityError, TextInvalid, asyncpg.PostgresError) as error:
        said = error.message if isinstance(error, asyncpg.PostgresError) else str(error)
        begin = files.bare(statement, script.dialect)[:100]
        raise MigrationFailed(
            f"{script.name} failed at statement {number} ({begin}): {said}; {kept}",
            remedy="correct what stands in its way, or the file, and migrate again",
        ) from error


def wanted(script: Script, direction: str, statements: list[str], *, unchecked: bool) -> list[str]:
    """What is left to be run once foreign keys are off (``unchecked``), if the file wants that.

    Raises:
        NoWayBack: there is nothing.
        FileInvalid: foreign keys are on.
    """
    if direction == "downgrade" and not statements:
        raise NoWayBack(f"{script.name} can't be taken back: its downgrade is empty")
    if script.dialect != "sqlite":
        return statements
    if _turns_keys_off(statements) and not unchecked:
        raise FileInvalid(
            f"{script.name} turns foreign keys off, and that can't be done where it does",
            remedy="let it be RUN_IN_TRANSACTION = True, and not ask the database before",
        )
    return [it for it in statements if not (unchecked and _AROUND.match(files.bare(it, "sqlite")))]


# SQLite's tables are rebuilt with foreign keys off, or their rows' children would go with them.

_AROUND = re.compile(
    r"PRAGMA foreign_keys\b|BEGIN( IMMEDIATE| EXCLUSIVE| DEFERRED)?( TRANSACTION)?$|COMMIT\b", re.IGNORECASE
)
"""What such a file says for Aerich's sake, which runs a script as a whole. Here it is done around the script."""
_KEYS_OFF = re.compile(r"PRAGMA foreign_keys ?(= ?|\( ?)(OFF|0|FALSE|NO)\b", re.IGNORECASE)


def _turns_keys_off(statements: list[str]) -> bool:
    return any(_KEYS_OFF.match(files.bare(statement, "sqlite")) for statement in statements)


@asynccontextmanager
async def keys_as_wanted(script: Script, direction: str) -> AsyncIterator[bool]:
    """Turn foreign keys off around the transaction (inside one it can't be done) for a file that says so."""
    try:
        off = script.dialect == "sqlite" and _turns_keys_off(await script.statements(direction))
    except NeedsDatabase:
        off = False
    if not off:
        yield False
        return
    try:
        await fetch("PRAGMA foreign_keys = OFF")
        yield True
    finally:
        await uninterrupted(fetch("PRAGMA foreign_keys = ON"))


async def broken_keys() -> dict[tuple[str, str], int]:
    """How many rows of which table point to a row of which other that is not there."""
    rows = await fetch(
        'SELECT "table" AS child, "parent", count(*) AS "rows" FROM pragma_foreign_key_check() GROUP BY 1, 2'
    )
    return {(row["child"], row["parent"]): row["rows"] for row in rows}


async def refuse_broken_keys(script: Script, before: dict[tuple[str, str], int]) -> None:
    """Refuse what the file broke. What was broken before is not its fault.

    Raises:
        MigrationFailed: there are more of them than before.
    """
    for (child, parent), rows in (await broken_keys()).items():
        if rows > before.get((child, parent), 0):
            raise MigrationFailed(
                f"{script.name} would leave {rows} rows of {child!r} without their row of {parent!r};"
                " nothing of it was kept",
                remedy="correct the file, and migrate again",
            )
