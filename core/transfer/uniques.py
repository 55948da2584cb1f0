"""What only one row may have, looked at when a table is filled: an index that is made by sorting costs a fraction.

Where one can't be made, every row that has something in common with another is taken out and stored again, in the
source's order and while the server looks at each. So what stays and what is rejected is what it would have been from
the beginning.
"""

from collections.abc import Sequence
from contextlib import aclosing

from core.database.quoting import quoted
from core.transfer import aside, state
from core.transfer.copying import Job, divided
from core.transfer.orphans import qualified
from core.transfer.reading import Reader, Tally
from core.transfer.state import Connection, Part


async def put_back(connection: Connection, reader: Reader, job: Job) -> None:
    """Put back the keys and uniques of a table that has all its rows, and reject those that are in their way.

    Raises:
        NotPutBack: somebody else's rows are.
    """
    try:
        for thing in await aside.uniques(connection, job.table.name):
            await aside.put_one_back(connection, thing)
    except aside.REFUSED:
        await _judge(connection, reader, job, (await state.parts(connection))[job.table.name])


async def _judge(connection: Connection, reader: Reader, job: Job, part: Part) -> None:
    """Store again what has something in common, all or nothing."""
    things = await aside.uniques(connection, part.name)
    places = [job.converter.columns.index(name) for name in job.table.key]
    key = ", ".join(map(quoted, job.table.key))
    common = " OR ".join(_in_common(qualified(part.into), thing["columns"]) for thing in things)
    tally = Tally("store again", job.source.rows)
    async with connection.transaction():
        taken = await connection.fetch(f"DELETE FROM {qualified(part.into)} WHERE {common} RETURNING {key}")  # noqa: S608
        keys = set(map(tuple, taken))
        rows = part.rows - len(taken)
        await state.forget_rejects(connection, part.name, [state.written(it[0] if len(it) == 1 else it) for it in keys])
        for thing in things:
            try:
                await aside.put_one_back(connection, thing)
            except aside.REFUSED as error:
                raise aside.not_put_back(thing, error) from None
        async with aclosing(reader.batches(job.source, job.converter)) as batches:
            async for batch, converted in batches:
                records = [it for it in converted.records if tuple(it[place] for place in places) in keys]
                refused = await divided(connection, part, job, records)
                await state.add_rejects(connection, refused, by_server=True)
                rows += len(records) - len(refused)
                tally.add(len(batch.rows))
        await state.correct(connection, part.name, rows=rows)


def _in_common(table: str, columns: Sequence[str]) -> str:
    """The condition that a row has in these columns what another has."""
    names = ", ".join(map(quoted, columns))
    return f"({names}) IN (SELECT {names} FROM {table} GROUP BY {names} HAVING count(*) > 1)"  # noqa: S608  the same
