"""Background work on the audit."""

from core import audit
from core.expiry import Purged
from tasks.app import job


@job("audit.prune", schedule="37 3 * * *")
async def prune_audit(*, dry_run: bool = False) -> Purged:
    """Forget what was done so long ago that nobody asks any more."""
    return await audit.prune(dry_run=dry_run)
