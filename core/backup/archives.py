"""The archives there are: what the store has, and what the rows know of each."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from core import clock, database
from core.backup.manifest import Manifest, ManifestInvalid
from core.backup.opening import is_ours, load, newest
from core.backup.retention import Kept, to_remove
from core.backup.stores import Store, open_store
from core.backup.taking import LOCK, row
from core.backup.verifying import RESTORED
from core.settings import settings
from models import Backup

_REMEMBERED = timedelta(days=90)
"""How long a row stays whose archive was removed, or never came to be."""


class Archive(NamedTuple):
    """An archive, or an attempt to take one (``error``), and its last check."""

    name: str
    taken_at: datetime
    size: int | None
    seconds: float | None
    error: str | None
    checked_at: datetime | None
    check_level: int | None
    check_error: str | None
    is_safety_copy: bool
    is_stored: bool

    @property
    def is_proven(self) -> bool:
        """Whether it was restored and was what it should be."""
        return self.check_level == RESTORED and self.check_error is None


class Pruned(NamedTuple):
    """The archives that were removed, and what was left of others that were never finished."""

    removed: list[str]
    swept: list[str]

    def __str__(self) -> str:
        return f"{len(self.removed)} archives removed, and {len(self.swept)} unfinished files"


async def every() -> list[Archive]:
    """This database's archives and failed attempts, newest first. An archive without a row gets one."""
    store = open_store()
    stored = {name for name in await store.names() if is_ours(name)}
    rows = {row.name: row for row in await Backup.filter(removed_at=None)}
    for name in sorted(stored - rows.keys()):
        rows[name] = await _adopted(store, name)
    # A row without an archive and without an error is of another store, or somebody has removed the archive.
    listed = [_archive(row, stored) for row in rows.values()]
    return sorted(listed, key=lambda archive: (archive.taken_at, archive.name), reverse=True)


async def _adopted(store: Store, name: str) -> Backup:
    """The row of an archive that this database does not know: of another machine, or of before it was restored."""
    try:
        fields: dict[str, Any] = row(await load(store, name))
    except ManifestInvalid as error:
        now = clock.now()
        fields = {"name": name, "store": store.where, "taken_at": now, "checked_at": now, "check_error": str(error)}
    # What was removed, and is there again, counts again.
    adopted, _ = await Backup.update_or_create({**fields, "removed_at": None, "error": None}, name=name)
    return adopted


def _archive(row: Backup, stored: set[str]) -> Archive:
    return Archive(
        name=row.name,
        taken_at=row.taken_at,
        size=row.size,
        seconds=row.seconds,
        error=row.error,
        checked_at=row.checked_at,
        check_level=row.check_level,
        check_error=row.check_error,
        is_safety_copy=row.is_safety_copy,
        is_stored=row.name in stored,
    )


async def stored() -> list[Manifest]:
    """The manifests in the store, newest first, for when there is no database to ask."""
    store = open_store()
    manifests = []
    for name in await store.names():
        try:
            manifests.append(await load(store, name))
        except ManifestInvalid:
            continue  # Restoring it would say so.
    return sorted(manifests, key=lambda manifest: manifest.taken_at, reverse=True)


async def find(name: str | None = None) -> Manifest:
    """The manifest of an archive, of the newest unless told otherwise. It asks the store alone.

    Raises:
        BackupNotFound: there is none.
    """
    store = open_store()
    return await load(store, name or await newest(store))


async def newest_verified() -> Archive | None:
    """The newest archive that was proven by restoring it. It asks the rows, not the store."""
    found = (
        await Backup.filter(removed_at=None, error=None, check_level=RESTORED, check_error=None)
        .order_by("-taken_at")
        .first()
    )
    return _archive(found, {found.name}) if found else None


async def prune(*, dry_run: bool = False) -> Pruned:
    """Remove the archives that ``settings().backup_keep`` has no use for.

    Raises:
        Held: another process is taking, verifying, restoring or pruning.
    """
    async with database.exclusive(LOCK):
        store = open_store()
        archives = await every()
        kept = [
            Kept(
                archive.name,
                archive.taken_at,
                verified=False if archive.check_error else archive.is_proven or None,
                is_safety_copy=archive.is_safety_copy,
            )
            for archive in archives
            if archive.is_stored
        ]
        failed = bool(archives) and archives[0].error is not None
        removed = to_remove(kept, settings().backup_keep, now=clock.now(), last_attempt_failed=failed)
        if dry_run:
            return Pruned(removed, [])
        for name in removed:
            await store.remove(name)
            await Backup.filter(name=name).update(removed_at=clock.now())
        long_ago = clock.now() - _REMEMBERED
        await Backup.filter(removed_at__lt=long_ago).delete()
        await Backup.filter(error__isnull=False, taken_at__lt=long_ago).delete()
        return Pruned(removed, await store.sweep())
