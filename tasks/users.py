"""Background work on users."""

from celery.schedules import crontab

from core import admin
from tasks.app import job


@job("users.lift_bans", schedule=crontab(minute="47"))
async def lift_bans() -> str:
    """Lift the bans whose end is past."""
    return f"{await admin.lift_bans():,} bans lifted"
