"""Backups: taken, proven by restoring them, and forgotten when nobody needs them any more."""

from datetime import timedelta

from core import backup
from core.backup import BackupNotFound, Pruned
from core.database import Held
from tasks.app import job

_LIMIT = timedelta(hours=6)


@job("backups.take", schedule="17 2 * * *", limit=_LIMIT, retries=1, family="backups")
async def take_backup() -> str:
    """Every night: take a backup."""
    manifest = await backup.take()
    return f"{manifest.name}, {manifest.size:,} bytes in {manifest.seconds:.0f} s"


@job("backups.verify", schedule="47 4 * * *", limit=_LIMIT, retries=0, family="backups")
async def verify_backup() -> str:
    """Every night: restore the newest backup into a database that is gone afterwards, and compare."""
    try:
        return str(await backup.verify())
    except (BackupNotFound, Held) as error:  # None was due yet, or it is being taken: next time, then.
        return str(error)


@job("backups.prune", schedule="37 6 * * *", limit=_LIMIT, family="backups")
async def prune_backups(*, dry_run: bool = False) -> Pruned | str:
    """Every day: remove the backups that nobody needs any more."""
    try:
        return await backup.prune(dry_run=dry_run)
    except Held as error:
        return str(error)
