"""What somebody may use because it is paid for."""

from datetime import datetime, timedelta
from typing import NamedTuple

from core import clock, database, paging
from core.database.statements import fetch, moment
from core.paging import Page
from core.purchases.change import Status
from models import Member, Purchase, PurchaseType

GRACE = timedelta(days=3)
"""How long a subscription that should have been renewed counts on, while the provider tries to collect or to tell."""


class Plan(NamedTuple):
    """What somebody may use. ``until`` is None for what has no end, ``seats`` for what does not count them."""

    purchase_id: str
    type: PurchaseType
    product_id: str | None
    price_id: str | None
    status: str | None
    seats: int | None
    until: datetime | None
    """The end of what is paid for. While a renewal is awaited it may be past, by ``GRACE`` at the most."""
    cancelled_at_period_end: bool


_ACTIVE_PLAN = """
    SELECT "id", "type", "productId", "priceId", "status", "seats", "currentPeriodEnd" FROM "purchase"
    WHERE "{owner}" = $1 AND (
        "type" = 'SUBSCRIPTION' AND (
            "status" IN ('trialing', 'active') AND ("currentPeriodEnd" IS NULL OR "currentPeriodEnd" > $3)
            OR "status" IN ('past_due', 'canceling') AND "currentPeriodEnd" > $2
        ) OR "type" = 'ONE_TIME' AND ("status" IS NULL OR "status" = 'active')
            AND ("currentPeriodEnd" IS NULL OR "currentPeriodEnd" > $2)
    )
    ORDER BY CASE "type" WHEN 'SUBSCRIPTION' THEN 0 ELSE 1 END,
        CASE "status" WHEN 'active' THEN 0 WHEN 'trialing' THEN 1 WHEN 'canceling' THEN 2 ELSE 3 END,
        "createdAt" DESC, "id" DESC
    LIMIT 1
"""
_PLAN_OF = {
    "user_id": _ACTIVE_PLAN.format(owner="userId"),
    "organization_id": _ACTIVE_PLAN.format(owner="organizationId"),
}


@database.deciding
async def active_plan(*, user_id: str | None = None, organization_id: str | None = None) -> Plan | None:
    """What a person, or else an organization, may use at this moment.

    A subscription counts while it is active or on trial, ``GRACE`` beyond the end of its period included, and, when a
    renewal failed or it was cancelled, up to that end. A single payment counts for good, or to its end if it has one.
    Of several the subscription comes first, then the one in better standing, then the newest.
    """
    owner, owner_id = _owner(user_id, organization_id)
    now = clock.now()
    rows = await fetch(_PLAN_OF[owner], owner_id, now, now - GRACE)
    if not rows:
        return None
    row = rows[0]
    return Plan(
        purchase_id=row["id"],
        type=PurchaseType(row["type"]),
        product_id=row["productId"],
        price_id=row["priceId"],
        status=row["status"],
        seats=row["seats"],
        until=None if row["currentPeriodEnd"] is None else moment(row["currentPeriodEnd"]),
        cancelled_at_period_end=row["status"] == Status.CANCELING,
    )


async def list_purchases(
    *, user_id: str | None = None, organization_id: str | None = None, after: str | None = None, limit: int = 50
) -> Page[Purchase]:
    """All that a person, or else an organization, has ever purchased, the newest first."""
    owner, owner_id = _owner(user_id, organization_id)
    return await paging.page(Purchase.filter(**{owner: owner_id}), after=after, limit=limit)


def _owner(user_id: str | None, organization_id: str | None) -> tuple[str, str]:
    if user_id is not None and organization_id is None:
        return "user_id", user_id
    if organization_id is not None and user_id is None:
        return "organization_id", organization_id
    raise TypeError("give user_id or organization_id")


async def seats_left(organization_id: str) -> int | None:
    """How many may still become members under the plan: none without a plan, None when the plan does not count them.

    Invitations that are open have no seat. Two who ask at once hear the same number.
    """
    plan = await active_plan(organization_id=organization_id)
    if plan is None:
        return 0
    if plan.seats is None:
        return None
    return max(0, plan.seats - await Member.filter(organization_id=organization_id).count())
