"""Whether models, files and database agree, for people and for CI."""

from collections.abc import Sequence
from importlib.resources.abc import Traversable
from typing import NamedTuple

from core.database import dialect
from core.database.migrated import applied
from core.migrate import files, generating, linting
from core.migrate.history import status
from core.settings import DatabaseUrl


class Finding(NamedTuple):
    """Something that is not as it should be. What is not ``fatal`` is only to be known."""

    what: str
    sql: list[str]
    """What would mend it, or what it is about."""
    fatal: bool = True


async def check_files(*, root: Traversable | None = None) -> list[Finding]:
    """What is wrong with the files of both dialects by themselves. No database is needed."""
    found = []
    numbers: dict[str, set[int]] = {}
    for language in files.DIALECTS:
        scripts = files.scripts(language, root=root)
        numbers[language] = {script.number for script in scripts}
        found += [
            Finding(f"{language}: {' and '.join(twins)} have the same number: generate the newer again", [])
            for twins in files.of_one_number([script.name for script in scripts])
        ]
        found += [
            Finding(f"{language}/{it.file}: {it.rule}: {it.why}", [it.sql], it.fatal)
            for it in await linting.lint(language, scripts)
        ]
    for language, other in (files.DIALECTS, files.DIALECTS[::-1]):
        found += [
            Finding(f"{other}: there is no migration {number}, but there is one for {language}", [])
            for number in sorted(numbers[language] - numbers[other])
        ]
    return found


async def check_models(servers: Sequence[DatabaseUrl], *, root: Traversable | None = None) -> list[Finding]:
    """Where the models are not what the files lead to. On each server a scratch database is made."""
    found = []
    for server in servers:
        gap = await generating.models_against_files(server, root=root)
        if gap.differences:
            words = "; ".join(map(str, gap.differences))
            found.append(
                Finding(f"{server.dialect}: the files do not lead to the models: {words}", list(gap.statements))
            )
    return found


async def check_database(server: DatabaseUrl, *, root: Traversable | None = None) -> list[Finding]:
    """Where the open database is not what its migrations made of it, or has not had all of them.

    Args:
        server: where a scratch database is made, of the same dialect.
        root: the folder of the migrations, unless it is the package.
    """
    found = []
    for migration in await status(root=root):
        if migration.unfinished:
            found.append(Finding(f"{migration.name} is half done ({migration.unfinished})", []))
        elif not migration.applied:
            found.append(Finding(f"{migration.name} is not applied", []))
        if migration.edited:
            found.append(Finding(f"{migration.name} was edited since it was applied", []))
    names = {script.name for script in files.scripts(dialect(), root=root)}
    unknown = [name for name in await applied() if name not in names]
    found += [Finding(f"the database has had {name}, and there is no such file", []) for name in unknown]
    if unknown or any("half done" in it.what for it in found):
        return found
    gap = await generating.files_against_live(root=root, server=server)
    if gap.differences:
        words = "; ".join(map(str, gap.differences))
        found.append(Finding(f"the database was changed by hand: {words}", list(gap.statements)))
    return found
