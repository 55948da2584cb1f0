"""What the studio shows of each table, and what it never does.

Every column of every model stands in one of three places: in lists (and so in filters, sorting, search and exports), in
details only, or hidden. A column that stands nowhere is not shown; a test asks for it to be decided.
"""

from typing import NamedTuple

from tortoise.models import Model

import models as ours


class Table(NamedTuple):
    """A model, as the studio shows it.

    A column of ``hidden`` holds a secret, or what leads to one: details say whether it is set, and that is all.
    What is ``acted`` upon is changed by an action (``acting``) and not in the form. ``label`` is the column by which
    people know a row. What is ``kept`` is written by the house alone, also with
    ``--write``. ``leads`` names the model that an id without a foreign key belongs to.
    """

    model: type[Model]
    icon: str
    listed: tuple[str, ...]
    detailed: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    acted: tuple[str, ...] = ()
    label: str = "id"
    plural: str | None = None
    kept: bool = False
    leads: dict[str, type[Model]] = {}  # noqa: RUF012  a constant


_PEOPLE = (
    Table(
        ours.User,
        "fa-solid fa-user",
        (
            "email",
            "name",
            "role",
            "email_verified",
            "two_factor_enabled",
            "banned",
            "created_at",
            "username",
            "locale",
            "id",
        ),
        (
            "display_username",
            "image",
            "ban_reason",
            "ban_expires",
            "onboarding_complete",
            "payments_customer_id",
            "last_active_organization_id",
            "updated_at",
        ),
        acted=("banned", "ban_reason", "ban_expires"),
        label="email",
        leads={"last_active_organization_id": ours.Organization},
    ),
    Table(
        ours.Session,
        "fa-solid fa-key",
        ("user", "last_used_at", "expires_at", "ip_address", "created_at", "impersonated_by", "id"),
        ("user_agent", "active_organization_id", "rotated_at", "updated_at"),
        ("token", "previous_token", "rotation_salt"),
        leads={"impersonated_by": ours.User, "active_organization_id": ours.Organization},
    ),
    Table(
        ours.Account,
        "fa-solid fa-right-to-bracket",
        ("user", "provider_id", "account_id", "issuer", "created_at", "expires_at", "id"),
        ("scope", "access_token_expires_at", "refresh_token_expires_at", "updated_at"),
        ("access_token", "refresh_token", "id_token", "password"),
        label="provider_id",
    ),
    Table(
        ours.Passkey,
        "fa-solid fa-fingerprint",
        ("user", "name", "device_type", "backed_up", "counter", "created_at", "id"),
        ("credential_id", "public_key", "transports", "aaguid"),
        label="name",
    ),
    Table(
        ours.TwoFactor,
        "fa-solid fa-mobile-screen",
        ("user", "verified", "failed_verification_count", "locked_until", "id"),
        ("last_used_step",),
        ("secret", "backup_codes"),
        plural="Two factor",
    ),
    Table(
        ours.Verification,
        "fa-solid fa-envelope-circle-check",
        ("created_at", "expires_at", "updated_at", "id"),
        # better-auth writes the token into the identifier.
        hidden=("identifier", "value"),
    ),
)
_ORGANIZATIONS = (
    Table(
        ours.Organization,
        "fa-solid fa-building",
        ("name", "slug", "created_at", "payments_customer_id", "id"),
        ("logo", "metadata"),
        label="name",
    ),
    Table(ours.Member, "fa-solid fa-users", ("organization", "user", "role", "created_at", "id"), label="role"),
    Table(
        ours.Invitation,
        "fa-solid fa-envelope-open-text",
        ("email", "organization", "role", "status", "expires_at", "created_at", "inviter", "id"),
        label="email",
    ),
)
_MONEY = (
    Table(
        ours.Purchase,
        "fa-solid fa-credit-card",
        (
            "type",
            "status",
            "user",
            "organization",
            "price_id",
            "seats",
            "current_period_end",
            "created_at",
            "customer_id",
            "subscription_id",
            "id",
        ),
        ("product_id", "last_event_at", "updated_at"),
        label="subscription_id",
    ),
    Table(
        ours.PurchaseEvent,
        "fa-solid fa-receipt",
        ("id", "provider", "occurred_at", "expires_at"),
        kept=True,
    ),
)
_CONVERSATIONS = (
    Table(
        ours.AiChat,
        "fa-solid fa-comments",
        ("title", "user", "organization", "created_at", "updated_at", "id"),
        ("messages",),
        label="title",
    ),
    Table(ours.AiChatMessage, "fa-solid fa-comment", ("chat", "created_at", "id"), ("message",)),
)
_HOUSE = (
    Table(
        ours.JobState,
        "fa-solid fa-gauge",
        (
            "id",
            "started_at",
            "succeeded_at",
            "failures",
            "runs_succeeded",
            "runs_failed",
            "rows",
            "seconds",
            "run_id",
            "asked_at",
        ),
        plural="Job states",
        kept=True,
        leads={"run_id": ours.JobRun},
    ),
    Table(
        ours.JobRun,
        "fa-solid fa-list-check",
        ("job", "status", "trigger", "attempt", "started_at", "finished_at", "due_at", "worker", "created_at", "id"),
        ("report", "error", "counts", "arguments", "correlation_id"),
        label="job",
        kept=True,
    ),
    Table(
        ours.Backup,
        "fa-solid fa-box-archive",
        ("name", "taken_at", "size", "error", "checked_at", "check_level", "removed_at", "is_safety_copy", "id"),
        ("store", "seconds", "check_error", "manifest"),
        label="name",
        kept=True,
    ),
    Table(
        ours.Mail,
        "fa-solid fa-paper-plane",
        ("recipient", "template", "status", "attempts", "due_at", "sent_at", "expires_at", "created_at", "id"),
        ("locale", "claimed_until", "last_error", "updated_at"),
        ("payload",),
        label="recipient",
        plural="Mails",
    ),
    Table(
        ours.AuditEntry,
        "fa-solid fa-book",
        ("created_at", "action", "actor_id", "subject_id", "organization_id", "ip_address", "id"),
        ("data",),
        label="action",
        plural="Audit log",
        kept=True,
        leads={"organization_id": ours.Organization},
    ),
    Table(ours.Attempt, "fa-solid fa-stopwatch", ("id", "count", "expires_at"), kept=True),
)

GROUPS: dict[str, tuple[Table, ...]] = {
    "People": _PEOPLE,
    "Organizations": _ORGANIZATIONS,
    "Purchases": _MONEY,
    "Conversations": _CONVERSATIONS,
    "House": _HOUSE,
}
"""The menu."""

TABLES = {table.model: table for group in GROUPS.values() for table in group}
