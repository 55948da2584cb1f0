"""The files of migrations: Aerich's format, so that Aerich can use them too.

A file is ``<number>_<date>_<name>.py``. It has ``upgrade`` and ``downgrade``, which return a script of SQL, says in
``RUN_IN_TRANSACTION`` whether that is all or nothing, and holds in ``MODELS_STATE`` what the models were.
"""

import base64
import re
import runpy
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from importlib.resources import as_file, files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from core.errors import Unavailable

DIALECTS = ("postgres", "sqlite")


class FileInvalid(Unavailable):
    """A file of a migration can't be read, or not be told from another."""


class NeedsDatabase(Exception):  # noqa: N818  a state of the file, told to whoever wanted its SQL
    """The file's SQL depends on what is in the database."""


class Script:
    """A file of a migration."""

    def __init__(self, file: Traversable, dialect: str) -> None:
        self.file = file
        self.name = file.name
        self.number = int(self.name.partition("_")[0])
        self.dialect = dialect

    @cached_property
    def source(self) -> str:
        """The file's text."""
        return self.file.read_text(encoding="utf-8")

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the text, however its lines end."""
        return sha256("\n".join(self.source.splitlines()).encode()).hexdigest()

    @property
    def in_transaction(self) -> bool:
        """Whether all of it happens or nothing."""
        return bool(self._module.get("RUN_IN_TRANSACTION", True))

    @property
    def state(self) -> str:
        """What the models were, as JSON, for the table ``aerich``."""
        packed = self._module.get("MODELS_STATE")
        return zlib.decompress(base64.b64decode(packed)).decode() if packed else "{}"

    async def statements(self, direction: str = "upgrade", db: object = None) -> list[str]:
        """What ``upgrade`` or ``downgrade`` does, statement by statement.

        Raises:
            NeedsDatabase: it asks the database, and none was given.
            FileInvalid: it can't be read.
        """
        try:
            written = await self._module[direction](db or _NO_DATABASE)
        except KeyError:
            raise FileInvalid(f"{self.name} has no {direction}", remedy="write one, as the other files show") from None
        return split(written or "", self.dialect)

    @cached_property
    def _module(self) -> dict[str, Any]:
        try:
            with as_file(self.file) as path:
                return runpy.run_path(str(path))
        except (SyntaxError, ImportError, NameError) as error:
            raise FileInvalid(
                f"{self.name} can't be read: {type(error).__name__}: {error}", remedy="mend the file"
            ) from error


class _NoDatabase:
    def __getattr__(self, name: str) -> object:
        raise NeedsDatabase


_NO_DATABASE = _NoDatabase()


def folder() -> Traversable:
    """Where the migrations are: a folder for each dialect."""
    return files("migrations")


def scripts(dialect: str, *, root: Traversable | None = None) -> list[Script]:
    """The migrations of a dialect, oldest first, from ``root`` or from the package ``migrations``."""
    place = (root or folder()) / dialect
    named = [file for file in place.iterdir() if re.match(r"\d+_.*\.py$", file.name)] if place.is_dir() else []
    return sorted((Script(file, dialect) for file in named), key=lambda it: (it.number, it.name))


def of_one_number(names: Iterable[str]) -> list[list[str]]:
    """The names that share their number with another, as they do when two branches were merged."""
    count = Counter(name.partition("_")[0] for name in names)
    return [[it for it in names if it.partition("_")[0] == number] for number, times in count.items() if times > 1]


def next_number(root: Traversable | None = None) -> int:
    """The number of a migration to come, the same in all dialects."""
    return max((it.number for dialect in DIALECTS for it in scripts(dialect, root=root)), default=-1) + 1


def render(*, upgrade: Sequence[str], downgrade: Sequence[str], state: str, in_transaction: bool = True) -> str:
    """The text of a file. ``state`` is what the models are, as JSON."""
    packed = base64.b64encode(zlib.compress(state.encode())).decode()
    rows = "\n    ".join(f'"{packed[at : at + 70]}"' for at in range(0, len(packed), 70))
    return _TEMPLATE.format(in_transaction, _literal(upgrade), _literal(downgrade), rows)


def write(file: Path, text: str) -> Path:
    """Put a file in its place, all of it or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(".new")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.rename(file)
    return file


def _literal(statements: Sequence[str]) -> str:
    # A comment at the end of a statement would swallow the semicolon.
    ended = (f"{it}\n;" if "--" in it.splitlines()[-1] else f"{it};" for it in map(_unended, statements))
    return "\n        ".join(ended).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _unended(statement: str) -> str:
    return statement.strip().rstrip(";")


_TEMPLATE = '''from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = {}


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        {}"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        {}"""


MODELS_STATE = (
    {}
)
'''

_IN_POSTGRES = re.compile(
    r"""(?isx)
      --[^\n]*
    | /\*                                           # which may have others inside
    | \b[eE]'(?:[^'\\]|\\.|'')*'
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | (?<![\w$])\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$
    | (?P<word>[^\W\d][\w$]*)
    | (?P<end>;)
    """
)
_IN_SQLITE = re.compile(
    r"""(?isx)
      --[^\n]*
    | /\*.*?(?:\*/|\Z)
    | '(?:[^']|'')*'
    | "(?:[^"]|"")*"
    | `(?:[^`]|``)*`
    | \[[^\]]*\]
    | (?P<word>[^\W\d][\w$]*)
    | (?P<end>;)
    """
)
_COMMENT_MARK = re.compile(r"/\*|\*/")


def split(script: str, dialect: str) -> list[str]:
    """The statements of a script, without the semicolons between them.

    A semicolon in a string, a quoted name, a comment, a function's or a trigger's body ends nothing. What is only a
    comment is no statement.
    """
    pieces = _in_postgres(script) if dialect == "postgres" else _in_sqlite(script)
    return [piece.strip() for piece in pieces if bare(piece, dialect)]


def bare(statement: str, dialect: str) -> str:
    """A statement without its comments, on one line: for looking at how it begins."""
    pattern, kept, at = _IN_POSTGRES if dialect == "postgres" else _IN_SQLITE, [], 0
    while found := pattern.search(statement, at):
        kept.append(statement[at : found.start()])
        at = _end(statement, found) if dialect == "postgres" else found.end()
        kept.append(" " if found[0].startswith(("--", "/*")) else found[0])
    return " ".join("".join([*kept, statement[at:]]).replace(";", " ").split())


def _in_postgres(script: str) -> Iterator[str]:
    began = at = depth = 0
    words: list[str] = []
    while found := _IN_POSTGRES.search(script, at):
        at = _end(script, found)
        if found["word"]:
            word = found["word"].upper()
            # Since PostgreSQL 14 the body of a function may be written without quotes.
            routine = words[:1] == ["CREATE"] and {"FUNCTION", "PROCEDURE"} & set(words[:4])
            if routine and ((word == "ATOMIC" and words[-1] == "BEGIN") or (depth and word == "CASE")):
                depth += 1
            elif depth and word == "END":
                depth -= 1
            words.append(word)
        elif found["end"] and not depth:
            yield script[began : found.start()]
            began, words = at, []
    yield script[began:]


def _end(script: str, found: re.Match[str]) -> int:
    """Where what was found ends. PostgreSQL's comments can have others inside."""
    if found[0] != "/*":
        return found.end()
    depth, at = 1, found.end()
    while depth and (mark := _COMMENT_MARK.search(script, at)):
        depth += 1 if mark[0] == "/*" else -1
        at = mark.end()
    return len(script) if depth else at


def _in_sqlite(script: str) -> Iterator[str]:
    began = 0
    for found in _IN_SQLITE.finditer(script):
        # SQLite knows where a trigger ends, but not which comments people leave behind the last statement.
        if found["end"] and sqlite3.complete_statement(script[began : found.end()]):
            yield script[began : found.start()]
            began = found.end()
    yield script[began:]
