"""All or nothing, and what comes afterwards."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial

from tortoise import transactions

from core.database.connection import ALIAS
from core.database.deferred import begin

_log = logging.getLogger(__name__)

Callback = Callable[[], Awaitable[object]]


@dataclass
class _Open:
    """The outermost transaction of this task."""

    afterwards: list[Callback] = field(default_factory=list)
    broken: BaseException | None = None


_open: ContextVar[_Open | None] = ContextVar("open_transaction", default=None)


def in_transaction() -> bool:
    """Whether there is one around."""
    return _open.get() is not None


@asynccontextmanager
async def transaction() -> AsyncIterator[None]:
    """Make what happens inside all or nothing.

    A transaction inside another joins it: there is one commit, the outer one. So an error that leaves an inner block
    breaks the whole, also when somebody catches it on the way.

    Raises:
        RuntimeError: an inner block failed and the outer one went on as if nothing had happened. Nothing was stored.
    """
    outer = _open.get()
    if outer is not None:
        try:
            yield
        except BaseException as error:
            outer.broken = error
            raise
        return

    current = _Open()
    async with transactions.in_transaction(ALIAS):
        token = _open.set(current)
        try:
            yield
        finally:
            _open.reset(token)
        if current.broken is not None:
            raise RuntimeError("a part of this transaction failed, so the whole is rolled back") from current.broken
    for callback in current.afterwards:
        await _call(callback)


async def after_commit(callback: Callback) -> None:
    """Call it once the outermost transaction is committed; at once when there is none; never after a rollback.

    What it does must be dispensable, since the process may die in between: a row is the promise, this is the reminder.
    An error in it is logged and does not undo what is committed.
    """
    current = _open.get()
    if current is None:
        await _call(callback)
    else:
        current.afterwards.append(callback)


async def defer(work: Callback) -> None:
    """Do it after the commit, and let nobody wait for it: in the background, and before the database closes.

    It must be dispensable: an error in it is logged, and the process may die before.
    """
    await after_commit(partial(begin, work))


async def _call(callback: Callback) -> None:
    try:
        await callback()
    except Exception:  # noqa: BLE001  the work is committed; whatever this was, it must not look as if it weren't
        _log.exception("after commit: %r failed", callback)
