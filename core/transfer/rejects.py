"""The file of the rows that were not taken: one JSON object a line, with table, key, column and reason.

It holds no values but keys, and not those where the key is a secret.
"""

import json
import os
from collections import Counter
from collections.abc import AsyncIterable, Collection
from pathlib import Path

from core.errors import Invalid, Unavailable
from core.masking import MASK
from core.transfer.state import Refused, written


class RejectsNotWritten(Unavailable):
    """The file of the rejected rows can't be written."""


class RejectsUnreadable(Invalid):
    """The file does not tell of rejected rows."""


def check(file: Path) -> None:
    """Insist that it can be written, before anything is done that it would have to tell of.

    Raises:
        RejectsNotWritten: it can't.
    """
    if not os.access(file.absolute().parent, os.W_OK) or file.is_dir():
        raise _not_written(file)


async def write(file: Path, rows: AsyncIterable[Refused], *, secret: Collection[str]) -> None:
    """Write it, all or nothing, readable to this account alone.

    Args:
        file: where; what was there is replaced.
        rows: what was rejected.
        secret: the tables whose key must not be shown.
    """
    new = file.with_name(f".{file.name}.new")
    try:
        new.unlink(missing_ok=True)
        with open(new, "x", encoding="utf-8", opener=_private) as target:  # noqa: ASYNC230  lines, not waits
            async for row in rows:
                key = MASK if row.table in secret else row.key
                target.write(json.dumps({**row._asdict(), "key": key}, ensure_ascii=False) + "\n")
            target.flush()
            os.fsync(target.fileno())
        new.replace(file)
    except OSError as error:
        raise _not_written(file, error) from error


def read(file: Path) -> dict[str, Counter[str]]:
    """The keys, as JSON, of the rows that a file tells of, by table.

    Raises:
        RejectsUnreadable: it is no such file.
    """
    keys: dict[str, Counter[str]] = {}
    try:
        with file.open(encoding="utf-8") as source:
            for line in source:
                row = json.loads(line)
                keys.setdefault(row["table"], Counter())[written(row["key"])] += 1
    except (OSError, ValueError, KeyError, TypeError):
        raise RejectsUnreadable(f"{str(file)!r} is not a file of rejected rows") from None
    return keys


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _not_written(file: Path, error: OSError | None = None) -> RejectsNotWritten:
    return RejectsNotWritten(
        f"the rejected rows can't be written to {str(file)!r}{f': {error.strerror}' if error else ''}",
        remedy="name a file in --rejects that can be, and call the same transfer again",
    )
