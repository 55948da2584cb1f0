"""Signing a person in."""

from datetime import timedelta
from typing import NamedTuple

from tortoise.exceptions import IntegrityError

from core import clock, database
from core.crypto import tokens
from core.database.statements import fetch, instances
from core.sessions.principal import SessionInvalid
from core.sessions.using import BRIEF
from core.settings import settings
from core.text import shortened
from models import Session
from models.base import new_id

_IP_ADDRESS, _USER_AGENT = 64, 512

_END_SURPLUS = """
    DELETE FROM "session" WHERE "id" IN (
        SELECT "id" FROM "session" WHERE "userId" = {user} AND "impersonatedBy" IS NULL
        ORDER BY "createdAt" DESC, "id" DESC LIMIT 9223372036854775807 OFFSET {kept}
    )
"""
"""SQLite knows no OFFSET without a LIMIT. (It is one statement, because somebody may have more than can be named.)"""
_BEGIN = """
    INSERT INTO "session" (
        "id", "userId", "token", "expiresAt", "ipAddress", "userAgent", "impersonatedBy", "lastUsedAt", "createdAt",
        "updatedAt"
    ) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8) RETURNING *
"""
_BOTH = f"WITH ended AS ({_END_SURPLUS.format(user='$9', kept='$10')}) {_BEGIN}"
"""PostgreSQL does it at once."""


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
    kept = settings().sessions_per_user - (impersonated_by is None)
    values = (
        new_id(),
        user_id,
        tokens.stored_session(token),
        now + lifetime,
        shortened(ip_address, longest=_IP_ADDRESS),
        shortened(user_agent, longest=_USER_AGENT),
        impersonated_by,
        now,
    )
    try:
        if database.dialect() == "postgres":
            (session,) = await instances(Session, _BOTH, *values, user_id, kept)
        else:
            async with database.transaction():
                await fetch(_END_SURPLUS.format(user="$1", kept="$2"), user_id, kept)
                (session,) = await instances(Session, _BEGIN, *values)
    except IntegrityError:
        raise SessionInvalid from None
    return Issued(session, token)
