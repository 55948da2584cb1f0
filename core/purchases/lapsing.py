"""What ends by itself."""

from core import clock, database, expiry
from core.database.statements import fetch
from core.events import publish
from core.expiry import Purged
from core.purchases.change import Status
from core.purchases.plans import GRACE
from core.purchases.recording import PurchaseChanged
from models import PurchaseEvent

_BATCH = 500

_LAPSED = """
    SELECT "id" FROM "purchase" WHERE "currentPeriodEnd" < $1 AND "status" = $2 AND "type" = 'SUBSCRIPTION'
    ORDER BY "currentPeriodEnd" LIMIT $3
"""
_END_LAPSED = """
    UPDATE "purchase" SET "status" = 'expired', "updatedAt" = $4
    WHERE "id" {chosen} AND "currentPeriodEnd" < $1 AND "status" = $2
    RETURNING "id", "userId", "organizationId"
"""
_ENDING = {
    "postgres": _END_LAPSED.format(chosen=f"= ANY (ARRAY({_LAPSED} FOR UPDATE SKIP LOCKED))"),
    "sqlite": _END_LAPSED.format(chosen=f"IN ({_LAPSED})"),
}
_LAPSING = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.CANCELING)


async def end_lapsed() -> int:
    """End the subscriptions whose period is over for longer than ``GRACE`` and of which nothing was heard; how many.

    One that is renewed after all comes back with the event that says so.
    """
    ended = 0
    for status in _LAPSING:
        while rows := await _end_batch(status):
            ended += rows
    return ended


async def _end_batch(status: Status) -> int:
    now = clock.now()
    async with database.transaction():
        rows = await fetch(_ENDING[database.dialect()], now - GRACE, status.value, _BATCH, now)
        for row in rows:
            await publish(
                PurchaseChanged(
                    purchase_id=row["id"],
                    user_id=row["userId"],
                    organization_id=row["organizationId"],
                    before=status.value,
                    after=Status.EXPIRED.value,
                )
            )
    return len(rows)


async def prune_events() -> Purged:
    """Forget the events that no provider will repeat any more. Told again, they would change nothing either."""
    return await expiry.delete_expired(PurchaseEvent)
