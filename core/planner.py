"""The planner's statistics: what the database knows of its tables when it chooses how to answer.

PostgreSQL looks after them by itself, but only where much changes, and not at all in a table that was just restored or
copied. SQLite never does.
"""

from typing import NamedTuple

from core import database, progress
from core.database.statements import fetch

# Who may: the owner of the table or of the database, and since PostgreSQL 17 whoever was granted MAINTAIN.
_TABLES = """
    SELECT quote_ident(relname) AS name, CASE
        WHEN pg_has_role(relowner, 'USAGE') THEN TRUE
        WHEN pg_has_role((SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE') THEN TRUE
        WHEN current_setting('server_version_num')::int >= 170000 THEN has_table_privilege(oid, 'MAINTAIN')
        ELSE FALSE
    END AS allowed
    FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
    ORDER BY relname
"""
_SQLITE_ROWS = 400
"""How many rows of each index SQLite looks at. It looks while it keeps others from writing."""


class Refreshed(NamedTuple):
    """What was looked at. ``refused`` are the tables that the role may not analyze."""

    tables: int
    refused: int

    def __str__(self) -> str:
        """As a report to read."""
        refused = f"; {self.refused:,} are not ours to analyze" if self.refused else ""
        return f"{self.tables:,} tables analyzed{refused}"


async def refresh() -> Refreshed:
    """Bring the statistics up to date, of each table with rows (SQLite) or that the role may analyze (PostgreSQL).

    On PostgreSQL it waits for nobody: a table whose columns are being changed at this moment is left.
    """
    if database.dialect() == "sqlite":
        # PRAGMA optimize would do, but before SQLite 3.46 only for tables that this very connection has queried.
        await fetch(f"PRAGMA analysis_limit = {_SQLITE_ROWS}")
        await fetch("ANALYZE")
        known = await fetch("SELECT count(DISTINCT tbl) AS tables FROM sqlite_stat1")
        return Refreshed(tables=known[0]["tables"], refused=0)

    tables = await fetch(_TABLES)
    allowed = [table["name"] for table in tables if table["allowed"]]
    for number, name in enumerate(allowed, start=1):
        await fetch(f"ANALYZE (SKIP_LOCKED) {name}")
        progress.tell(done=number, total=len(allowed), unit="tables")
    return Refreshed(tables=len(allowed), refused=len(tables) - len(allowed))
