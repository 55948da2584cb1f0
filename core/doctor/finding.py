"""What can be found, and who looks for it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Literal, NamedTuple, get_args

Level = Literal["error", "warning", "info"]
"""How bad it is: something does not work or may be lost; it will be trouble one day; it could be better."""
LEVELS: tuple[Level, ...] = get_args(Level)

Fix = Callable[[], Awaitable[str]]
"""Mends it, in the database that is open, and says what it did. Nothing is lost by it."""

Needs = Literal["nothing", "database", "schema"]


class NothingToSee(Exception):  # noqa: N818  an answer, not a fault
    """From here it can't be seen; the text says why."""


class Finding(NamedTuple):
    """Something that is not as it should be: what, why it matters, and the command that mends it."""

    name: str
    level: Level
    what: str
    why: str
    mend: str
    fix: Fix | None = None


class Kind(NamedTuple):
    """Something that can be wrong: the name that it always has, how bad it is, and why it matters."""

    name: str
    level: Level
    why: str

    def found(self, what: str, *, mend: str, fix: Fix | None = None, level: Level | None = None) -> Finding:
        """It is wrong here and now."""
        return Finding(self.name, level or self.level, what, self.why, mend, fix)


class Check(NamedTuple):
    """A look at one subject. ``needs``: an open database, or one that has had every migration."""

    subject: str
    look: Callable[[], AsyncIterator[Finding]]
    finds: tuple[Kind, ...]
    needs: Needs = "nothing"
    only: str | None = None
    """The dialect that it is about, if it is about one."""
