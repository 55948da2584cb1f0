"""Walking through a table of any size: from a row to those after or before it, and how many there are, roughly.

A page is asked for by the row at its edge (``page=after.<id>``), so the last page costs what the first does. Rows that
are equal in what they are sorted by are in the order of their ids.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.queryset import QuerySet

from core import database
from core.database.statements import fetch
from core.studio.patience import within

COUNTED = 10_000
"""So many rows are counted, and no more."""
_COUNTING = 2.0
"""Seconds."""


class Key(NamedTuple):
    """A column by which rows are sorted."""

    name: str
    descending: bool


class Place(NamedTuple):
    """Where in a list a page is: beside a row, at the end, or (without either) at the beginning."""

    after: str | None = None
    before: str | None = None
    last: bool = False

    @classmethod
    def read(cls, page: str) -> "Place":
        """Out of an address; what is no place is the beginning."""
        word, _, row = page.partition(".")
        return cls(
            after=row if word == "after" and row else None,
            before=row if word == "before" and row else None,
            last=page == "last",
        )


class Walked(NamedTuple):
    """The rows of a page, and whether there are others before and after them."""

    rows: list[Any]
    more_before: bool
    more_after: bool


class Total(NamedTuple):
    """How many rows there are: exactly, about so many, at least so many, or nobody knows (in time)."""

    rows: int | None
    how: str = ""

    def __str__(self) -> str:
        return "many" if self.rows is None else f"{self.how} {self.rows:,}".strip()


async def walk(rows: QuerySet[Any], keys: Sequence[Key], place: Place, *, limit: int) -> Walked:
    """A page of the rows.

    Args:
        rows: what is walked through, in no order.
        keys: in which order; the id comes last by itself.
        place: where.
        limit: rows of a page.
    """
    if all(key.name != "id" for key in keys):
        keys = [*keys, Key("id", keys[-1].descending if keys else True)]
    backwards = place.last or place.before is not None
    walked = [Key(key.name, key.descending != backwards) for key in keys]
    edge = place.before or place.after
    if edge is not None:
        beside = await rows.model.get_or_none(id=edge)
        if beside is None:  # It was deleted since.
            return await walk(rows, keys, Place(), limit=limit)
        rows = rows.filter(_beyond(beside, walked))
    found: list[Any] = await rows.order_by(*(f"-{it.name}" if it.descending else it.name for it in walked)).limit(
        limit + 1
    )
    more = len(found) > limit
    del found[limit:]
    if backwards:
        return Walked(found[::-1], more, not place.last)
    return Walked(found, place.after is not None, more)


def _beyond(beside: Model, keys: Sequence[Key]) -> Q:
    """The rows further on: equal in the first few keys, and further in the next."""
    beyond, equal = Q(), Q()
    for key in keys:
        further = _further(beside, key)
        if further is not None:
            beyond |= equal & further
        equal &= _same(beside, key)
    first = keys[0]
    if getattr(beside, first.name) is None or _nulls_follow(first):
        return beyond
    # It says nothing new, and lets the database begin in an index where the row is.
    return _where(f"{first.name}__{'lte' if first.descending else 'gte'}", getattr(beside, first.name)) & beyond


def _nulls_follow(key: Key) -> bool:
    """Nothing is the greatest on PostgreSQL and the smallest on SQLite."""
    return key.descending == (database.dialect() == "sqlite")


def _where(name: str, value: Any) -> Q:  # noqa: ANN401  of any column
    return Q(**{name: value})


def _same(beside: Model, key: Key) -> Q:
    value = getattr(beside, key.name)
    return _where(f"{key.name}__isnull", value=True) if value is None else _where(key.name, value)


def _further(beside: Model, key: Key) -> Q | None:
    value = getattr(beside, key.name)
    if value is None:
        return None if _nulls_follow(key) else _where(f"{key.name}__isnull", value=False)
    further = _where(f"{key.name}__{'lt' if key.descending else 'gt'}", value)
    return further | _where(f"{key.name}__isnull", value=True) if _nulls_follow(key) else further


async def total(rows: QuerySet[Any], *, everything: bool) -> Total:
    """How many rows there are. Few are counted; of a whole table the database has an idea.

    Args:
        rows: what is counted.
        everything: whether that is the whole table.
    """
    try:
        async with within(_COUNTING):
            counted = await _count(rows.only("id").limit(COUNTED + 1))
    except TimeoutError:
        return Total(None)
    if counted <= COUNTED:
        return Total(counted)
    table = rows.model._meta.db_table  # noqa: SLF001  it has no other name
    return Total(max(await _estimate(table), COUNTED), "about") if everything else Total(COUNTED, "more than")


async def _count(rows: QuerySet[Any]) -> int:
    rows.sql()
    statement, values = rows.query.get_parameterized_sql()
    # Tortoise's own count() counts everything and cuts off the number.
    found = await database.connection().execute_query_dict(f"SELECT count(*) AS rows FROM ({statement}) AS few", values)  # noqa: S608
    counted: int = found[0]["rows"]
    return counted


async def _estimate(table: str) -> int:
    if database.dialect() == "postgres":
        found = await fetch(
            'SELECT "reltuples"::bigint AS rows FROM pg_class WHERE oid = to_regclass($1)', f'"{table}"'
        )
    else:
        found = await fetch(f'SELECT max("rowid") AS rows FROM "{table}"')  # noqa: S608  our own name
    rows: int | None = found[0]["rows"] if found else None
    return rows or 0
