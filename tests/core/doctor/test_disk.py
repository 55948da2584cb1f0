import shutil
from pathlib import Path

from tests.core.doctor.looking import every


async def test_a_disk_without_room_for_another_backup_is_found(clean: None, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with (tmp_path / "store" / "archive").open("wb") as archive:  # As large as the disk, and nothing in it.
        archive.truncate(shutil.disk_usage(tmp_path).total)

    found = [finding.what for finding in await every("disks") if "where backups go" in finding.what]

    assert len(found) == 1
    assert str(tmp_path / "store") in found[0]
