"""Rows that name others which are not there. SQLite does not look at foreign keys unless it is told to."""

from collections.abc import Sequence

from core.database.quoting import quoted
from core.transfer import state
from core.transfer.columns import Reference, Table
from core.transfer.converting import Rejected
from core.transfer.state import Connection, Part


async def take_away(connection: Connection, tables: dict[str, Table], parts: dict[str, Part]) -> dict[str, int]:
    """Take the orphans out of the tables that were filled, in the open transaction, and write each down as rejected.

    What has lost its parent may be somebody's parent, so it is done until there are no more.

    Returns:
        How many there were, by table.
    """
    gone = dict.fromkeys(parts, 0)
    looking = True
    while looking:
        looking = False
        for part in parts.values():
            for reference in part.references:
                into = parts[reference.table].into if reference.table in parts else None
                parents = {quoted(reference.table), *([qualified(into)] if into else [])}
                statement = _orphans(part, reference, tables[part.name], sorted(parents))
                reason = f"{_listed(reference.columns)} names a row of {reference.table} that is not there"
                found = await rejected(connection, tables[part.name], statement, reference.columns, reason)
                gone[part.name] += found
                looking = looking or found > 0
    return gone


def _orphans(part: Part, reference: Reference, table: Table, parents: Sequence[str]) -> str:
    named = " AND ".join(f"this.{quoted(column)} IS NOT NULL" for column in reference.columns)
    missing = " AND ".join(
        f"NOT EXISTS (SELECT FROM {parent} that WHERE {same(reference.columns, reference.to)})" for parent in parents
    )
    return f"DELETE FROM {qualified(part.into)} this WHERE {named} AND {missing} RETURNING {key(table)}"  # noqa: S608


async def rejected(connection: Connection, table: Table, statement: str, columns: Sequence[str], reason: str) -> int:
    """Run a statement that takes rows away and returns their keys, and write each down: how many there were."""
    keys = [row[0] if len(row) == 1 else list(row) for row in await connection.fetch(statement)]
    column = columns[0] if len(columns) == 1 else None
    await state.add_rejects(connection, [Rejected(table.name, key, column, reason) for key in keys], by_server=True)
    return len(keys)


def same(columns: Sequence[str], others: Sequence[str]) -> str:
    """The condition that two rows, this and that, have the same in these columns."""
    return " AND ".join(
        f"that.{quoted(other)} = this.{quoted(column)}" for column, other in zip(columns, others, strict=True)
    )


def key(table: Table) -> str:
    """The columns that a row is called by."""
    return ", ".join(f"this.{quoted(column)}" for column in table.key)


def qualified(into: tuple[str | None, str]) -> str:
    """The name of a table that rows go into."""
    return ".".join(quoted(name) for name in into if name)


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(columns)
