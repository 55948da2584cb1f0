"""What the tables know about a person, column by column."""

from collections.abc import Callable
from typing import NamedTuple

from tortoise.expressions import Q

from models import (
    Account,
    AiChat,
    AiChatMessage,
    Attempt,
    AuditEntry,
    Backup,
    Invitation,
    JobRun,
    JobState,
    Mail,
    Member,
    Organization,
    Passkey,
    Purchase,
    PurchaseEvent,
    Session,
    TwoFactor,
    User,
    Verification,
)
from models.base import Row


class Part(NamedTuple):
    """Rows that say something about a person: whose they are, and which of their columns are for the person to see.

    Withheld are secrets, what is somebody else's, and what says nothing about the person.
    """

    name: str
    model: type[Row]
    whose: Callable[[User], Q]
    shown: tuple[str, ...]
    withheld: tuple[str, ...] = ()


PARTS = (
    Part(
        "profile",
        User,
        lambda user: Q(id=user.id),
        (
            *("name", "email", "email_verified", "image", "username", "display_username", "locale", "role"),
            *("banned", "ban_reason", "ban_expires", "two_factor_enabled", "onboarding_complete"),
            *("payments_customer_id", "last_active_organization_id", "created_at", "updated_at"),
        ),
    ),
    Part(
        "sessions",
        Session,
        # Of an administrator in the person's name the address is the administrator's.
        lambda user: Q(user_id=user.id, impersonated_by__isnull=True) | Q(impersonated_by=user.id),
        ("ip_address", "user_agent", "active_organization_id", "expires_at", "last_used_at", "created_at"),
        ("user_id", "impersonated_by", "token", "previous_token", "rotated_at", "rotation_salt", "updated_at"),
    ),
    Part(
        "accounts",
        Account,
        lambda user: Q(user_id=user.id),
        ("provider_id", "account_id", "issuer", "scope", "created_at", "updated_at"),
        (
            *("user_id", "access_token", "refresh_token", "id_token", "password", "expires_at"),
            *("access_token_expires_at", "refresh_token_expires_at"),
        ),
    ),
    Part(
        "passkeys",
        Passkey,
        lambda user: Q(user_id=user.id),
        ("name", "device_type", "backed_up", "transports", "aaguid", "created_at"),
        ("user_id", "public_key", "credential_id", "counter"),
    ),
    Part(
        "two_factor",
        TwoFactor,
        lambda user: Q(user_id=user.id),
        ("verified", "failed_verification_count", "locked_until"),
        ("user_id", "secret", "backup_codes", "last_used_step"),
    ),
    Part(
        "memberships",
        Member,
        lambda user: Q(user_id=user.id),
        ("organization_id", "role", "created_at"),
        ("user_id",),
    ),
    Part(
        "invitations_sent",
        Invitation,
        lambda user: Q(inviter_id=user.id),
        ("organization_id", "email", "role", "status", "expires_at", "created_at"),
        ("inviter_id",),
    ),
    Part(
        "invitations_received",
        Invitation,
        lambda user: Q(email__iexact=user.email),
        ("organization_id", "email", "role", "status", "expires_at", "created_at"),
        ("inviter_id",),
    ),
    Part(
        "purchases",
        Purchase,
        lambda user: Q(user_id=user.id),
        (
            *("type", "customer_id", "subscription_id", "product_id", "price_id", "status", "seats"),
            *("current_period_end", "created_at", "updated_at"),
        ),
        ("user_id", "organization_id", "last_event_at"),
    ),
    Part(
        "ai_chats",
        AiChat,
        lambda user: Q(user_id=user.id),
        ("title", "messages", "created_at", "updated_at"),
        ("user_id", "organization_id"),
    ),
    Part(
        "ai_chat_messages",
        AiChatMessage,
        lambda user: Q(chat__user_id=user.id),
        ("chat_id", "message", "created_at"),
    ),
    Part(
        "mails",
        Mail,
        lambda user: Q(recipient__iexact=user.email),
        ("recipient", "template", "locale", "status", "sent_at", "created_at"),
        ("payload", "attempts", "due_at", "claimed_until", "last_error", "expires_at", "updated_at"),
    ),
    Part(
        "done_by_them",
        AuditEntry,
        lambda user: Q(actor_id=user.id),
        ("action", "organization_id", "ip_address", "created_at"),
        ("actor_id", "subject_id", "data"),
    ),
    Part(
        "done_to_them",
        AuditEntry,
        lambda user: Q(subject_id=user.id),
        ("action", "organization_id", "data", "created_at"),
        ("actor_id", "subject_id", "ip_address"),
    ),
)

NOBODYS: dict[type[Row], str] = {
    Attempt: "a digest that nobody can turn back, over within its window; erasing it would give attempts back",
    Backup: "the house's; what an archive holds of a person goes with the archive, by its retention",
    JobRun: "ids that say nothing without the rows they name; gone after job_retention",
    JobState: "the house's",
    Organization: "a group's and not a person's",
    PurchaseEvent: "a provider's number for something that happened",
    Verification: "a digest of a secret; what it is worth is erased, and shown it would tell nothing",
}
"""The tables that have nothing to show, and why."""
