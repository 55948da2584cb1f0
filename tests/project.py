"""A folder with migrations of its own, as a product has it that stands on this one."""

import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

from core.migrate import files
from tests.programs import ROOT, Program, run, running

THINGS = (
    'CREATE TABLE "thing" ("id" INT NOT NULL PRIMARY KEY, "name" VARCHAR(20), "count" INT NOT NULL DEFAULT 0)',
    'CREATE TABLE "part" ("id" INT NOT NULL PRIMARY KEY, "thingId" INT NOT NULL REFERENCES "thing" ON DELETE CASCADE)',
)
ROWS = (
    """INSERT INTO "thing" VALUES (1, 'one', 0), (2, 'two', 0), (3, 'three', 0)""",
    'INSERT INTO "part" VALUES (1, 1), (2, 1), (3, 2)',
)


class Project:
    """Its folder, and its command."""

    def __init__(self, folder: Path, dialect: str, url: str) -> None:
        self.root = folder / "migrations"
        self.dialect = dialect
        self.url = url
        for name in files.DIALECTS:
            (self.root / name).mkdir(parents=True)
        shutil.copy(ROOT / "migrations/__init__.py", self.root)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def write(
        self,
        number: int,
        *upgrade: str,
        name: str = "change",
        downgrade: tuple[str, ...] = (),
        in_transaction: bool = True,
    ) -> Path:
        """Write a migration, for the one dialect."""
        text = files.render(upgrade=upgrade, downgrade=downgrade, state="{}", in_transaction=in_transaction)
        return files.write(self.root / self.dialect / f"{number}_20261123000000_{name}.py", text)

    async def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run ``python -m ...`` here to its end."""
        return await run(*arguments, cwd=self.root.parent, **self._environment(environment))

    def running(self, *arguments: str, **environment: str) -> AbstractAsyncContextManager[Program]:
        """Run ``python -m ...`` here."""
        return running(*arguments, cwd=self.root.parent, **self._environment(environment))

    def _environment(self, more: dict[str, str]) -> dict[str, str]:
        return {"DATABASE_URL": self.url, "PYTHONPATH": str(ROOT), **more}


async def names(working: AsyncIterator[str]) -> list[str]:
    """What was done, by its number."""
    return [name.partition("_")[0] async for name in working]
