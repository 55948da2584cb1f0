"""What is in the way of filling a table: keys, uniques and indexes, foreign keys, and triggers.

How to put a thing back is written down in the transaction that takes it away, and struck out in the one that puts it
back. So there is no moment at which it is neither there nor written down.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg

from core import progress
from core.errors import Unavailable
from core.transfer.copying import Job
from core.transfer.state import Connection

# What has more to it than its definition says stays: another tablespace, a role in replication or in CLUSTER. So does a
# key or a unique that something else stands on, or that ``uniques`` could not judge as the server would have. (A value
# that is too large for an index, which takes 2,704 bytes, is told of by its row only while there is one.)
_THINGS = """
    WITH wanted AS (
        SELECT c.oid, c.relname, c.oid::regclass::text AS it FROM pg_class c
        WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
            AND c.relname = ANY ($1) AND c.relkind = 'r' AND NOT c.relispartition
    ), uniques AS (
        SELECT it, wanted.relname, conname, contype, conindid, o.oid, ARRAY(
            SELECT attname::text FROM unnest(conkey) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute ON attrelid = conrelid AND attnum = number ORDER BY place
        ) AS columns
        FROM wanted JOIN pg_constraint o ON o.conrelid = wanted.oid JOIN pg_index x ON x.indexrelid = conindid
        JOIN pg_class i ON i.oid = conindid JOIN pg_am a ON a.oid = i.relam
        WHERE wanted.relname = ANY ($2) AND contype IN ('p', 'u') AND amname = 'btree' AND NOT condeferrable
            AND NOT x.indnullsnotdistinct AND NOT x.indisreplident AND NOT x.indisclustered AND i.reltablespace = 0
            AND NOT EXISTS (
                SELECT FROM pg_depend d
                WHERE d.refclassid = 'pg_constraint'::regclass AND d.refobjid = o.oid AND d.deptype = 'n'
            )
            AND NOT EXISTS (
                SELECT FROM pg_constraint f JOIN pg_class r ON r.oid = f.conrelid
                WHERE f.contype = 'f' AND f.conindid = o.conindid AND NOT pg_has_role(r.relowner, 'USAGE')
            )
            AND NOT EXISTS (
                SELECT FROM pg_publication_tables WHERE schemaname = current_schema() AND tablename = wanted.relname
            )
            AND NOT EXISTS (
                SELECT FROM pg_index k JOIN pg_attribute ON attrelid = k.indrelid AND attnum = ANY (k.indkey)
                WHERE k.indrelid = wanted.oid AND (k.indexrelid = conindid OR k.indisprimary)
                GROUP BY k.indexrelid HAVING sum(
                    CASE WHEN attlen > 0 THEN attlen WHEN atttypid = 'varchar'::regtype AND atttypmod > 4
                        THEN 4 * (atttypmod - 4) ELSE 2600 END
                ) >= 2600
            )
    )
    SELECT 1 AS place, 'foreign key' AS kind, r.relname AS "table", conname AS name, NULL::text[] AS columns,
        format('ALTER TABLE %s DROP CONSTRAINT %I', r.oid::regclass, conname) AS lay_aside,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', r.oid::regclass, conname, pg_get_constraintdef(o.oid))
            || coalesce(
                format('; COMMENT ON CONSTRAINT %I ON %s IS %L', conname, r.oid::regclass, obj_description(o.oid)), ''
            ) AS put_back
    FROM pg_constraint o JOIN pg_class r ON r.oid = o.conrelid
    WHERE o.contype = 'f' AND o.conparentid = 0
        AND (o.conrelid IN (SELECT oid FROM wanted) OR o.conindid IN (SELECT conindid FROM uniques))
    UNION ALL
    SELECT 2, CASE contype WHEN 'p' THEN 'primary key' ELSE 'unique' END, relname, conname, columns,
        format('ALTER TABLE %s DROP CONSTRAINT %I', it, conname),
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', it, conname, pg_get_constraintdef(oid))
            || coalesce(format('; COMMENT ON CONSTRAINT %I ON %s IS %L', conname, it, obj_description(oid)), '')
            || coalesce(format('; COMMENT ON INDEX %s IS %L', conindid::regclass, obj_description(conindid)), '')
    FROM uniques
    UNION ALL
    SELECT 3, 'index', wanted.relname, i.relname, NULL, format('DROP INDEX %s', i.oid::regclass),
        pg_get_indexdef(i.oid)
            || coalesce(format('; COMMENT ON INDEX %s IS %L', i.oid::regclass, obj_description(i.oid)), '')
    FROM wanted JOIN pg_index x ON x.indrelid = wanted.oid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE NOT x.indisunique AND x.indisvalid AND NOT x.indisreplident AND NOT x.indisclustered AND i.reltablespace = 0
        AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.oid AND o.conrelid = wanted.oid)
        AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.oid)
    UNION ALL
    SELECT 4, 'trigger', relname, tgname, NULL, format('ALTER TABLE %s DISABLE TRIGGER %I', it, tgname),
        format('ALTER TABLE %s ENABLE %s TRIGGER %I', it,
            CASE tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, tgname)
    FROM wanted JOIN pg_trigger t ON t.tgrelid = wanted.oid
    WHERE NOT tgisinternal AND tgenabled <> 'D'
    ORDER BY place, "table", kind, name
"""


class NotPutBack(Unavailable):
    """A key, an index or a foreign key can't be made again over the rows that are there now."""


Thing = Any
"""What is laid aside, as it is written down."""
UNIQUES = ("primary key", "unique")


async def lay_aside(connection: Connection, jobs: Sequence[Job]) -> None:
    """Take away what is in the way of filling these tables, in the open transaction."""
    tables = [job.table.name for job in jobs]
    # By its key a row is found again.
    keyed = [job.table.name for job in jobs if job.table.key and {*job.converter.columns}.issuperset(job.table.key)]
    for thing in await connection.fetch(_THINGS, tables, keyed):
        await connection.execute(
            'INSERT INTO stylobate_transfer.laid_aside (kind, "table", name, columns, put_back)'
            " VALUES ($1, $2, $3, $4, $5)",
            thing["kind"],
            thing["table"],
            thing["name"],
            thing["columns"],
            thing["put_back"],
        )
        await connection.execute(thing["lay_aside"])


async def uniques(connection: Connection, table: str) -> list[Thing]:
    """The keys and uniques of a table that are away, its primary key first."""
    return list(
        await connection.fetch(
            'SELECT * FROM stylobate_transfer.laid_aside WHERE kind = ANY ($1) AND "table" = $2 ORDER BY number',
            UNIQUES,
            table,
        )
    )


async def remembered(connection: Connection, job: Job) -> Job:
    """A job of a run that was interrupted, whose table has its keys and uniques, also those that are away."""
    table = job.table
    for thing in await uniques(connection, table.name):
        columns = tuple(thing["columns"])
        key = columns if thing["kind"] == "primary key" else table.key
        table = table._replace(key=key, uniques=(*table.uniques, columns))
    return job._replace(table=table)


async def put_back(connection: Connection, what: str, *kinds: str) -> None:
    """Put things of these kinds back that are still away.

    Raises:
        NotPutBack: the rows don't allow it. What could be put back is; it is tried again by the next run.
    """
    things = await connection.fetch(
        "SELECT * FROM stylobate_transfer.laid_aside WHERE kind = ANY ($1) ORDER BY array_position($1, kind), number",
        kinds,
    )
    for number, thing in enumerate(things, start=1):
        try:
            await put_one_back(connection, thing)
        except REFUSED as error:
            raise not_put_back(thing, error) from None
        progress.tell(done=number, total=len(things), unit="", what=what)


REFUSED = (asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError)
"""Errors that rows can be to blame for."""


async def put_one_back(connection: Connection, thing: Thing) -> None:
    """Put it back. Nothing is changed when the rows don't allow it (``REFUSED``)."""
    async with connection.transaction():
        await connection.execute(thing["put_back"])
        await connection.execute("DELETE FROM stylobate_transfer.laid_aside WHERE number = $1", thing["number"])


def not_put_back(thing: Thing, error: asyncpg.PostgresError) -> NotPutBack:
    """Say what can't be."""
    return NotPutBack(
        f"the {thing['kind']} {thing['name']} of {thing['table']} can't be made again: {error.args[0]}",
        remedy="find what wrote to the target meanwhile, mend it, and call the same transfer again",
    )


async def without_triggers(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Switch triggers off in the open transaction, and say what switches them on again before its end."""
    triggers = [thing for thing in await connection.fetch(_THINGS, list(tables), []) if thing["kind"] == "trigger"]
    for trigger in triggers:
        await connection.execute(trigger["lay_aside"])
    return [trigger["put_back"] for trigger in triggers]
