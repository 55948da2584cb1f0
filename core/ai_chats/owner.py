"""Whose a chat is, and whether whoever is asking may do something with it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from core import database, members
from models import Member


class Owner(NamedTuple):
    """A person or an organization, as a column and as a filter."""

    column: str
    filter: dict[str, Any]
    id: str


@asynccontextmanager
async def writing(user_id: str | None, actor: Member | None, permission: str) -> AsyncIterator[Owner]:
    """A transaction in which whoever is asking may do this."""
    if actor is not None and user_id is None:
        async with members.authority(actor, permission, shared=True) as current:
            yield _organization(current)
    else:
        owner = _person(user_id, actor)
        async with database.transaction():
            yield owner


async def reading(user_id: str | None, actor: Member | None) -> Owner:
    """The owner, for whoever may look."""
    if actor is not None and user_id is None:
        return _organization(await members.require(actor, "ai_chat.read"))
    return _person(user_id, actor)


def _organization(actor: Member) -> Owner:
    return Owner("organizationId", {"organization_id": actor.organization_id}, actor.organization_id)


def _person(user_id: str | None, actor: Member | None) -> Owner:
    if user_id is None or actor is not None:
        raise TypeError("give user_id or actor")
    return Owner("userId", {"user_id": user_id}, user_id)
