"""Proving a backup: its checksum, then reading it to its end, then restoring it and comparing every table.

Most backups that could not be restored had good checksums. So the timetable goes all the way.
"""

import time
from typing import NamedTuple

from core import clock, database
from core.backup.archive import ArchiveDamaged
from core.backup.content import NotAsTaken
from core.backup.dialects import engine
from core.backup.manifest import ManifestInvalid
from core.backup.opening import can_be_opened, fetch, load, newest, reader, scratch, skim
from core.backup.programs import ProgramFailed
from core.backup.stores import Store, open_store
from core.backup.taking import LOCK, explained, row, tell_operator, text
from core.backup.workshop import workshop
from core.errors import NotFound
from models import Backup

CHECKSUM, READ, RESTORED = 1, 2, 3

_OF_THE_ARCHIVE = (ArchiveDamaged, ManifestInvalid, NotAsTaken, ProgramFailed)
"""Errors that speak against an archive. Others (no connection, no key, no right) leave open what it is worth."""


class Verified(NamedTuple):
    """How far an archive was checked, and why not further."""

    name: str
    level: int
    seconds: float
    note: str | None = None

    def __str__(self) -> str:
        done = {CHECKSUM: "its checksum is right", READ: "it was read to its end", RESTORED: "restored and compared"}
        return f"{self.name}: {done[self.level]}" + (f" ({self.note})" if self.note else "")


async def verify(name: str | None = None, *, level: int = RESTORED) -> Verified:
    """Check an archive, the newest unless told otherwise, and write down how it went.

    Where archives are only written and the key to open them is elsewhere, it is the checksum alone.

    Raises:
        BackupNotFound: there is no such archive, or none at all.
        Held: another process is taking, verifying, restoring or pruning.
        Unavailable: it is damaged, or something that the check needs is missing.
    """
    async with database.exclusive(LOCK):
        try:
            store = open_store()
            name = name or await newest(store)
            return await _verified(store, name, level)
        except NotFound:
            raise
        except Exception as error:
            failure = explained(error)
            if name and isinstance(failure, _OF_THE_ARCHIVE):
                await _write_down(name, level, text(failure))
            await tell_operator("backup_untrusted", name or "that is the newest", failure)
            if failure is error:
                raise
            raise failure from error


async def _verified(store: Store, name: str, level: int) -> Verified:
    began, note = time.monotonic(), None
    with workshop() as folder:
        manifest = await load(store, name)
        if not await Backup.exists(name=name):
            await Backup.create(**row(manifest))
        if level > CHECKSUM and not can_be_opened(manifest):
            level, note = CHECKSUM, "the key to open it is not on this machine"
        file = await fetch(store, manifest, folder)
        if level == READ:
            await skim(manifest, file, folder)
        elif level == RESTORED:
            url = scratch(manifest)
            async with engine(url).proof(reader(manifest, file), manifest, url, folder):
                pass
    await _write_down(name, level, None)
    return Verified(name, level, round(time.monotonic() - began, 3), note)


async def _write_down(name: str, level: int, error: str | None) -> None:
    await Backup.filter(name=name).update(checked_at=clock.now(), check_level=level, check_error=error)
