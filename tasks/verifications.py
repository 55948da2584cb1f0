"""Background work on verifications."""

from core import verifications
from core.expiry import Purged
from tasks.app import job


@job("verifications.prune", schedule="17 * * * *")
async def prune_verifications(*, dry_run: bool = False) -> Purged:
    """Forget links, codes and trusted devices whose time is over."""
    return await verifications.prune(dry_run=dry_run)
