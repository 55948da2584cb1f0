"""Who is kept out, why, and until when."""

import asyncio
from datetime import datetime
from typing import NamedTuple

from core import audit, clock, database, progress, sessions
from core.admin.authority import acting, acting_on_other
from core.errors import Invalid
from core.events import publish
from core.settings import settings
from core.text import cleaned
from core.users import UserChanged
from models import User

_REASON = 500
_BATCH = 200
_PAUSE = 0.01


class BanInvalid(Invalid):
    """A ban ends in the future, at a time with its zone."""


async def ban(*, actor_id: str, user_id: str, reason: str, until: datetime | None = None) -> User:
    """Keep somebody out, and end all of their sessions. Who is banned already is banned for this reason from now on.

    Args:
        actor_id: the administrator.
        user_id: whom.
        reason: why, up to 500 characters.
        until: when it ends by itself; None for never.

    Raises:
        TextInvalid, BanInvalid: the reason or the end can't be one.
        NotAdministrator, UserNotFound, OnOneself, OnAdministrator: see ``core.admin.authority``.
    """
    reason = cleaned(reason, what="a reason", longest=_REASON)
    if until is not None and (until.tzinfo is None or until <= clock.now()):
        raise BanInvalid
    async with database.transaction():
        user = await acting_on_other(actor_id, user_id)
        await _set(user, banned=True, reason=reason, until=until)
        await sessions.revoke_all(user_id=user.id)
        await audit.record(
            "user.ban",
            actor_id=actor_id,
            subject_id=user.id,
            reason=reason,
            until=until.isoformat() if until else None,
        )
    return user


async def unban(*, actor_id: str, user_id: str) -> User:
    """Let somebody in again. It is not an error when they are not banned.

    Raises:
        NotAdministrator, UserNotFound: see ``core.admin.authority``.
    """
    async with database.transaction():
        user = await acting(actor_id, user_id)
        if user.banned:
            await _set(user, banned=False, reason=None, until=None)
            await audit.record("user.unban", actor_id=actor_id, subject_id=user.id)
    return user


async def _set(user: User, *, banned: bool, reason: str | None, until: datetime | None) -> None:
    await user.update_from_dict(
        {"banned": banned, "ban_reason": reason, "ban_expires": until, "updated_at": clock.now()}
    ).save(update_fields=["banned", "ban_reason", "ban_expires", "updated_at"])
    await publish(UserChanged(user_id=user.id))


class Lifted(NamedTuple):
    """How many bans were lifted, or in a dry run would have been."""

    rows: int
    dry_run: bool = False

    def __str__(self) -> str:
        """As a report to read."""
        return f"{self.rows:,} bans {'would be ' if self.dry_run else ''}lifted"


async def lift_bans(*, dry_run: bool = False) -> Lifted:
    """Lift the bans whose end is past, in batches.

    They count for nothing before that, too (``sessions.authenticate``); this is for who reads the table.
    """
    now = clock.now()
    batch = min(settings().purge_batch, _BATCH)
    over = User.filter(banned=True, ban_expires__lte=now).order_by("ban_expires")
    if dry_run:
        return Lifted(await over.count(), dry_run=True)
    lifted = 0
    while True:
        async with database.transaction():
            # As rows: only so are they held.
            held = await over.limit(batch).only("id").select_for_update(skip_locked=True, no_key=True)
            ids = [user.id for user in held]
            await User.filter(id__in=ids).update(banned=False, ban_reason=None, ban_expires=None, updated_at=now)
            for user_id in ids:
                await publish(UserChanged(user_id=user_id))
        lifted += len(ids)
        progress.tell(done=lifted, unit="rows")
        if len(ids) < batch:
            return Lifted(lifted)
        await asyncio.sleep(_PAUSE)
