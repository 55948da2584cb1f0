"""Which reads may be a moment old, and who must not be shown the past.

What decides something (is this token valid, is this a member, was this code used) reads the primary, always. What only
shows something may be read from a replica, and says so: ``async with database.reading():``, or ``@database.reading()``
over a coroutine function. Where there are replicas, ``core.database.replicas`` does the rest.
"""

import re
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from functools import lru_cache, wraps
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Coroutine[Any, Any, Any]])


class Caller:
    """A request or a job: whoever wants to see what they have written themselves."""

    __slots__ = ("wrote_at",)

    def __init__(self) -> None:
        self.wrote_at = float("-inf")
        """When they wrote last, by ``time.monotonic``."""

    def wrote(self) -> None:
        """They have written, or may have: from now on they are not shown anything older than this moment."""
        self.wrote_at = time.monotonic()


class Block:
    """What is read in one ``reading()``: from one server, so that no read in it sees an older state than another."""

    __slots__ = ("is_over", "on_primary", "replica")

    def __init__(self) -> None:
        self.replica: Any = None
        """The one that its first read went to."""
        self.on_primary = False
        """Once it had to ask the primary, it stays there."""
        self.is_over = False
        """A task that was begun in it may go on after it."""


_caller: ContextVar[Caller] = ContextVar("caller", default=Caller())  # noqa: B039  those without one of their own are one
_block: ContextVar[Block | None] = ContextVar("reading", default=None)


def caller() -> Caller:
    """Whose work this is. What belongs to no request and no job is, in the whole process, one caller's."""
    return _caller.get()


@contextmanager
def one_caller() -> Iterator[Caller]:
    """What is done inside, in tasks begun there too, is one caller's, who has not written yet."""
    one = Caller()
    token = _caller.set(one)
    try:
        yield one
    finally:
        _caller.reset(token)


def block() -> Block | None:
    """The ``reading()`` around, if there is one."""
    around = _block.get()
    return None if around is None or around.is_over else around


@asynccontextmanager
async def reading() -> AsyncIterator[None]:
    """Let plain SELECTs inside, outside of transactions, be answered by a replica if one is near enough.

    They may miss what others wrote within ``STYLOBATE_REPLICA_LAG``, and never what this caller wrote. For what shows,
    not for what decides. Keep it short: once it had to ask the primary, it stays there.
    """
    if block() is not None:
        yield
        return
    opened = Block()
    token = _block.set(opened)
    try:
        yield
    finally:
        opened.is_over = True
        _block.reset(token)


def deciding(function: Function) -> Function:
    """Let what the function reads come from the primary, also where it is called within a ``reading()``."""

    @wraps(function)
    async def decided(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  the function's
        if _block.get() is None:
            return await function(*args, **kwargs)
        token = _block.set(None)
        try:
            return await function(*args, **kwargs)
        finally:
            _block.reset(token)

    return cast("Function", decided)


_SELECT = re.compile(r"\s*SELECT\b", re.IGNORECASE)
_MORE = re.compile(
    r";|\bFOR\s+(?:NO\s+KEY\s+|KEY\s+)?(?:UPDATE|SHARE)\b|\bINTO\b|advisory|nextval|setval", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def is_plain(statement: str) -> bool:
    """Whether it is a SELECT that changes and locks nothing. Where the text leaves a doubt, it is none."""
    return _SELECT.match(statement) is not None and _MORE.search(statement) is None
