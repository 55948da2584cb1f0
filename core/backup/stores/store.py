"""What every store can do, and how it fails."""

from datetime import timedelta
from pathlib import Path
from typing import Protocol

from core.backup import names
from core.errors import NotFound, Unavailable

PART = ".part"
"""Behind the name of a file that is not complete."""

ABANDONED = timedelta(days=1)
"""A file that has been incomplete for so long is nobody's work any more."""


class StoreUnavailable(Unavailable):
    """A store can't be reached, is full, or refuses us."""


class NotStored(NotFound):
    """There is no such archive in the store."""


class Store(Protocol):
    """A place for archives, each under its name. All of it raises StoreUnavailable."""

    where: str
    """The place, for people."""

    async def save(self, name: str, file: Path, *, sha256: str) -> None:
        """Keep an archive. It has been read back when this returns, and was what it should be; half of it never stays
        under its name.
        """

    async def save_manifest(self, name: str, data: bytes) -> None:
        """Keep its manifest, with which it begins to count."""

    async def load_manifest(self, name: str) -> bytes:
        """Its manifest, as it lies there.

        Raises:
            NotStored: there is none.
        """

    async def fetch(self, name: str, file: Path) -> None:
        """Write an archive into a file, for this account alone. Whether it is whole is not looked at.

        Raises:
            NotStored: there is none.
        """

    async def names(self) -> list[str]:
        """The archives that have a manifest, in order of their names."""

    async def remove(self, name: str) -> None:
        """Remove an archive and its manifest, if they are there."""

    async def sweep(self) -> list[str]:
        """Remove what was begun more than a day ago and never finished, and return which files that was."""


def file_of(name: str, suffix: str) -> str:
    """The file of an archive. A name that is none could be a path to elsewhere."""
    if not names.valid(name):
        raise ValueError("not the name of an archive")
    return name + suffix


def complete(files: set[str]) -> list[str]:
    """The archives among these files that are not half there."""
    found = {file.removesuffix(names.MANIFEST) for file in files if file.endswith(names.MANIFEST)}
    return sorted(name for name in found if names.valid(name) and name + names.ARCHIVE in files)


def unfinished(files: set[str]) -> list[str]:
    """The files among these that belong to no complete archive: parts, and archives without a manifest."""
    found = []
    for file in sorted(files):
        name = file.removesuffix(PART).removesuffix(names.ARCHIVE).removesuffix(names.MANIFEST)
        lonely = file == name + names.ARCHIVE and name + names.MANIFEST not in files
        if names.valid(name) and file != name and (file.endswith(PART) or lonely):
            found.append(file)
    return found
