"""Whether the database is what its migrations made of it."""

from collections.abc import AsyncIterator

from core import migrate
from core.database import AccessDenied, NotMigrated
from core.database.migrated import require_migrated
from core.doctor.finding import Check, Finding, Kind, NothingToSee
from core.migrate import states
from core.migrate.comparing import Difference
from core.migrate.generating import files_against_live
from core.settings import settings

NOT_MIGRATED = Kind("not-migrated", "error", "An app or a worker of another version than the schema does not start.")
HALF_DONE = Kind(
    "migration-half-done", "error", "The schema is between two versions. No other migration begins until it is ended."
)
EDITED = Kind(
    "migration-edited", "warning", "Another database gets another schema from the same files, and nobody sees it."
)
CHANGED = Kind(
    "schema-changed", "error", "A migration may fail on it, and a program may find something else than it expects."
)

_SHOWN = 5


async def _migrations() -> AsyncIterator[Finding]:
    try:
        await require_migrated()
    except NotMigrated as error:
        yield NOT_MIGRATED.found(str(error), mend=error.remedy)
    for name, state in (await states.all_states()).items():
        if state.unfinished:
            command = "migrate" if state.direction == "upgrade" else "downgrade"
            yield HALF_DONE.found(
                f"the {state.direction} of {name} ended after {state.statements} of its statements",
                mend=f"stylobate db {command}, which goes on where it ended",
            )
    for migration in await migrate.status():
        if migration.edited:
            yield EDITED.found(
                f"{migration.name} was edited since it was applied",
                mend="put the file back as it was released, and write a new migration: stylobate db generate",
            )


async def _differences() -> AsyncIterator[Finding]:
    there = settings()
    url = there.direct_database
    scratch = there.backup_scratch_url
    try:
        gap = await files_against_live(server=scratch if scratch and scratch.dialect == url.dialect else url)
    except AccessDenied as error:
        raise NothingToSee(
            f"{error}; a role that may is to be named in STYLOBATE_BACKUP_SCRATCH_URL or DIRECT_DATABASE_URL"
        ) from error
    found = [str(it) for it in gap.differences if not _said_elsewhere(it)]
    if found:
        more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        yield CHANGED.found(
            f"the database was changed by hand: {'; '.join(found[:_SHOWN])}{more}",
            mend="stylobate db check, which prints the SQL that takes it back",
        )


def _said_elsewhere(difference: Difference) -> bool:
    """What has a finding of its own: indexes, unique constraints and foreign keys that are missing or not in force."""
    kind = difference.what.startswith(("index ", "unique constraint ", "foreign key "))
    return kind and difference.wanted is not None


CHECKS = (
    Check("migrations", _migrations, (NOT_MIGRATED, HALF_DONE, EDITED), "database"),
    Check("schema", _differences, (CHANGED,), "schema"),
)
