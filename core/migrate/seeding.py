"""Sample data: people and what belongs to them, as many as wanted, the same for the same number.

Everybody's password is ``PASSWORD``, so this is for databases that nobody else reaches. What stands for something that
happened outside (backups, runs of jobs) or is sealed (second steps) is left out.
"""

from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from core import progress
from core.crypto import passwords
from core.database import connection, dialect, transaction
from core.database.failures import postgres_failures
from core.errors import Conflict
from core.migrate.sample import Sample
from models import User

PASSWORD = "sample password"  # noqa: S105  known to everybody
SIZES = {"small": 100, "medium": 10_000, "large": 100_000}
"""How many people."""

_CHUNK = 5_000
_NEVER = 10.0**8


class NotEmpty(Conflict):
    """The database has people in it already."""


class Seeded(NamedTuple):
    """How many rows were made, by table."""

    rows: dict[str, int]


async def seed(*, people: int, number: int, until: datetime, into_filled: bool = False) -> Seeded:
    """Fill the open database with sample data, all or nothing.

    Args:
        people: how many; everything else follows from it.
        number: another number makes other data. The same makes the same, but for the salt of the one password.
        until: the newest rows are of this time, the oldest are two years older.
        into_filled: also where somebody is already.

    Raises:
        NotEmpty: somebody is.
    """
    if not into_filled and await User.exists():
        raise NotEmpty("the database has people in it already: seed another one, or say --into-filled")
    sample = Sample(people=people, number=number, until=until, password=await passwords.hashed(PASSWORD))
    counted: dict[str, int] = {}
    done = 0
    async with transaction():
        for model, attributes, rows in sample.tables():
            meta = model._meta  # noqa: SLF001  Tortoise's way of saying how a table is called
            table, columns = meta.db_table, [meta.fields_db_projection[it] for it in attributes.split()]
            counted[table] = 0
            while chunk := list(islice(rows, _CHUNK)):
                await _insert(table, columns, chunk)
                counted[table] += len(chunk)
                done += len(chunk)
                progress.tell(done=done, total=sample.expected(), unit="rows", what="sample data")
    return Seeded(counted)


async def _insert(table: str, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    client: Any = connection()
    if dialect() == "postgres":
        with postgres_failures(client.where):
            await client._connection.copy_records_to_table(  # noqa: SLF001  Tortoise has no COPY
                table, columns=columns, records=rows, timeout=_NEVER
            )
        return
    names, marks = ", ".join(f'"{it}"' for it in columns), ", ".join("?" * len(columns))
    stored = [[it.isoformat(" ") if isinstance(it, datetime) else it for it in row] for row in rows]
    await client.execute_many(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', stored)  # noqa: S608  our own names
