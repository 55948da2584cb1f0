"""Whether there is a backup that can be trusted, and is not too old."""

from collections.abc import AsyncIterator
from datetime import timedelta

from core import backup, clock
from core.backup.stores import open_store
from core.doctor.finding import Check, Finding, Kind
from core.errors import Unavailable
from core.settings import settings
from models import Backup

BACKUP_MISSING = Kind("backup-missing", "error", "What is lost now is lost for good.")
BACKUP_OLD = Kind("backup-old", "error", "All that was written since would be lost.")
BACKUP_FAILED = Kind("backup-failed", "error", "No new backup is taken, and the old ones grow old.")
BACKUP_DAMAGED = Kind("backup-damaged", "error", "It can't be restored, or not as it was, and perhaps others can't be.")
BACKUP_UNPROVEN = Kind("backup-unproven", "warning", "Nobody knows whether it can be restored until somebody needs it.")
BACKUP_GONE = Kind("backup-gone", "error", "The newest backup is not where it should be, so it can't be restored.")
STORE_UNREACHABLE = Kind("backup-store-unreachable", "error", "No backup can be taken, and none can be restored.")


async def _backups() -> AsyncIterator[Finding]:
    attempts = Backup.filter(removed_at=None, is_safety_copy=False).order_by("-taken_at")
    newest, taken = await attempts.first(), await attempts.filter(error=None).first()
    limit, now = settings().backup_age_limit, clock.now()
    if newest and newest.error:
        yield BACKUP_FAILED.found(f"{newest.name}: {newest.error}", mend="stylobate backup create, which says why")
    if taken is None:
        yield BACKUP_MISSING.found("there is no backup of this database", mend="stylobate backup create")
        return
    if now - taken.taken_at > limit:
        yield BACKUP_OLD.found(
            f"the newest backup was taken {_days(now - taken.taken_at)} ago; {_days(limit)} is the limit"
            " (STYLOBATE_BACKUP_AGE_LIMIT)",
            mend="stylobate backup create; and see that its job runs: stylobate jobs history backups.create",
        )
    if taken.check_error:
        yield BACKUP_DAMAGED.found(f"{taken.name}: {taken.check_error}", mend="stylobate backup create, and verify")
    proven = await backup.newest_verified()
    if proven is None or now - proven.taken_at > limit:
        yield BACKUP_UNPROVEN.found(
            "no backup was ever proven by restoring it"
            if proven is None
            else f"the newest backup that was proven is {_days(now - proven.taken_at)} old",
            mend="stylobate backup verify; and see that its job runs: stylobate jobs history backups.verify",
        )
    try:
        stored = await open_store().names()
    except Unavailable:
        return  # The look at the store says so.
    if taken.name not in stored:
        yield BACKUP_GONE.found(
            f"{taken.name} is not in {settings().backup_store}",
            mend="set STYLOBATE_BACKUP_STORE to where it is, or: stylobate backup create",
        )


def _days(age: timedelta) -> str:
    hours = age.total_seconds() / 3_600
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.0f} hours"  # noqa: PLR2004  a day is too rough for it


async def _store() -> AsyncIterator[Finding]:
    try:
        await open_store().names()
    except Unavailable as error:
        yield STORE_UNREACHABLE.found(str(error), mend=error.remedy)


CHECKS = (
    Check("backup store", _store, (STORE_UNREACHABLE,)),
    Check(
        "backups",
        _backups,
        (BACKUP_MISSING, BACKUP_OLD, BACKUP_FAILED, BACKUP_DAMAGED, BACKUP_UNPROVEN, BACKUP_GONE),
        "schema",
    ),
)
