"""Background work on sessions."""

from celery.schedules import crontab

from core import sessions
from core.expiry import Purged
from tasks.app import job


@job("sessions.purge_expired", schedule=crontab(minute="7"))
async def purge_expired_sessions() -> Purged:
    """Forget sessions that nobody can use any more."""
    return await sessions.purge_expired()
