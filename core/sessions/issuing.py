"""Signing a person in."""

from datetime import timedelta
from typing import NamedTuple

from tortoise.exceptions import IntegrityError

from core import clock, database
from core.crypto import tokens
from core.database.statements import fetch
from core.sessions.principal import SessionInvalid
from core.sessions.using import BRIEF
from core.settings import settings
from core.text import shortened
from models import Session

_IP_ADDRESS, _USER_AGENT = 64, 512

_END_SURPLUS = """
    DELETE FROM "session" WHERE "id" IN (
        SELECT "id" FROM "session" WHERE "userId" = $1 AND "impersonatedBy" IS NULL
        ORDER BY "createdAt" DESC, "id" DESC LIMIT 9223372036854775807 OFFSET $2
    )
"""
"""SQLite knows no OFFSET without a LIMIT. (It is one statement, because somebody may have more than can be named.)"""


class Issued(NamedTuple):
    """A session and the only copy of its token."""

    session: Session
    token: str


async def create(
    *,
    user_id: str,
    ip_address: str | None = None,
    user_agent: str | None = None,
    impersonated_by: str | None = None,
    lifetime: timedelta | None = None,
    remember: bool = True,
) -> Issued:
    """Sign a person in. The oldest sessions beyond ``sessions_per_user`` end.

    The ban of a person is asked for in ``authenticate``, so a session made for somebody banned opens nothing.

    Args:
        user_id: who it is.
        ip_address: from where.
        user_agent: with which browser.
        impersonated_by: the administrator who acts in the person's name. Such a session is never extended, not listed,
            and ends none of the person's own.
        lifetime: how long it lives unused; ``session_lifetime`` unless told otherwise.
        remember: whether it outlives the browser. If not, it lives for a day and is not extended.

    Raises:
        SessionInvalid: the person is gone, perhaps since a moment ago.
    """
    token = tokens.new_session()
    now = clock.now()
    if lifetime is None:
        lifetime = settings().session_lifetime if remember else min(BRIEF, settings().session_lifetime)
    session = Session(
        user_id=user_id,
        token=tokens.stored_session(token),
        expires_at=now + lifetime,
        ip_address=shortened(ip_address, longest=_IP_ADDRESS),
        user_agent=shortened(user_agent, longest=_USER_AGENT),
        impersonated_by=impersonated_by,
        last_used_at=now,
        created_at=now,
        updated_at=now,
    )
    try:
        async with database.transaction():
            await session.save()
            await fetch(_END_SURPLUS, user_id, settings().sessions_per_user)
    except IntegrityError:
        raise SessionInvalid from None
    return Issued(session, token)
