"""Who can move it to PostgreSQL: ours, pgloader, and the server itself, each as a process of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from core.local.postgres import Postgres

OURS = """
import asyncio, sys, time
from pathlib import Path
from core import progress, transfer
from core.settings import settings

copied = []
def listen(step):
    if step.what == "compare" and not copied:
        copied.append(time.perf_counter())

with progress.told_to(listen):
    moved = asyncio.run(
        transfer.move(Path(sys.argv[1]), settings().direct_database, rejected=Path(sys.argv[1] + ".rejects"))
    )
assert moved.same and not moved.rejected
print(time.perf_counter() - copied[0])
"""
PGLOADER = """
LOAD DATABASE FROM sqlite://{source} INTO {target}
WITH data only, include no drop, create no tables, create no indexes, reset no sequences, quote identifiers,
    prefetch rows = 10000
EXCLUDING TABLE NAMES LIKE 'account', 'verification'
CAST type date to timestamptz, type integer to boolean;
"""
AROUND = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)), contype = 'f'
FROM pg_constraint WHERE contype IN ('f', 'p', 'u') AND conrelid IN ('"user"'::regclass, 'session'::regclass)
    OR contype = 'f' AND confrelid = '"user"'::regclass
UNION ALL
SELECT format('DROP INDEX %s', indexrelid::regclass), pg_get_indexdef(indexrelid), false
FROM pg_index WHERE NOT indisunique AND indrelid IN ('"user"'::regclass, 'session'::regclass)
ORDER BY 3 DESC
"""
"""What takes away what is in the way of a COPY, foreign keys first, and what puts it back."""
NO_FOREIGN_KEYS = """
DO $$
DECLARE it record;
BEGIN
    FOR it IN SELECT conrelid::regclass AS name, conname FROM pg_constraint WHERE contype = 'f' LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', it.name, it.conname);
    END LOOP;
END
$$
"""
Environment = dict[str, str]


class Ran(NamedTuple):
    """Exit code, seconds, seconds at work, peak memory in MiB, and output of a program."""

    code: int
    seconds: float
    busy: float
    memory: float
    said: str


def run(command: list[str], environment: Environment) -> Ran:
    """Run it to its end."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)  # noqa: S603  as written here
    assert process.stdout is not None  # noqa: S101  a pipe
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    took, busy = time.perf_counter() - began, usage.ru_utime + usage.ru_stime
    return Ran(os.waitstatus_to_exitcode(status), took, busy, usage.ru_maxrss / 1024, said)


class Bench:
    """A server, a folder, and what is in them."""

    def __init__(self, server: Postgres, folder: Path) -> None:
        self.server, self.folder = server, folder
        self._count = self._cleared = 0

    def clear(self) -> None:
        """Drop the databases that there are."""
        there = {"DATABASE_URL": self.server.url("postgres")}
        for number in range(self._cleared + 1, self._count + 1):
            self.sql(there, f"DROP DATABASE bench{number}")
        self._cleared = self._count

    def database(self, *, migrated: bool) -> Environment:
        """Another empty database, as an environment that names it."""
        self._count += 1
        self.server.create_database(f"bench{self._count}")
        environment = {
            **os.environ,
            "DATABASE_URL": self.server.url(f"bench{self._count}"),
            "STYLOBATE_SECRETS": f"1:{'k' * 32}",
        }
        if migrated:
            subprocess.run(
                [sys.executable, "-m", "core.cli", "db", "migrate", "--json"],
                env=environment,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        return environment

    def sql(self, environment: Environment, *statements: str) -> str:
        """Run statements as the server's superuser."""
        commands = [part for statement in statements for part in ("-c", statement)]
        psql = [str(self.server.binaries / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", environment["DATABASE_URL"]]
        return subprocess.run([*psql, *commands], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()  # noqa: S603

    def ours(self, source: Path) -> tuple[Ran, float, Environment]:
        """How it ran, and how many of its seconds were for the comparison."""
        environment = self.database(migrated=True)
        ran = run([sys.executable, "-c", OURS, str(source)], environment)
        assert ran.code == 0  # noqa: S101  or there is nothing to measure
        return ran, float(ran.said), environment

    def pgloader(self, source: Path) -> tuple[Ran, Environment]:
        """How it ran."""
        environment = self.database(migrated=True)
        self.sql(environment, NO_FOREIGN_KEYS)
        script = self.folder / "pgloader.load"
        script.write_text(PGLOADER.format(source=source, target=environment["DATABASE_URL"]))
        return run(["pgloader", "--root-dir", str(self.folder / "pgloader"), str(script)], environment), environment

    def limit(self, filled: Environment) -> tuple[float, float]:
        """Seconds of the server's own COPY: with indexes and foreign keys taken away before and put back, and as is."""
        files = {name: self.server.data / f"{name}.copy" for name in ("user", "session")}
        for name, file in files.items():
            file.unlink(missing_ok=True)
            self.sql(filled, f"COPY \"{name}\" TO '{file}' (FORMAT binary)")
        copies = [f"COPY \"{name}\" FROM '{file}' (FORMAT binary)" for name, file in files.items()]
        environment = self.database(migrated=True)
        things = [line.split("|") for line in self.sql(environment, AROUND).splitlines()]
        indexes, foreign_keys = ([make for _, make, foreign in things if foreign == it] for it in ("f", "t"))
        # Statistics before foreign keys, as ours: the other way around it takes a third longer.
        around = [*(drop for drop, *_ in things), *copies, *indexes, "ANALYZE", *foreign_keys]
        return self.timed(environment, around), self.timed(self.database(migrated=True), copies)

    def timed(self, environment: Environment, statements: list[str]) -> float:
        """Seconds that they take."""
        began = time.perf_counter()
        self.sql(environment, *statements)
        return time.perf_counter() - began

    def rows(self, environment: Environment) -> int:
        """How many people and sessions arrived."""
        return int(self.sql(environment, 'SELECT (SELECT count(*) FROM "user") + (SELECT count(*) FROM "session")'))


@contextmanager
def served() -> Iterator[Bench]:
    """A server in a folder of its own, both gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Postgres(folder / "postgres") as server:
            yield Bench(server, folder)
            server.erase()
