"""What moving from SQLite to PostgreSQL costs.

As many sessions as people, as better-auth writes them, into the schema of our migrations. Beside it, in the same run,
pgloader (`apt install pgloader`), and the limit: the server's own COPY of files that are binary already. Each is a
process of its own, so that its memory can be told. `python -m benchmarks.transfer 5000000` moves ten million rows, for
which it needs about 20 GB of temporary files.
"""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from hashlib import blake2b
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from benchmarks import page
from benchmarks.figures import Contender, Figure, Goal
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
OURS_NAME, LOADER, LIMIT = "stylobate transfer", "pgloader", "COPY of files that are binary already"
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


class Turn(NamedTuple):
    """One turn of each: how ours and pgloader ran (None where it lost rows), and seconds of the others."""

    ours: Ran
    comparison: float
    limit: float
    plain_copy: float
    pgloader: Ran | None


@contextmanager
def served() -> Iterator[Bench]:
    """A server in a folder of its own, both gone afterwards."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Postgres(folder / "postgres") as server:
            yield Bench(server, folder)
            server.erase()


def turns(bench: Bench, people: int, rounds: int) -> list[Turn]:
    """Move as many people and as many sessions, again and again."""
    source = bench.folder / "source.sqlite"
    source.unlink(missing_ok=True)
    # What this process has held would count as the memory of those that it starts.
    with ProcessPoolExecutor(1, get_context("spawn")) as apart:
        apart.submit(write, source, people).result()
    taken = []
    for _ in range(rounds):
        ran, comparison, filled = bench.ours(source)
        limit, plain_copy = bench.limit(filled)
        theirs = None
        if shutil.which("pgloader"):
            loaded, environment = bench.pgloader(source)
            theirs = loaded if bench.rows(environment) == 2 * people else None
        bench.clear()
        taken.append(Turn(ran._replace(seconds=ran.seconds - comparison), comparison, limit, plain_copy, theirs))
    return taken


def figures(people: int, taken: list[Turn]) -> list[Figure]:
    """Rows a second, and memory."""
    rows = 2 * people
    theirs = [turn.pgloader for turn in taken if turn.pgloader]
    there = len(theirs) == len(taken)
    absent = (
        "" if there else "it lost rows" if shutil.which("pgloader") else "it is not installed: apt install pgloader"
    )

    def rates(seconds: Iterable[float]) -> tuple[float, ...]:
        return tuple(rows / it for it in seconds)

    def loader(rounds: tuple[float, ...]) -> Contender:
        return Contender(
            name=LOADER,
            role="peer",
            rounds=rounds if there else (),
            absent=absent,
            how="the data alone, into the same schema without its foreign keys; with a tenth of its usual prefetch, "
            "because with that it runs out of memory",
        )

    speed = Figure(
        title=f"From SQLite to PostgreSQL, {rows:,} rows",
        how=f"{people:,} people and as many sessions, as better-auth writes them, with the start of the program.",
        unit="rows/s",
        better="more",
        contenders=(
            Contender(name=OURS_NAME, role="ours", rounds=rates(it.ours.seconds for it in taken)),
            Contender(
                name="... and the comparison",
                role="ours",
                rounds=rates(it.ours.seconds + it.comparison for it in taken),
                how="of every row on both sides, which nobody else does",
            ),
            Contender(
                name=LIMIT,
                role="limit",
                rounds=rates(it.limit for it in taken),
                how="by the server itself, with keys, indexes and foreign keys made afterwards, as ours has it",
            ),
            Contender(
                name="COPY into the schema as it stands", role="limit", rounds=rates(it.plain_copy for it in taken)
            ),
            loader(rates(it.seconds for it in theirs)),
        ),
        goals=(Goal(value=1.5, of=LOADER), Goal(value=1 / 3, of=LIMIT)),
        chart=True,
    )
    memory = Figure(
        title=f"Memory for that, {rows:,} rows",
        how="The most that the program held. With its usual prefetch pgloader was seen to take 650 MB of fewer rows; a "
        "tenth of that is the goal.",
        unit="MiB",
        better="less",
        contenders=(
            Contender(name=OURS_NAME, role="ours", rounds=tuple(it.ours.memory for it in taken)),
            loader(tuple(it.memory for it in theirs)),
        ),
        goals=(Goal(value=62),),
    )
    return [speed, memory]


def dirty(bench: Bench) -> Figure:
    """What each makes of rows that can't be."""
    source = bench.folder / "dirty.sqlite"
    write(source, 1000, dirty=True)
    environment = bench.database(migrated=False)
    rejects = bench.folder / "rejects.ndjson"
    command = [sys.executable, "-m", "core.cli", "transfer", str(source), f"--rejects={rejects}", "--json"]
    ran = run(command, environment)
    rejected = json.loads(ran.said)["rejected"]
    stored = bench.rows(environment)
    theirs = Contender(name=LOADER, role="peer", absent="it is not installed: apt install pgloader")
    if shutil.which("pgloader"):
        loaded, environment = bench.pgloader(source)
        theirs = Contender(
            name=LOADER,
            role="peer",
            rounds=(bench.rows(environment),),
            how=f"exit code {loaded.code}, and no row is named",
        )
    return Figure(
        title="Rows that arrive of a file with some that can't be",
        how="2,000 rows: a time that is none, a name with a NUL, an address that several have, and their sessions.",
        unit="rows",
        better="more",
        contenders=(
            Contender(
                name=OURS_NAME,
                role="ours",
                rounds=(stored,),
                how=f"exit code {ran.code}, and {rejected} rows named with their reason",
            ),
            theirs,
        ),
    )


def measure(*, quick: bool) -> list[Figure]:
    """Few and many, whose memory should be the same, and some that can't be."""
    with served() as bench:
        few, many, rounds = (500, 1_000, 1) if quick else (50_000, 1_000_000, 3)
        small = figures(few, turns(bench, few, 1))
        return [*figures(many, turns(bench, many, rounds)), small[1], dirty(bench)]


def main() -> None:
    """As many people as wanted, whatever the page says: `python -m benchmarks.transfer 5000000`."""
    with served() as bench:
        people = int(sys.argv[1])
        for figure in figures(people, turns(bench, people, 1)):
            print("\n".join(page.table(figure)))


if __name__ == "__main__":
    main()
