"""Asking somebody in: what members do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from core import attempts, audit, clock, expiry, mail, members, paging, permissions, users
from core.errors import Conflict, NotFound
from core.events import Event, publish
from core.expiry import Purged
from core.paging import Page
from core.settings import settings
from models import Invitation, Member, Organization, User

PENDING, CANCELED = "pending", "canceled"

_SENDS_TO_ONE, _SENDS = 5, 200
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class InvitationNotFound(NotFound):
    """There is no such invitation."""


class AlreadyMember(Conflict):
    """Somebody with this email address is a member already."""


class TooManyInvitations(Conflict):
    """Too many invitations of this organization wait for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationSent(Event):
    """An address was invited, or invited again."""

    organization_id: str
    invitation_id: str
    email: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationCanceled(Event):
    """An invitation was taken back."""

    organization_id: str
    invitation_id: str
    email: str
    by: str


async def send(actor: Member, *, email: str, roles: Iterable[str]) -> Invitation:
    """Invite an address into the actor's organization, by mail, for ``invitation_lifetime``.

    An invitation of the address that waits for an answer is renewed, with these roles.

    Raises:
        EmailInvalid: it is not an address.
        RolesInvalid: nobody has defined one of them, or there are none.
        AlreadyMember: it is a member's.
        TooManyInvitations: ``invitations_per_organization`` of them wait already.
        AttemptsExhausted: the actor has sent too many, 5 an hour to one address or 200 a day.
        OwnersOnly, NotPermitted: the actor may not do all that the roles allow, or may not invite.
        OrganizationNotFound: the actor is no member any more.
    """
    email, role = users.normalized(email), permissions.joined(roles)
    await members.require(actor, "invitation.create")
    await _count(actor, email)
    async with members.authority(actor, "invitation.create") as current:
        members.require_cover(current, role)
        if await Member.exists(organization_id=current.organization_id, user__email=email):
            raise AlreadyMember
        waiting = Invitation.filter(organization_id=current.organization_id, status=PENDING)
        invitation = await waiting.filter(email=email).order_by("-id").first()
        if invitation is None:
            if await waiting.filter(expires_at__gt=clock.now()).count() >= settings().invitations_per_organization:
                raise TooManyInvitations
            invitation = await _make(email, role, by=current)
        else:
            members.require_cover(current, invitation.role or "")
            await _renew(invitation, role, by=current)
        await _post(invitation, by=current)
    return invitation


async def resend(actor: Member, invitation_id: str) -> Invitation:
    """Send an invitation once more. It lives for another ``invitation_lifetime``, also when it had expired.

    Raises:
        InvitationNotFound: the actor's organization has no such invitation that waits for an answer.
        AttemptsExhausted, OwnersOnly, NotPermitted, OrganizationNotFound: see ``send``.
    """
    await members.require(actor, "invitation.create")
    await _count(actor, (await _waiting(actor, invitation_id)).email)
    async with members.authority(actor, "invitation.create") as current:
        invitation = await _waiting(current, invitation_id)
        members.require_cover(current, invitation.role or "")
        await _renew(invitation, invitation.role or permissions.MEMBER, by=current)
        await _post(invitation, by=current)
    return invitation


async def cancel(actor: Member, invitation_id: str) -> None:
    """Take an invitation back.

    Raises:
        InvitationNotFound: the actor's organization has no such invitation that waits for an answer.
        OwnersOnly, NotPermitted, OrganizationNotFound: see ``send``.
    """
    async with members.authority(actor, "invitation.cancel") as current:
        invitation = await _waiting(current, invitation_id)
        members.require_cover(current, invitation.role or "")
        await Invitation.filter(id=invitation.id, status=PENDING).update(status=CANCELED)
        await audit.record(
            "invitation.cancel",
            actor_id=current.user_id,
            subject_id=invitation.id,
            organization_id=current.organization_id,
        )
        await publish(
            InvitationCanceled(
                organization_id=current.organization_id,
                invitation_id=invitation.id,
                email=invitation.email,
                by=current.user_id,
            )
        )


async def list_for_organization(
    actor: Member, *, status: str | None = PENDING, after: str | None = None, limit: int = 50
) -> Page[Invitation]:
    """The invitations of the actor's organization, the newest first.

    Args:
        actor: who asks.
        status: pending (also when it has expired since), accepted, rejected, canceled; None for all.
        after: where to go on.
        limit: how many.

    Raises:
        OrganizationNotFound, NotPermitted: see ``members.require``.
    """
    await members.require(actor, "invitation.read")
    rows = Invitation.filter(organization_id=actor.organization_id)
    return await paging.page(rows if status is None else rows.filter(status=status), after=after, limit=limit)


async def prune(*, dry_run: bool = False) -> Purged:
    """Delete the invitations whose time was over ``invitation_retention`` ago, whatever became of them."""
    until = clock.now() - settings().invitation_retention
    return await expiry.delete_expired(Invitation, until=until, dry_run=dry_run)


async def _waiting(actor: Member, invitation_id: str) -> Invitation:
    invitation = await Invitation.get_or_none(id=invitation_id, organization_id=actor.organization_id, status=PENDING)
    if invitation is None:
        raise InvitationNotFound
    return invitation


async def _count(actor: Member, email: str) -> None:
    """Refuse to flood an address. Each person is counted apart, so that nobody can keep others from inviting."""
    await attempts.count("invitation", f"{actor.user_id}:{email}", limit=_SENDS_TO_ONE, window=_HOUR)
    await attempts.count("invitation", actor.user_id, limit=_SENDS, window=_DAY)


async def _make(email: str, role: str, *, by: Member) -> Invitation:
    now = clock.now()
    return await Invitation.create(
        organization_id=by.organization_id,
        email=email,
        role=role,
        status=PENDING,
        expires_at=now + settings().invitation_lifetime,
        created_at=now,
        inviter_id=by.user_id,
    )


async def _renew(invitation: Invitation, role: str, *, by: Member) -> None:
    invitation.role, invitation.inviter_id = role, by.user_id
    invitation.expires_at = clock.now() + settings().invitation_lifetime
    renewed = await Invitation.filter(id=invitation.id, status=PENDING).update(
        role=role, inviter_id=by.user_id, expires_at=invitation.expires_at
    )
    if not renewed:  # Somebody who doesn't hold the organization, as another program, was faster.
        raise InvitationNotFound


async def _post(invitation: Invitation, *, by: Member) -> None:
    """Promise the mail, and write down who sent it."""
    organization = await Organization.get(id=by.organization_id)
    inviter = await User.get(id=by.user_id)
    # Somebody who is not known yet most likely speaks the language of who asks them.
    invited = await User.get_or_none(email=invitation.email) or inviter
    await mail.send(
        to=invitation.email,
        template="invitation",
        locale=invited.locale,
        inviter=inviter.name,
        organization=organization.name,
        url=mail.link(f"/invitations/{quote(invitation.id, safe='')}"),
    )
    await audit.record(
        "invitation.send",
        actor_id=by.user_id,
        subject_id=invitation.id,
        organization_id=by.organization_id,
        role=invitation.role,
    )
    await publish(
        InvitationSent(
            organization_id=by.organization_id, invitation_id=invitation.id, email=invitation.email, by=by.user_id
        )
    )
