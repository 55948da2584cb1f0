"""Roles of PostgreSQL that may do less than the one of the tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import uuid4

import asyncpg

from core.local.postgres import Postgres
from core.settings import PostgresUrl
from core.settings.database_url import parse


@asynccontextmanager
async def role(server: Postgres, *, options: str = "") -> AsyncIterator[str]:
    """A role that may connect and no more. Its password is its name."""
    name = f"doctor_{uuid4().hex[:16]}"
    superuser = await asyncpg.connect(server.url("postgres"))
    try:
        await superuser.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}' {options}")
        yield name
        await superuser.execute(f"DROP ROLE {name}")
    finally:
        await superuser.close()


def as_role(url: str, name: str, *, password: str | None = None) -> str:
    """The same database for another role."""
    there = parse(url)
    assert isinstance(there, PostgresUrl)
    return f"postgresql://{name}:{password or name}@{there.host}:{there.port}/{there.database}"
