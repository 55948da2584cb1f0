"""Answering an invitation: what the invited person does."""

from dataclasses import dataclass

from core import clock, database, members, users
from core.database.statements import fetch
from core.errors import Conflict, Forbidden
from core.events import Event, publish
from core.invitations.sending import PENDING, InvitationNotFound
from core.paging import LONGEST
from core.permissions import MEMBER
from models import Invitation, Member, User

_ACCEPTED, _REJECTED = "accepted", "rejected"


class InvitationOver(Conflict):
    """This invitation has expired, was answered or was taken back."""


class EmailUnverified(Forbidden):
    """Verify your email address first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationAccepted(Event):
    """The invited person is a member."""

    organization_id: str
    invitation_id: str
    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationRejected(Event):
    """The invited person doesn't want to be one."""

    organization_id: str
    invitation_id: str
    user_id: str


async def get(*, invitation_id: str, user_id: str) -> Invitation:
    """An invitation, for the person whose address it is for, with its ``organization`` and ``inviter``.

    Raises:
        InvitationNotFound: there is none, or it is for somebody else. Which of them is not said.
        InvitationOver: it has expired, was answered or was taken back.
        EmailUnverified: the address is the person's, as far as they say.
        UserNotFound: there is no such person.
    """
    return (await _asked(invitation_id, user_id))[0]


async def list_for_user(*, user_id: str) -> list[Invitation]:
    """The invitations that wait for the person's answer, the newest first, with their ``organization``.

    Somebody whose address is not verified has none.
    """
    user = await users.find(user_id)
    if user is None or not user.email_verified:
        return []
    rows = Invitation.filter(email=user.email, status=PENDING, expires_at__gt=clock.now())
    async with database.reading():
        return await rows.order_by("-id").limit(LONGEST).select_related("organization")


async def accept(*, invitation_id: str, user_id: str) -> Member:
    """Become a member. Of many at once, one is taken. Who is a member already stays as they are.

    Raises:
        OrganizationFull: it has as many members as it can have. The invitation goes on waiting.
        InvitationNotFound, InvitationOver, EmailUnverified, UserNotFound: see ``get``.
    """
    async with database.transaction():
        invitation = await _answer(invitation_id, user_id, _ACCEPTED)
        # Another program's invitation may name no role.
        member = await members.add(
            organization_id=invitation.organization_id, user_id=user_id, role=invitation.role or MEMBER
        )
        await publish(
            InvitationAccepted(organization_id=invitation.organization_id, invitation_id=invitation.id, user_id=user_id)
        )
    return member


async def reject(*, invitation_id: str, user_id: str) -> None:
    """Say no.

    Raises:
        InvitationNotFound, InvitationOver, EmailUnverified, UserNotFound: see ``get``.
    """
    async with database.transaction():
        invitation = await _answer(invitation_id, user_id, _REJECTED)
        await publish(
            InvitationRejected(organization_id=invitation.organization_id, invitation_id=invitation.id, user_id=user_id)
        )


async def _asked(invitation_id: str, user_id: str) -> tuple[Invitation, User]:
    user = await users.get(user_id)
    invitation = await Invitation.get_or_none(id=invitation_id).select_related("organization", "inviter")
    if invitation is None or invitation.email.lower() != user.email.lower():
        raise InvitationNotFound
    if not user.email_verified:
        raise EmailUnverified
    if invitation.status != PENDING or invitation.expires_at <= clock.now():
        raise InvitationOver
    return invitation, user


async def _answer(invitation_id: str, user_id: str, answer: str) -> Invitation:
    """Use the invitation up, by one statement that asks once more for all that was asked before it."""
    invitation, user = await _asked(invitation_id, user_id)
    # First, as everybody does who changes something in an organization, so that no two wait for each other.
    await members.hold(invitation.organization_id)
    rows = await fetch(
        """
        UPDATE "invitation" SET "status" = $1
        WHERE "id" = $2 AND "status" = 'pending' AND "expiresAt" > $3
            AND EXISTS (SELECT 1 FROM "user" WHERE "id" = $4 AND "email" = $5 AND "emailVerified")
        RETURNING "role"
        """,
        answer,
        invitation.id,
        clock.now(),
        user.id,
        user.email,
    )
    if not rows:
        raise InvitationOver
    # An owner may have sent it again meanwhile, with other roles.
    invitation.role, invitation.status = rows[0]["role"], answer
    return invitation
