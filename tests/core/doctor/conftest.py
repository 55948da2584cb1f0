"""Databases in which something is wrong, and settings around them in which nothing is."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from core import database, migrate
from core.local.postgres import Postgres
from core.settings import DatabaseUrl, SqliteUrl, overridden
from core.settings.database_url import parse

TEMPLATE = "doctor_template"


@pytest.fixture(scope="session")
async def template(dialect: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database, to be copied."""
    if dialect == "sqlite":
        url = f"sqlite://{folder}/{TEMPLATE}.db"
    else:
        server: Postgres = request.getfixturevalue("postgres")
        server.create_database(TEMPLATE)
        url = server.url(TEMPLATE)
    async with database.connected(parse(url), migrated=False):
        assert [name async for name in migrate.migrate()]
    return url


@pytest.fixture
async def own_url(template: str) -> str:
    """The URL of a migrated database with nothing in it."""
    name = f"doctor_{uuid4().hex}"
    url = template.replace(TEMPLATE, name)
    source = parse(template)
    if isinstance(source, SqliteUrl):
        shutil.copy(source.file, url.removeprefix("sqlite://"))
        return url
    server = await asyncpg.connect(template.replace(TEMPLATE, "postgres"))
    try:
        await server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
    finally:
        await server.close()
    return url


def around(folder: Path) -> dict[str, Any]:
    """Settings under which nothing is wrong around an empty database but what nobody has begun yet."""
    return {
        "direct_database_url": None,
        "redis_url": None,
        "broker_url": None,
        "backup_store": str(folder / "store"),
        "heartbeat_folder": folder / "signs",
        "secrets": {1: os.urandom(32).hex()},
    }


@pytest.fixture
async def own(own_url: str, tmp_path: Path) -> AsyncIterator[DatabaseUrl]:
    """A migrated database of the test's own, which the settings name, to do to it what one likes."""
    with overridden(database_url=own_url, **around(tmp_path)) as there:
        yield there.database


@pytest.fixture
async def clean(db: None, tmp_path: Path) -> AsyncIterator[None]:
    """The database of the suite, for what rows alone are about."""
    with overridden(**around(tmp_path)):
        yield


@pytest.fixture
def program(tmp_path: Path) -> dict[str, str]:
    """What a process needs to know to look at the same; on another database than the suite's, that as well."""
    return {
        "STYLOBATE_BACKUP_STORE": str(tmp_path / "store"),
        "STYLOBATE_HEARTBEAT_FOLDER": str(tmp_path / "signs"),
        "STYLOBATE_SECRETS": f"1:{os.urandom(32).hex()}",
    }
