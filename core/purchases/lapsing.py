"""What ends by itself."""

from typing import NamedTuple

from core import clock, database, expiry, progress
from core.database.statements import fetch
from core.events import publish
from core.expiry import Purged
from core.purchases.change import Status
from core.purchases.plans import GRACE
from core.purchases.recording import PurchaseChanged
from models import Purchase, PurchaseEvent, PurchaseType

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


class Ended(NamedTuple):
    """How many subscriptions ended, or in a dry run would have."""

    rows: int
    dry_run: bool = False

    def __str__(self) -> str:
        """As a report to read."""
        return f"{self.rows:,} subscriptions {'would be ' if self.dry_run else ''}ended"


async def end_lapsed(*, dry_run: bool = False) -> Ended:
    """End the subscriptions whose period is over for longer than ``GRACE`` and of which nothing was heard.

    One that is renewed after all comes back with the event that says so.
    """
    if dry_run:
        lapsed = Purchase.filter(type=PurchaseType.SUBSCRIPTION, status__in=_LAPSING)
        return Ended(await lapsed.filter(current_period_end__lt=clock.now() - GRACE).count(), dry_run=True)
    ended = 0
    for status in _LAPSING:
        while rows := await _end_batch(status):
            ended += rows
            progress.tell(done=ended, unit="rows")
    return Ended(ended)


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


async def prune_events(*, dry_run: bool = False) -> Purged:
    """Forget the events that no provider will repeat any more. Told again, they would change nothing either."""
    return await expiry.delete_expired(PurchaseEvent, dry_run=dry_run)
