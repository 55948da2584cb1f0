"""Background work on invitations."""

from core import invitations
from core.expiry import Purged
from tasks.app import job


@job("invitations.prune", schedule="27 3 * * *")
async def prune_invitations(*, dry_run: bool = False) -> Purged:
    """Forget invitations that were over long ago."""
    return await invitations.prune(dry_run=dry_run)
