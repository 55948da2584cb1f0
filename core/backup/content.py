"""What a database holds, as far as an archive must give it back, and what both dialects do for a backup.

``postgres`` and ``sqlite`` have the same functions. ``snapshot`` gives a stream of everything at one moment, and what
was in it; ``skim`` reads such a stream to its end; ``proof`` makes a database of it that is gone afterwards;
``prepare`` makes one that stays, and ``swap`` puts it in the place of the old one, which stays too.
"""

from collections.abc import Awaitable, Callable
from typing import BinaryIO, NamedTuple

from core.backup.archive import Target
from core.backup.blocking import Told
from core.backup.manifest import Manifest, TableContent
from core.errors import Unavailable

Reader = Callable[[Target, Told], object]
"""Reads an archive into something that has ``write``, and blocks meanwhile."""


class NotAsTaken(Unavailable):
    """What was restored is not what was backed up."""


class Content(NamedTuple):
    """The migrations that a database has had, and its tables."""

    migrations: tuple[str, ...]
    tables: dict[str, TableContent]


class Snapshot(NamedTuple):
    """A database at one moment.

    ``size`` is about how long the stream will be. ``content`` may be asked for while the stream is read; ``finish``
    raises when the stream was not the whole; ``stop`` ends it early.
    """

    stream: BinaryIO
    size: int
    server_version: str
    tool_version: str
    content: Callable[[], Awaitable[Content]]
    finish: Callable[[], object]
    stop: Callable[[], object]


class Prepared(NamedTuple):
    """A restored database beside the one whose place it will take, and what could not be restored and need not."""

    name: str
    notes: tuple[str, ...]


def require_same(manifest: Manifest, content: Content) -> None:
    """Insist that it is what the manifest says.

    Raises:
        NotAsTaken: it is not; the text names the first differences.
    """
    if found := _differences(manifest, content):
        more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        raise NotAsTaken(
            f"{manifest.name} restored is not what was backed up: {'; '.join(found[:_NAMED])}{more}",
            remedy="don't trust this archive: take another, and look for what is wrong with the disk or the memory",
        )


_NAMED = 5


def _differences(manifest: Manifest, content: Content) -> list[str]:
    differences = []
    if content.migrations != manifest.migrations:
        differences.append(f"{len(content.migrations)} migrations instead of {len(manifest.migrations)}")
    for table in sorted({*manifest.tables, *content.tables}):
        was, is_ = manifest.tables.get(table), content.tables.get(table)
        if was is None or is_ is None:
            differences.append(f"table {table} {'came from nowhere' if was is None else 'is missing'}")
        elif was.rows != is_.rows:
            differences.append(f"table {table} has {is_.rows} rows instead of {was.rows}")
        elif was.fingerprint != is_.fingerprint:
            differences.append(f"table {table} has other values in its {is_.rows} rows")
    return differences
