"""Background work on purchases."""

from celery.schedules import crontab

from core import purchases
from core.expiry import Purged
from tasks.app import job


@job("purchases.end_lapsed", schedule=crontab(minute="27"))
async def end_lapsed_subscriptions() -> str:
    """End subscriptions that were not renewed."""
    return f"{await purchases.end_lapsed():,} subscriptions ended"


@job("purchases.prune_events", schedule=crontab(minute="47", hour="4"))
async def prune_purchase_events() -> Purged:
    """Forget what payment providers will not tell again."""
    return await purchases.prune_events()
