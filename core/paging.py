"""Paging: long lists in pieces, newest first, each as quick as the first. What is listed may come from a replica."""

from typing import Generic, NamedTuple, TypeVar

from tortoise.models import Model
from tortoise.queryset import QuerySet

from core import database

Item = TypeVar("Item")
Row = TypeVar("Row", bound=Model)

LONGEST = 100
"""Rows of a page at the most."""


class Page(NamedTuple, Generic[Item]):
    """A piece of a list, and ``after``, which asks for the next; None on the last."""

    items: list[Item]
    after: str | None


@database.reading()
async def page(rows: QuerySet[Row], *, after: str | None = None, limit: int = 50) -> Page[Row]:
    """The newest rows, or those that come after a page that was had. Ids are in the order of their making."""
    limit = max(1, min(limit, LONGEST))
    if after is not None:
        rows = rows.filter(id__lt=after)
    items = await rows.order_by("-id").limit(limit + 1)
    return Page(items[:limit], str(items[limit - 1].pk) if len(items) > limit else None)
