"""Background work on purchases."""

from core import purchases
from core.expiry import Purged
from core.purchases import Ended
from tasks.app import job


@job("purchases.end_lapsed", schedule="27 * * * *")
async def end_lapsed_subscriptions(*, dry_run: bool = False) -> Ended:
    """End subscriptions that were not renewed."""
    return await purchases.end_lapsed(dry_run=dry_run)


@job("purchases.prune_events", schedule="47 4 * * *")
async def prune_purchase_events(*, dry_run: bool = False) -> Purged:
    """Forget what payment providers will not tell again."""
    return await purchases.prune_events(dry_run=dry_run)
