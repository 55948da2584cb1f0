"""Exchanging a token for its successor, and noticing who uses it all the same."""

import logging
from datetime import datetime

from core import clock, measures
from core.crypto import tokens
from core.database.statements import fetch, first, moment
from core.sessions.issuing import Issued
from core.sessions.principal import BY_TOKEN, SessionInvalid
from core.sessions.using import extended
from core.settings import settings
from models import Session

_log = logging.getLogger(__name__)


async def refresh(token: str) -> Issued:
    """Exchange a token for its successor.

    One UPDATE decides: of many at once one exchanges it. The others, and whoever comes within ``session_grace``, are
    given the same successor, so that two tabs don't sign each other out.

    Where the database is shared, the token stays, and the session's end moves as far as it can.

    Raises:
        SessionInvalid: the token is not valid, or it was exchanged before. In that case its session is over.
    """
    digest = tokens.stored_session(token)
    if digest == token:
        return await _prolonged(token)
    salt = tokens.new()
    successor = tokens.successor(token, salt)
    now = clock.now()
    await fetch(
        """
        UPDATE "session" SET "token" = $1, "previousToken" = $2, "rotationSalt" = $3, "rotatedAt" = $4, "updatedAt" = $4
        WHERE "token" = $2 AND "expiresAt" > $4
        """,
        tokens.digest(successor),
        digest,
        salt,
        now,
    )
    session = await Session.filter(previous_token=digest, expires_at__gt=now).first()
    if session is None or await replayed(digest, session.rotated_at):
        raise SessionInvalid
    return Issued(session, tokens.successor(token, session.rotation_salt or ""))


async def _prolonged(token: str) -> Issued:
    now = clock.now()
    row = await first(BY_TOKEN, token, now)
    if row is None:
        raise SessionInvalid
    await Session.filter(token=token).update(
        expires_at=extended(row, now, asked=True), last_used_at=now, updated_at=now
    )
    session = await Session.get_or_none(token=token)
    if session is None:  # Revoked since the line before.
        raise SessionInvalid
    return Issued(session, token)


async def replayed(digest: str, rotated_at: datetime | str | None) -> bool:
    """Whether the exchanged token comes too late. Then two have it, and the session ends for both."""
    if rotated_at is not None and moment(rotated_at) > clock.now() - settings().session_grace:
        return False
    await Session.filter(previous_token=digest).delete()
    measures.replays.add()
    _log.warning("a session was revoked: its exchanged token was used again")
    return True
