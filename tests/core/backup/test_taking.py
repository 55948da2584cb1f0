"""A backup is taken whole or not at all, and says why."""

# ruff: noqa: ASYNC240  files are what is looked at here

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest

from core import backup, clock, database, progress
from core.backup import archive, keys
from core.backup.opening import load
from core.backup.stores import StoreUnavailable, open_store
from core.backup.workshop import workshop
from core.database import Held
from core.progress import Step
from core.settings import DatabaseUrl, SettingsInvalid, overridden
from models import Backup, Mail, User
from tests.core.backup.conftest import Killer
from tests.factories import make_user
from tests.programs import ROOT, running

STYLOBATE = "core.cli"


async def test_what_was_taken_is_in_the_store_and_in_a_row(opened_own: DatabaseUrl) -> None:
    manifest = await backup.take()

    assert await open_store().names() == [manifest.name]
    assert await load(open_store(), manifest.name) == manifest.model_copy(
        update={"signature": (await load(open_store(), manifest.name)).signature}
    )
    assert manifest.dialect == opened_own.dialect
    assert {name: manifest.tables[name].rows for name in ("user", "session", "backup")} == {
        "user": 3,
        "session": 3,
        "backup": 0,
    }
    assert manifest.key_ids == tuple(recipient.key_id for recipient in keys.recipients())
    row = await Backup.get(name=manifest.name)
    assert (row.size, row.taken_at) == (manifest.size, manifest.taken_at)
    assert row.error is None
    assert row.check_level is None
    assert row.manifest is not None
    assert row.manifest["tables"]["user"]["rows"] == 3


async def test_nothing_readable_lies_in_the_store(opened_own: DatabaseUrl, store: Path) -> None:
    await make_user(name="Grace Hopper", email="grace@example.com")

    await backup.take()

    assert all(b"grace@" not in file.read_bytes() for file in store.iterdir())
    assert {file.stat().st_mode & 0o777 for file in store.iterdir()} == {0o600}


async def test_what_is_written_meanwhile_changes_nothing(opened_own: DatabaseUrl) -> None:
    done = asyncio.Event()

    async def write() -> None:
        while not done.is_set():
            await make_user()

    writing = asyncio.create_task(write())
    manifest = await backup.take()
    done.set()
    await writing

    assert (await backup.verify()).level == 3
    assert manifest.tables["user"].rows < await User.all().count()


async def test_how_far_it_is_can_be_heard(opened_own: DatabaseUrl) -> None:
    steps: list[Step] = []

    with progress.told_to(steps.append):
        manifest = await backup.take()
        await backup.verify()

    assert {"back up", "count", "restore"} <= {step.what for step in steps}
    last = [step for step in steps if step.what == "restore"][-1]
    assert (last.total, last.unit) == (manifest.plain_size, "bytes")


async def test_of_two_at_once_one_is_taken(opened_own: DatabaseUrl) -> None:
    results = await asyncio.gather(backup.take(), backup.take(), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["Held", "Manifest"]
    assert len(await open_store().names()) == 1


async def test_checks_restores_and_clean_ups_wait_for_it_too(opened_own: DatabaseUrl) -> None:
    async with database.exclusive("backups"):
        for work in (backup.take, backup.verify, backup.prune):
            with pytest.raises(Held):
                await work()


async def test_a_clock_set_back_hides_nothing(opened_own: DatabaseUrl) -> None:
    first = await backup.take()
    with clock.shifted(timedelta(days=-400)):
        second = await backup.take()

        assert (await backup.verify(second.name)).level == 3
    assert (await backup.verify(first.name)).level == 3
    assert (await backup.prune()).removed == []
    assert {archive.name for archive in await backup.every()} == {first.name, second.name}


async def test_a_failure_is_a_row_and_a_mail_and_leaves_the_others(opened_own: DatabaseUrl, tmp_path: Path) -> None:
    earlier = await backup.take()
    (tmp_path / "file").touch()

    with (
        overridden(backup_store=str(tmp_path / "file" / "store"), operator_mail="ops@example.com"),
        pytest.raises(StoreUnavailable) as refused,
    ):
        await backup.take()

    assert [archive.error for archive in await backup.every()] == [str(refused.value), None]
    assert (await backup.verify(earlier.name)).level == 3
    assert [(mail.recipient, mail.template) for mail in await Mail.all()] == [("ops@example.com", "backup_failed")]


async def test_without_a_key_there_is_no_backup(opened_own: DatabaseUrl) -> None:
    with overridden(secrets={}), pytest.raises(SettingsInvalid):
        await backup.take()

    assert await open_store().names() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 KiB."""
    if os.geteuid() != 0:
        pytest.skip("it takes root to mount one")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


async def fill() -> None:
    """Rows that don't compress."""
    for _ in range(8):
        await make_user(name=os.urandom(50_000).hex()[:200])
        await User.all().limit(1).update(image=os.urandom(60_000).hex())
        await make_user()
    for user in await User.all():
        await User.filter(id=user.id).update(image=os.urandom(60_000).hex())


async def test_a_full_disk_for_the_store_is_said(opened_own: DatabaseUrl, small_disk: Path) -> None:
    await fill()

    with overridden(backup_store=str(small_disk)):
        with pytest.raises(StoreUnavailable, match="no space"):
            await backup.take()

        assert await open_store().names() == []
    assert list(small_disk.iterdir()) == []


async def test_a_full_disk_for_the_work_is_said(
    opened_own: DatabaseUrl, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill()
    monkeypatch.setattr(tempfile, "tempdir", str(small_disk))

    with pytest.raises(backup.NotWritten, match="No space left"):
        await backup.take()

    assert await open_store().names() == []
    assert list(small_disk.iterdir()) == []


async def test_called_off_it_leaves_nothing(opened_own: DatabaseUrl, store: Path) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def told(step: Step) -> None:
        loop.call_soon_threadsafe(begun.set)

    async def take() -> None:
        with progress.told_to(told):
            await backup.take()

    before = {*Path(tempfile.gettempdir()).glob("stylobate-backup-*")}
    task = asyncio.create_task(take())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert not store.exists() or not list(store.glob("*.json"))
    assert {*Path(tempfile.gettempdir()).glob("stylobate-backup-*")} <= before
    assert (await backup.take()).tables


async def test_killed_at_ten_moments_it_leaves_whole_backups_or_none(
    own: DatabaseUrl, killed_ten_times: Killer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await killed_ten_times("async with database.connected(): await backup.take()")

    async with database.connected(own):
        await get_hold()
        names = await open_store().names()
        assert names
        for name in names:
            assert (await backup.verify(name, level=2)).level == 2
        manifest = await backup.take()
        assert (await backup.verify(manifest.name)).level == 3
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "work"))
    with clock.shifted(timedelta(minutes=2)), workshop() as ours:
        assert [*(tmp_path / "work").iterdir()] == [ours]


async def get_hold() -> None:
    """A server may take a moment to see that a client is gone."""
    async with asyncio.timeout(10):
        while True:
            try:
                async with database.exclusive("backups"):
                    return
            except Held:
                await asyncio.sleep(0.01)


async def test_ctrl_c_ends_it_in_order(own: DatabaseUrl, program: dict[str, str], tmp_path: Path) -> None:
    program |= {"TMPDIR": str(tmp_path)}
    async with running(STYLOBATE, "backup", "create", cwd=ROOT, **program) as process:
        async with asyncio.timeout(20):
            while not [*tmp_path.glob("stylobate-backup-*/*")]:  # noqa: ASYNC110  a folder has no event
                await asyncio.sleep(0.001)
        process.send(signal.SIGINT)
        code = await process.ended()

    assert code in (0, 130), process.said
    assert "Traceback" not in process.said
    assert not [*tmp_path.glob("stylobate-backup-*")]


async def test_only_public_keys_write_what_only_their_owner_reads(opened_own: DatabaseUrl, tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    file = tmp_path / "identity"
    file.write_text(f"{identity}\n")
    file.chmod(0o600)

    with overridden(backup_recipients=(str(identity.to_public()),), secrets={}):
        manifest = await backup.take()
        verified = await backup.verify()

        assert (verified.level, verified.note) == (1, "the key to open it is not on this machine")
        with overridden(backup_identity_file=file):
            assert (await backup.verify()).level == 3
    with pytest.raises(archive.WrongKey):
        await backup.verify(manifest.name)
