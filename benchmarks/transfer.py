"""What moving from SQLite to PostgreSQL costs.

As many sessions as people, as better-auth writes them, into the schema of our migrations. Beside it, in the same run,
pgloader (`apt install pgloader`), and the limit: the server's own COPY of files that are binary already. Each is a
process of its own, so that its memory can be told. `python -m benchmarks.transfer 5000000` moves ten million rows, for
which it needs about 20 GB of temporary files.
"""

import json
import shutil
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import NamedTuple

from benchmarks import page
from benchmarks.better_auth_file import write
from benchmarks.figures import Contender, Figure, Goal
from benchmarks.movers import Bench, Ran, run, served

OURS, LOADER, LIMIT = "stylobate transfer", "pgloader", "COPY of files that are binary already"


class Turn(NamedTuple):
    """One turn of each: how ours and pgloader ran (None where it lost rows), and seconds of the others."""

    ours: Ran
    comparison: float
    limit: float
    plain_copy: float
    pgloader: Ran | None


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
            Contender(name=OURS, role="ours", rounds=rates(it.ours.seconds for it in taken)),
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
            Contender(name=OURS, role="ours", rounds=tuple(it.ours.memory for it in taken)),
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
                name=OURS,
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
