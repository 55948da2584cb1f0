"""Leading the open database to a schema."""

from collections.abc import Callable, Mapping

import asyncpg
from tortoise.exceptions import IntegrityError, OperationalError

from core.database import connection, dialect
from core.errors import Unavailable
from core.migrate.comparing import differences
from core.migrate.generating import postgres, sqlite
from core.migrate.generating.filling import Fills
from core.migrate.generating.statements import Statement
from core.migrate.reading import Schema, read

_ROUNDS = 4

STATEMENTS: Mapping[str, Callable[..., list[Statement]]] = {
    "postgres": postgres.statements,
    "sqlite": sqlite.statements,
}


class CannotGenerate(Unavailable):
    """No SQL was found that leads from the old schema to the new one and back."""


async def lead(wanted: Schema, *, fills: Fills, gently: bool = False) -> list[Statement]:
    """Run in the open database what leads to a schema, and say what that was.

    What one statement does beside what it says (a dropped column takes its indexes along) is seen in the next round.

    Raises:
        CannotGenerate: it does not become like that.
    """
    done: list[Statement] = []
    here = await read()
    for _ in range(_ROUNDS):
        if not differences(here, wanted):
            return done
        try:
            found = STATEMENTS[dialect()](here, wanted, fills=fills, gently=gently)
        except sqlite.NoConversion as error:
            raise CannotGenerate(
                f"SQLite does not convert {error}", remedy="write this migration by hand, as CONTRIBUTING.md shows"
            ) from None
        for statement in found:
            await run(statement.sql)
        done += found
        here = await read()
    if not (left := differences(here, wanted)):
        return done
    raise CannotGenerate(
        f"the SQL that was found does not lead to the models' schema: {'; '.join(map(str, left))}",
        remedy="write this migration by hand, as CONTRIBUTING.md shows",
    )


async def run(statement: str) -> None:
    """Run a statement.

    Raises:
        CannotGenerate: the database refuses it.
    """
    try:
        await connection().execute_query(statement)
    except (OperationalError, IntegrityError, asyncpg.PostgresError) as error:
        raise CannotGenerate(
            f"{dialect()} refuses {' '.join(statement.split())!r}: {error}",
            remedy="mend the rows that stand in its way, or write this migration by hand",
        ) from error
