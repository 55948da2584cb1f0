"""Invitations: an address is asked into an organization, and whoever has it answers.

``status`` is pending, accepted, rejected or canceled. Expired is none: an invitation is when its time is over.
"""

from core.invitations.answering import (
    EmailUnverified,
    InvitationAccepted,
    InvitationOver,
    InvitationRejected,
    accept,
    get,
    list_for_user,
    reject,
)
from core.invitations.sending import (
    AlreadyMember,
    InvitationCanceled,
    InvitationNotFound,
    InvitationSent,
    TooManyInvitations,
    cancel,
    list_for_organization,
    prune,
    resend,
    send,
)

__all__ = [
    "AlreadyMember",
    "EmailUnverified",
    "InvitationAccepted",
    "InvitationCanceled",
    "InvitationNotFound",
    "InvitationOver",
    "InvitationRejected",
    "InvitationSent",
    "TooManyInvitations",
    "accept",
    "cancel",
    "get",
    "list_for_organization",
    "list_for_user",
    "prune",
    "reject",
    "resend",
    "send",
]
