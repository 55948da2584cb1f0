"""Background work on the audit."""

from celery.schedules import crontab

from core import audit
from core.expiry import Purged
from tasks.app import job


@job("audit.prune", schedule=crontab(minute="37", hour="3"))
async def prune_audit() -> Purged:
    """Forget what was done so long ago that nobody asks any more."""
    return await audit.prune()
