"""A database that nobody else changes while it is looked at."""

from collections.abc import AsyncIterator

import pytest

from core import database
from core.database.statements import fetch
from core.settings.database_url import parse


@pytest.fixture
async def url(environment: None, empty_database: str) -> AsyncIterator[str]:
    """Its URL; it is open in this process."""
    async with database.connected(parse(empty_database), migrated=False):
        yield empty_database


@pytest.fixture
async def role(url: str) -> AsyncIterator[str]:
    """A role that may connect to it and no more. Its password is its name."""
    name = "statistics_reader"
    await fetch(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")
    yield name
    await fetch(f"DROP OWNED BY {name}")
    await fetch(f"DROP ROLE {name}")
