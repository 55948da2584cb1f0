"""From SQLite to PostgreSQL, from the first look to the proof, however often it is interrupted."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from core import database, progress
from core.database.migrated import require_migrated
from core.database.quoting import quoted
from core.errors import Conflict
from core.masking import is_secret
from core.settings import PostgresUrl
from core.transfer import aside, extras, kinds, merging, reading, rejects, state, targets, uniques, verifying
from core.transfer.columns import tables_of
from core.transfer.copying import Job, fill
from core.transfer.extras import BOOKKEEPING, Extra, LeftBehind
from core.transfer.kinds import Kind, Recognised
from core.transfer.planning import Plan, scan
from core.transfer.reading import Reader, Tally
from core.transfer.settling import settle_copied, settle_merged
from core.transfer.source import Source
from core.transfer.state import Connection, Run
from core.transfer.targets import common_tables, expected, make_ready
from core.transfer.verifying import Compared

LOCK = "transfer"


class TargetNotEmpty(Conflict):
    """The target holds rows already."""


class Filled(NamedTuple):
    """A table: its rows, how many of them were there before, and how many more were not taken."""

    table: str
    rows: int
    already: int
    rejected: int


class Moved(NamedTuple):
    """What was done. ``compared`` is empty where a run before has done that."""

    recognised: Recognised
    tables: tuple[Filled, ...]
    compared: tuple[Compared, ...]
    resumed: bool
    seconds: float

    @property
    def rejected(self) -> int:
        """How many rows were not taken."""
        return sum(table.rejected for table in self.tables)

    @property
    def same(self) -> bool:
        """Whether the target holds what the source does, but for what was not taken."""
        return all(it.same for it in self.compared)


async def move(
    source: Path,
    target: PostgresUrl,
    *,
    kind: Kind | None = None,
    merge: bool = False,
    extra: Extra = Extra.REFUSE,
    rejected: Path,
) -> Moved:
    """Copy everything, prove it, and leave nothing else behind. Called again, it goes on where it ended.

    Args:
        source: the SQLite file. It is read as it is at this moment.
        target: the database. When it is empty it is migrated first.
        kind: whose the source is, instead of what it looks like.
        merge: add what a filled target lacks, all or nothing.
        extra: what becomes of tables and columns that the target lacks.
        rejected: the file for the rows that are not taken; written only when there are some.

    Raises:
        TargetNotEmpty: it holds rows, and ``merge`` was not said.
        LeftBehind: the source holds what the target has no place for, and nobody said what to do with that.
        ColumnMissing: a column of the target must have a value and the source has no such column.
        NotFinished: another transfer into this database has not come to its end.
        Held: another process does it.
        Unavailable: the source can't be read, or the target not be written.
    """
    began = time.monotonic()
    rejects.check(rejected)
    async with reading.opened(source) as reader, targets.opened(target) as connection:
        recognised = await _recognised(reader, kind)
        await _require_place(connection, reader, extra)
        await make_ready(connection)
        async with database.exclusive(LOCK):
            if extra is Extra.CARRY:
                await _place_extras(connection, reader)
            jobs = await common_tables(connection, reader, recognised.kind)
            run = _run(source, recognised.kind, merging=merge)
            resumed = await state.begun(connection, run, [job.table.name for job in jobs])
            if resumed:
                jobs = [await aside.remembered(connection, job) for job in jobs]
            else:
                await _begin(connection, run, jobs)
            parts, tally = await state.parts(connection), Tally("copy", sum(job.source.rows for job in jobs))
            # Should the server lose a batch, it loses the note with it.
            await connection.execute("SET synchronous_commit = off")
            for number, job in enumerate(jobs, start=1):
                await fill(connection, reader, job, parts[job.table.name], tally)
                await uniques.put_back(connection, reader, job)
                progress.tell(done=number, total=len(jobs), unit="tables", what="keys")
            await connection.execute("RESET synchronous_commit")
            settle = settle_merged if merge else settle_copied
            compared = [] if await state.settled(connection) else await settle(connection, reader, jobs)
            tables = await _tables(connection, jobs)
            await _leave(connection, jobs, rejected)
    return Moved(recognised, tables, tuple(compared), resumed, time.monotonic() - began)


async def plan(source: Path, target: PostgresUrl, *, kind: Kind | None = None) -> tuple[Recognised, Plan]:
    """Read all of the source and say what would become of it. Nothing is changed.

    Raises:
        NotMigrated: the target is not empty and has not had our migrations.
        Unavailable: the source can't be read, or the target not be looked at.
    """
    async with reading.opened(source) as reader, targets.opened(target) as connection:
        recognised = await _recognised(reader, kind)
        there = await expected(connection)
        tables = {name: table for name, table in there.items() if name not in BOOKKEEPING}
        return recognised, await reader.run(lambda source: scan(source, recognised.kind, tables))


async def verify(
    source: Path, target: PostgresUrl, *, kind: Kind | None = None, rejected: Path | None = None
) -> list[Compared]:
    """Read both sides again and compare every table of the source that the target has.

    Args:
        source: the SQLite file.
        target: the database.
        kind: whose the source is, instead of what it looks like.
        rejected: the file of the rows that were not taken and are not missed.

    Raises:
        NotMigrated: the target has not had our migrations.
        Unavailable: one of the two can't be read.
    """
    async with reading.opened(source) as reader, targets.opened(target) as connection:
        recognised = await _recognised(reader, kind)
        await require_migrated()
        jobs = await common_tables(connection, reader, recognised.kind)
        missed = rejects.read(rejected) if rejected else {}
        return await verifying.compare(connection, reader, [(job, (None, job.table.name)) for job in jobs], missed)


def _run(source: Path, kind: Kind, *, merging: bool) -> Run:
    return Run(str(source.resolve()), kind.value, merging)


async def _recognised(reader: Reader, kind: Kind | None) -> Recognised:
    return Recognised(kind, "you said so") if kind else await reader.run(kinds.recognise)


async def _require_place(connection: Connection, reader: Reader, extra: Extra) -> None:
    found = extras.find(await reader.run(Source.tables), await expected(connection))
    if found and extra is Extra.REFUSE:
        raise LeftBehind(f"the target has no place for {found}: say --extra to carry them, or --leave-extra")


async def _place_extras(connection: Connection, reader: Reader) -> None:
    found = extras.find(await reader.run(Source.tables), await tables_of(connection))
    await extras.make(connection, await reader.run(lambda source: extras.statements(source, found)))


async def _begin(connection: Connection, run: Run, jobs: Sequence[Job]) -> None:
    """Look that the target may be filled, and make it ready, in one transaction."""
    tables = [job.table.name for job in jobs]
    async with connection.transaction():
        # Nobody writes between the look and the work. Who reads or writes for long is not waited for.
        await connection.execute("SET LOCAL lock_timeout = '10s'")
        await connection.execute(f"LOCK TABLE {', '.join(map(quoted, tables))} IN SHARE ROW EXCLUSIVE MODE")
        if not run.merging:
            filled = [name for name in tables if await connection.fetchval(f"SELECT EXISTS (TABLE {quoted(name)})")]
            if filled:
                raise TargetNotEmpty(
                    f"the target holds rows already, in {', '.join(filled)}: take an empty one, or say --merge"
                )
        await state.make(connection, run)
        for number, job in enumerate(jobs):
            name = job.table.name
            into = await merging.make_room(connection, number, job.table) if run.merging else (None, name)
            await state.add_part(connection, name, into, job.table.references)
        if not run.merging:
            await aside.lay_aside(connection, jobs)


async def _tables(connection: Connection, jobs: Sequence[Job]) -> tuple[Filled, ...]:
    there, rejected = await state.parts(connection), await state.rejected(connection)
    parts = [there[job.table.name] for job in jobs]
    return tuple(
        Filled(it.name, it.rows, 0 if it.added is None else it.rows - it.added, rejected.get(it.name, 0))
        for it in parts
    )


async def _leave(connection: Connection, jobs: Sequence[Job], file: Path) -> None:
    """Tell of what was not taken, and forget the run."""
    if await state.rejected(connection):
        secret = {job.table.name for job in jobs if any(map(is_secret, job.table.key))}
        async with connection.transaction():
            await rejects.write(file, state.rejects(connection), secret=secret)
    await state.remove(connection)
