"""Generating migrations: from the difference between the models and the files, for both dialects, and proven.

The models' schema is made in a scratch database and read; so is the one that the files lead to. What leads from the
one to the other is found by running it there. The files are written to a temporary place first and replayed, up and
down: what does not lead to exactly the models' schema, and back, is never written.
"""

from collections.abc import Collection, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from core.database import dialect
from core.database.migrated import applied
from core.migrate import files, scratch
from core.migrate.comparing import Difference, differences
from core.migrate.generating import wanted
from core.migrate.generating.changing import change, replayed, with_triggers, write
from core.migrate.generating.dangers import Danger, Kind, Refused
from core.migrate.generating.filling import Fills, fills
from core.migrate.generating.leading import STATEMENTS, CannotGenerate
from core.migrate.generating.renames import Rename, RenameInvalid
from core.migrate.reading import Schema, read
from core.settings import DatabaseUrl, PostgresUrl, settings
from core.settings.database_url import SqliteUrl

__all__ = [
    "CannotGenerate",
    "Danger",
    "Gap",
    "Kind",
    "Refused",
    "Rename",
    "RenameInvalid",
    "files_against_live",
    "generate",
    "models_against_files",
]


class Gap(NamedTuple):
    """What differs, in words and in the SQL that would mend it."""

    differences: list[Difference]
    statements: list[str]


async def generate(
    name: str,
    *,
    server: PostgresUrl,
    renames: Sequence[Rename] = (),
    allow: Collection[Kind] = (),
    root: Path | None = None,
    models: Sequence[str] = scratch.MODELS,
) -> list[Path]:
    """Write the files of a migration, in both dialects and under one name. None are needed where nothing has changed.

    In a process of its own: it sets the models to one dialect after the other. On PostgreSQL, what can't be in one
    transaction with the rest becomes a file of its own, and so there may be several.

    Args:
        name: what the migration does, a few words.
        server: where scratch databases are made.
        renames: what is called otherwise now.
        allow: what may lose data or fail on rows that are there.
        root: the folder of the migrations, unless it is the package.
        models: the modules of the models.

    Raises:
        Refused: something was not permitted.
        RenameInvalid: a rename names what is not there.
        CannotGenerate: the SQL that was found does not do it. Nothing was written.
    """
    place = root or Path(str(files.folder()))
    changes, refused = {}, []
    for url in (server, SqliteUrl(file="scratch.db")):
        try:
            changes[url.dialect] = await change(url, renames=renames, allow=allow, root=place, models=models)
        except Refused as error:
            refused += error.dangers
    if refused:
        raise Refused(list({(it.kind, it.what): it for it in reversed(refused)}.values())[::-1])
    return write(changes, name, place)


async def models_against_files(
    server: DatabaseUrl, *, root: Traversable | None = None, models: Sequence[str] = scratch.MODELS
) -> Gap:
    """What the files of a dialect, that of ``server``, lack."""
    async with scratch.opened(server, models=models):
        await wanted.make_tables()
        target, state = await read(), wanted.models_state()
        here = await replayed(files.scripts(dialect(), root=root))
        return _gap(here, with_triggers(target, here, ()), fills(state, dialect()))


async def files_against_live(
    *, server: DatabaseUrl | None = None, root: Traversable | None = None, models: Sequence[str] = scratch.MODELS
) -> Gap:
    """What differs in the open database from what the files that it has had lead to.

    Args:
        server: where a scratch database is made, unless it is ``settings().direct_database``; of the same dialect.
        root: as for ``generate``.
        models: the same.
    """
    here, had = await read(), set(await applied())
    async with scratch.opened(server or settings().direct_database, models=models):
        there = await replayed([script for script in files.scripts(dialect(), root=root) if script.name in had])
        return _gap(here, there, {})


def _gap(here: Schema, there: Schema, constants: Fills) -> Gap:
    found = differences(here, there)
    return Gap(found, [it.sql for it in STATEMENTS[dialect()](here, there, fills=constants)] if found else [])
