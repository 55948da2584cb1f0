"""Asking somebody in, and the answer."""

from datetime import datetime
from enum import StrEnum

from fastapi import APIRouter

from core import invitations
from core.paging import Page
from core.web.identity import CurrentMember, CurrentSession
from core.web.routes.fields import After, Body, Email, Id, Limit, Listed, Roles, Shown
from core.web.routes.members import Place
from core.web.routes.organizations import Group
from models import Invitation, Member

router = APIRouter(prefix="/invitations")
inside = APIRouter(prefix="/organizations/{organization_id}/invitations")


class Status(StrEnum):
    """What has become of it. One that has expired is still pending."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELED = "canceled"


class Asking(Body):
    """Who is to come in, and as what."""

    email: Email
    roles: Roles


class Asked(Shown):
    """An invitation."""

    id: str
    organization_id: str
    email: str
    role: str | None
    status: str
    expires_at: datetime
    created_at: datetime | None


class Received(Asked):
    """An invitation, as the invited person sees it."""

    organization: Group


@inside.post("", status_code=201, response_model=Asked)
async def send_invitation(body: Asking, actor: CurrentMember) -> Invitation:
    """Invite an address, by mail."""
    return await invitations.send(actor, email=body.email, roles=body.roles)


@inside.get("", response_model=Listed[Asked])
async def list_invitations(
    actor: CurrentMember, status: Status | None = None, after: After = None, limit: Limit = 50
) -> Page[Invitation]:
    """Its invitations, the newest first."""
    return await invitations.list_for_organization(actor, status=status, after=after, limit=limit)


@inside.post("/{invitation_id}/resend", response_model=Asked)
async def resend_invitation(invitation_id: Id, actor: CurrentMember) -> Invitation:
    """Send it once more."""
    return await invitations.resend(actor, invitation_id)


@inside.delete("/{invitation_id}", status_code=204)
async def cancel_invitation(invitation_id: Id, actor: CurrentMember) -> None:
    """Take it back."""
    await invitations.cancel(actor, invitation_id)


@router.get("", response_model=list[Received])
async def list_received_invitations(here: CurrentSession) -> list[Invitation]:
    """Those that wait for my answer."""
    return await invitations.list_for_user(user_id=here.user_id)


@router.get("/{invitation_id}", response_model=Received)
async def get_received_invitation(invitation_id: Id, here: CurrentSession) -> Invitation:
    """One for me."""
    return await invitations.get(invitation_id=invitation_id, user_id=here.user_id)


@router.post("/{invitation_id}/accept", response_model=Place)
async def accept_invitation(invitation_id: Id, here: CurrentSession) -> Member:
    """Become a member."""
    return await invitations.accept(invitation_id=invitation_id, user_id=here.user_id)


@router.post("/{invitation_id}/reject", status_code=204)
async def reject_invitation(invitation_id: Id, here: CurrentSession) -> None:
    """Say no."""
    await invitations.reject(invitation_id=invitation_id, user_id=here.user_id)
