"""Taking in what a provider tells: each event once, and none after a later one."""

from dataclasses import dataclass
from datetime import UTC, datetime

from tortoise.exceptions import IntegrityError

from core import clock, database
from core.database.statements import fetch
from core.errors import NotFound
from core.events import Event, publish
from core.purchases.change import Change, Status, checked
from core.settings import settings
from models import Purchase
from models.base import new_id

_NEVER = datetime.min.replace(tzinfo=UTC)


class OwnerNotFound(NotFound):
    """There is no such person or organization to have purchased anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseChanged(Event):
    """A purchase was made, renewed, changed or ended. ``before`` is None for a new one."""

    purchase_id: str
    user_id: str | None
    organization_id: str | None
    before: str | None
    after: str | None


# One row for each subscription and payment; whoever finds it there holds it, so that nothing comes between its status
# before and after.
_INSERT_OR_HOLD = """
    INSERT INTO "purchase" ("id", "subscriptionId", "type", "customerId", "productId", "priceId", "status", "seats",
        "currentPeriodEnd", "lastEventAt", "userId", "organizationId", "createdAt", "updatedAt")
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
    ON CONFLICT ("subscriptionId") DO UPDATE SET "updatedAt" = "purchase"."updatedAt"
    RETURNING "id", "status"
"""
_ORDER = 'CASE "status" {} ELSE -1 END'.format(
    " ".join(f"WHEN '{status}' THEN {place}" for place, status in enumerate(Status))
)
# Of one moment the later status counts, then what differs otherwise, greatest first: any order will do that does not
# depend on who came first.
_REPLACE_OLDER = f"""
    UPDATE "purchase" SET "type" = $2, "customerId" = $3, "productId" = $4, "priceId" = $5, "status" = $6,
        "seats" = $7, "currentPeriodEnd" = $8, "lastEventAt" = $9, "userId" = $10, "organizationId" = $11,
        "updatedAt" = $12
    WHERE "id" = $1 AND ("lastEventAt" IS NULL OR "lastEventAt" < $9 OR "lastEventAt" = $9 AND (
        {_ORDER}, COALESCE("currentPeriodEnd", $14), COALESCE("seats", -1), COALESCE("priceId", ''),
        COALESCE("productId", ''), "customerId", COALESCE("userId", ''), COALESCE("organizationId", ''), "type"
    ) < (
        $13, COALESCE($8, $14), COALESCE($7, -1), COALESCE($5, ''),
        COALESCE($4, ''), $3, COALESCE($10, ''), COALESCE($11, ''), $2
    ))
    RETURNING "id"
"""  # noqa: S608  our own words


async def record(change: Change) -> Purchase | None:
    """Take in what a provider tells: the purchase as it stands now, or None when this event was told before.

    Of many that tell the same at once, one is heard. What is older than what is known changes nothing.

    Raises:
        ChangeInvalid, TextInvalid: it names no owner or two, not what was bought, a time without zone, and the like.
        OwnerNotFound: the owner does not exist. The event is not taken for told.
    """
    change = checked(change)
    try:
        async with database.transaction():
            if not await _first_told(change):
                return None
            return await _apply(change)
    except IntegrityError as error:
        if "foreign" not in str(error).lower():
            raise
        raise OwnerNotFound from None


async def _first_told(change: Change) -> bool:
    rows = await fetch(
        """
        INSERT INTO "purchaseEvent" ("id", "provider", "occurredAt", "expiresAt") VALUES ($1, $2, $3, $4)
        ON CONFLICT ("id") DO NOTHING RETURNING "id"
        """,
        _key(change),
        change.provider,
        change.occurred_at,
        clock.now() + settings().purchase_event_retention,
    )
    return bool(rows)


def _key(change: Change) -> str:
    """The event's id, and whose word it is: two providers may call different things the same."""
    return f"{change.provider}:{change.event_id}"


async def _apply(change: Change) -> Purchase:
    now = clock.now()
    state = (
        change.type.value,
        change.customer_id,
        change.product_id,
        change.price_id,
        change.status.value,
        change.seats,
        change.current_period_end,
        change.occurred_at,
        change.user_id,
        change.organization_id,
        now,
    )
    made = new_id()
    held = (await fetch(_INSERT_OR_HOLD, made, change.subscription_id or _key(change), *state))[0]
    if held["id"] == made:
        changed, before = True, None
    else:
        place = list(Status).index(change.status)
        changed, before = bool(await fetch(_REPLACE_OLDER, held["id"], *state, place, _NEVER)), held["status"]
    purchase = await Purchase.get(id=held["id"])
    if changed:
        await publish(
            PurchaseChanged(
                purchase_id=purchase.id,
                user_id=purchase.user_id,
                organization_id=purchase.organization_id,
                before=before,
                after=purchase.status,
            )
        )
    return purchase
