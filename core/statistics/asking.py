"""Asking a database about itself: for a few seconds at the most, and without standing in anybody's way."""

import asyncio
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

from core.database import DatabaseBusy, connection, transaction
from core.database.failures import sqlite_failures
from core.database.sqlite import SqliteClient
from core.database.statements import fetch
from core.database.transaction import in_transaction

OURS = "/* core.statistics */"
"""What our questions end with, so that they are told from what slows the product down."""

_SECONDS = 5.0
# Sizes want a look at the tables, and whoever waits for a table stands in line before others.
_LIMITS = """
    SELECT set_config('statement_timeout', '5s', TRUE), set_config('lock_timeout', '500ms', TRUE),
        set_config('jit', 'off', TRUE)
"""
_STEPS = 10_000
"""Of SQLite's machine, between two looks at the clock."""


async def ask(sql: str, *arguments: object) -> list[dict[str, Any]]:
    """Ask a PostgreSQL server.

    Raises:
        DatabaseBusy: it took too long.
    """
    _insist_on_being_alone()
    async with transaction():
        await fetch(_LIMITS + OURS)
        return await fetch(sql + OURS, *arguments)


async def read(sql: str, *, seconds: float = _SECONDS) -> list[dict[str, Any]]:
    """Ask a SQLite file, on a connection of its own: the program's other statements don't wait for it.

    Raises:
        DatabaseBusy: it took too long.
    """
    _insist_on_being_alone()
    client = connection()
    assert isinstance(client, SqliteClient)  # noqa: S101  the callers have looked at the dialect
    if client.filename == ":memory:":
        return await fetch(sql)
    return await asyncio.to_thread(_read, client.filename, client.where, sql, seconds)


def _insist_on_being_alone() -> None:
    """A question that is given up would break the transaction it is asked in."""
    if in_transaction():
        raise RuntimeError("the database is asked about itself outside a transaction only")


def _read(path: str, where: str, sql: str, seconds: float) -> list[dict[str, Any]]:
    end = time.monotonic() + seconds
    address = f"{Path(path).absolute().as_uri()}?mode=ro"
    with sqlite_failures(where), closing(sqlite3.connect(address, uri=True)) as file:
        file.row_factory = sqlite3.Row
        file.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        try:
            return [dict(row) for row in file.execute(sql)]
        except sqlite3.OperationalError as error:
            if time.monotonic() <= end:
                raise
            raise DatabaseBusy(
                f"{where} is too large to be read in {seconds:g} s", remedy="ask when there is less to do"
            ) from error
