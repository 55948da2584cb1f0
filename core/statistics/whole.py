"""All of it at once."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime
from typing import Any, NamedTuple

from tortoise.exceptions import OperationalError

from core import clock
from core.database import dialect
from core.errors import Unavailable
from core.statistics.activity import Connections, Lock, Transaction, connections, locks, transactions
from core.statistics.indexing import Index, indexes
from core.statistics.queries import SlowQueries, slow_queries
from core.statistics.server import Age, Cache, Overview, cache, overview, wraparound
from core.statistics.sizes import Table, tables
from core.statistics.sqlite import File, file


class Everything(NamedTuple):
    """What was asked for; the rest is None. ``failed`` says what could not be known, and why."""

    at: datetime
    dialect: str
    overview: Overview
    failed: dict[str, str]
    slow: SlowQueries | None = None
    connections: list[Connections] | None = None
    transactions: list[Transaction] | None = None
    locks: list[Lock] | None = None
    tables: list[Table] | None = None
    indexes: list[Index] | None = None
    cache: Cache | None = None
    wraparound: list[Age] | None = None
    file: File | None = None


_ASK: dict[str, Callable[[], Awaitable[object]]] = {
    "locks": locks,
    "transactions": transactions,
    "connections": connections,
    "slow": slow_queries,
    "tables": tables,
    "indexes": indexes,
    "cache": cache,
    "wraparound": wraparound,
    "file": file,
}
PARTS = tuple(_ASK)
"""What there is, beside the overview."""


async def everything(*, only: Collection[str] = PARTS) -> Everything:
    """All of it, or some parts, one after the other. What can't be known in time does not keep the rest.

    Outside a transaction only.
    """
    found: dict[str, Any] = {"overview": await overview()}
    failed: dict[str, str] = {}
    for name, part in _ASK.items():
        if name not in only:
            continue
        try:
            found[name] = await part()
        except (Unavailable, OperationalError) as error:
            failed[name] = str(error)
    return Everything(at=clock.now(), dialect=dialect(), failed=failed, **found)
