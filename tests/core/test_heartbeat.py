import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from core import heartbeat
from core.settings import overridden
from tests.programs import ROOT

MINUTE = timedelta(minutes=1)

BEATING = """
import sys
from core import heartbeat

heartbeat.beat("worker", broker=False, concurrency=2)
print("beaten", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder of their own for the signs of this test."""
    with overridden(heartbeat_folder=tmp_path / "signs"):
        yield tmp_path / "signs"


@pytest.fixture
def common(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where ours would be in a temporary folder that everybody may write to."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with overridden(heartbeat_folder=None):
        yield tmp_path / f"stylobate-{os.getuid()}"


def other(place: Path) -> "subprocess.Popen[str]":
    """Another process that has shown itself."""
    process = subprocess.Popen(
        [sys.executable, "-c", BEATING],
        env={**os.environ, "STYLOBATE_HEARTBEAT_FOLDER": str(place)},
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "beaten\n"
    return process


def test_a_process_that_beats_is_alive_and_says_what_it_is(place: Path) -> None:
    heartbeat.beat("worker", concurrency=2)
    (sign,) = heartbeat.require("worker", within=MINUTE)

    assert sign._replace(beaten=0) == heartbeat.Sign("worker", os.getpid(), 0, True, {"concurrency": 2})  # noqa: FBT003
    assert 0 <= sign.age < 60


def test_the_last_beat_is_what_counts(place: Path) -> None:
    heartbeat.beat("worker")
    (before,) = heartbeat.living("worker")
    heartbeat.beat("worker", broker=False)
    (after,) = heartbeat.living("worker")

    assert after.beaten > before.beaten
    assert (before.broker, after.broker) == (True, False)
    assert [file.name for file in place.iterdir()] == [f"worker-{os.getpid()}.json"]


def test_each_kind_is_for_itself(place: Path) -> None:
    heartbeat.beat("worker")

    assert heartbeat.living("beat") == []
    with pytest.raises(heartbeat.NotAlive, match="no beat shows itself"):
        heartbeat.require("beat", within=MINUTE)


def test_a_process_that_stops_is_not_missed(place: Path) -> None:
    heartbeat.beat("worker")
    heartbeat.stop("worker")
    heartbeat.stop("worker")

    assert heartbeat.living("worker") == []


def test_a_process_that_is_there_and_does_not_beat_is_stuck(place: Path) -> None:
    heartbeat.beat("worker")

    with pytest.raises(heartbeat.NotAlive, match=f"process {os.getpid()} has not shown itself"):
        heartbeat.require("worker", within=timedelta())


def test_of_two_one_that_is_stuck_is_enough(place: Path) -> None:
    with other(place) as stuck:
        heartbeat.beat("worker")
        signs = {sign.pid: sign for sign in heartbeat.living("worker")}
        between = timedelta(seconds=(signs[stuck.pid].age + signs[os.getpid()].age) / 2)

        with pytest.raises(heartbeat.NotAlive, match=f"process {stuck.pid} "):
            heartbeat.require("worker", within=between)
        assert stuck.stdin is not None
        stuck.stdin.close()


def test_a_process_that_was_killed_is_forgotten_also_before_anybody_has_waited_for_it(place: Path) -> None:
    killed = other(place)
    (sign,) = heartbeat.living("worker")
    killed.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)  # It is a zombie from here on.

    assert (sign.pid, sign.broker, sign.facts) == (killed.pid, False, {"concurrency": 2})
    assert psutil.Process(killed.pid).status() == psutil.STATUS_ZOMBIE
    assert heartbeat.living("worker") == []
    assert list(place.iterdir()) == []
    killed.communicate()


def test_a_process_that_got_the_number_of_a_dead_one_is_not_taken_for_it(place: Path) -> None:
    heartbeat.beat("worker")
    (file,) = place.iterdir()
    earlier = json.loads(file.read_text()) | {"birth": "1"}
    file.write_text(json.dumps(earlier))

    assert heartbeat.living("worker") == []
    assert not file.exists()


@pytest.mark.parametrize("half", ["", "{", "{}", "null", "[]"])
def test_half_a_file_is_none(half: str, place: Path) -> None:
    heartbeat.beat("worker")
    (file,) = place.iterdir()
    file.write_text(half)

    assert heartbeat.living("worker") == []
    assert not file.exists()


def test_whoever_reads_while_it_is_written_finds_it_whole(place: Path) -> None:
    heartbeat.beat("worker")
    writer = subprocess.Popen(
        [sys.executable, "-c", "from core import heartbeat\nwhile True: heartbeat.beat('worker', much='x' * 10_000)"],
        env={**os.environ, "STYLOBATE_HEARTBEAT_FOLDER": str(place)},
        cwd=ROOT,
    )
    try:
        while len(heartbeat.living("worker")) < 2:
            assert writer.poll() is None
        counted = {len({sign.pid for sign in heartbeat.living("worker")}) for _ in range(500)}
    finally:
        writer.kill()
        writer.wait()

    assert counted == {2}


def test_the_folder_is_for_its_account_alone(common: Path) -> None:
    heartbeat.beat("worker")

    assert common.stat().st_mode & 0o777 == 0o700
    assert len(heartbeat.living("worker")) == 1


def test_without_a_folder_nobody_is_alive_and_none_is_made(common: Path) -> None:
    assert heartbeat.living("worker") == []
    assert not common.exists()


@pytest.mark.parametrize("trick", ["symlink", "dangling", "file", "open"])
def test_a_folder_that_somebody_else_may_have_put_there_is_refused(trick: str, common: Path, tmp_path: Path) -> None:
    if trick == "symlink":
        (tmp_path / "theirs").mkdir(mode=0o700)
    if trick in {"symlink", "dangling"}:
        common.symlink_to(tmp_path / "theirs")
    elif trick == "file":
        common.touch()
    else:
        common.mkdir()
        common.chmod(0o777)

    with pytest.raises(heartbeat.HeartbeatFailed):
        heartbeat.beat("worker")
    if trick != "dangling":
        with pytest.raises(heartbeat.HeartbeatFailed, match="not a folder of this account alone"):
            heartbeat.living("worker")
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_another_account_is_refused(common: Path) -> None:
    common.mkdir(mode=0o700)
    os.chown(common, 12345, 12345)

    with pytest.raises(heartbeat.HeartbeatFailed, match="not a folder of this account alone"):
        heartbeat.beat("worker")


def test_a_folder_that_can_not_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with (
        overridden(heartbeat_folder=tmp_path / "file" / "signs"),
        pytest.raises(heartbeat.HeartbeatFailed, match="can't be written to: Not a directory"),
    ):
        heartbeat.beat("worker")
