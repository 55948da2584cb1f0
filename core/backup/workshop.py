"""A folder for what is being worked on, for this account alone. It is gone afterwards; if we are killed, the next one
clears it up.

Its file ``lock`` is locked as long as the process lives. A folder whose lock is free has lost its process.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core import clock

_PREFIX = "stylobate-backup-"
_NEW = 60.0
"""Seconds in which a folder without a lock may still get one."""


@contextmanager
def workshop() -> Iterator[Path]:
    """The folder, below the system's temporary one (``TMPDIR``)."""
    _clear_up()
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    try:
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield folder
        finally:
            os.close(lock)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _clear_up() -> None:
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):  # Somebody else's, or gone already.
            if left.lstat().st_uid != os.geteuid() or left.is_symlink():
                continue
            if not (left / "lock").exists():  # Killed before it was made, or about to make it.
                if clock.now().timestamp() - left.lstat().st_mtime > _NEW:
                    shutil.rmtree(left, ignore_errors=True)
                continue
            lock = os.open(left / "lock", os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(left, ignore_errors=True)
            finally:
                os.close(lock)
