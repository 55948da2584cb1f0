from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from core import backup, clock, database
from core.errors import Unavailable
from tests.core.doctor.looking import found

SUBJECTS = ("backup store", "backups")


@pytest.fixture
async def taken(clean: None) -> AsyncIterator[backup.Manifest]:
    """A backup of the database, which is open."""
    async with database.connected():
        yield await backup.take()


async def test_without_a_backup_one_is_missed(clean: None) -> None:
    assert (await found(*SUBJECTS)).keys() == {"backup-missing"}


async def test_a_backup_is_unproven_until_it_is_restored_and_old_some_days_later(taken: backup.Manifest) -> None:
    unproven = await found(*SUBJECTS)
    await backup.verify()
    proven = await found(*SUBJECTS)
    with clock.shifted(timedelta(days=3)):
        old = await found(*SUBJECTS)

    assert unproven.keys() == {"backup-unproven"}
    assert proven == {}
    assert old.keys() == {"backup-old", "backup-unproven"}
    assert "was taken 3.0 days ago; 2.0 days is the limit" in old["backup-old"].what


async def test_a_backup_that_is_damaged_and_one_that_is_gone_are_found(taken: backup.Manifest, tmp_path: Path) -> None:
    (archive,) = (file for file in (tmp_path / "store").iterdir() if file.stat().st_size == taken.size)
    archive.write_bytes(archive.read_bytes()[:-1] + b"!")
    with pytest.raises(Unavailable):
        await backup.verify()
    damaged = await found(*SUBJECTS)
    archive.unlink()
    gone = await found(*SUBJECTS)

    assert damaged.keys() == {"backup-damaged", "backup-unproven"}
    assert gone.keys() == {"backup-damaged", "backup-unproven", "backup-gone"}


async def test_a_store_that_can_not_be_used_is_found_and_so_is_the_attempt_that_failed_on_it(
    clean: None, tmp_path: Path
) -> None:
    (tmp_path / "store").write_text("no folder")
    async with database.connected():
        with pytest.raises(Unavailable):
            await backup.take()

    assert (await found(*SUBJECTS)).keys() == {"backup-store-unreachable", "backup-failed", "backup-missing"}
