"""What was done."""

from core import clock, expiry
from core.expiry import Purged
from core.settings import settings
from models import JobRun


async def history(*, job: str | None = None, failed: bool = False, limit: int = 20) -> list[JobRun]:
    """The latest runs, newest first: those under way, those waiting, and those that ended within ``job_retention``.

    Args:
        job: of this job only.
        failed: only those that failed, took too long or were lost.
        limit: so many at the most.
    """
    runs = JobRun.all() if job is None else JobRun.filter(job=job)
    if failed:
        runs = runs.filter(status__in=("failed", "timed_out", "lost"))
    return await runs.order_by("-id").limit(limit)


async def prune(*, dry_run: bool = False) -> Purged:
    """Forget runs that ended longer ago than ``job_retention``."""
    until = clock.now() - settings().job_retention
    return await expiry.delete_expired(JobRun, by="finished_at", until=until, dry_run=dry_run)
