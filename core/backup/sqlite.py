"""SQLite: its online backup, which copies a database at one moment while others write, and single files.

(Copying the file of a database that is in use gives a broken one: what was written last is in another file.)
"""

import asyncio
import errno
import glob
import os
import shlex
import shutil
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from core.backup import fingerprint
from core.backup.blocking import Told, in_thread
from core.backup.content import Content, NotAsTaken, Prepared, Reader, Snapshot, require_same
from core.backup.manifest import Manifest
from core.database import DatabaseBusy, DatabaseMissing
from core.database.failures import sqlite_failures
from core.database.quoting import quoted
from core.database.uninterrupted import uninterrupted
from core.errors import Unavailable
from core.settings import SqliteUrl


class NotBackedUp(Unavailable):
    """A database in memory ends with its process."""


def database_name(url: SqliteUrl) -> str:
    """What archives call it."""
    return Path(url.file).stem


@asynccontextmanager
async def snapshot(url: SqliteUrl, folder: Path) -> AsyncIterator[Snapshot]:
    """Copy it aside, see that the copy is sound, and give that."""
    copy = folder / "copy.db"
    await in_thread(lambda _: _copy(existing(url), copy), what="copy")
    with copy.open("rb") as stream:
        yield Snapshot(
            stream=stream,
            size=copy.stat().st_size,
            server_version=sqlite3.sqlite_version,
            tool_version=f"sqlite {sqlite3.sqlite_version}",
            content=lambda: asyncio.to_thread(_content, copy),
            finish=lambda: None,
            stop=lambda: None,
        )


def existing(url: SqliteUrl) -> Path:
    """Its file.

    Raises:
        NotBackedUp: it has none.
        DatabaseMissing: there is no such file.
    """
    if url.file == ":memory:":
        raise NotBackedUp("a database in memory can't be backed up", remedy="name a file in DATABASE_URL")
    if not Path(url.file).exists():
        raise DatabaseMissing(f"SQLite file {url.file!r} does not exist", remedy="check DATABASE_URL")
    return Path(url.file)


def _copy(source: Path, copy: Path) -> None:
    with _opened(source) as original, closing(sqlite3.connect(copy)) as target:
        try:
            # All pages in one step: in several it would begin anew whenever somebody writes.
            original.backup(target, pages=-1)
            # One file that stands for itself. Whoever opens it as the app does turns WAL on again.
            target.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.OperationalError as error:
            if "full" in str(error):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise
        _require_sound(target, f"the copy of {source.name}")


@contextmanager
def _opened(file: Path) -> Iterator[sqlite3.Connection]:
    where = f"SQLite file {str(file)!r}"
    with sqlite_failures(where):
        connection = sqlite3.connect(f"file:{quote(str(file))}?mode=rw", uri=True, timeout=5, isolation_level=None)
        with closing(connection):
            yield connection


def _require_sound(connection: sqlite3.Connection, what: str) -> None:
    try:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
    except sqlite3.DatabaseError as error:
        said = [str(error)]
    if said != ["ok"]:
        # Its lines name pages and indexes, and no values.
        raise NotAsTaken(
            f"{what} is damaged: {'; '.join(' '.join(line.split()) for line in said)}",
            remedy="restore the last proven backup, and look for what is wrong with the disk",
        )


def _content(file: Path) -> Content:
    with _opened(file) as connection:
        return Content(_migrations(connection), fingerprint.of_sqlite(connection))


def _migrations(connection: sqlite3.Connection) -> tuple[str, ...]:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'aerich'").fetchone():
        return ()
    had = connection.execute("SELECT version FROM aerich WHERE app = 'sqlite' ORDER BY id")
    return tuple(version for (version,) in had)


async def skim(read: Reader, manifest: Manifest, folder: Path) -> None:
    """Read it into a file, and have SQLite look through that."""
    await _restored(read, manifest, folder / "restored.db")


@asynccontextmanager
async def proof(read: Reader, manifest: Manifest, _: SqliteUrl, folder: Path) -> AsyncIterator[Path]:
    """A database made of the archive, compared with the manifest, for the block alone."""
    file = folder / "restored.db"
    await _restored(read, manifest, file)
    require_same(manifest, await asyncio.to_thread(_content, file))
    yield file


async def _restored(read: Reader, manifest: Manifest, file: Path) -> None:
    def work(told: Told) -> None:
        with open(file, "wb", opener=_private) as target:
            read(target, told)
            target.flush()
            os.fsync(target.fileno())
        with closing(sqlite3.connect(file)) as connection:
            _require_sound(connection, f"what {manifest.name} holds")

    await in_thread(work, what="restore", total=manifest.plain_size)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


async def migrations(url: SqliteUrl) -> tuple[str, ...] | None:
    """Those that it has had; None when it holds nothing."""

    def work() -> tuple[str, ...] | None:
        with _opened(existing(url)) as connection:
            empty = not connection.execute("SELECT 1 FROM sqlite_master").fetchone()
            return None if empty else _migrations(connection)

    return await asyncio.to_thread(work)


async def exists(url: SqliteUrl, name: str | None = None) -> bool:
    """Whether there is the file, or another of this name."""
    return await asyncio.to_thread(Path(name or url.file).exists)


def beside(url: SqliteUrl, *, suffix: str) -> str:
    """What the restored database is called until it takes the old one's place."""
    return f"{url.file}.restoring-{suffix}"


async def prepare(read: Reader, manifest: Manifest, url: SqliteUrl, *, name: str, folder: Path) -> Prepared:
    """Make a file of the archive beside the database, compared with the manifest."""
    del folder
    await asyncio.to_thread(_clear_up, Path(url.file))
    try:
        await _restored(read, manifest, Path(name))
        require_same(manifest, await asyncio.to_thread(_content, Path(name)))
    except BaseException:
        await uninterrupted(discard(url, name))
        raise
    return Prepared(name, ())


def _clear_up(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    for left in file.parent.glob(f"{glob.escape(file.name)}.restoring-*"):
        left.unlink(missing_ok=True)


async def discard(url: SqliteUrl, name: str) -> None:
    """Delete a database that was prepared."""
    del url
    await asyncio.to_thread(Path(name).unlink, missing_ok=True)


async def swap(url: SqliteUrl, prepared: str, *, suffix: str) -> str | None:
    """Put the prepared file in the database's place. The old one gets another name, which is returned.

    Raises:
        DatabaseBusy: another program has it open. It would go on writing to the old file.
    """
    file, kept = Path(url.file), Path(f"{url.file}.before-{suffix}")

    def work() -> str | None:
        with ExitStack() as held:
            there = file.exists()
            if there:
                held.enter_context(_alone_with(file))
                _keep(file, kept, prepared)
            # Only beside a file that SQLite could not open, or that is gone. The new one must not be given its changes.
            for journal in ("-wal", "-shm", "-journal"):
                with suppress(FileNotFoundError):
                    Path(f"{file}{journal}").replace(f"{kept}{journal}")
            # One step that is done or not: at no moment is there no database of this name.
            Path(prepared).replace(file)
            _sync(file.parent)
            return str(kept) if there else None

    return await uninterrupted(asyncio.to_thread(work))


def _keep(file: Path, kept: Path, prepared: str) -> None:
    """Give the old file a second name, and its owner and mode to the new one."""
    facts = file.stat()
    Path(prepared).chmod(facts.st_mode & 0o777)
    if os.geteuid() == 0:
        os.chown(prepared, facts.st_uid, facts.st_gid)
    try:
        kept.hardlink_to(file)
    except OSError:  # A file system without links.
        shutil.copy2(file, kept)


@contextmanager
def _alone_with(file: Path) -> Iterator[None]:
    """Hold it while nobody else has it open. What SQLite can't read, nobody has."""
    with ExitStack() as held:
        try:
            connection = held.enter_context(_opened(file))
            with sqlite_failures(f"SQLite file {str(file)!r}"):
                # This writes everything into the one file, and fails while anybody has it open.
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
                connection.execute("PRAGMA journal_mode = DELETE").fetchall()
                connection.execute("BEGIN EXCLUSIVE")
        except DatabaseBusy as error:
            raise DatabaseBusy(
                f"{error}: another program has it open", remedy="stop the app, the workers and beat, and restore again"
            ) from None
        except Unavailable:
            held.close()
        yield


async def take_out(database: Path, url: SqliteUrl, tables: Sequence[str], *, suffix: str) -> str:
    """Put single tables into a file beside the database, whose name is returned."""
    target = Path(f"{url.file}.tables-{suffix}")

    def work() -> None:
        with _opened(database) as connection:
            every = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            connection.execute("PRAGMA foreign_keys = OFF")
            for table in every:
                if table not in tables and not table.startswith("sqlite_"):
                    connection.execute(f"DROP TABLE {quoted(table)}")
            connection.execute("VACUUM INTO ?", (str(target),))
        target.chmod(0o600)

    await asyncio.to_thread(work)
    return str(target)


def undo(url: SqliteUrl, kept: str) -> tuple[str, str]:
    """How to go back while nobody has it open, and how to delete the old one, as commands."""
    file, old = shlex.quote(url.file), shlex.quote(kept)
    return f"rm -f {file}-wal {file}-shm && mv {old} {file}", f"rm {old}"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
