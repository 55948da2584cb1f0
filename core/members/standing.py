"""Who is acting, and what they may at this moment.

A ``Member`` says who is acting, never what they may: that is read anew, in the transaction, under a lock on the
organization's row. So a demoted or removed member's old object is worth nothing.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core import database, permissions
from core.database.statements import fetch
from core.errors import Forbidden, NotFound
from core.permissions import OWNER
from models import Member


class OrganizationNotFound(NotFound):
    """There is no such organization."""


class NotPermitted(Forbidden):
    """Your role in this organization does not allow this."""


class OwnersOnly(Forbidden):
    """Only an owner may do this."""


@database.deciding
async def acting(*, user_id: str, organization_id: str) -> Member:
    """The person as a member of the organization, to act there.

    Raises:
        OrganizationNotFound: they are none, or there is no such organization. Which of them is not said.
    """
    member = await Member.get_or_none(user_id=user_id, organization_id=organization_id)
    if member is None:
        raise OrganizationNotFound
    return member


@database.deciding
async def require(actor: Member, permission: str | None = None) -> Member:
    """The actor as they are at this moment. Enough for reading; what changes something asks for ``authority``.

    Raises:
        OrganizationNotFound: they are no member any more.
        NotPermitted: none of their roles allows it.
    """
    # By all three, so that an actor who was given another organization's id is nobody.
    current = await Member.get_or_none(id=actor.id, organization_id=actor.organization_id, user_id=actor.user_id)
    if current is None:
        raise OrganizationNotFound
    if permission is not None and not permissions.allows(current.role, permission):
        raise NotPermitted
    return current


@asynccontextmanager
async def authority(actor: Member, permission: str | None = None, *, shared: bool = False) -> AsyncIterator[Member]:
    """A transaction in which the actor may do this, and stays who they are until its end.

    It yields the actor as they are now. Meanwhile nobody joins, leaves or has their roles changed.

    Args:
        actor: who is acting.
        permission: what for; None for what every member may.
        shared: let others be at work in the organization at the same time, for what changes no member. Within one
            transaction, don't ask for it shared first and alone later.

    Raises:
        OrganizationNotFound: they are no member any more.
        NotPermitted: none of their roles allows it.
    """
    async with database.transaction():
        await hold(actor.organization_id, shared=shared)
        yield await require(actor, permission)


async def hold(organization_id: str, *, shared: bool = False) -> None:
    """Let nobody else change who belongs to the organization until the end of this transaction.

    A transaction on SQLite has the whole database to itself anyway.

    Raises:
        OrganizationNotFound: there is none.
    """
    statement = 'SELECT 1 FROM "organization" WHERE "id" = $1'
    if database.dialect() == "postgres":
        # Weaker than FOR UPDATE, which would also stop whoever adds a row that refers to the organization.
        statement += " FOR SHARE" if shared else " FOR NO KEY UPDATE"
    if not await fetch(statement, organization_id):
        raise OrganizationNotFound


def require_cover(actor: Member, roles: str) -> None:
    """Insist that the actor may do all that these roles allow: only then are they the actor's to give and to touch.

    Raises:
        OwnersOnly: an owner's role is among them, and the actor is none.
        NotPermitted: they allow something else that the actor may not.
    """
    if not permissions.covers(actor.role, roles):
        raise OwnersOnly if OWNER in permissions.split(roles) else NotPermitted
