"""What archives are called. Whatever else lies in a store has another name and is left alone."""

import re
from datetime import UTC, datetime

from core.crypto import tokens

ARCHIVE = ".zst.age"
MANIFEST = ".json"

_NAME = re.compile(r"stylobate-[A-Za-z0-9_]{1,63}-[0-9]{8}T[0-9]{6}Z-[a-z0-9]{6}", re.ASCII)


def new(database: str, *, taken_at: datetime) -> str:
    """A name that no other archive has.

    Args:
        database: whose archive; what can't stand in a file's name everywhere becomes ``_``.
        taken_at: when.
    """
    whose = re.sub(r"\W", "_", database, flags=re.ASCII)[:63] or "_"
    when = taken_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"stylobate-{whose}-{when}-{tokens.code(alphabet='abcdefghijklmnopqrstuvwxyz0123456789', length=6)}"


def valid(name: str) -> bool:
    """Whether it is the name of an archive."""
    return _NAME.fullmatch(name) is not None
