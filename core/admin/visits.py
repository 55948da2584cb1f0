"""Other people's sessions: acting in somebody's name for a while, and ending what should not go on."""

from core import audit, database, sessions
from core.admin.authority import acting, acting_on_other, require
from core.crypto import tokens
from core.database.statements import fetch
from core.errors import NotFound
from core.sessions import Issued
from core.settings import settings
from models import Session


class NotImpersonating(NotFound):
    """In this session nobody acts in another's name."""


async def impersonate(
    *, actor_id: str, user_id: str, ip_address: str | None = None, user_agent: str | None = None
) -> Issued:
    """Act in somebody's name, for ``impersonation_lifetime`` and no longer.

    The session is not among those the person is shown. It has the power of the person, who is never an administrator,
    so nobody goes from one name to the next. In the name of somebody banned it opens nothing.

    Raises:
        NotAdministrator, UserNotFound, OnOneself, OnAdministrator: see ``core.admin.authority``.
    """
    async with database.transaction():
        user = await acting_on_other(actor_id, user_id)
        issued = await sessions.create(
            user_id=user.id,
            ip_address=ip_address,
            user_agent=user_agent,
            impersonated_by=actor_id,
            lifetime=settings().impersonation_lifetime,
        )
        await audit.record(
            "user.impersonate", actor_id=actor_id, subject_id=user.id, ip_address=issued.session.ip_address
        )
    return issued


async def stop_impersonating(token: str) -> None:
    """End the session of this token, in which somebody acts in another's name.

    Raises:
        NotImpersonating: it is not such a session's, and has ended nothing.
    """
    async with database.transaction():
        rows = await fetch(
            """
            DELETE FROM "session" WHERE ("token" = $1 OR "previousToken" = $1) AND "impersonatedBy" IS NOT NULL
            RETURNING "userId", "impersonatedBy"
            """,
            tokens.stored_session(token),
        )
        if not rows:
            raise NotImpersonating
        await audit.record("user.stop_impersonating", actor_id=rows[0]["impersonatedBy"], subject_id=rows[0]["userId"])


async def list_sessions(*, actor_id: str, user_id: str) -> list[Session]:
    """A person's sessions, as they are shown to themselves.

    Raises:
        NotAdministrator: the actor is none.
    """
    await require(actor_id)
    return await sessions.list_live(user_id=user_id)


async def revoke_session(*, actor_id: str, user_id: str, session_id: str) -> None:
    """End one session of a person.

    Raises:
        SessionNotFound: the person has no such session.
        NotAdministrator, UserNotFound: see ``core.admin.authority``.
    """
    async with database.transaction():
        user = await acting(actor_id, user_id)
        await sessions.revoke(session_id=session_id, user_id=user.id)
        await audit.record("user.revoke_session", actor_id=actor_id, subject_id=user.id, session_id=session_id)


async def revoke_sessions(*, actor_id: str, user_id: str) -> int:
    """End all sessions of a person, and say how many there were.

    Raises:
        NotAdministrator, UserNotFound: see ``core.admin.authority``.
    """
    async with database.transaction():
        user = await acting(actor_id, user_id)
        ended = await sessions.revoke_all(user_id=user.id)
        await audit.record("user.revoke_sessions", actor_id=actor_id, subject_id=user.id, ended=ended)
    return ended
