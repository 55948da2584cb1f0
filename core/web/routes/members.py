"""Who belongs to an organization."""

from datetime import datetime

from fastapi import APIRouter

from core import members
from core.paging import Page
from core.web.identity import CurrentMember
from core.web.routes.fields import After, Body, Id, Limit, Listed, Roles, Shown
from models import Member

router = APIRouter(prefix="/organizations/{organization_id}")


class Person(Shown):
    """Somebody, as the others see them."""

    id: str
    name: str
    email: str
    image: str | None


class Place(Shown):
    """Somebody's place in an organization. ``role`` is a comma-joined list."""

    id: str
    organization_id: str
    user_id: str
    role: str
    created_at: datetime


class Membership(Place):
    """The same, and who it is."""

    user: Person


class RoleChange(Body):
    """What is to take the place of the roles that were."""

    roles: Roles


@router.get("/members", response_model=Listed[Membership])
async def list_members(actor: CurrentMember, after: After = None, limit: Limit = 50) -> Page[Member]:
    """Who belongs to it."""
    return await members.list_members(actor, after=after, limit=limit)


@router.get("/members/{member_id}", response_model=Membership)
async def get_member(member_id: Id, actor: CurrentMember) -> Member:
    """One of them."""
    return await members.get(actor, member_id)


@router.put("/members/{member_id}/roles", response_model=Place)
async def change_member_roles(member_id: Id, body: RoleChange, actor: CurrentMember) -> Member:
    """Give them other roles."""
    return await members.change_roles(actor, member_id, body.roles)


@router.post("/members/{member_id}/ownership", status_code=204)
async def transfer_ownership(member_id: Id, actor: CurrentMember) -> None:
    """Make them the owner in my place."""
    await members.transfer_ownership(actor, member_id)


@router.delete("/members/{member_id}", status_code=204)
async def remove_member(member_id: Id, actor: CurrentMember) -> None:
    """Take them out."""
    await members.remove(actor, member_id)


@router.post("/leave", status_code=204)
async def leave_organization(actor: CurrentMember) -> None:
    """Leave it."""
    await members.leave(actor)
