"""Others who are connected to a PostgreSQL database while it is looked at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import asyncpg

from core.settings import PostgresUrl
from core.settings.database_url import parse


def as_role(url: str, role: str) -> PostgresUrl:
    """The database as a role has it whose password is its name."""
    place = parse(url)
    assert isinstance(place, PostgresUrl)
    return replace(place, user=role, password=role)


@asynccontextmanager
async def visitor(url: str) -> AsyncIterator[Any]:
    """A session of a program called somebody."""
    place = parse(url)
    assert isinstance(place, PostgresUrl)
    session = await asyncpg.connect(
        host=place.host,
        port=place.port,
        user=place.user,
        password=place.password,
        database=place.database,
        server_settings={"application_name": "somebody"},
    )
    try:
        yield session
    finally:
        session.terminate()
