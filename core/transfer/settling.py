"""What is done when the rows are there: whatever stands on them is put back, and both sides are compared."""

from collections.abc import Sequence

from core import progress
from core.database.quoting import quoted
from core.transfer import aside, merging, orphans, state, verifying
from core.transfer.copying import Job
from core.transfer.reading import Reader
from core.transfer.state import Connection
from core.transfer.verifying import Compared


async def settle_copied(connection: Connection, reader: Reader, jobs: Sequence[Job]) -> list[Compared]:
    """Take out what has no parent, put back what was laid aside, and compare."""
    parts = await state.parts(connection)
    async with connection.transaction():
        gone = await orphans.take_away(connection, {job.table.name: job.table for job in jobs}, parts)
        for name, number in gone.items():
            if number:
                await state.correct(connection, name, rows=parts[name].rows - number)
    await aside.put_back(connection, "indexes", "index")
    # Before foreign keys: a server that has no notion of the rows checks them by way of their indexes, one by one.
    await _finish_tables(connection, jobs)
    await aside.put_back(connection, "foreign keys", "foreign key", "trigger")
    return await _compare(connection, reader, jobs)


async def settle_merged(connection: Connection, reader: Reader, jobs: Sequence[Job]) -> list[Compared]:
    """Compare what was gathered, and add it."""
    compared = await _compare(connection, reader, jobs)
    async with connection.transaction():
        await connection.execute("SET LOCAL lock_timeout = '10s'")
        await merging.merge(connection, jobs, await state.parts(connection))
        await state.settle(connection)
    await _finish_tables(connection, jobs)
    return compared


async def _compare(connection: Connection, reader: Reader, jobs: Sequence[Job]) -> list[Compared]:
    parts = await state.parts(connection)
    missed = {name: await state.rejected_by_server(connection, name) for name in parts}
    return await verifying.compare(connection, reader, [(job, parts[job.table.name].into) for job in jobs], missed)


_SEQUENCES = """
    SELECT format(
            'SELECT setval(%L, greatest(max(%I), (SELECT last_value FROM %s))) FROM %s HAVING max(%I) IS NOT NULL',
            sequence, attname, sequence, oid::regclass, attname
        )
    FROM pg_class JOIN pg_attribute ON attrelid = oid AND attnum > 0 AND NOT attisdropped,
        pg_get_serial_sequence(oid::regclass::text, attname) sequence
    WHERE oid = to_regclass(quote_ident($1)) AND sequence IS NOT NULL
"""


async def _finish_tables(connection: Connection, jobs: Sequence[Job]) -> None:
    """Have the database count on from the highest number, and know how its tables are filled."""
    for number, job in enumerate(jobs, start=1):
        for (statement,) in await connection.fetch(_SEQUENCES, job.table.name):
            await connection.execute(statement)
        await connection.execute(f"ANALYZE {quoted(job.table.name)}")
        progress.tell(done=number, total=len(jobs), unit="tables", what="analyze")
