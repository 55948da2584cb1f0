"""Taking a backup: a snapshot of the database, written as one archive into the store, and a row that says so.

The archive is made in a folder of its own and counts only when its manifest is in the store, which is last. Whatever
goes wrong before leaves no backup, a row with the reason, and a mail to the operator.
"""

import asyncio
import logging
import time
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tortoise.exceptions import OperationalError

from core import clock, database, mail
from core.backup import archive, keys, names
from core.backup.archive import Written
from core.backup.blocking import Told, in_thread
from core.backup.content import Snapshot
from core.backup.dialects import engine
from core.backup.manifest import Manifest, written
from core.backup.stores import open_store
from core.backup.workshop import workshop
from core.errors import Refusal, Unavailable
from core.settings import settings
from models import Backup

_log = logging.getLogger(__name__)

LOCK = "backups"
"""What excludes each other: taking, verifying, restoring and pruning."""


class NotWritten(Unavailable):
    """The archive could not be written."""


async def take() -> Manifest:
    """Take a backup of ``settings().direct_database``. The database must be open: its row goes there.

    Raises:
        Held: another process is taking, verifying, restoring or pruning.
        Unavailable: there is no backup; the earlier ones are as they were.
    """
    async with database.exclusive(LOCK):
        return await taken()


async def taken(*, is_safety_copy: bool = False) -> Manifest:
    """The same, for whoever has the lock."""
    taken_at = clock.now()
    url = settings().direct_database
    name = names.new(engine(url).database_name(url), taken_at=taken_at)
    try:
        manifest = await _stored(name, taken_at, is_safety_copy=is_safety_copy)
    except Exception as error:
        failure = explained(error)
        await _write_down_failure(name, taken_at, failure)
        await tell_operator("backup_failed", name, failure)
        if failure is error:
            raise
        raise failure from error
    try:
        await Backup.create(**row(manifest))
    except OperationalError:
        # Before it is replaced, a database may be of a time that knew no such table. The store knows what it has.
        if not is_safety_copy:
            raise
    return manifest


async def _stored(name: str, taken_at: datetime, *, is_safety_copy: bool) -> Manifest:
    began = time.monotonic()
    url, store, recipients = settings().direct_database, open_store(), keys.recipients()
    know = engine(url)
    with workshop() as folder:
        file = folder / "archive"
        async with know.snapshot(url, folder) as snapshot:
            counting = asyncio.ensure_future(snapshot.content())
            try:
                done = await _written(snapshot, file, recipients)
                snapshot.finish()
                content = await counting
            except Unavailable:
                if counting.done():
                    await counting  # An error there ends the snapshot, and pg_dump fails for that alone.
                raise
            finally:
                counting.cancel()
                await asyncio.gather(counting, return_exceptions=True)
        await store.save(name, file, sha256=done.sha256)
        manifest = Manifest(
            name=name,
            taken_at=taken_at,
            dialect=url.dialect,
            database=know.database_name(url),
            server_version=snapshot.server_version,
            tool_version=snapshot.tool_version,
            program_version=version("stylobate"),
            migrations=content.migrations,
            tables=content.tables,
            **done._asdict(),
            seconds=round(time.monotonic() - began, 3),
            key_ids=tuple(recipient.key_id for recipient in recipients),
            is_safety_copy=is_safety_copy,
        )
        await store.save_manifest(name, written(manifest))
    return manifest


async def _written(snapshot: Snapshot, file: Path, recipients: list[keys.Recipient]) -> Written:
    def work(told: Told) -> Written:
        with file.open("xb") as target:
            return archive.write(snapshot.stream, target, recipients, told=told)

    return await in_thread(work, what="back up", total=snapshot.size, stop=snapshot.stop)


def row(manifest: Manifest) -> dict[str, Any]:
    """The row of an archive, unchecked."""
    return {
        "name": manifest.name,
        "store": open_store().where,
        "size": manifest.size,
        "seconds": manifest.seconds,
        "manifest": manifest.model_dump(mode="json"),
        "taken_at": manifest.taken_at,
        "is_safety_copy": manifest.is_safety_copy,
    }


def explained(error: Exception) -> Exception:
    """The error in our terms, where it is the machine's."""
    if isinstance(error, OSError):
        return NotWritten(
            f"the backup can't be written: {error.strerror or type(error).__name__}",
            remedy="make room in the system's temporary folder, or name another in TMPDIR",
        )
    return error


async def _write_down_failure(name: str, taken_at: datetime, error: Exception) -> None:
    with suppress(Exception):  # The database may be what failed.
        await Backup.create(name=name, store=settings().backup_store, taken_at=taken_at, error=text(error))


def text(error: Exception) -> str:
    """What a row and a mail say of it: of errors that are not ours the name alone, for values may stand in the rest."""
    return str(error) if isinstance(error, Unavailable | Refusal) else type(error).__name__


async def tell_operator(template: str, name: str, error: Exception) -> None:
    """Write to whoever looks after the system, if there is anybody."""
    to = settings().operator_mail
    if to is None:
        return
    try:
        remedy = error.remedy if isinstance(error, Unavailable) else "see the log of the worker"
        await mail.send(to=to, template=template, name=name, error=text(error), remedy=remedy)
    except Exception as failure:  # noqa: BLE001  what failed first is what counts
        _log.warning("no mail about it: %s", text(failure))
