"""A streaming replica of a PostgreSQL that a test has started."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from core.local.postgres import Postgres
from core.local.server import _children, write_private


class Standby(Postgres):
    """A copy of a running server, which follows it. It keeps what it is sent in a slot of its own."""

    def __init__(self, folder: Path, of: Postgres, *, binaries: Path | None = None) -> None:
        super().__init__(folder, binaries=binaries)
        self._of = of

    def _initialize(self) -> None:
        workshop = Path(tempfile.mkdtemp(prefix="copy-", dir=self.data.parent))
        os.chown(workshop, self._account.get("user", -1), self._account.get("group", -1))
        write_private(self._file("password"), self._of._recall("password"))
        command = [
            f"{self.binaries}/pg_basebackup",
            f"--pgdata={workshop}/data",
            f"--dbname={self._of.url('postgres')}",
        ]
        command += ["--write-recovery-conf", "--create-slot", f"--slot={self._folder.name}", "--checkpoint=fast"]
        if self._spawn([*command, "--no-sync"]).wait():
            raise self._failure("could not be copied")
        (workshop / "data").rename(self.data)
        shutil.rmtree(workshop)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It and its children stand still inside, and their connections stay open."""
        assert self._process is not None
        everyone = [self._process.pid]
        os.kill(self._process.pid, signal.SIGSTOP)
        everyone += _children(self._process.pid)
        for pid in everyone[1:]:
            with suppress(ProcessLookupError):  # It had ended just then.
                os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in everyone:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)
