"""Migrations: bringing the schema up to what this program was written for.

The files, their format and the table ``aerich`` are Aerich's, and ``aerich upgrade`` does the same. What is added here:
two programs that migrate at once don't apply anything twice, and a file is all or nothing on SQLite too.
"""

import base64
import runpy
import sqlite3
import zlib
from collections.abc import AsyncIterator, Iterator
from importlib.resources import as_file
from importlib.resources.abc import Traversable
from typing import NamedTuple

from core import database
from core.database.migrated import applied, migration_files
from core.database.statements import fetch

_LOCK = 0x5354594C
"""Of PostgreSQL's advisory locks, ours: the letters STYL."""


class Migration(NamedTuple):
    """A migration's file and whether the database has had it."""

    name: str
    applied: bool


async def status() -> list[Migration]:
    """All migrations of the open database's dialect, oldest first."""
    had = await applied()
    return [Migration(file.name, file.name in had) for file in migration_files(database.dialect())]


async def migrate() -> AsyncIterator[str]:
    """Apply what is missing to the open database, and name each file when it is done."""
    for file in migration_files(database.dialect()):
        if await _apply(file):
            yield file.name


async def _apply(file: Traversable) -> bool:
    """Apply a file in a transaction of its own, unless that was done. Others who migrate wait here for their turn."""
    async with database.transaction():
        dialect = database.dialect()
        if dialect == "postgres":
            await fetch("SELECT pg_advisory_xact_lock($1)", _LOCK)
        if file.name in await applied():
            return False
        with as_file(file) as path:
            module = runpy.run_path(str(path))
        connection = database.connection()
        for statement in _statements(await module["upgrade"](connection)):
            await connection.execute_query(statement)
        await fetch(
            'INSERT INTO "aerich" ("version", "app", "content") VALUES ($1, $2, $3)',
            file.name,
            dialect,
            zlib.decompress(base64.b64decode(module["MODELS_STATE"])).decode(),
        )
        return True


def _statements(script: str) -> Iterator[str]:
    """The statements of a script. (A whole script at once would make SQLite commit before it.)"""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
