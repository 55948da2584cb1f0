"""PostgreSQL: pg_dump of one exported snapshot, and restored databases that take the old one's place by a rename.

The tables are counted in the transaction that exports the snapshot, so the counts are those of the dump, however much
is written meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import asyncpg
from tortoise.exceptions import OperationalError

from core.backup import fingerprint, programs
from core.backup.blocking import Told, in_thread
from core.backup.content import Content, Prepared, Reader, Snapshot, require_same
from core.backup.copying import copy_table
from core.backup.manifest import Manifest
from core.backup.server import OPTIONS, RIGHTS, create, drop, drop_left_behind, elsewhere
from core.crypto import tokens
from core.database import DatabaseBusy
from core.database.alone import Connection, connected, drop_database, place
from core.database.failures import postgres_failures
from core.database.quoting import quoted
from core.database.uninterrupted import uninterrupted
from core.errors import Unavailable
from core.settings import PostgresUrl

_SCRATCH = "stylobate_scratch_"
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_LONGEST = 30
"""Bytes of a database's name that are left in the names made of it, which have 63 at the most."""


class ServerTooOld(Unavailable):
    """An archive can be restored by its own version of PostgreSQL, or by a newer one."""


def database_name(url: PostgresUrl) -> str:
    """What archives call it."""
    return url.database


@asynccontextmanager
async def snapshot(url: PostgresUrl, folder: Path) -> AsyncIterator[Snapshot]:
    """Have pg_dump write it, uncompressed: our own compression is faster and smaller."""
    where = place(url)
    async with connected(url) as holder:
        with postgres_failures(where):
            pg_dump = programs.find("pg_dump", major=holder.get_server_version().major)
            await holder.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            exported = await holder.fetchval("SELECT pg_catalog.pg_export_snapshot()")
            size = await holder.fetchval(
                "SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class WHERE relkind = 'r' AND oid >= 16384"
            )

        async def content() -> Content:
            with postgres_failures(where):
                return await _content(holder)

        arguments = ("--format=custom", "--compress=0", "--no-password", f"--snapshot={exported}")
        with programs.running(pg_dump, *arguments, url=url, folder=folder) as dump:
            yield Snapshot(
                stream=dump.output,
                size=size,
                server_version=holder.get_settings().server_version.partition(" ")[0],
                tool_version=f"pg_dump {pg_dump.version}",
                content=content,
                finish=dump.end,
                stop=dump.kill,
            )


async def _content(connection: Connection) -> Content:
    return Content(await _migrations(connection), await fingerprint.of_postgres(connection))


async def _migrations(connection: Connection) -> tuple[str, ...]:
    if not await connection.fetchval("SELECT to_regclass('public.aerich') IS NOT NULL"):
        return ()
    had = await connection.fetch("SELECT version FROM public.aerich WHERE app = 'postgres' ORDER BY id")
    return tuple(row["version"] for row in had)


async def skim(read: Reader, manifest: Manifest, folder: Path) -> None:
    """Have pg_restore read all of it. (Its list of contents looks at the beginning alone.)"""
    major = int(manifest.server_version.partition(".")[0])
    pg_restore = programs.find("pg_restore", major=major)
    # It connects to nothing.
    await _fed(read, manifest, pg_restore, "--file=/dev/null", url=PostgresUrl(), folder=folder, what="read")


@asynccontextmanager
async def proof(read: Reader, manifest: Manifest, url: PostgresUrl, folder: Path) -> AsyncIterator[PostgresUrl]:
    """A database made of the archive, compared with the manifest, for the block alone.

    Raises:
        AccessDenied: the role may not create databases.
    """
    async with _scratch(url) as scratch, connected(scratch) as holder:
        # As long as somebody is in it, no other run takes it for one that was left behind.
        await _restored(read, manifest, scratch, folder, "--no-owner", "--no-privileges", version=holder)
        with postgres_failures(place(scratch)):
            require_same(manifest, await _content(holder))
        yield scratch


@asynccontextmanager
async def _scratch(url: PostgresUrl) -> AsyncIterator[PostgresUrl]:
    name = _SCRATCH + tokens.code(alphabet=_LETTERS, length=12)
    async with connected(url) as server:
        await drop_left_behind(server, _SCRATCH, "^[a-z0-9]{12}$")
        # Whatever the locale of the server: what is compared does not depend on it.
        await create(server, url, name, "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        yield replace(url, database=name)
    finally:
        await uninterrupted(drop(url, name))


async def _restored(
    read: Reader, manifest: Manifest, url: PostgresUrl, folder: Path, *arguments: str, version: Connection
) -> list[str]:
    """Have pg_restore fill a database: what it could not do, and what can be done without."""
    major, dumped = version.get_server_version().major, manifest.server_version.partition(".")[0]
    if major < int(dumped):
        raise ServerTooOld(
            f"{manifest.name} is of PostgreSQL {dumped}, and {url.host}:{url.port} is {major}",
            remedy=f"restore it on PostgreSQL {dumped} or newer",
        )
    pg_restore = programs.find("pg_restore", major=major)
    into = ("--no-password", f"--dbname={url.database}", *arguments)
    return await _fed(read, manifest, pg_restore, *into, url=url, folder=folder, what="restore")


async def _fed(
    read: Reader,
    manifest: Manifest,
    program: programs.Found,
    *arguments: str,
    url: PostgresUrl,
    folder: Path,
    what: str,
) -> list[str]:
    with programs.running(program, *arguments, url=url, folder=folder, reads=True) as running:

        def work(told: Told) -> list[str]:
            read(running, told)
            return running.end()

        return await in_thread(work, what=what, total=manifest.plain_size, stop=running.kill)


async def migrations(url: PostgresUrl) -> tuple[str, ...] | None:
    """Those that it has had; None when it holds nothing."""
    async with connected(url) as connection:
        with postgres_failures(place(url)):
            tables = await connection.fetchval("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND oid >= 16384")
            return await _migrations(connection) if tables else None


def beside(url: PostgresUrl, *, suffix: str) -> str:
    """What the restored database is called until it takes the old one's place."""
    return _named(url, f"_restoring_{suffix}")


def _named(url: PostgresUrl, suffix: str) -> str:
    return url.database.encode()[:_LONGEST].decode(errors="ignore") + suffix


async def exists(url: PostgresUrl, name: str | None = None) -> bool:
    """Whether the server has it, or another of this name."""
    async with elsewhere(url) as server:
        with postgres_failures(place(url)):
            return bool(await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name or url.database))


async def prepare(read: Reader, manifest: Manifest, url: PostgresUrl, *, name: str, folder: Path) -> Prepared:
    """Make a database of the archive on the same server, compared with the manifest, with all owners and rights that
    the server has roles for.
    """
    made = replace(url, database=name)
    async with elsewhere(url) as server:
        with postgres_failures(place(url)):
            await drop_left_behind(server, _named(url, "_restoring_"), "^[0-9t]{15}$")
            options = await server.fetchval(OPTIONS, url.database)
            rights = await server.fetch(RIGHTS, url.database, name)
        await create(server, url, name, options or "ENCODING 'UTF8'")
        try:
            async with connected(made) as holder:
                notes = await _restored(read, manifest, made, folder, version=holder)
                with postgres_failures(place(made)):
                    require_same(manifest, await _content(holder))
                    # pg_restore leaves the planner without a notion of what it has restored.
                    await holder.execute("ANALYZE")
            with postgres_failures(place(url)):
                for (statement,) in rights:
                    await server.execute(statement)
        except BaseException:
            with suppress(Unavailable, OperationalError):  # Then the next restore drops it.
                await uninterrupted(discard(url, name))
            raise
    return Prepared(name, tuple(notes))


async def discard(url: PostgresUrl, name: str) -> None:
    """Drop a database that was prepared."""
    async with elsewhere(url) as server:
        with postgres_failures(place(url)):
            await drop_database(server, name)


async def swap(url: PostgresUrl, prepared: str, *, suffix: str) -> str | None:
    """Give the prepared database the old one's name. The old one gets another, which is returned.

    Both renames are one transaction, so whatever happens there is a database of this name. Sessions in the old one are
    ended. Whoever connects in that moment waits, hears that it does not exist, and has the new one the next time.

    Raises:
        DatabaseBusy: somebody is in it who can't be sent away.
    """
    return await uninterrupted(_swap(url, prepared, _named(url, f"_before_{suffix}")))


async def _swap(url: PostgresUrl, prepared: str, kept: str) -> str | None:
    async with elsewhere(url) as server, elsewhere(url) as usher:
        with postgres_failures(place(url)):
            there = await server.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", url.database)

            async def rename() -> None:
                async with server.transaction():
                    if there:
                        await server.execute(f"ALTER DATABASE {quoted(url.database)} RENAME TO {quoted(kept)}")
                    await server.execute(f"ALTER DATABASE {quoted(prepared)} RENAME TO {quoted(url.database)}")

            renaming = asyncio.ensure_future(rename())
            try:
                while not renaming.done():
                    await usher.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = ANY($1) AND backend_type <> 'autovacuum worker'",
                        [url.database, prepared],
                    )
                    await asyncio.wait([renaming], timeout=0.05)
                await renaming
            except asyncpg.ObjectInUseError:
                raise DatabaseBusy(
                    f"{place(url)} is in use by sessions that do not end",
                    remedy="stop the app, the workers and beat, and restore again",
                ) from None
            finally:
                renaming.cancel()
                await asyncio.wait([renaming])
    return kept if there else None


def undo(url: PostgresUrl, kept: str) -> tuple[str, str]:
    """How to go back, and how to delete the old one, as SQL."""
    aside = _named(url, "_restored")
    renames = ((url.database, aside), (kept, url.database))
    back = " ".join(f"ALTER DATABASE {quoted(old)} RENAME TO {quoted(new)};" for old, new in renames)
    return back, f"DROP DATABASE {quoted(kept)};"


async def take_out(database: PostgresUrl, url: PostgresUrl, tables: Sequence[str], *, suffix: str) -> str:
    """Copy single tables, columns and rows alone, into a schema of their own, whose name is returned."""
    schema = f"restored_{suffix}"
    async with connected(database) as source, connected(url) as target:
        with postgres_failures(place(url)):
            async with target.transaction():
                await target.execute(f"CREATE SCHEMA {quoted(schema)}")
                for table in tables:
                    await copy_table(source, target, table, schema)
    return schema
