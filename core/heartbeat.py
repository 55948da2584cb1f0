"""A file that says: this process is alive. A worker and beat write theirs anew every few seconds.

To ask a worker over its broker costs nearly a second of CPU each time, and says nothing while the broker is away. The
file is written from within the loop that does the work, so one that is stuck writes none.

Its age is counted on the monotonic clock, which all processes of a machine share: one that is set to another time, or a
laptop that wakes up, makes no healthy process look dead.
"""

import json
import os
import stat
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from core.errors import Unavailable
from core.settings import settings


class HeartbeatFailed(Unavailable):
    """The file can't be where it should be."""


class NotAlive(Unavailable):
    """There is no such process, or it is stuck."""


class Sign(NamedTuple):
    """What a living process last said of itself: whether it reaches its broker, and what else it wanted to be known."""

    kind: str
    pid: int
    beaten: float
    broker: bool
    facts: dict[str, Any]

    @property
    def age(self) -> float:
        """Seconds since."""
        return time.monotonic() - self.beaten


def folder() -> Path:
    """Where the files are: each container, and each service of systemd with ``PrivateTmp``, has one of its own."""
    return settings().heartbeat_folder or Path(tempfile.gettempdir()) / f"stylobate-{os.getuid()}"


def beat(kind: str, *, broker: bool = True, **facts: Any) -> None:  # noqa: ANN401  whatever JSON takes
    """Say that this process is alive.

    Args:
        kind: what it is, ``worker`` or ``beat``.
        broker: whether it reaches its broker.
        facts: what else is to be known of it.

    Raises:
        HeartbeatFailed: the folder can't be made or written to, or somebody else has put it there.
    """
    pid = os.getpid()
    sign = {"pid": pid, "birth": _birth(pid), "beaten": time.monotonic(), "broker": broker, "facts": facts}
    file = _file(kind)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _require_ours(file.parent)
        new = file.with_suffix(".new")
        new.write_text(json.dumps(sign))
        new.replace(file)
    except OSError as error:
        raise HeartbeatFailed(
            f"{file.parent} can't be written to: {error.strerror}", remedy=f"let uid {os.getuid()} write there"
        ) from error


def stop(kind: str) -> None:
    """Say that this process ends, so that nobody misses it."""
    _file(kind).unlink(missing_ok=True)


def living(kind: str) -> list[Sign]:
    """The processes of this kind that are there, also those that are stuck. The files of others are deleted.

    Raises:
        HeartbeatFailed: somebody else has put the folder there.
    """
    if not folder().exists():
        return []
    _require_ours(folder())
    return [sign for file in sorted(folder().glob(f"{kind}-*.json")) if (sign := _read(kind, file)) is not None]


def require(kind: str, *, within: timedelta) -> list[Sign]:
    """The processes of this kind, of which there is at least one, and none that is stuck.

    Args:
        kind: ``worker`` or ``beat``.
        within: how long ago each may have shown itself at the most.

    Raises:
        NotAlive: there is none, or one has not shown itself for longer.
        HeartbeatFailed: somebody else has put the folder there.
    """
    signs = living(kind)
    if not signs:
        raise NotAlive(
            f"no {kind} shows itself in {folder()}", remedy="start it, or ask as its user and with its settings"
        )
    for sign in signs:
        if sign.age > within.total_seconds():
            raise NotAlive(
                f"the {kind} of process {sign.pid} has not shown itself for {sign.age:.0f} s",
                remedy="restart it, and read its last lines",
            )
    return signs


def _file(kind: str) -> Path:
    return folder() / f"{kind}-{os.getpid()}.json"


def _read(kind: str, file: Path) -> Sign | None:
    try:
        found = json.loads(file.read_text())
        if found["birth"] is not None and _birth(found["pid"]) == found["birth"]:
            return Sign(kind, found["pid"], found["beaten"], found["broker"], found["facts"])
    except FileNotFoundError:  # It has just ended.
        return None
    except (ValueError, KeyError, TypeError):  # A machine that loses power may leave half a file.
        pass
    file.unlink(missing_ok=True)
    return None


def _birth(pid: int) -> str | None:
    """What tells a process from a later one of the same number, or None: there is none.

    On Linux it is the moment of its birth, in ticks since the machine's. Elsewhere the number has to do.
    """
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        if Path("/proc/self/stat").exists():
            return None
        try:
            os.kill(pid, 0)
        except OSError:
            return None
        return ""
    return None if state == b"Z" else fields[18].decode()


def _require_ours(path: Path) -> None:
    """In a place where everybody may make folders, somebody may have made ours first. A chosen one is not asked."""
    if settings().heartbeat_folder is not None:
        return
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise HeartbeatFailed(
            f"{path} is not a folder of this account alone",
            remedy="delete it, or set STYLOBATE_HEARTBEAT_FOLDER to another one",
        )
