"""What goes with the rows that are in it: for asking before a migration is taken back."""

import re
from collections.abc import Sequence

from core.database import dialect
from core.database.statements import fetch
from core.migrate import files
from core.migrate.applying import Planned
from core.migrate.reading import read
from core.migrate.written import written_columns

_NAME = r"\"?(?P<{}>\w+)\"?"
_DROP_TABLE = re.compile(rf"DROP TABLE (?:IF EXISTS )?{_NAME.format('table')}", re.IGNORECASE)
_DROP_COLUMN = re.compile(
    rf"ALTER TABLE (?:IF EXISTS )?(?:ONLY )?{_NAME.format('table')}"
    rf" .*?DROP COLUMN (?:IF EXISTS )?{_NAME.format('column')}",
    re.IGNORECASE,
)
_RENAMED = re.compile(rf"ALTER TABLE {_NAME.format('old')} RENAME TO {_NAME.format('new')}$", re.IGNORECASE)
_DELETE = re.compile(rf"(?:DELETE FROM|TRUNCATE(?: TABLE)?) {_NAME.format('table')}", re.IGNORECASE)
_CREATE = re.compile(rf"CREATE TABLE (?:IF NOT EXISTS )?{_NAME.format('table')}", re.IGNORECASE)


async def losses(planned: Sequence[Planned]) -> list[str]:
    """What the plan takes away from the open database, in words. Empty tables are no loss."""
    found: list[str] = []
    for it in planned:
        if it.statements is None:
            found.append(f"whatever {it.name} takes")
        else:
            found += await _of_statements(it.statements)
    return list(dict.fromkeys(found))


async def _of_statements(statements: list[str]) -> list[str]:
    bares = [files.bare(sql, dialect()) for sql in statements]
    rebuilt = {match["new"]: match["old"] for bare in bares if (match := _RENAMED.match(bare))}
    made = {match["table"]: sql for sql, bare in zip(statements, bares, strict=True) if (match := _CREATE.match(bare))}
    here = await read()
    found = []
    for bare in bares:
        if match := _DROP_TABLE.match(bare):
            table = match["table"]
            if table not in here or not await _rows(table):
                continue
            if rebuilt.get(table) in made:  # SQLite's way of changing a table.
                kept = written_columns(made[rebuilt[table]])
                found += [f"column {table}.{column}" for column in here[table].columns if column not in kept]
            else:
                found.append(f"table {table} ({await _rows(table):,} rows)")
        elif (match := _DROP_COLUMN.match(bare)) and match["table"] in here and await _rows(match["table"]):
            found.append(f"column {match['table']}.{match['column']}")
        elif (match := _DELETE.match(bare)) and match["table"] in here:
            found.append(f"rows of {match['table']}")
    return found


async def _rows(table: str) -> int:
    return int((await fetch(f'SELECT count(*) AS rows FROM "{table}"'))[0]["rows"])  # noqa: S608  a table that was read
