"""Single tables, copied from one PostgreSQL database into another: columns and rows alone."""

import asyncio
from collections.abc import AsyncIterator

from core.database.alone import Connection
from core.database.quoting import quoted

_COLUMNS = """
    SELECT string_agg(format('%I %s', attname, format_type(atttypid, atttypmod)), ', ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
"""


async def copy_table(source: Connection, target: Connection, table: str, schema: str) -> None:
    """Make a table of this name in the schema, and stream the rows into it."""
    first, _, rest = table.partition(".")
    original = f"{quoted(first)}.{quoted(rest)}" if rest else f"public.{quoted(table)}"
    columns = await source.fetchval(_COLUMNS, original)
    await target.execute(f"CREATE TABLE {quoted(schema)}.{quoted(table)} ({columns})")
    pieces: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=16)

    async def give() -> None:
        query = f"SELECT * FROM {original}"  # noqa: S608  its own name
        await source.copy_from_query(query, output=pieces.put, format="binary")
        await pieces.put(None)

    async def given() -> AsyncIterator[bytes]:
        while (piece := await pieces.get()) is not None:
            yield piece

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(give())
            group.create_task(target.copy_to_table(table, schema_name=schema, source=given(), format="binary"))
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
