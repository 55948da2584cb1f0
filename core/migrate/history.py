"""Which migrations a database has had, when, and whether the files are still what they were."""

from datetime import datetime
from importlib.resources.abc import Traversable
from typing import NamedTuple

from core.database import dialect
from core.database.migrated import applied
from core.migrate import files, states


class Migration(NamedTuple):
    """A migration's file and what the database knows of it."""

    name: str
    applied: bool
    unfinished: str | None = None
    """How far it came before its process died, or a statement failed."""
    edited: bool = False
    """It was edited since it was applied."""


class Event(NamedTuple):
    """A migration that the database has had. Of what Aerich applied nothing else is known."""

    name: str
    applied_at: datetime | None
    seconds: float | None
    program_version: str | None
    intact: bool | None
    """Whether the file is still what it was; None when there is no such file."""


async def status(*, root: Traversable | None = None) -> list[Migration]:
    """All migrations of the open database's dialect, oldest first."""
    had, known = await applied(), await states.all_states()
    found = []
    for script in files.scripts(dialect(), root=root):
        state = known.get(script.name)
        unfinished = state.direction + f", {state.statements} statements done" if state and state.unfinished else None
        edited = script.name in had and state is not None and state.checksum != script.checksum
        found.append(Migration(script.name, script.name in had, unfinished, edited))
    return found


async def history(*, root: Traversable | None = None) -> list[Event]:
    """What was applied to the open database, in that order."""
    known = await states.all_states()
    scripts = {script.name: script for script in files.scripts(dialect(), root=root)}
    events = []
    for name in await applied():
        state, script = known.get(name), scripts.get(name)
        took = None
        if state and state.started_at and state.finished_at:
            took = (state.finished_at - state.started_at).total_seconds()
        intact = None if script is None or state is None else state.checksum == script.checksum
        events.append(Event(name, state and state.finished_at, took, state and state.program_version, intact))
    return events
