"""What moving from SQLite to PostgreSQL costs: `.venv/bin/python benchmarks/transfer.py [people] [rounds]`.

As many sessions as people, as better-auth writes them, into the schema of our migrations. Beside it, in the same run,
pgloader (`apt install pgloader`), loading the data alone into the same schema without its foreign keys (in camelCase it
can't drop them), with a tenth of its usual prefetch (with that it runs out of memory); and the limit: the server's own
COPY of files that are binary already, with keys, indexes and foreign keys made afterwards, as ours has it. Each is a
process of its own, so that its memory can be told, and how long it was at work itself. At the end, what each says of a
file with rows in it that can't be. Ten million rows, `5000000`, need about 20 GB for temporary files.
"""

import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from core.local.postgres import Postgres

SCHEMA = """
CREATE TABLE "user" ("id" text NOT NULL PRIMARY KEY, "name" text NOT NULL, "email" text NOT NULL,
    "emailVerified" integer NOT NULL, "image" text, "createdAt" date NOT NULL, "updatedAt" date NOT NULL);
CREATE TABLE "session" ("id" text NOT NULL PRIMARY KEY, "expiresAt" date NOT NULL, "token" text NOT NULL UNIQUE,
    "createdAt" date NOT NULL, "updatedAt" date NOT NULL, "ipAddress" text, "userAgent" text,
    "userId" text NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE);
CREATE TABLE "account" ("id" text NOT NULL PRIMARY KEY);
CREATE TABLE "verification" ("id" text NOT NULL PRIMARY KEY);
"""
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


def text(number: int) -> str:
    """A time as JavaScript writes it."""
    moment = datetime(2025, 1, 1) + timedelta(seconds=number * 7, milliseconds=number % 1000)  # noqa: DTZ001  it is text
    return f"{moment.isoformat(timespec='milliseconds')}Z"


def write(file: Path, people: int, *, dirty: bool = False) -> None:
    """The source. In a dirty one are a time that is none, a name with a NUL and an address that several have."""

    def ident(what: str, n: int) -> str:
        return blake2b(f"{what} {n}".encode(), digest_size=16).hexdigest()

    def persons() -> Iterator[tuple[object, ...]]:
        for n in range(people):
            when = "yesterday" if dirty and n == 5 else text(n)  # noqa: PLR2004  any one of them
            name = "half\0a name" if dirty and n == 6 else f"Person {n}"  # noqa: PLR2004  the same
            yield ident("user", n), name, f"person{max(n, 8) if dirty else n}@example.com", n % 3 > 0, None, when, when

    def sessions() -> Iterator[tuple[object, ...]]:
        browser = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Firefox"
        for n in range(people):
            key, token, user = (ident(what, n) for what in ("session", "token", "user"))
            yield key, text(n + 86_400), token, text(n), text(n), f"203.0.113.{n % 254}", browser, user

    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA cache_size = -2000000")  # KiB. Its keys are random, too.
    connection.executescript(SCHEMA)
    connection.executemany('INSERT INTO "user" VALUES (?, ?, ?, ?, ?, ?, ?)', persons())
    connection.executemany('INSERT INTO "session" VALUES (?, ?, ?, ?, ?, ?, ?, ?)', sessions())
    connection.commit()
    connection.close()


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
        self._count = 0

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
        things = [line.split("|")[:2] for line in self.sql(environment, AROUND).splitlines()]
        around = [*(drop for drop, _ in things), *copies, *(make for _, make in reversed(things)), "ANALYZE"]
        return self.timed(environment, around), self.timed(self.database(migrated=True), copies)

    def timed(self, environment: Environment, statements: list[str]) -> float:
        """Seconds that they take."""
        began = time.perf_counter()
        self.sql(environment, *statements)
        return time.perf_counter() - began

    def rows(self, environment: Environment) -> int:
        """How many people and sessions arrived."""
        return int(self.sql(environment, 'SELECT (SELECT count(*) FROM "user") + (SELECT count(*) FROM "session")'))


class Measured(NamedTuple):
    """What was measured: seconds and seconds at work (medians), and MiB of memory (the most).

    ``size`` is that of the source, in bytes. Of pgloader there is None where it is not installed or lost rows.
    """

    people: int
    rounds: int
    size: int
    ours: Ran
    comparison: float
    limit: float
    plain_copy: float
    pgloader: Ran | None

    @property
    def rows(self) -> int:
        """How many rows there were to move."""
        return 2 * self.people


def take_turns(bench: Bench, people: int, rounds: int) -> Measured:
    """Take turns."""
    source = bench.folder / "source.sqlite"
    # What this process has held would count as the memory of those that it starts.
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        apart.submit(write, source, people).result()
    ours, compared, limits, theirs = [], [], [], []
    for _ in range(rounds):
        ran, more, filled = bench.ours(source)
        ours.append(ran._replace(seconds=ran.seconds - more))
        compared.append(more)
        limits.append(bench.limit(filled))
        if shutil.which("pgloader"):
            ran, loaded = bench.pgloader(source)
            if (arrived := bench.rows(loaded)) == 2 * people:
                theirs.append(ran)
            else:
                print(f"pgloader: exit code {ran.code}, {arrived:,} rows")
    limit, plain_copy = (statistics.median(it) for it in zip(*limits, strict=True))
    return Measured(
        people,
        rounds,
        source.stat().st_size,
        together(ours),
        statistics.median(compared),
        limit,
        plain_copy,
        together(theirs) if theirs else None,
    )


def together(runs: list[Ran]) -> Ran:
    """Several runs as one."""
    return runs[0]._replace(
        seconds=statistics.median(ran.seconds for ran in runs),
        busy=statistics.median(ran.busy for ran in runs),
        memory=max(ran.memory for ran in runs),
    )


def report(measured: Measured) -> None:
    """Say them."""
    ours, rows = measured.ours, measured.rows

    def line(what: str, seconds: float, rest: str) -> None:
        print(f"  {what:<24} {seconds:>7.1f} s  {rows / seconds:>9,.0f} rows/s  {rest}")

    def times(other: float) -> str:
        return f"ours takes {ours.seconds / other:.2f} times as long"

    print(
        f"\n{measured.people:,} people and as many sessions ({measured.size / 1e6:,.0f} MB), {measured.rounds} rounds"
    )
    memory = f"peak memory {ours.memory:.0f} MiB; at work {ours.busy:.1f} s with the comparison"
    line("stylobate transfer", ours.seconds, memory)
    line("... and the comparison", measured.comparison, "of every row on both sides")
    line("the limit", measured.limit, times(measured.limit))
    line("plain COPY, as it stands", measured.plain_copy, times(measured.plain_copy))
    if theirs := measured.pgloader:
        rest = f"peak memory {theirs.memory:.0f} MiB; at work {theirs.busy:.1f} s"
        line("pgloader", theirs.seconds, f"{theirs.seconds / ours.seconds:.2f} times ours; {rest}")


def measured(people: int = 1_000_000, rounds: int = 1) -> Measured:
    """Bring up a server, and measure."""
    with served() as bench:
        return take_turns(bench, people, rounds)


@contextmanager
def served() -> Iterator[Bench]:
    """A server in a folder of its own, both gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Postgres(folder / "postgres") as server:
            yield Bench(server, folder)
            server.erase()


def dirty(bench: Bench) -> None:
    """What each says of rows that can't be."""
    source = bench.folder / "dirty.sqlite"
    write(source, 1000, dirty=True)
    environment = bench.database(migrated=False)
    rejects = bench.folder / "rejects.ndjson"
    command = [sys.executable, "-m", "core.cli", "transfer", str(source), f"--rejects={rejects}", "--json"]
    ran = run(command, environment)
    rejected = json.loads(ran.said)["rejected"]
    print("\n2,000 rows, some of which can't be")
    print(f"  stylobate transfer: exit code {ran.code}, {bench.rows(environment):,} rows, {rejected} told of by name")
    if shutil.which("pgloader"):
        ran, environment = bench.pgloader(source)
        print(f"  pgloader:           exit code {ran.code}, {bench.rows(environment):,} rows")


def main() -> None:
    """Measure, and say what each makes of rows that can't be."""
    people = int(sys.argv[1]) if sys.argv[1:] else 1_000_000
    rounds = int(sys.argv[2]) if sys.argv[2:] else 1
    report(measured(people, rounds))
    with served() as bench:
        dirty(bench)


if __name__ == "__main__":
    main()
