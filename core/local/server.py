"""What both servers share: one process for a folder, with a lock, a port, a password and a log.

The process inherits the locked file, so the lock lasts exactly as long as it and its children. The lock, and no number
that a stranger may bear by now, says whether an earlier run has left a server.
"""

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import quote

from core.errors import Unavailable

# What else the caller's environment holds is none of a server's business.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
# Below those the kernel lends to clients, or one may sit on the port while the server is down.
_PORTS = range(20_000, 32_000)
_PATIENCE = 30.0  # seconds


class Server:
    """The server of a folder: never two, with one password, on the same port as last time."""

    _name: ClassVar[str]
    _farewell: ClassVar[signal.Signals]

    def __init__(self, folder: Path, *, durable: bool, port: int | None) -> None:
        self._folder = folder.resolve()
        self._durable = durable
        self._port = port
        self._lock = -1
        self._account: dict[str, Any] = {}  # who runs it, in the words of subprocess
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Return when it answers. A server that an earlier run has left here is stopped first."""
        with self._alone():
            for _ in range(5):
                port = self._choose_port()
                self._process = self._spawn(self._command(port))
                os.ftruncate(self._lock, 0)
                os.write(self._lock, b"%d" % self._process.pid)
                if self._comes_up(self._process):
                    return
                if _is_free(port):  # then it was not that somebody took it first
                    break
            raise self._failure("did not start")

    def stop(self) -> None:
        """Let it end in order, and return when it is gone."""
        if self._process:
            self._process.send_signal(self._farewell)
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
            self._process = None

    def kill(self) -> None:
        """End it and its children at once, as a crash would."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGSTOP)  # no new children while they are counted
            for child in _children(self._process.pid):
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            self._process.kill()
            self._process.wait()
        self._process = None

    def _command(self, port: int) -> list[str]:
        """Make what the process needs, and say what to run (no secrets: everybody can read it)."""
        raise NotImplementedError

    def _is_ready(self) -> bool:
        """Say whether the process that was just started answers."""
        raise NotImplementedError

    def _file(self, what: str) -> Path:
        return self._folder / f"{self._name.lower()}.{what}"

    def _recall(self, what: str) -> str:
        try:
            return self._file(what).read_text()
        except FileNotFoundError:
            raise Unavailable(f"{self._name} has left no {what} in {self._folder}", remedy="Start it first.") from None

    def _address(self) -> str:
        return f"{quote(self._recall('password'), safe='')}@127.0.0.1:{self._recall('port')}"

    def _new_password(self) -> str:
        if not self._file("password").exists():  # or an earlier start came as far as this
            write_private(self._file("password"), secrets.token_urlsafe(32))
        return self._recall("password")

    def _choose_port(self) -> int:
        last = self._file("port")
        port = self._port or (int(last.read_text()) if last.exists() else secrets.choice(_PORTS))
        while not _is_free(port):
            if self._port:
                raise Unavailable(f"Port {port} is taken", remedy="Choose another one, or none.")
            port = secrets.choice(_PORTS)
        write_private(last, str(port))
        return port

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.stop()
        self._folder.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + _PATIENCE
        with open(self._file("lock"), "ab", opener=_open_private) as lock:
            while True:
                with suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                holder = self._recall("lock")
                if time.monotonic() > deadline:
                    raise Unavailable(
                        f"Another {self._name} runs in {self._folder} and does not stop",
                        remedy=f"End process {holder} by hand.",
                    )
                with suppress(ValueError, ProcessLookupError):
                    os.kill(int(holder), self._farewell)
                time.sleep(0.05)
            lock.truncate(0)
            self._lock = lock.fileno()
            yield

    def _spawn(self, command: list[str]) -> subprocess.Popen[bytes]:
        with open(self._file("log"), "ab", opener=_open_private) as log:
            try:
                return subprocess.Popen(
                    command,
                    cwd="/",  # ours may be closed to the account
                    env=ENVIRONMENT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=[self._lock],
                    umask=0o077,
                    start_new_session=True,  # Ctrl-C is for us, who know the order of stopping
                    **self._account,
                )
            except OSError as error:
                raise Unavailable(f"{self._name} could not be run: {error}", remedy="Look for what it names.") from None

    def _comes_up(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + _PATIENCE
        ready = False
        try:
            while not ready and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.01)
                ready = self._is_ready()
        finally:
            if not ready:
                self.kill()
        return ready

    def _failure(self, what: str) -> Unavailable:
        log = self._file("log")
        tail = " | ".join(log.read_text(errors="replace").splitlines()[-5:])
        return Unavailable(f"{self._name} {what}: {tail}", remedy=f"Read {log}.")


def from_wheel(name: str, package: str, pattern: str) -> Path:
    """Find a file or folder of an installed wheel, without importing the wheel's own Python."""
    spec = find_spec(package)
    for place in (spec and spec.submodule_search_locations) or ():
        for found in Path(place).glob(pattern):
            return found
    raise Unavailable(f"{name}'s wheel is not installed", remedy="pip install 'stylobate[local]'")


def write_private(file: Path, text: str) -> None:
    """Write it whole or not at all, for no other user to read."""
    new = file.with_name(f"{file.name}.new")
    with open(new, "w", opener=_open_private) as stream:
        stream.write(text)
    new.replace(file)


def _open_private(path: str, flags: int) -> int:
    try:
        return os.open(path, flags, 0o600)
    except PermissionError:
        raise Unavailable(f"{path} is another user's", remedy="Run as that user, or choose another folder.") from None


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the servers do
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
        return False


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if listed.exists():
        return [int(child) for child in listed.read_text().split()]
    pgrep = subprocess.run(["/usr/bin/pgrep", "-P", str(pid)], capture_output=True, check=False)
    return [int(child) for child in pgrep.stdout.split()]
