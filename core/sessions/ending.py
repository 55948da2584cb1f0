"""Ending sessions: one, all, and those that nobody can use any more."""

from core import expiry
from core.crypto import tokens
from core.database.statements import fetch
from core.expiry import Purged
from core.sessions.principal import SessionNotFound
from models import Session


async def revoke(*, session_id: str, user_id: str) -> None:
    """End one session of a person.

    Raises:
        SessionNotFound: the person has no such session.
    """
    if not await Session.filter(id=session_id, user_id=user_id).delete():
        raise SessionNotFound


async def revoke_token(token: str) -> None:
    """End the session that this token opens, if there is one."""
    stored = tokens.stored_session(token)
    await fetch('DELETE FROM "session" WHERE "token" = $1 OR "previousToken" = $1', stored)


async def revoke_others(*, session_id: str, user_id: str) -> int:
    """End all sessions of a person but this one, and say how many there were."""
    return await Session.filter(user_id=user_id).exclude(id=session_id).delete()


async def revoke_all(*, user_id: str) -> int:
    """End all sessions of a person, and say how many there were."""
    return await Session.filter(user_id=user_id).delete()


async def purge_expired(*, dry_run: bool = False) -> Purged:
    """Delete the sessions that nobody can use any more."""
    return await expiry.delete_expired(Session, dry_run=dry_run)
