"""A check finds whatever is wrong with an archive, and says what."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from core import backup, clock
from core.backup import archive, manifest, names
from core.backup.archive import ArchiveDamaged, WrongKey
from core.backup.manifest import Manifest, ManifestInvalid, TableContent
from core.settings import DatabaseUrl, overridden
from models import Backup, Mail
from tests.factories import make_user


@pytest.fixture
async def taken(opened_own: DatabaseUrl) -> Manifest:
    return await backup.take()


def file_of(taken: Manifest, store: Path) -> Path:
    return store / f"{taken.name}{names.ARCHIVE}"


def rewrite(taken: Manifest, store: Path, **changes: object) -> None:
    """Have another manifest, signed as ours."""
    changed = manifest.written(taken.model_copy(update=changes))
    (store / f"{taken.name}{names.MANIFEST}").write_bytes(changed)


@pytest.mark.parametrize("level", [1, 2, 3])
async def test_a_sound_archive_passes_and_that_is_written_down(taken: Manifest, level: int) -> None:
    verified = await backup.verify(taken.name, level=level)

    assert (verified.name, verified.level, verified.note) == (taken.name, level, None)
    row = await Backup.get(name=taken.name)
    assert row.check_level == level
    assert row.check_error is None
    assert row.checked_at is not None
    newest = await backup.newest_verified()
    assert (newest is not None) == (level == 3)


async def test_the_newest_is_checked_when_none_is_named(opened_own: DatabaseUrl) -> None:
    with clock.shifted(timedelta(hours=-1)):
        await backup.take()
    newest = await backup.take()

    assert (await backup.verify(level=1)).name == newest.name


@pytest.mark.parametrize("tenth", range(10))
async def test_a_truncated_archive_is_found_by_its_checksum(taken: Manifest, store: Path, tenth: int) -> None:
    file = file_of(taken, store)
    file.write_bytes(file.read_bytes()[: taken.size * tenth // 10])

    with overridden(operator_mail="ops@example.com"), pytest.raises(ArchiveDamaged):
        await backup.verify(taken.name, level=1)

    row = await Backup.get(name=taken.name)
    assert row.check_error
    assert await backup.newest_verified() is None
    assert [mail.template for mail in await Mail.all()] == ["backup_untrusted"]


@pytest.mark.parametrize("tenth", range(10))
async def test_a_truncated_archive_is_found_by_reading_it(taken: Manifest, store: Path, tenth: int) -> None:
    """Also where somebody has made the manifest fit."""
    file = file_of(taken, store)
    file.write_bytes(file.read_bytes()[: taken.size * tenth // 10])
    rewrite(taken, store, sha256=archive.checksum(file), size=file.stat().st_size)

    with pytest.raises((ArchiveDamaged, backup.ProgramFailed)):
        await backup.verify(taken.name, level=2)


async def test_a_flipped_byte_is_found(taken: Manifest, store: Path) -> None:
    file, chance = file_of(taken, store), random.Random(7)  # noqa: S311  the same each time
    whole = file.read_bytes()

    for place in (0, taken.size - 1, *(chance.randrange(taken.size) for _ in range(8))):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(8)]) + whole[place + 1 :])
        with pytest.raises(ArchiveDamaged):
            await backup.verify(taken.name, level=1)


async def test_a_changed_manifest_is_found(taken: Manifest, store: Path) -> None:
    file = store / f"{taken.name}{names.MANIFEST}"
    file.write_text(file.read_text().replace('"rows": 3', '"rows": 4', 1))

    with pytest.raises(ManifestInvalid):
        await backup.verify(taken.name)

    assert (await Backup.get(name=taken.name)).check_error


async def test_a_newest_whose_manifest_is_damaged_is_told_to_the_operator(taken: Manifest, store: Path) -> None:
    (store / f"{taken.name}{names.MANIFEST}").write_text("{")

    with overridden(operator_mail="ops@example.com"), pytest.raises(ManifestInvalid):
        await backup.verify()

    assert (await Backup.get(name=taken.name)).check_error
    assert await Mail.all().count() == 1


async def test_a_table_that_differs_is_named(taken: Manifest, store: Path) -> None:
    tables = {
        **taken.tables,
        "user": TableContent(rows=4, fingerprint=taken.tables["user"].fingerprint),
        "session": TableContent(rows=3, fingerprint="0" * 16),
        "invented": TableContent(rows=0, fingerprint="0" * 16),
    }
    del tables["account"]
    rewrite(taken, store, tables=tables)

    with pytest.raises(backup.NotAsTaken) as found:
        await backup.verify(taken.name)

    assert str(found.value).endswith(
        "table account came from nowhere; table invented is missing; table session has other values in its 3 rows; "
        "table user has 3 rows instead of 4"
    )
    assert (await Backup.get(name=taken.name)).check_error == str(found.value)


async def test_a_key_that_is_gone_says_nothing_about_the_archive(taken: Manifest) -> None:
    await backup.verify(taken.name)

    with overridden(secrets={2: "n" * 32}), pytest.raises(WrongKey):
        await backup.verify(taken.name)

    assert (await Backup.get(name=taken.name)).check_error is None


async def test_with_another_key_in_front_old_archives_still_open(taken: Manifest) -> None:
    with overridden(secrets={2: "n" * 32, 1: "k" * 32}):
        assert (await backup.verify(taken.name)).level == 3
        assert (await backup.take()).key_ids != taken.key_ids


@pytest.mark.parametrize("name", ["stylobate-x-20260101T000000Z-abcdef", "../etc/passwd", ""])
async def test_an_archive_that_there_is_not_is_not_found(opened_own: DatabaseUrl, name: str) -> None:
    with pytest.raises(backup.BackupNotFound):
        await backup.verify(name)

    assert await Mail.all() == []


async def test_the_database_itself_is_not_touched_by_a_check(taken: Manifest) -> None:
    user = await make_user()

    await backup.verify(taken.name)

    await user.refresh_from_db()
