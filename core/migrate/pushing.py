"""Pushing: in development, making the open database match the models without a file."""

from collections.abc import Collection, Sequence

from core.database import connection, dialect, transaction
from core.database.statements import fetch
from core.migrate import scratch
from core.migrate.generating import wanted
from core.migrate.generating.dangers import Kind, Refused, dangers
from core.migrate.generating.filling import fills
from core.migrate.generating.leading import lead, run
from core.migrate.generating.renames import Rename
from core.migrate.generating.renames import statements as renaming
from core.migrate.reading import read
from core.settings import DatabaseUrl


async def push(
    server: DatabaseUrl,
    *,
    renames: Sequence[Rename] = (),
    allow: Collection[Kind] = (),
    models: Sequence[str] = scratch.MODELS,
) -> list[str]:
    """Make the open database match the models, all or nothing, and say what was run. Rows stay, or it fails.

    Args:
        server: where a scratch database is made, of the open one's dialect.
        renames: as for ``generating.generate``; old columns by their own names.
        allow: the same.
        models: the same.

    Raises:
        Refused, RenameInvalid, CannotGenerate: as for ``generating.generate``. Nothing was changed.
    """
    async with scratch.opened(server, models=models):
        await wanted.make_tables()
        target, state = await read(), wanted.models_state()
        constants = fills(state, dialect())

    before = await read()
    names = renaming(renames, before, target, before="{}", after=state).up
    if dialect() == "sqlite":
        await connection().execute_query("PRAGMA foreign_keys = OFF")
    try:
        async with transaction():
            for statement in names:
                await run(statement)
            here = await read()
            target = {
                name: table._replace(triggers=here[name].triggers if name in here else ())
                for name, table in target.items()
            }
            refused = [it for it in dangers(here, target, constants) if it.kind not in allow]
            if refused:
                raise Refused(refused)
            return names + [it.sql for it in await lead(target, fills=constants)]
    finally:
        if dialect() == "sqlite":
            await fetch("PRAGMA foreign_keys = ON")
