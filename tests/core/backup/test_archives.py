"""What there is, and what may go."""

from datetime import timedelta
from pathlib import Path

import pytest

from core import backup, clock
from core.backup import names
from core.backup.stores import StoreUnavailable, open_store
from core.settings import DatabaseUrl, overridden
from core.settings.backups import BackupKeep
from models import Backup


async def taken_days_ago(*days: int) -> list[str]:
    found = []
    for number in days:
        with clock.shifted(timedelta(days=-number)):
            found.append((await backup.take()).name)
    return found


async def test_they_are_listed_newest_first(opened_own: DatabaseUrl) -> None:
    old, new, between = await taken_days_ago(3, 1, 2)
    await backup.verify(between)

    archives = await backup.every()

    assert [archive.name for archive in archives] == [new, between, old]
    assert [archive.is_proven for archive in archives] == [False, True, False]
    found = await backup.newest_verified()
    assert found
    assert found.name == between
    assert (await backup.find()).name == new


async def test_an_archive_that_the_database_does_not_know_gets_a_row(opened_own: DatabaseUrl) -> None:
    manifest = await backup.take()
    await Backup.all().delete()

    (archive,) = await backup.every()

    assert (archive.name, archive.taken_at, archive.size) == (manifest.name, manifest.taken_at, manifest.size)
    assert await Backup.filter(name=manifest.name).count() == 1


async def test_one_whose_manifest_can_not_be_read_is_listed_as_such(opened_own: DatabaseUrl, store: Path) -> None:
    manifest = await backup.take()
    await Backup.all().delete()
    (store / f"{manifest.name}{names.MANIFEST}").write_text("{}")

    (archive,) = await backup.every()

    assert archive.check_error
    assert not archive.is_proven
    assert await backup.stored() == []


async def test_one_that_somebody_removed_is_said_to_be_gone(opened_own: DatabaseUrl) -> None:
    manifest = await backup.take()
    await open_store().remove(manifest.name)

    assert [archive.is_stored for archive in await backup.every()] == [False]


async def test_archives_of_another_database_in_the_same_store_are_left_alone(
    opened_own: DatabaseUrl, store: Path
) -> None:
    manifest = await backup.take()
    other = "stylobate-other-20200101T000000Z-abcdef"
    for suffix in (names.ARCHIVE, names.MANIFEST):
        (store / f"{other}{suffix}").write_bytes((store / f"{manifest.name}{suffix}").read_bytes())

    assert [archive.name for archive in await backup.every()] == [manifest.name]
    assert (await backup.prune()).removed == []
    assert other in await open_store().names()


async def test_what_nobody_needs_is_removed_and_its_row_says_so(opened_own: DatabaseUrl) -> None:
    first, second, third = await taken_days_ago(3, 2, 1)
    await backup.verify(second, level=3)

    with overridden(backup_keep=BackupKeep(hourly=0, daily=1, weekly=0, monthly=0)):
        would = await backup.prune(dry_run=True)
        assert sorted(await open_store().names()) == sorted([first, second, third])
        pruned = await backup.prune()

    assert would.removed == pruned.removed == [first]
    assert sorted(await open_store().names()) == sorted([second, third])
    assert (await Backup.get(name=first)).removed_at
    assert [archive.name for archive in await backup.every()] == [third, second]


@pytest.mark.parametrize("doubt", ["the last attempt failed", "the newest is damaged"])
async def test_nothing_is_removed_in_doubt(opened_own: DatabaseUrl, doubt: str) -> None:
    _, newest = await taken_days_ago(3, 1)
    if doubt == "the newest is damaged":
        await Backup.filter(name=newest).update(check_error="damaged")
    else:
        with overridden(backup_store="/dev/null/store"), pytest.raises(StoreUnavailable):
            await backup.take()

    with overridden(backup_keep=BackupKeep(hourly=0, daily=1, weekly=0, monthly=0)):
        assert (await backup.prune()).removed == []


async def test_rows_of_what_is_long_gone_go_too(opened_own: DatabaseUrl) -> None:
    (old,) = await taken_days_ago(200)
    await Backup.filter(name=old).update(removed_at=clock.now() - timedelta(days=100))
    await Backup.create(name="failed", store="", taken_at=clock.now() - timedelta(days=100), error="full")
    await open_store().remove(old)

    await backup.prune()

    assert await Backup.all().count() == 0
