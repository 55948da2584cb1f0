"""Generating migrations: from the difference between the models and the files, for both dialects, and proven.

The models' schema is made in a scratch database and read; so is the one that the files lead to. What leads from the
one to the other is found by running it there. The files are written to a temporary place first and replayed, up and
down: what does not lead to exactly the models' schema, and back, is never written.
"""

import re
import tempfile
from collections.abc import Collection, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from core import clock
from core.database import connection, dialect
from core.database.migrated import applied
from core.errors import Invalid
from core.migrate import files, scratch
from core.migrate.comparing import Difference, differences
from core.migrate.files import Script
from core.migrate.generating import wanted
from core.migrate.generating.dangers import Danger, Kind, dangers
from core.migrate.generating.filling import Fills, fills
from core.migrate.generating.leading import STATEMENTS, CannotGenerate, lead, run
from core.migrate.generating.renames import Rename, RenameInvalid, Statements
from core.migrate.generating.renames import statements as renaming
from core.migrate.generating.statements import AFTERWARDS, ALONE, TOGETHER, Statement
from core.migrate.reading import Schema, read
from core.migrate.states import AERICH
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

_NOTHING = ["-- Nothing to do here.\nSELECT 1"]


class Refused(Invalid):
    """This can lose data or fail on rows that are there, and was not permitted."""

    def __init__(self, refused: Sequence[Danger]) -> None:
        super().__init__("; ".join(map(str, refused)))
        self.dangers = list(refused)


class Gap(NamedTuple):
    """What differs, in words and in the SQL that would mend it."""

    differences: list[Difference]
    statements: list[str]


class _File(NamedTuple):
    """What a file will hold."""

    up: list[str]
    down: list[str]
    in_transaction: bool = True


class _Change(NamedTuple):
    """What one dialect needs."""

    files: list[_File]
    state: str


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
    return _write(changes, name, place)


async def change(
    url: DatabaseUrl,
    *,
    renames: Sequence[Rename] = (),
    allow: Collection[Kind] = (),
    root: Traversable | None = None,
    models: Sequence[str] = scratch.MODELS,
) -> _Change:
    """What a dialect's files will hold, proven. (``generate`` does this for both.)"""
    async with scratch.opened(url, models=models):
        return await changed_here(renames=renames, allow=allow, root=root)


async def changed_here(
    *, renames: Sequence[Rename] = (), allow: Collection[Kind] = (), root: Traversable | None = None
) -> _Change:
    """The same, tried out in the open database, which is a scratch one and loses all that is in it."""
    await scratch.empty()
    await wanted.make_tables()
    target, state = await read(), wanted.models_state()
    scripts = files.scripts(dialect(), root=root)
    old_state = scripts[-1].state if scripts else "{}"
    before = await _replayed(scripts)
    names = renaming(renames, before, target, before=old_state, after=state)
    target = _with_triggers(target, before, renames)

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
        return _Change([], state)

    if not scripts:
        found.insert(0, Statement(AERICH[dialect()]))  # Where Aerich keeps what was applied.
    parts = _parted(found)
    there = await _between(parts, scripts, before)
    made = [
        await _file(part, there[place], fills(old_state, dialect()), names if place == 0 else None)
        for place, part in reversed(list(enumerate(parts)))
    ][::-1]
    result = _Change(made, state)
    await _prove(result, scripts, before, target)
    return result


async def _between(
    parts: Sequence[tuple[bool, list[Statement]]], scripts: Sequence[Script], before: Schema
) -> list[Schema]:
    """The schema before each file. The open database has had them all, now as afterwards."""
    found = [before]
    if len(parts) > 1:
        await _replayed(scripts)
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
) -> _File:
    """A file, whose way back is found by going it, from where the open database is."""
    in_transaction, statements = part
    down = names.down if names else []
    for statement in down:
        await run(statement)
    here = await read()
    # A NULL that is there is not filled on the way back, which would lose that it was one.
    new = {key: it for key, it in constants.items() if key[0] not in here or key[1] not in here[key[0]].columns}
    down = [*down, *(it.sql for it in await lead(back_to, fills=new))]
    return _File(_whole([it.sql for it in statements]), _whole(down), in_transaction)


def _whole(statements: list[str]) -> list[str]:
    """The statements of a script. On SQLite one that drops a table turns foreign keys off, also when Aerich runs it.

    Aerich has a script run by ``executescript``, which ends the transaction around it and begins none.
    """
    if not statements:
        return _NOTHING
    if dialect() == "sqlite" and any(it.startswith("DROP TABLE") for it in statements):
        return ["PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE", *statements, "COMMIT", "PRAGMA foreign_keys = ON"]
    return statements


async def _prove(proposed: _Change, scripts: Sequence[Script], before: Schema, target: Schema) -> None:
    """Replay all of it from files, up and down.

    Raises:
        CannotGenerate: it leads somewhere else.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        _write({dialect(): proposed}, "tried", place)
        new = files.scripts(dialect(), root=place)
        _insist(await _replayed([*scripts, *new]), target)
        for script in reversed(new):
            await _replay(script, "downgrade")
        _insist(await read(), before)


def _insist(here: Schema, there: Schema) -> None:
    if left := differences(here, there):
        raise CannotGenerate(
            f"replayed, the files lead elsewhere: {'; '.join(map(str, left))}",
            remedy="write this migration by hand, as CONTRIBUTING.md shows",
        )


def _write(changes: dict[str, _Change], name: str, root: Path) -> list[Path]:
    """Put the files into their folders: as many for each dialect, under the same names."""
    number, date = files.next_number(root), f"{clock.now():%Y%m%d%H%M%S}"
    words = "_".join(re.findall(r"\w+", name.lower())) or "change"
    count = max(len(change.files) for change in changes.values())
    written = []
    for place in range(count):
        file_name = f"{number + place}_{date}_{words}{f'_{place + 1}' if place else ''}.py"
        for folder, it in changes.items():
            file = it.files[place] if place < len(it.files) else _File(_NOTHING, _NOTHING)
            text = files.render(
                upgrade=file.up, downgrade=file.down, state=it.state, in_transaction=file.in_transaction
            )
            written.append(files.write(root / folder / file_name, text))
    return written


async def _replayed(scripts: Sequence[Script]) -> Schema:
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


def _with_triggers(target: Schema, before: Schema, renames: Sequence[Rename]) -> Schema:
    """The models know no triggers. Those that a file made stay."""
    old = {it.new: it.table for it in renames if it.column is None}
    return {
        name: table._replace(triggers=before[old.get(name, name)].triggers) if old.get(name, name) in before else table
        for name, table in target.items()
    }


async def models_against_files(
    server: DatabaseUrl, *, root: Traversable | None = None, models: Sequence[str] = scratch.MODELS
) -> Gap:
    """What the files of a dialect, that of ``server``, lack."""
    async with scratch.opened(server, models=models):
        await wanted.make_tables()
        target, state = await read(), wanted.models_state()
        here = await _replayed(files.scripts(dialect(), root=root))
        return _gap(here, _with_triggers(target, here, ()), fills(state, dialect()))


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
        there = await _replayed([script for script in files.scripts(dialect(), root=root) if script.name in had])
        return _gap(here, there, {})


def _gap(here: Schema, there: Schema, constants: Fills) -> Gap:
    found = differences(here, there)
    return Gap(found, [it.sql for it in STATEMENTS[dialect()](here, there, fills=constants)] if found else [])
