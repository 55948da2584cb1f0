"""Background work on jobs."""

from core import jobs
from core.expiry import Purged
from tasks.app import job


@job("jobs.prune", schedule="57 3 * * *")
async def prune_jobs(*, dry_run: bool = False) -> Purged:
    """Forget what jobs did long ago."""
    return await jobs.prune(dry_run=dry_run)
