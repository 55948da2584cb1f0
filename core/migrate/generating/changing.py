"""What one dialect's files will hold: found by trying it in a scratch database, and proven by replaying it."""

import re
import tempfile
from collections.abc import Collection, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from core import clock
from core.database import connection, dialect
from core.migrate import files, scratch
from core.migrate.comparing import differences
from core.migrate.files import Script
from core.migrate.generating import wanted
from core.migrate.generating.dangers import Kind, Refused, dangers
from core.migrate.generating.filling import Fills, fills
from core.migrate.generating.leading import CannotGenerate, lead, run
from core.migrate.generating.renames import Rename, Statements
from core.migrate.generating.renames import statements as renaming
from core.migrate.generating.statements import AFTERWARDS, ALONE, TOGETHER, Statement
from core.migrate.reading import Schema, read
from core.migrate.states import AERICH
from core.settings import DatabaseUrl

_NOTHING = ["-- Nothing to do here.\nSELECT 1"]


class File(NamedTuple):
    """What a file will hold."""

    up: list[str]
    down: list[str]
    in_transaction: bool = True


class Change(NamedTuple):
    """What one dialect needs."""

    files: list[File]
    state: str


async def change(
    url: DatabaseUrl,
    *,
    renames: Sequence[Rename] = (),
    allow: Collection[Kind] = (),
    root: Traversable | None = None,
    models: Sequence[str] = scratch.MODELS,
) -> Change:
    """What a dialect's files will hold, proven. (``generate`` does this for both.)"""
    async with scratch.opened(url, models=models):
        return await changed_here(renames=renames, allow=allow, root=root)


async def changed_here(
    *, renames: Sequence[Rename] = (), allow: Collection[Kind] = (), root: Traversable | None = None
) -> Change:
    """The same, tried out in the open database, which is a scratch one and loses all that is in it."""
    await scratch.empty()
    await wanted.make_tables()
    target, state = await read(), wanted.models_state()
    scripts = files.scripts(dialect(), root=root)
    old_state = scripts[-1].state if scripts else "{}"
    before = await replayed(scripts)
    names = renaming(renames, before, target, before=old_state, after=state)
    target = with_triggers(target, before, renames)

    constants = fills(state, dialect())
    await _keys_off()
    for statement in names.up:
        await run(statement)
    here = await read()
    refused = [it for it in dangers(here, target, constants) if it.kind not in allow]
    if refused:
        raise Refused(refused)
    found = [Statement(it) for it in names.up] + await lead(target, fills=constants, gently=True)
    if not found and not await wanted.is_news_to_aerich(old_state, state):
        return Change([], state)

    if not scripts:
        found.insert(0, Statement(AERICH[dialect()]))  # Where Aerich keeps what was applied.
    parts = _parted(found)
    there = await _between(parts, scripts, before)
    made = [
        await _file(part, there[place], fills(old_state, dialect()), names if place == 0 else None)
        for place, part in reversed(list(enumerate(parts)))
    ][::-1]
    result = Change(made, state)
    await _prove(result, scripts, before, target)
    return result


async def _between(
    parts: Sequence[tuple[bool, list[Statement]]], scripts: Sequence[Script], before: Schema
) -> list[Schema]:
    """The schema before each file. The open database has had them all, now as afterwards."""
    found = [before]
    if len(parts) > 1:
        await replayed(scripts)
        await _keys_off()
        for _, statements in parts:
            for statement in statements:
                await run(statement.sql)
            found.append(await read())
    return found


def _parted(found: list[Statement]) -> list[tuple[bool, list[Statement]]]:
    """What goes into which file, and whether that is all or nothing."""
    parts = [(True, [it for it in found if it.phase == TOGETHER])]
    parts += [(False, [it]) for it in found if it.phase == ALONE]
    # What looks at every row lets others write; what comes after it does not, and is quick.
    afterwards = [it for it in found if it.phase == AFTERWARDS]
    parts += [(True, sorted(afterwards, key=lambda it: " VALIDATE CONSTRAINT " not in it.sql))]
    return [part for part in parts if part[1]] or [(True, [])]


async def _file(
    part: tuple[bool, list[Statement]], back_to: Schema, constants: Fills, names: Statements | None
) -> File:
    """A file, whose way back is found by going it, from where the open database is."""
    in_transaction, statements = part
    down = names.down if names else []
    for statement in down:
        await run(statement)
    here = await read()
    # A NULL that is there is not filled on the way back, which would lose that it was one.
    new = {key: it for key, it in constants.items() if key[0] not in here or key[1] not in here[key[0]].columns}
    down = [*down, *(it.sql for it in await lead(back_to, fills=new))]
    return File(_whole([it.sql for it in statements]), _whole(down), in_transaction)


def _whole(statements: list[str]) -> list[str]:
    """The statements of a script. On SQLite one that drops a table turns foreign keys off, also when Aerich runs it.

    Aerich has a script run by ``executescript``, which ends the transaction around it and begins none.
    """
    if not statements:
        return _NOTHING
    if dialect() == "sqlite" and any(it.startswith("DROP TABLE") for it in statements):
        return ["PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE", *statements, "COMMIT", "PRAGMA foreign_keys = ON"]
    return statements


async def _prove(proposed: Change, scripts: Sequence[Script], before: Schema, target: Schema) -> None:
    """Replay all of it from files, up and down.

    Raises:
        CannotGenerate: it leads somewhere else.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        write({dialect(): proposed}, "tried", place)
        new = files.scripts(dialect(), root=place)
        _insist(await replayed([*scripts, *new]), target)
        for script in reversed(new):
            await _replay(script, "downgrade")
        _insist(await read(), before)


def _insist(here: Schema, there: Schema) -> None:
    if left := differences(here, there):
        raise CannotGenerate(
            f"replayed, the files lead elsewhere: {'; '.join(map(str, left))}",
            remedy="write this migration by hand, as CONTRIBUTING.md shows",
        )


def write(changes: dict[str, Change], name: str, root: Path) -> list[Path]:
    """Put the files into their folders: as many for each dialect, under the same names."""
    number, date = files.next_number(root), f"{clock.now():%Y%m%d%H%M%S}"
    words = "_".join(re.findall(r"\w+", name.lower())) or "change"
    count = max(len(change.files) for change in changes.values())
    written = []
    for place in range(count):
        file_name = f"{number + place}_{date}_{words}{f'_{place + 1}' if place else ''}.py"
        for folder, it in changes.items():
            file = it.files[place] if place < len(it.files) else File(_NOTHING, _NOTHING)
            text = files.render(
                upgrade=file.up, downgrade=file.down, state=it.state, in_transaction=file.in_transaction
            )
            written.append(files.write(root / folder / file_name, text))
    return written


async def replayed(scripts: Sequence[Script]) -> Schema:
    """The schema that files lead to."""
    await scratch.empty()
    for script in scripts:
        await _replay(script, "upgrade")
    return await read()


async def _replay(script: Script, direction: str) -> None:
    """Run a file as Aerich does: the whole script at once."""
    client = connection()
    await client.execute_script("\n;\n".join(await script.statements(direction, client)))


async def _keys_off() -> None:
    if dialect() == "sqlite":
        await run("PRAGMA foreign_keys = OFF")


def with_triggers(target: Schema, before: Schema, renames: Sequence[Rename]) -> Schema:
    """The models know no triggers. Those that a file made stay."""
    old = {it.new: it.table for it in renames if it.column is None}
    return {
        name: table._replace(triggers=before[old.get(name, name)].triggers) if old.get(name, name) in before else table
        for name, table in target.items()
    }
