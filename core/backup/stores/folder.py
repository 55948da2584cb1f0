"""Archives in a folder, which is for this account alone."""

import asyncio
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from core import clock
from core.backup import archive, names
from core.backup.manifest import LIMIT
from core.backup.stores.store import ABANDONED, PART, NotStored, StoreUnavailable, complete, file_of, unfinished

_PIECE = 1 << 20


class Folder:
    """A store in a folder, which is made when something is saved."""

    def __init__(self, location: str) -> None:
        self._path = Path(location)
        self.where = str(self._path)

    async def save(self, name: str, file: Path, *, sha256: str) -> None:
        """Copy it under another name, read the copy, and only then call it what it is."""
        await asyncio.to_thread(self._save, file_of(name, names.ARCHIVE), file, sha256)

    async def save_manifest(self, name: str, data: bytes) -> None:
        """Write it under another name first."""
        await asyncio.to_thread(self._save_manifest, file_of(name, names.MANIFEST), data)

    async def load_manifest(self, name: str) -> bytes:
        """Read it, and of a file that can't be one only the beginning."""
        return await asyncio.to_thread(self._load_manifest, file_of(name, names.MANIFEST))

    async def fetch(self, name: str, file: Path) -> None:
        """Copy it."""
        await asyncio.to_thread(self._fetch, file_of(name, names.ARCHIVE), file)

    async def names(self) -> list[str]:
        """Those with both files."""
        return complete(set(await asyncio.to_thread(self._files)))

    async def remove(self, name: str) -> None:
        """Remove the manifest, so that it no longer counts, and then the archive."""
        await asyncio.to_thread(self._remove, [file_of(name, names.MANIFEST), file_of(name, names.ARCHIVE)])

    async def sweep(self) -> list[str]:
        """Remove what was last written more than a day ago and is not complete."""
        return await asyncio.to_thread(self._sweep)

    def _save(self, name: str, file: Path, sha256: str) -> None:
        with self._written(name) as (part, target):
            with file.open("rb") as source:
                shutil.copyfileobj(source, target, _PIECE)
            _sync(target)
            if archive.checksum(part) != sha256:
                raise StoreUnavailable(
                    f"{self.where} does not keep what is written there",
                    remedy="have a look at the disk, and take the backup again",
                )

    def _save_manifest(self, name: str, data: bytes) -> None:
        with self._written(name) as (_, target):
            target.write(data)
            _sync(target)

    @contextmanager
    def _written(self, name: str) -> Iterator[tuple[Path, BinaryIO]]:
        """A new file that has its name when the block ends well, and is gone when it does not."""
        with self._explained():
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = self._path / f"{name}{PART}"
            try:
                with own_file(part) as target:
                    yield part, target
                part.replace(self._path / name)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
            folder = os.open(self._path, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _load_manifest(self, name: str) -> bytes:
        with self._explained(), self._found(name).open("rb") as file:
            return file.read(LIMIT + 1)

    def _fetch(self, name: str, file: Path) -> None:
        with self._explained():
            source = self._found(name).open("rb")
        with source, fetched(file) as target:
            shutil.copyfileobj(source, target, _PIECE)

    def _found(self, name: str) -> Path:
        path = self._path / name
        if not path.is_file():
            raise NotStored
        return path

    def _files(self) -> dict[str, datetime]:
        """The files in the folder, and when they were last written."""
        with self._explained(), suppress(FileNotFoundError), os.scandir(self._path) as entries:
            return {
                entry.name: datetime.fromtimestamp(entry.stat(follow_symlinks=False).st_mtime, UTC)
                for entry in entries
                if entry.is_file(follow_symlinks=False)
            }
        return {}

    def _remove(self, files: list[str]) -> None:
        with self._explained():
            for file in files:
                (self._path / file).unlink(missing_ok=True)

    def _sweep(self) -> list[str]:
        files = self._files()
        removed = [file for file in unfinished(set(files)) if files[file] < clock.now() - ABANDONED]
        self._remove(removed)
        return removed

    @contextmanager
    def _explained(self) -> Iterator[None]:
        with explained(self.where):
            yield


@contextmanager
def fetched(file: Path) -> Iterator[BinaryIO]:
    """A file to write an archive into, which is gone when that fails."""
    with explained(str(file.parent)):
        try:
            with own_file(file) as target:
                yield target
        except BaseException:
            file.unlink(missing_ok=True)
            raise


def own_file(path: Path) -> BinaryIO:
    """A new file that only this account can read, in place of what was there."""
    path.unlink(missing_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


@contextmanager
def explained(where: str) -> Iterator[None]:
    """Say of what fails where it failed, and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StoreUnavailable(
                f"there is no space left in {where}",
                remedy="make room, or keep fewer archives (STYLOBATE_BACKUP_KEEP)",
            ) from None
        raise StoreUnavailable(
            f"{where} can't be used: {error.strerror or type(error).__name__}",
            remedy="see that it is a folder, and that this account can write there",
        ) from None


def _sync(target: BinaryIO) -> None:
    target.flush()
    os.fsync(target.fileno())
