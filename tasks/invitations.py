"""Background work on invitations."""

from celery.schedules import crontab

from core import invitations
from core.expiry import Purged
from tasks.app import job


@job("invitations.prune", schedule=crontab(minute="27", hour="3"))
async def prune_invitations() -> Purged:
    """Forget invitations that were over a month ago."""
    return await invitations.prune()
