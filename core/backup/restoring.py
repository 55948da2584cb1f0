"""Restoring: a new database beside the old one, compared with the manifest, and only then in its place.

Everything that can be wrong with an archive is found before anything is touched. The old database is kept under
another name. Whenever a restore is killed, the database is either the old one or the new one, whole, and what was left
beside it goes with the next restore.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import NamedTuple

from core import clock, database
from core.backup.dialects import engine
from core.backup.manifest import Manifest, unsigned
from core.backup.opening import Foreign, fetch, load, newest, reader, require_key, skim
from core.backup.stores import open_store
from core.backup.taking import LOCK, taken
from core.backup.workshop import workshop
from core.database import DatabaseUnreachable
from core.database.migrated import migration_files
from core.errors import Invalid, Unavailable
from core.settings import DatabaseUrl, PostgresUrl, settings


class NotRestored(Unavailable):
    """It was not restored, and nothing was touched."""


class TableUnknown(Invalid):
    """The archive has no such table."""


class Restored(NamedTuple):
    """What was restored, and where.

    ``kept`` is the name of the database that was there before, ``undo`` the command that brings it back and ``drop``
    the one that deletes it. ``notes`` tells what could not be restored and need not, such as rights of roles that this
    server does not have.
    """

    name: str
    where: str
    kept: str | None = None
    undo: str | None = None
    drop: str | None = None
    safety_copy: str | None = None
    notes: tuple[str, ...] = ()


async def restore(
    name: str | None = None, *, target: str | None = None, force: bool = False, safety_copy: bool = True
) -> Restored:
    """Put what is in an archive in the place of ``settings().direct_database``, which need not be open or there.

    Args:
        name: the archive; the newest when there is none.
        target: another database on the same server, or another file, that is made; the present one stays as it is.
        force: also when the archive is of a database of another name, or its migrations are not the present ones.
        safety_copy: take a backup of the present database first.

    Raises:
        BackupNotFound, ArchiveDamaged, ManifestInvalid, WrongKey, Foreign, NotRestored: nothing was touched.
        Held: another process is taking, verifying, restoring or pruning.
        DatabaseBusy: the old database is in use; it is as it was.
    """
    url = settings().direct_database
    know, suffix = engine(url), _suffix()
    with _explained(), workshop() as folder:
        manifest, file = await _opened(name, url, folder)
        notes = [note] if (note := unsigned(manifest)) else []
        if target is not None:
            await _require_free(url, target)
            prepared = await know.prepare(reader(manifest, file), manifest, url, name=target, folder=folder)
            return Restored(manifest.name, target, notes=(*notes, *prepared.notes))

        async with _alone(url, safety_copy=safety_copy) as there:
            present = await know.migrations(url) if there else None
            if not force:
                _require_same_kind(manifest, url, present or ())
            copy = await _safety_copy() if safety_copy and present is not None else None
            beside = know.beside(url, suffix=suffix)
            prepared = await know.prepare(reader(manifest, file), manifest, url, name=beside, folder=folder)
        # Our own connections are closed now, and the lock with them: the swap is one step.
        try:
            kept = await know.swap(url, prepared.name, suffix=suffix)
        except BaseException:
            await know.discard(url, prepared.name)
            raise
    undo, drop = know.undo(url, kept) if kept else (None, None)
    return Restored(manifest.name, str(url), kept, undo, drop, copy, (*notes, *prepared.notes))


async def take_out(tables: Sequence[str], name: str | None = None) -> Restored:
    """Put single tables of an archive beside the present ones: on PostgreSQL into a schema ``restored_<time>``, of
    columns and rows alone, on SQLite into a file. What is there stays as it is.

    Raises:
        TableUnknown: the archive has no such table.
    """
    url = settings().direct_database
    know = engine(url)
    with _explained(), workshop() as folder:
        manifest, file = await _opened(name, url, folder)
        if unknown := [table for table in tables if table not in manifest.tables]:
            raise TableUnknown(f"{manifest.name} has no table {unknown[0]}: it has {', '.join(manifest.tables)}")
        async with know.proof(reader(manifest, file), manifest, url, folder) as scratch:
            where = await know.take_out(scratch, url, tables, suffix=_suffix())
    return Restored(manifest.name, where)


@contextmanager
def _explained() -> Iterator[None]:
    """The machine's own errors in our terms. (Ours are no OSErrors.)"""
    try:
        yield
    except OSError as error:
        raise NotRestored(
            f"it can't be restored: {error.strerror or type(error).__name__}",
            remedy="make room beside the database and in the system's temporary folder, or name another in TMPDIR",
        ) from error


def _suffix() -> str:
    return clock.now().strftime("%Y%m%dt%H%M%S%f")


async def _opened(name: str | None, url: DatabaseUrl, folder: Path) -> tuple[Manifest, Path]:
    """An archive that was read to its end."""
    store = open_store()
    manifest = await load(store, name or await newest(store))
    if manifest.dialect != url.dialect:
        raise Foreign(
            f"{manifest.name} is of a {manifest.dialect} database, and DATABASE_URL names a {url.dialect} one",
            remedy="set DATABASE_URL to a database of that kind",
        )
    require_key(manifest)
    file = await fetch(store, manifest, folder)
    await skim(manifest, file, folder)
    return manifest, file


async def _require_free(url: DatabaseUrl, target: str) -> None:
    if await engine(url).exists(url, target):
        raise NotRestored(f"{target} is there already", remedy="name one that is not there yet")


def _require_same_kind(manifest: Manifest, url: DatabaseUrl, present: tuple[str, ...]) -> None:
    here = engine(url).database_name(url)
    if manifest.database != here:
        raise Foreign(
            f"{manifest.name} is of the database {manifest.database!r}, and this one is {here!r}",
            remedy="if that is what you want, add --force, or --target with the name of a new database",
        )
    known = [file.name for file in migration_files(url.dialect)]
    if newer := [migration for migration in manifest.migrations if migration not in known]:
        raise NotRestored(
            f"{manifest.name} has had the migration {newer[-1]}, which this program does not know",
            remedy="run the version of the program that goes with it, or add --force",
        )
    if later := [migration for migration in present if migration not in manifest.migrations]:
        raise NotRestored(
            f"the present database has had the migration {later[0]}, and {manifest.name} has not",
            remedy="add --force, and run `stylobate db migrate` afterwards",
        )


@asynccontextmanager
async def _alone(url: DatabaseUrl, *, safety_copy: bool) -> AsyncIterator[bool]:
    """Hold the lock in the present database. Whether there is one that can be opened."""
    there = await engine(url).exists(url)
    async with AsyncExitStack() as held:
        try:
            if there:
                await held.enter_async_context(database.connected(url, migrated=False))
                await held.enter_async_context(database.exclusive(LOCK))
        except DatabaseUnreachable as error:
            if isinstance(url, PostgresUrl):
                raise
            if safety_copy:
                raise _beyond_rescue(error) from error
            there = False
        yield there


async def _safety_copy() -> str:
    try:
        return (await taken(is_safety_copy=True)).name
    except Unavailable as error:
        raise _beyond_rescue(error) from error


def _beyond_rescue(error: Unavailable) -> NotRestored:
    return NotRestored(
        f"no safety copy of the present database could be taken ({error})",
        remedy="if it is beyond rescue, add --no-safety-copy: it is kept under another name anyway",
    )
