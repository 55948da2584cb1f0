"""Background work on attempts."""

from core import attempts
from core.expiry import Purged
from tasks.app import job


@job("attempts.prune", schedule="27 * * * *")
async def prune_attempts(*, dry_run: bool = False) -> Purged:
    """Forget who tried something too often, once it is over."""
    return await attempts.prune(dry_run=dry_run)
