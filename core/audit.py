"""Audit: who did what to whom, kept for ``audit_retention``."""

from typing import Any

from core import clock, expiry, paging
from core.expiry import Purged
from core.paging import Page
from core.settings import settings
from models import AuditEntry


async def record(
    action: str,
    *,
    actor_id: str | None,
    subject_id: str | None = None,
    organization_id: str | None = None,
    ip_address: str | None = None,
    **data: Any,  # noqa: ANN401  whatever JSON takes
) -> None:
    """Write down that something was done, in the transaction in which it is done.

    Args:
        action: noun and verb, ``user.ban``.
        actor_id: who did it; None for the program itself.
        subject_id: to whom or what.
        organization_id: within which organization.
        ip_address: from where.
        data: what else a reader will want to know. No secrets: this is read by people.
    """
    await AuditEntry.create(
        action=action,
        actor_id=actor_id,
        subject_id=subject_id,
        organization_id=organization_id,
        ip_address=ip_address,
        data=data or None,
        created_at=clock.now(),
    )


async def list_entries(
    *,
    actor_id: str | None = None,
    subject_id: str | None = None,
    organization_id: str | None = None,
    action: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[AuditEntry]:
    """What was done, the newest first, narrowed down to what is given."""
    given = {"actor_id": actor_id, "subject_id": subject_id, "organization_id": organization_id, "action": action}
    rows = AuditEntry.filter(**{name: value for name, value in given.items() if value is not None})
    return await paging.page(rows, after=after, limit=limit)


async def prune(*, dry_run: bool = False) -> Purged:
    """Delete what is older than ``audit_retention``."""
    until = clock.now() - settings().audit_retention
    return await expiry.delete_expired(AuditEntry, by="created_at", until=until, dry_run=dry_run)
