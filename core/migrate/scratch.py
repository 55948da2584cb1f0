"""Databases to try something in: made empty, opened, and gone afterwards."""

import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from tortoise.context import TortoiseContext, get_current_context
from tortoise.models import ModelMeta

from core.crypto import tokens
from core.database import configuration, connection, dialect
from core.database.alone import Connection, connected, drop_database, place
from core.database.failures import postgres_failures
from core.database.statements import fetch
from core.database.uninterrupted import uninterrupted
from core.settings import DatabaseUrl, PostgresUrl
from core.settings.database_url import SqliteUrl

MODELS = ("models", "aerich.models")
"""What Aerich knows too, so that it finds in our files what it would have written itself."""

PREFIX = "stylobate_replay_"


@asynccontextmanager
async def opened(server: DatabaseUrl, *, models: Sequence[str] = MODELS) -> AsyncIterator[DatabaseUrl]:
    """Have an empty database of a server's (on SQLite: in a temporary folder) as the open one.

    The models are set to it, whatever they were set to before; of one dialect at a time, which Tortoise keeps in them.

    Raises:
        DatabaseUnreachable: there is no server.
        AccessDenied: its user may not create databases.
    """
    first = get_current_context() is None
    async with _made(server) as url, TortoiseContext() as context:
        with lent(models):
            await context.init(config=configuration(url, models=models), _enable_global_fallback=first)
            yield url


@contextmanager
def lent(models: Sequence[str]) -> Iterator[None]:
    """Let the models go to another dialect: Tortoise leaves out those that it has set to one already."""
    every = {it for name in models for it in vars(import_module(name)).values() if isinstance(it, ModelMeta)}
    meta: list[Any] = [vars(model)["_meta"] for model in every]
    before = [it.app for it in meta]
    for it in meta:
        it.app = None
    try:
        yield
    finally:
        for it, app in zip(meta, before, strict=True):
            it.app = app


async def empty() -> None:
    """Take everything out of the open scratch database."""
    if dialect() == "postgres":
        assert str(getattr(connection(), "database", "")).startswith(PREFIX)  # noqa: S101  never another one
        await connection().execute_script('DROP SCHEMA "public" CASCADE; CREATE SCHEMA "public"')
        return
    await fetch("PRAGMA foreign_keys = OFF")
    for kind, name in [
        (row["type"], row["name"])
        for row in await fetch("SELECT type, name FROM sqlite_master WHERE type IN ('view', 'table')")
        if not row["name"].startswith("sqlite_")
    ]:
        await fetch(f'DROP {kind} "{name}"')
    await fetch("PRAGMA foreign_keys = ON")


@asynccontextmanager
async def _made(server: DatabaseUrl) -> AsyncIterator[DatabaseUrl]:
    if not isinstance(server, PostgresUrl):
        with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
            yield SqliteUrl(file=str(Path(folder) / "scratch.db"))
        return
    name = PREFIX + tokens.code(alphabet="0123456789abcdef", length=16)
    try:
        async with _told(server) as connection:
            await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        yield replace(server, database=name, command_timeout=None, pool_size=2)
    finally:
        await uninterrupted(_drop(server, name))


async def _drop(server: PostgresUrl, name: str) -> None:
    async with _told(server) as connection:
        await drop_database(connection, name)


@asynccontextmanager
async def _told(server: PostgresUrl) -> AsyncIterator[Connection]:
    with postgres_failures(place(server)):
        async with connected(server) as connection:
            yield connection
