"""Principals in this process's memory, and forgotten the moment something about them changes, whoever changed it.

Triggers tell of it (``migrations/postgres/2_...``), so another program's DELETE counts as well. What is remembered is
used only while the channel they speak on is heard: where it is not, on SQLite, or with ``session_cache`` at 0, every
question goes to the database.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from core import measures
from core.database.alone import Connection
from core.database.channel import Channel
from core.database.connection import is_outermost
from core.database.failures import NotMigrated
from core.database.transaction import in_transaction
from core.sessions.principal import Principal
from core.settings import settings

_CHANNEL = "stylobate_sessions"
_TRIGGERS = """
    SELECT count(*) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
    WHERE p.proname = 'stylobate_forget' AND t.tgenabled IN ('O', 'A') AND t.tgrelid IN (
        to_regclass('"session"'), to_regclass('"user"'), to_regclass('"member"')
    )
"""
_ALL_TRIGGERS = 9
_EVERYTHING = "*"


class _Kept(NamedTuple):
    until: datetime
    principal: Principal


class Question:
    """One that the database is asked, and what was said to be different before the answer came."""

    __slots__ = ("different",)

    def __init__(self) -> None:
        self.different: set[str] = set()


class Memory:
    """What is remembered, by the stored form of a token, and whom it is about."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._about: dict[str, set[str]] = {}
        self._questions: set[Question] = set()

    def find(self, stored: str, now: datetime) -> Principal | None:
        """Whose token it is, if that is remembered."""
        kept = self._kept.get(stored)
        if kept is None or now >= kept.until:
            return None
        self._kept.move_to_end(stored)
        return kept.principal

    @contextmanager
    def asking(self) -> Iterator[Question]:
        """Note what is different while the database is asked."""
        question = Question()
        self._questions.add(question)
        try:
            yield question
        finally:
            self._questions.discard(question)

    def keep(self, stored: str, kept: _Kept, question: Question, *, most: int) -> None:
        """Remember the answer, unless it is an old one, and forget those that were not asked for the longest."""
        if not question.different.isdisjoint((_EVERYTHING, *_subjects(kept.principal))):
            return
        self._drop(stored)
        self._kept[stored] = kept
        for subject in _subjects(kept.principal):
            self._about.setdefault(subject, set()).add(stored)
        while len(self._kept) > most:
            self._drop(next(iter(self._kept)))

    def hear(self, said: str) -> None:
        """Forget what is different now: ``session <id>``, ``user <id>``, or ``*``."""
        if said == _EVERYTHING:
            self.lose()
            return
        for question in self._questions:
            question.different.add(said)
        for stored in tuple(self._about.get(said, ())):
            self._drop(stored)

    def lose(self) -> None:
        """Forget everything."""
        for question in self._questions:
            question.different.add(_EVERYTHING)
        self._kept.clear()
        self._about.clear()

    def _drop(self, stored: str) -> None:
        kept = self._kept.pop(stored, None)
        for subject in _subjects(kept.principal) if kept else ():
            others = self._about[subject]
            others.discard(stored)
            if not others:
                del self._about[subject]

    def __len__(self) -> int:
        return len(self._kept)


def _subjects(principal: Principal) -> tuple[str, str]:
    return f"session {principal.session_id}", f"user {principal.user_id}"


async def ready(connection: Connection) -> None:
    """Insist that the database tells of what changes.

    Raises:
        NotMigrated: a trigger is missing, or switched off.
    """
    if await connection.fetchval(_TRIGGERS) != _ALL_TRIGGERS:
        raise NotMigrated(
            "the database does not tell of changes of sessions",
            remedy="run `stylobate db migrate`, and look whether triggers named stylobate_forget_... are switched off",
        )


memory = Memory()
_channel = Channel(_CHANNEL, memory, ready)


def _is_wanted() -> bool:
    """Whether this is a place for it: a transaction may know better, and another database has sessions of its own."""
    return settings().session_cache > 0 and not in_transaction() and is_outermost()


def recall(stored: str, now: datetime) -> Principal | None:
    """Whose token it is, if that is remembered and nothing can have changed since without being heard."""
    if not (_is_wanted() and _channel.is_heard):
        return None
    here = memory.find(stored, now)
    if here is not None:
        measures.recalled.add()
    return here


_NONE: AbstractContextManager[None] = nullcontext()


def asking() -> AbstractContextManager[Question | None]:
    """Around a question to the database whose answer may be kept; it gives None where none may."""
    if not _is_wanted():
        return _NONE
    _channel.heed()
    return memory.asking() if _channel.is_heard else _NONE


def keep(question: Question | None, stored: str, principal: Principal, *, until: datetime) -> None:
    """Remember what the database said, unless something about it was said to be different since it was asked.

    Args:
        question: what ``asking`` gave.
        stored: the stored form of the token.
        principal: whose it is.
        until: when the database is to be asked again.
    """
    if question is not None and _channel.is_heard:
        memory.keep(stored, _Kept(until, replace(principal, extended=False)), question, most=settings().session_cache)
