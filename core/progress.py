"""How far long work is, for whoever waits for it: a bar in a terminal, a row that others watch.

What works says ``progress.tell(done=rows, total=all_of_them, unit="rows")`` as often as it likes; that costs next to
nothing when nobody listens.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Step(NamedTuple):
    """How far it is: so many of ``total`` (None: nobody knows) rows, bytes or whatever ``unit`` says, of ``what``."""

    what: str
    done: int
    total: int | None
    unit: str


Listener = Callable[[Step], None]

_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("progress_listeners", default=())


def tell(*, done: int, total: int | None = None, unit: str = "rows", what: str = "") -> None:
    """Say how far the work is. ``what`` names a part of it, a table or a step, that is counted by itself."""
    for listener in _listeners.get():
        listener(Step(what, done, total, unit))


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Have a function called with every step within the block. It must return at once."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)
