"""Adding what a filled target lacks, all or nothing.

The rows are gathered in tables of our own, each like the one they are meant for, so that the server judges them there.
Then one statement adds those whose key is not there yet, while nobody else writes. So whoever uses the target sees all
of them or none.
"""

from collections.abc import Sequence

from core.database.quoting import quoted
from core.errors import Conflict
from core.transfer import orphans, state
from core.transfer.aside import without_triggers
from core.transfer.columns import Table
from core.transfer.copying import Job
from core.transfer.orphans import key, qualified, rejected, same
from core.transfer.state import SCHEMA, Connection, Part


class NotMergeable(Conflict):
    """A table has no primary key, by which to tell what is there already."""


async def make_room(connection: Connection, number: int, table: Table) -> tuple[str, str]:
    """Make the table that the rows for this one are gathered in, in the open transaction.

    Raises:
        NotMergeable: it has no primary key.
    """
    if not table.key:
        raise NotMergeable(f"the table {table.name} has no primary key: nothing tells which of its rows are there")
    name = f"gathered_{number}"
    await connection.execute(f"CREATE TABLE {SCHEMA}.{name} (LIKE {quoted(table.name)} INCLUDING ALL)")
    return SCHEMA, name


async def merge(connection: Connection, jobs: Sequence[Job], parts: dict[str, Part]) -> None:
    """Add what is not there, in the open transaction."""
    tables = {job.table.name: job.table for job in jobs}
    await connection.execute(f"LOCK TABLE {', '.join(map(quoted, tables))} IN SHARE ROW EXCLUSIVE MODE")
    switched_off = await without_triggers(connection, list(tables))
    for name, table in tables.items():
        await _take_away_taken(connection, table, qualified(parts[name].into))
    await orphans.take_away(connection, tables, parts)
    await _add(connection, jobs, parts)
    for name, table in tables.items():
        left = f"DELETE FROM {qualified(parts[name].into)} this WHERE {_new(table)} RETURNING {key(table)}"  # noqa: S608
        await rejected(connection, table, left, (), "another row has what only one may have")
    for switch_on in switched_off:
        await connection.execute(switch_on)


def _new(table: Table) -> str:
    return f"NOT EXISTS (SELECT FROM {quoted(table.name)} that WHERE {same(table.key, table.key)})"


async def _take_away_taken(connection: Connection, table: Table, gathered: str) -> None:
    for columns in table.uniques:
        if columns != table.key:
            there = f"EXISTS (SELECT FROM {quoted(table.name)} that WHERE {same(columns, columns)})"
            taken = f"DELETE FROM {gathered} this WHERE {_new(table)} AND {there} RETURNING {key(table)}"  # noqa: S608
            await rejected(connection, table, taken, columns, f"another row has the same {', '.join(columns)}")


async def _add(connection: Connection, jobs: Sequence[Job], parts: dict[str, Part]) -> None:
    """One statement for all tables: foreign keys are looked at when it ends, whatever their circles."""
    adding, counting = [], []
    for number, job in enumerate(jobs):
        columns = ", ".join(map(quoted, job.converter.columns))
        gathered = qualified(parts[job.table.name].into)
        adding.append(
            f"added_{number} AS (INSERT INTO {quoted(job.table.name)} ({columns}) OVERRIDING SYSTEM VALUE"  # noqa: S608
            f" SELECT {columns} FROM {gathered} ON CONFLICT DO NOTHING RETURNING 1)"
        )
        counting.append(f"(SELECT count(*) FROM added_{number}), (SELECT count(*) FROM {gathered})")  # noqa: S608
    counts = await connection.fetchrow(f"WITH {', '.join(adding)} SELECT {', '.join(counting)}")
    for number, job in enumerate(jobs):
        await state.correct(connection, job.table.name, added=counts[2 * number], rows=counts[2 * number + 1])
