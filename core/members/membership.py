"""Joining, leaving, and what a member's roles are."""

from collections.abc import Iterable
from dataclasses import dataclass

from tortoise.exceptions import IntegrityError

from core import audit, clock, database, paging, permissions
from core.database.statements import fetch
from core.errors import Conflict, NotFound
from core.events import Event, publish
from core.members.standing import authority, hold, require, require_cover
from core.paging import Page
from core.permissions import OWNER
from core.settings import settings
from core.users import UserNotFound
from models import Member, Session, User
from models.base import new_id


class MemberNotFound(NotFound):
    """There is no such member."""


class LastOwner(Conflict):
    """An organization has an owner: make somebody else one first."""


class OrganizationFull(Conflict):
    """This organization has as many members as it can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined(Event):
    """Somebody has become a member."""

    organization_id: str
    member_id: str
    user_id: str
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft(Event):
    """Somebody is a member no more. ``by`` is who saw to it: a person's id, their own when they left."""

    organization_id: str
    member_id: str
    user_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesChanged(Event):
    """A member has other roles."""

    organization_id: str
    member_id: str
    user_id: str
    role: str
    by: str


async def add(*, organization_id: str, user_id: str, role: str) -> Member:
    """Make somebody a member, in a flow that has settled that they may be one. Who is one stays as they are.

    Args:
        organization_id: where.
        user_id: who.
        role: the comma-joined roles.

    Raises:
        OrganizationNotFound: there is none.
        OrganizationFull: it has ``members_per_organization`` members.
        UserNotFound: there is no such person.
    """
    async with database.transaction():
        await hold(organization_id)
        members = Member.filter(organization_id=organization_id)
        if not await members.filter(user_id=user_id).exists():
            if await members.count() >= settings().members_per_organization:
                raise OrganizationFull
            await _insert(organization_id, user_id, role)
        return await members.get(user_id=user_id)


async def _insert(organization_id: str, user_id: str, role: str) -> None:
    try:
        rows = await fetch(
            """
            INSERT INTO "member" ("id", "organizationId", "userId", "role", "createdAt")
            VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING RETURNING "id"
            """,
            new_id(),
            organization_id,
            user_id,
            role,
            clock.now(),
        )
    except IntegrityError:  # By the foreign key to the person: the organization is held.
        raise UserNotFound from None
    for row in rows:
        await publish(MemberJoined(organization_id=organization_id, member_id=row["id"], user_id=user_id, role=role))


async def list_members(actor: Member, *, after: str | None = None, limit: int = 50) -> Page[Member]:
    """The members of the actor's organization with their ``user``, who came last first.

    Raises:
        OrganizationNotFound, NotPermitted: see ``require``.
    """
    await require(actor, "member.read")
    rows = Member.filter(organization_id=actor.organization_id).select_related("user")
    return await paging.page(rows, after=after, limit=limit)


async def get(actor: Member, member_id: str) -> Member:
    """A member of the actor's organization, with their ``user``.

    Raises:
        MemberNotFound: there is none with this id.
        OrganizationNotFound, NotPermitted: see ``require``.
    """
    await require(actor, "member.read")
    member = await Member.get_or_none(id=member_id, organization_id=actor.organization_id).select_related("user")
    if member is None:
        raise MemberNotFound
    return member


async def change_roles(actor: Member, member_id: str, roles: Iterable[str]) -> Member:
    """Give a member other roles, instead of those they had.

    Raises:
        RolesInvalid: nobody has defined one of them, or there are none.
        MemberNotFound: the actor's organization has no such member.
        OwnersOnly, NotPermitted: the member may do, or would, what the actor may not.
        LastOwner: nobody else would be an owner.
        OrganizationNotFound: the actor is no member any more.
    """
    role = permissions.joined(roles)
    async with authority(actor, "member.update") as current:
        member = await _within_reach(current, member_id)
        require_cover(current, role)
        if OWNER not in permissions.split(role):
            await _keep_an_owner(without=member)
        await _give(member, role, by=current)
    return member


async def transfer_ownership(actor: Member, member_id: str) -> None:
    """Make another member the owner in the actor's place, who stays as an admin.

    Raises:
        OwnersOnly: the actor is none.
        MemberNotFound: their organization has no such member.
        OrganizationNotFound: the actor is no member any more.
    """
    async with authority(actor) as current:
        require_cover(current, OWNER)
        member = await _within_reach(current, member_id)
        if member.id == current.id:
            return
        rest = [role for role in permissions.split(current.role) if role not in {OWNER, permissions.ADMIN}]
        await _give(member, OWNER, by=current)
        await _give(current, ",".join([permissions.ADMIN, *rest]), by=current)


async def remove(actor: Member, member_id: str) -> None:
    """Take a member out of the actor's organization.

    Raises:
        MemberNotFound: it has no such member.
        OwnersOnly, NotPermitted: the actor's roles don't allow it, or the member may do what the actor may not.
        LastOwner: nobody else is an owner.
        OrganizationNotFound: the actor is no member any more.
    """
    async with authority(actor, "member.remove") as current:
        member = await _within_reach(current, member_id)
        await _end(member, by=current)
        await audit.record(
            "member.remove",
            actor_id=current.user_id,
            subject_id=member.user_id,
            organization_id=current.organization_id,
            role=member.role,
        )


async def leave(actor: Member) -> None:
    """Leave the organization.

    Raises:
        LastOwner: nobody else is an owner.
        OrganizationNotFound: the actor is no member any more.
    """
    async with authority(actor) as current:
        await _end(current, by=current)


async def _within_reach(actor: Member, member_id: str) -> Member:
    member = await Member.get_or_none(id=member_id, organization_id=actor.organization_id)
    if member is None:
        raise MemberNotFound
    require_cover(actor, member.role)
    return member


async def _keep_an_owner(*, without: Member) -> None:
    """Refuse what would leave the organization without an owner. It is held, so this stays true."""
    if OWNER not in permissions.split(without.role):
        return
    others = Member.filter(organization_id=without.organization_id, role__contains=OWNER).exclude(id=without.id)
    if not any(OWNER in permissions.split(role) for role in await others.values_list("role", flat=True)):
        raise LastOwner


async def _give(member: Member, role: str, *, by: Member) -> None:
    before, member.role = member.role, role
    await Member.filter(id=member.id, organization_id=by.organization_id).update(role=role)
    await audit.record(
        "member.change_roles",
        actor_id=by.user_id,
        subject_id=member.user_id,
        organization_id=by.organization_id,
        before=before,
        after=role,
    )
    await publish(
        RolesChanged(
            organization_id=by.organization_id,
            member_id=member.id,
            user_id=member.user_id,
            role=role,
            by=by.user_id,
        )
    )


async def _end(member: Member, *, by: Member) -> None:
    await _keep_an_owner(without=member)
    await _forget_active(organization_id=member.organization_id, user_id=member.user_id)
    await Member.filter(id=member.id, organization_id=by.organization_id).delete()
    await publish(
        MemberLeft(organization_id=member.organization_id, member_id=member.id, user_id=member.user_id, by=by.user_id)
    )


async def _forget_active(*, organization_id: str, user_id: str) -> None:
    """Let a person and their sessions be at work in this organization no more."""
    now = clock.now()
    # In the order in which deleting a person takes them, so that the two never wait for each other.
    await User.filter(id=user_id, last_active_organization_id=organization_id).update(
        last_active_organization_id=None, updated_at=now
    )
    await Session.filter(user_id=user_id, active_organization_id=organization_id).update(
        active_organization_id=None, updated_at=now
    )
