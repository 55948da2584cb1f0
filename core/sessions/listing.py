"""Where a person is signed in."""

from tortoise.expressions import F
from tortoise.functions import Coalesce

from core import clock, database
from models import Session


@database.reading()
async def list_live(*, user_id: str) -> list[Session]:
    """A person's sessions, the last used first. Those of an administrator in the person's name are not shown."""
    own = Session.filter(user_id=user_id, expires_at__gt=clock.now(), impersonated_by__isnull=True)
    # The other side of a shared database does not say when a session was used.
    return await own.annotate(used_at=Coalesce("last_used_at", F("updated_at"))).order_by("-used_at", "-id")
