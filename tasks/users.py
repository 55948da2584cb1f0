"""Background work on users."""

from core import admin
from core.admin import Lifted
from tasks.app import job


@job("users.lift_bans", schedule="47 * * * *")
async def lift_bans(*, dry_run: bool = False) -> Lifted:
    """Lift the bans whose end is past."""
    return await admin.lift_bans(dry_run=dry_run)
