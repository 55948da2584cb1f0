"""Background work on verifications."""

from celery.schedules import crontab

from core import verifications
from core.expiry import Purged
from tasks.app import job


@job("verifications.prune", schedule=crontab(minute="17"))
async def prune_verifications() -> Purged:
    """Forget links and codes that nobody can use any more."""
    return await verifications.prune()
