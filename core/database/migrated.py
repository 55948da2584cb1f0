"""Whether the database's schema is the one that this program was written for.

The files in ``migrations/<dialect>/`` are what should be applied; Aerich's table ``aerich`` says what is.
"""

from importlib.resources import files
from importlib.resources.abc import Traversable

from tortoise.connection import get_connection

from core.database.failures import NotMigrated

_APPLIED = {
    "postgres": (
        "SELECT 1 WHERE to_regclass('aerich') IS NOT NULL",
        'SELECT "version" FROM "aerich" WHERE "app" = $1 ORDER BY "id"',
    ),
    "sqlite": (
        "SELECT 1 FROM sqlite_master WHERE name = 'aerich'",
        'SELECT "version" FROM "aerich" WHERE "app" = ? ORDER BY "id"',
    ),
}
"""Whether Aerich's table is there, and what it holds. (Asking for a table that isn't would break a transaction.)"""


def migration_files(dialect: str) -> list[Traversable]:
    """The migrations of a dialect, oldest first: ``<number>_<date>_<name>.py``."""
    folder = files("migrations") / dialect
    numbered = [
        file for file in folder.iterdir() if file.name.partition("_")[0].isdecimal() and file.name.endswith(".py")
    ]
    return sorted(numbered, key=lambda file: int(file.name.partition("_")[0]))


async def applied(alias: str = "default") -> list[str]:
    """The names of the migrations that the database has had, oldest first."""
    connection = get_connection(alias)
    dialect = connection.capabilities.dialect
    there, versions = _APPLIED[dialect]
    if not await connection.execute_query_dict(there):
        return []
    return [row["version"] for row in await connection.execute_query_dict(versions, [dialect])]


async def require_migrated(alias: str = "default") -> None:
    """Insist that the files and the database agree.

    Raises:
        NotMigrated: a migration is not applied yet, or the database has had one that this program doesn't know.
    """
    known = [file.name for file in migration_files(get_connection(alias).capabilities.dialect)]
    had = await applied(alias)
    if missing := [name for name in known if name not in had]:
        raise NotMigrated(
            f"the database lacks {len(missing)} of {len(known)} migrations, first {missing[0]}",
            remedy="run `stylobate db migrate` (or `aerich upgrade`)",
        )
    if unknown := [name for name in had if name not in known]:
        raise NotMigrated(
            f"the database has had the migration {unknown[-1]}, which this program does not know",
            remedy="run the version of the program that goes with this database, or newer",
        )
