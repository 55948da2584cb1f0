"""Background work on the database."""

from core import planner
from core.planner import Refreshed
from tasks.app import job


@job("database.refresh_statistics", schedule="17 4 * * *")
async def refresh_statistics() -> Refreshed:
    """Let the database look at its tables, so that it finds what is in them quickly."""
    return await planner.refresh()
