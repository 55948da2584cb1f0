"""Applying migrations, and taking them back.

One process at a time; the others wait for their turn. A file is all or nothing, on SQLite too, because it is run
statement by statement in one transaction. On PostgreSQL no statement waits long for a lock, because everybody else
would wait behind it: it gives up, lets them pass, and tries again.

A file that says ``RUN_IN_TRANSACTION = False`` is not all or nothing. Each of its statements is, together with the note
that it is done, so that the next run goes on where this one ended, however it ended.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from importlib.resources.abc import Traversable
from typing import NamedTuple

from core import database, progress
from core.database import NotMigrated, connection, dialect, transaction
from core.database.migrated import applied
from core.migrate import files, states
from core.migrate.executing import (
    MigrationFailed,
    NoWayBack,
    broken_keys,
    enter,
    execute,
    failing,
    keys_as_wanted,
    refuse_broken_keys,
    wanted,
)
from core.migrate.files import FileInvalid, NeedsDatabase, Script
from core.migrate.stepwise import step_by_step
from core.migrate.waiting import PATIENCE, patiently, turn
from core.settings import DatabaseUrl, PostgresUrl, settings


class Planned(NamedTuple):
    """What applying a file would do. Of a file that asks the database as it goes the statements are not known."""

    name: str
    in_transaction: bool
    statements: list[str] | None


@asynccontextmanager
async def opened(url: DatabaseUrl | None = None) -> AsyncIterator[None]:
    """Open a database for its migrations, without a pooler between and without a limit to what a statement takes."""
    url = url or settings().direct_database
    if isinstance(url, PostgresUrl):
        url = replace(url, command_timeout=None, pool_size=max(url.pool_size, 2))
    async with database.connected(url, migrated=False):
        yield


async def migrate(*, root: Traversable | None = None, patience: timedelta = PATIENCE) -> AsyncIterator[str]:
    """Apply what is missing to the open database, and name each file when it is done.

    Outside a transaction only. On PostgreSQL it takes a second connection out of the pool.

    Args:
        root: the folder of the migrations, unless it is the package.
        patience: how long to wait for others at the most, for each file.

    Raises:
        MigrationFailed: a statement failed.
        DatabaseBusy: others did not let go in time.
        NotMigrated: the database has had a migration that is not among the files.
        FileInvalid: two files have one number.
    """
    scripts = files.scripts(dialect(), root=root)
    missing = await _missing(scripts)
    for done, script in enumerate(missing):
        progress.tell(done=done, total=len(missing), unit="migrations", what=script.name)
        async with turn(patience):
            done_by_us = await _run(script, "upgrade", patience)
        if done_by_us:
            yield script.name
    if missing:
        progress.tell(done=len(missing), total=len(missing), unit="migrations", what=missing[-1].name)
    if {script.name for script in scripts} - (await states.all_states()).keys():
        async with turn(patience), transaction():
            await states.remember(scripts)


async def downgrade(
    *,
    steps: int = 1,
    to: int | None = None,
    root: Traversable | None = None,
    patience: timedelta = PATIENCE,
) -> AsyncIterator[str]:
    """Take back the newest migrations of the open database, and name each file when it is done.

    Args:
        steps: how many of them.
        to: all those whose number is higher, instead.
        root: as for ``migrate``.
        patience: as for ``migrate``.

    Raises:
        NoWayBack: a file has no SQL for it, or there is no such file.
        MigrationFailed, DatabaseBusy: as for ``migrate``.
    """
    for script in await going(steps=steps, to=to, root=root):
        async with turn(patience):
            done_by_us = await _run(script, "downgrade", patience)
        if done_by_us:
            yield script.name


async def plan(*, root: Traversable | None = None) -> list[Planned]:
    """What ``migrate`` would do. Nothing is done."""
    return [await _planned(script, "upgrade") for script in await _missing(files.scripts(dialect(), root=root))]


async def plan_downgrade(*, steps: int = 1, to: int | None = None, root: Traversable | None = None) -> list[Planned]:
    """What ``downgrade`` would do. Nothing is done."""
    return [await _planned(script, "downgrade") for script in await going(steps=steps, to=to, root=root)]


async def going(*, steps: int, to: int | None, root: Traversable | None = None) -> list[Script]:
    """The files that ``downgrade`` would take back, in its order."""
    known = {script.name: script for script in files.scripts(dialect(), root=root)}
    newest_first = (await applied())[::-1]
    names = newest_first[:steps]
    if to is not None:
        names = [name for name in newest_first if int(name.partition("_")[0]) > to]
    if unknown := [name for name in names if name not in known]:
        raise NoWayBack(f"the database has had the migration {unknown[0]}, and there is no such file to take it back")
    return [known[name] for name in names]


async def _planned(script: Script, direction: str) -> Planned:
    try:
        statements = await script.statements(direction)
    except NeedsDatabase:
        return Planned(script.name, script.in_transaction, None)
    return Planned(script.name, script.in_transaction, statements)


async def _missing(scripts: list[Script]) -> list[Script]:
    """The files that the database has not had, when it can have them."""
    had = await applied()
    missing = [script for script in scripts if script.name not in had]
    if not missing:
        return []
    names = {script.name for script in scripts}
    if unknown := [name for name in had if name not in names]:
        raise NotMigrated(
            f"the database has had the migration {unknown[-1]}, which this program does not know",
            remedy="run the version of the program that goes with this database, or newer",
        )
    for twins in files.of_one_number([script.name for script in scripts]):
        if any(script.name in twins for script in missing):
            raise FileInvalid(
                f"migrations have the same number: {', '.join(twins)}",
                remedy="two branches were merged: delete the newer file and generate it again",
            )
    return missing


async def _run(script: Script, direction: str, patience: timedelta) -> bool:
    """Run a file in one direction, in the turn. False when that was done meanwhile."""
    known = await states.all_states()
    for state in known.values():
        if state.unfinished and (state.name, state.direction) != (script.name, direction):
            command = "migrate" if state.direction == "upgrade" else "downgrade"
            raise MigrationFailed(
                f"{state.name} is half done: its {state.direction} ended after {state.statements} statements",
                remedy=f"end that first: stylobate db {command}",
            )
    if script.in_transaction:
        work = _whole(script, direction)
    else:
        begun = known.get(script.name)
        work = step_by_step(script, direction, begun if begun and begun.unfinished else None, patience)
    return await patiently(work, patience, f"what {script.name} needs")


def _whole(script: Script, direction: str) -> Callable[[], Awaitable[bool]]:
    """What runs a file, all of it or nothing."""

    async def work() -> bool:
        async with keys_as_wanted(script, direction) as unchecked, transaction():
            await enter()
            if (script.name in await applied()) == (direction == "upgrade"):
                return False
            await states.make_tables()
            await states.begin(script, direction)
            broken = await broken_keys() if unchecked else {}
            written = await script.statements(direction, connection())
            statements = wanted(script, direction, written, unchecked=unchecked)
            for number, statement in enumerate(statements, start=1):
                with failing(script, number, statement, "nothing of it was kept"):
                    await execute(statement)
                progress.tell(done=number, total=len(statements), unit="statements", what=script.name)
            if unchecked:
                await refuse_broken_keys(script, broken)
            await states.finish(script, direction)
        return True

    return work
