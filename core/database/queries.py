"""What statements cost: counted always, and told in the log when ``slow_query`` says so, without their values."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from types import TracebackType
from typing import Any, NamedTuple

from tortoise.backends.base.client import ConnectionWrapper

from core import masking, measures
from core.settings import settings

_log = logging.getLogger(__name__)

_LONGEST = 2_000
"""Characters of a statement that are told. One that inserts a thousand rows has a hundred thousand."""


class Pool(NamedTuple):
    """How many connections there may be and how many are open, how many work, and who waits for one."""

    limit: int
    open: int
    in_use: int
    waiting: int

    @property
    def is_exhausted(self) -> bool:
        """Whether whoever asks now has to wait for somebody else."""
        return self.in_use >= self.limit


class Held(ConnectionWrapper[Any]):
    """A connection for one statement. As long as it is held, the statement takes."""

    __slots__ = ("_began",)

    async def __aenter__(self) -> Any:  # noqa: ANN401  Tortoise's
        await self._take()
        try:
            await self.ensure_connection()
        except BaseException:
            self._lock.release()
            raise
        self._began = perf_counter()
        return self.connection

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._lock.release()
        measures.statements.add(perf_counter() - self._began)

    async def _take(self) -> None:
        await self._lock.acquire()


def tell(statement: str, seconds: float) -> None:
    """Say in the log that a statement took so long, if that is long enough to be told."""
    longest = settings().slow_query
    if longest is not None and seconds >= longest.total_seconds():
        text = " ".join(masking.without_values(statement).split())
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."
        _log.info("%s", shown, extra={"seconds": round(seconds, 6)})


@contextmanager
def told(statement: str) -> Iterator[None]:
    """Say how long it took, as ``tell`` does, also if it failed."""
    began = perf_counter()
    try:
        yield
    finally:
        tell(statement, perf_counter() - began)
