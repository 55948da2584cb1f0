"""Background work on sessions."""

from core import sessions
from core.expiry import Purged
from tasks.app import job


@job("sessions.purge_expired", schedule="7 * * * *")
async def purge_expired_sessions(*, dry_run: bool = False) -> Purged:
    """Forget sessions that nobody can use any more."""
    return await sessions.purge_expired(dry_run=dry_run)
