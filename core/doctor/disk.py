"""Whether there is room where we write. What is on another machine can't be seen over a connection."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from core.database.statements import fetch
from core.doctor.finding import Check, Finding, Kind, NothingToSee
from core.migrate.resetting import is_local
from core.settings import PostgresUrl, settings

DISK_SHORT = Kind("disk-short", "warning", "When it is full, nothing can be written: no row, no job, no backup.")

_LITTLE, _ALMOST_NOTHING = 0.1, 0.02
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")
_STEP = 1_000


async def _disks() -> AsyncIterator[Finding]:
    for what, place, wanted in _places():
        if found := _short(what, place, wanted):
            yield found


def _places() -> Iterator[tuple[str, Path, int]]:
    """What goes where, and how much of it may be wanted at once."""
    there = settings()
    size = 0
    if not isinstance(there.database, PostgresUrl) and there.database.file != ":memory:":
        file = Path(there.database.file)
        size = file.stat().st_size if file.exists() else 0
        # A migration may make tables anew, and a restore puts a whole database beside the present one.
        yield "the database", file.parent, size
    if "://" not in there.backup_store:
        folder = Path(there.backup_store)
        archives = [it.stat().st_size for it in folder.iterdir() if it.is_file()] if folder.is_dir() else []
        yield "backups", folder, max(archives, default=0)
    yield "temporary files", Path(tempfile.gettempdir()), size


def _short(what: str, place: Path, wanted: int) -> Finding | None:
    while not place.exists():
        place = place.parent
    room = shutil.disk_usage(place)
    if room.free >= wanted and room.free >= _LITTLE * room.total:
        return None
    return DISK_SHORT.found(
        f"{_said(room.free)} of {_said(room.total)} are free in {place.absolute()}, where {what} go"
        + (f", and {_said(wanted)} may be wanted at once" if wanted else ""),
        mend="make room there, or a larger disk; stylobate backup prune removes backups that nobody needs",
        level="error" if room.free < _ALMOST_NOTHING * room.total else None,
    )


def _said(size: float) -> str:
    for unit in _UNITS[:-1]:
        if size < _STEP:
            return f"{size:.0f} {unit}"
        size /= _STEP
    return f"{size:.0f} {_UNITS[-1]}"


def _is_here(folder: Path) -> bool:
    return folder.exists()


async def _of_the_server() -> AsyncIterator[Finding]:
    told = await fetch("SELECT setting FROM pg_settings WHERE name = 'data_directory'")
    if not told:
        raise NothingToSee("this role may not know where PostgreSQL's files are: look with df on its machine")
    folder = Path(told[0]["setting"])
    if not is_local(settings().database) or not _is_here(folder):
        raise NothingToSee("PostgreSQL's files are on another machine: look with df there")
    (size,) = await fetch("SELECT pg_database_size(current_database()) AS bytes")
    if found := _short("PostgreSQL's files", folder, size["bytes"]):
        yield found


CHECKS = (
    Check("disks", _disks, (DISK_SHORT,)),
    Check("PostgreSQL's disk", _of_the_server, (DISK_SHORT,), "database", "postgres"),
)
