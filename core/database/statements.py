"""Constant SQL, for the few places where one exact statement decides or speed counts.

It is written once, in PostgreSQL's form (``$1``), and holds what both dialects understand.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from tortoise.models import Model

from core.database.connection import connection, dialect
from core.database.postgres import Direct

Row = Mapping[str, Any]
AModel = TypeVar("AModel", bound=Model)


async def fetch(sql: str, *arguments: object) -> list[dict[str, Any]]:
    """Run a statement and return its rows, also those of RETURNING."""
    if dialect() == "postgres":
        return await connection().execute_query_dict(sql, list(arguments))
    return await connection().execute_query_dict(sql.replace("$", "?"), [_stored(value) for value in arguments])


async def instances(model: type[AModel], sql: str, *arguments: object) -> list[AModel]:
    """Run a statement whose rows have every column of a model's table. What Tortoise does to get there takes longer."""
    return [model._init_from_db(**row) for row in await fetch(sql, *arguments)]  # noqa: SLF001  how Tortoise makes them


async def first(sql: str, *arguments: object) -> Row | None:
    """Read the first row, from the primary: on PostgreSQL as the driver gives it, for what every request asks."""
    client = connection()
    if isinstance(client, Direct):
        return await client.first(sql, arguments)
    rows = await fetch(sql, *arguments)
    return rows[0] if rows else None


def _stored(value: object) -> object:
    """As Tortoise writes it to SQLite."""
    return value.astimezone(UTC).isoformat(" ") if isinstance(value, datetime) else value


def moment(value: datetime | str) -> datetime:
    """A time out of a row: SQLite keeps it as text."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value if value.tzinfo else value.replace(tzinfo=UTC)
