"""One database, and on it a better-auth application and us."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from core import database, migrate
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.migrate import adopting
from core.settings import PostgresUrl, overridden
from core.settings.database_url import parse
from tests.interop.applications import HERE, SITE, Application, Browser, application, migrated

SECRET = "s3cr3t-for-the-proof-0123456789-abcdefghijkl"

SCHEMAS = ("made by its migrator", "made by Drizzle", "made by us")


@asynccontextmanager
async def shared(postgres: Postgres, schema: str, *, generation: str = "1.7") -> AsyncIterator[str]:
    """A database with tables for both sides, open here, and its URL for the other side."""
    name = f"interop_{uuid4().hex}"
    postgres.create_database(name)
    address = postgres.url(name)
    url = parse(address)
    assert isinstance(url, PostgresUrl)
    if schema == "made by its migrator":
        await migrated(generation, DATABASE_URL=address, BETTER_AUTH_SECRET=SECRET)
    async with migrate.opened(url):
        # Whoever takes the server's word for what time it is, is told another.
        await fetch(f"ALTER DATABASE \"{name}\" SET timezone = 'America/New_York'")
        if schema == "made by us":
            assert [file async for file in migrate.migrate()]
        else:
            if schema == "made by Drizzle":
                await database.connection().execute_script((HERE / "drizzle.sql").read_text())
            await adopting.adopt(url)
    async with database.connected(url):
        yield address


@pytest.fixture(scope="module", params=SCHEMAS)
async def theirs(request: pytest.FixtureRequest, postgres: Postgres) -> AsyncIterator[Application]:
    """The application, on each kind of schema. We are in the same database."""
    options = ("--drizzle",) if request.param == "made by Drizzle" else ()
    with overridden(sharing="better-auth", better_auth_secret=SECRET, base_url=SITE):
        async with (
            shared(postgres, request.param) as address,
            application("1.7", *options, DATABASE_URL=address, BETTER_AUTH_SECRET=SECRET) as running,
        ):
            yield running


@pytest.fixture
async def browser(theirs: Application) -> AsyncIterator[Browser]:
    async with theirs.browser() as opened:
        yield opened
