"""Reads from real streaming replicas."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from core import database, migrate
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.settings import overridden
from core.settings.database_url import parse
from models import User
from tests.factories import make_user
from tests.programs import until
from tests.standby import Standby

pytestmark = pytest.mark.only("postgres")


@pytest.fixture(scope="module")
def binaries(request: pytest.FixtureRequest) -> Path | None:
    return request.config.getoption("--postgres-bin")


@pytest.fixture(scope="module")
async def primary(folder: Path, binaries: Path | None, environment: None) -> AsyncIterator[Postgres]:
    with Postgres(folder / "primary", binaries=binaries) as server:
        server.create_database("stylobate")
        with overridden(database_url=parse(server.url())):
            async with database.connected(migrated=False):
                assert [name async for name in migrate.migrate()]
        yield server
    server.erase()


@pytest.fixture(scope="module")
def one(folder: Path, binaries: Path | None, primary: Postgres) -> Iterator[Standby]:
    with Standby(folder / "one", primary, binaries=binaries) as server:
        yield server
    server.erase()


@asynccontextmanager
async def opened(primary: Postgres, *standbys: Postgres, **others: object) -> AsyncIterator[None]:
    urls = tuple(parse(server.url()) for server in standbys)
    with overridden(database_url=parse(primary.url()), database_replica_urls=urls, **others):
        async with database.connected():
            yield


async def on_replica() -> bool:
    async with database.reading():
        (row,) = await fetch("SELECT pg_is_in_recovery() AS it")
    return bool(row["it"])


async def test_what_is_read_for_showing_comes_from_the_replica(primary: Postgres, one: Standby) -> None:
    async with opened(primary, one):
        user = await make_user()
        await until(on_replica)

        async with database.reading():
            found = await User.get(id=user.id)

        assert found.email == user.email
