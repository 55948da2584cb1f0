"""The servers that tests stand on: real ones, from wheels, started here and gone afterwards.

The suite runs once per database, in separate processes (``--database``), because Tortoise keeps the SQL it has built
per connection name and not per dialect.
"""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import settings as hypothesis_settings

from core import database, events, migrate
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.local.valkey import Valkey

# A busy machine is no finding.
hypothesis_settings.register_profile("ours", deadline=None)
hypothesis_settings.load_profile("ours")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=["sqlite", "postgres"], default="sqlite", help="which one to test on")
    parser.addoption("--postgres-bin", type=Path, help="the folder of another PostgreSQL's programs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other database (``@pytest.mark.only("postgres")``); its own run has it."""

    def elsewhere(item: pytest.Item) -> bool:
        only = item.get_closest_marker("only")
        return only is not None and only.args[0] != config.getoption("--database")

    config.hook.pytest_deselected(items=[item for item in items if elsewhere(item)])
    items[:] = [item for item in items if not elsewhere(item)]


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder that a server's own account can enter, unlike pytest's."""
    path = Path(tempfile.gettempdir()) / f"stylobate-{os.getpid()}"
    path.mkdir(mode=0o711)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.config.getoption("--database"))


@pytest.fixture(scope="session")
def postgres(folder: Path, request: pytest.FixtureRequest) -> Iterator[Postgres]:
    binaries = request.config.getoption("--postgres-bin")
    with Postgres(folder / "postgres", durable=False, binaries=binaries) as server:
        yield server
    server.erase()


@pytest.fixture(scope="session")
def valkey(folder: Path) -> Iterator[Valkey]:
    with Valkey(folder / "valkey", durable=False) as server:
        yield server


@pytest.fixture
def empty_database(dialect: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """The URL of another database, with nothing in it."""
    name = f"empty_{uuid4().hex}"
    if dialect == "sqlite":
        return f"sqlite://{folder}/{name}.db"
    server: Postgres = request.getfixturevalue("postgres")
    server.create_database(name)
    return server.url(name)


@pytest.fixture(scope="session")
def database_url(dialect: str, folder: Path, request: pytest.FixtureRequest) -> str:
    if dialect == "sqlite":
        return f"sqlite://{folder}/test.db"
    server: Postgres = request.getfixturevalue("postgres")
    server.create_database("stylobate_test")
    return server.url("stylobate_test")


@pytest.fixture(scope="session", autouse=True)
def environment(database_url: str, folder: Path) -> Iterator[None]:
    """What a program finds when it starts, here and in the processes that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("STYLOBATE_") or name.endswith("_URL"):
                patch.delenv(name)
        patch.setenv("DATABASE_URL", database_url)
        patch.setenv("STYLOBATE_HEARTBEAT_FOLDER", str(folder / "alive"))
        patch.setenv("STYLOBATE_SECRETS", f"1:{'k' * 32}")
        # Slow on purpose is for passwords that are worth something.
        patch.setenv("STYLOBATE_PASSWORD_TIME_COST", "1")
        patch.setenv("STYLOBATE_PASSWORD_MEMORY_KIB", "8192")
        yield


@pytest.fixture(scope="session")
async def migrated(environment: None) -> None:
    async with database.connected(migrated=False):
        assert [name async for name in migrate.migrate()]


@pytest.fixture(scope="session")
async def opened(migrated: None) -> AsyncIterator[None]:
    async with database.connected():
        yield


@pytest.fixture
async def db(opened: None) -> AsyncIterator[None]:
    """The database of the suite, open in this process and empty again afterwards."""
    yield
    await database.settled()
    for table in (
        "user",
        "organization",
        "verification",
        "attempt",
        "auditEntry",
        "mail",
        "purchaseEvent",
        "jobRun",
        "jobState",
        "backup",
    ):
        await fetch(f'DELETE FROM "{table}"')  # noqa: S608  our own names; the rest goes by its foreign keys


@pytest.fixture
def heard() -> Iterator[list[Any]]:
    """The events that were published since, in order."""
    heard: list[Any] = []

    @events.on(events.Event)
    async def hear(event: events.Event) -> None:
        heard.append(event)

    yield heard
    events.forget(hear)
