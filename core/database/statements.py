"""Constant SQL, for the few places where one exact statement decides or speed counts.

It is written once, in PostgreSQL's form (``$1``), and holds what both dialects understand.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from core.database.connection import connection, dialect
from core.database.postgres import Direct

Row = Mapping[str, Any]


async def fetch(sql: str, *arguments: object) -> list[dict[str, Any]]:
    """Run a statement and return its rows, also those of RETURNING."""
    if dialect() == "postgres":
        return await connection().execute_query_dict(sql, list(arguments))
    return await connection().execute_query_dict(sql.replace("$", "?"), [_stored(value) for value in arguments])


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
