"""Background work on attempts."""

from celery.schedules import crontab

from core import attempts
from core.expiry import Purged
from tasks.app import job


@job("attempts.prune", schedule=crontab(minute="27"))
async def prune_attempts() -> Purged:
    """Forget who tried something too often, once it is over."""
    return await attempts.prune()
