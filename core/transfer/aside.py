"""What is in the way of filling a table: foreign keys, indexes that nothing stands on, and triggers.

How to put a thing back is written down in the transaction that takes it away, and struck out in the one that puts it
back. So there is no moment at which it is neither there nor written down.
"""

from collections.abc import Sequence

import asyncpg

from core import progress
from core.errors import Unavailable
from core.transfer.state import Connection

# The primary key and all uniques stay: they judge each row when it comes. So does what has more to it than its
# definition says: another tablespace, a role in replication or in CLUSTER.
_THINGS = """
    WITH wanted AS (
        SELECT c.oid, c.relname, c.oid::regclass::text AS it FROM pg_class c
        WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
            AND c.relname = ANY ($1) AND c.relkind = 'r' AND NOT c.relispartition
    )
    SELECT 1 AS place, 'foreign key' AS kind, relname AS "table", conname AS name,
        format('ALTER TABLE %s DROP CONSTRAINT %I', it, conname) AS lay_aside,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', it, conname, pg_get_constraintdef(o.oid))
            || coalesce(format('; COMMENT ON CONSTRAINT %I ON %s IS %L', conname, it, obj_description(o.oid)), '')
            AS put_back
    FROM wanted JOIN pg_constraint o ON o.conrelid = wanted.oid
    WHERE o.contype = 'f' AND o.conparentid = 0
    UNION ALL
    SELECT 2, 'index', wanted.relname, i.relname, format('DROP INDEX %s', i.oid::regclass),
        pg_get_indexdef(i.oid)
            || coalesce(format('; COMMENT ON INDEX %s IS %L', i.oid::regclass, obj_description(i.oid)), '')
    FROM wanted JOIN pg_index x ON x.indrelid = wanted.oid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE NOT x.indisunique AND x.indisvalid AND NOT x.indisreplident AND NOT x.indisclustered AND i.reltablespace = 0
        AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.oid AND o.conrelid = wanted.oid)
        AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = i.oid)
    UNION ALL
    SELECT 3, 'trigger', relname, tgname, format('ALTER TABLE %s DISABLE TRIGGER %I', it, tgname),
        format('ALTER TABLE %s ENABLE %s TRIGGER %I', it,
            CASE tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, tgname)
    FROM wanted JOIN pg_trigger t ON t.tgrelid = wanted.oid
    WHERE NOT tgisinternal AND tgenabled <> 'D'
    ORDER BY place, "table", name
"""


class NotPutBack(Unavailable):
    """A foreign key or an index can't be made again over the rows that are there now."""


async def lay_aside(connection: Connection, tables: Sequence[str]) -> None:
    """Take away what is in the way of filling these tables, in the open transaction."""
    for thing in await connection.fetch(_THINGS, list(tables)):
        await connection.execute(
            'INSERT INTO stylobate_transfer.laid_aside (kind, "table", name, put_back) VALUES ($1, $2, $3, $4)',
            thing["kind"],
            thing["table"],
            thing["name"],
            thing["put_back"],
        )
        await connection.execute(thing["lay_aside"])


async def put_back(connection: Connection) -> None:
    """Put everything back that is still away, indexes first: they make the checking of foreign keys quick.

    Raises:
        NotPutBack: the rows don't allow it. What could be put back is; it is tried again by the next run.
    """
    things = await connection.fetch(
        "SELECT * FROM stylobate_transfer.laid_aside ORDER BY kind = 'trigger', kind = 'foreign key', number"
    )
    for number, thing in enumerate(things, start=1):
        try:
            async with connection.transaction():
                await connection.execute(thing["put_back"])
                await connection.execute("DELETE FROM stylobate_transfer.laid_aside WHERE number = $1", thing["number"])
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.ProgramLimitExceededError) as error:
            raise NotPutBack(
                f"the {thing['kind']} {thing['name']} of {thing['table']} can't be made again: {error.message}",
                remedy="find what wrote to the target meanwhile, mend it, and call the same transfer again",
            ) from None
        progress.tell(done=number, total=len(things), unit="", what="indexes and foreign keys")


async def without_triggers(connection: Connection, tables: Sequence[str]) -> list[str]:
    """Switch triggers off in the open transaction, and say what switches them on again before its end."""
    triggers = [thing for thing in await connection.fetch(_THINGS, list(tables)) if thing["kind"] == "trigger"]
    for trigger in triggers:
        await connection.execute(trigger["lay_aside"])
    return [trigger["put_back"] for trigger in triggers]
