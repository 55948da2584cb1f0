"""One id for what belongs together: a request, the jobs it asked for, and every line they log.

A web request brings or gets one (``core.web``), a job takes over the one of whoever asked for it, and the log shows it
(``core.logs``).
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,128}")

_current: ContextVar[str | None] = ContextVar("correlation_id", default=None)


def current() -> str | None:
    """The id of what is being done, if it has one."""
    return _current.get()


def accepted(text: str | None) -> str | None:
    """An id from outside, if it is one: letters, digits, dots, underscores and hyphens, 128 of them at the most."""
    return text if text and _ACCEPTED.fullmatch(text) else None


def bind(correlation_id: str) -> None:
    """Have everything from here to the end of this task belong to this id."""
    _current.set(correlation_id)


@contextmanager
def bound(correlation_id: str | None) -> Iterator[None]:
    """Have everything within the block belong to this id."""
    token = _current.set(correlation_id)
    try:
        yield
    finally:
        _current.reset(token)
