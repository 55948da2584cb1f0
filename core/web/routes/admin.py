"""What the people who run the product may do to those who use it."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, Field

from core import admin
from core.paging import Page
from core.sessions import SessionInvalid
from core.settings import settings
from core.web.cookies import ADMINISTRATOR, SESSION
from core.web.identity import (
    CurrentSession,
    clear_session_cookie,
    client,
    is_remembered,
    session_token,
    set_session_cookie,
)
from core.web.routes.fields import After, Body, Email, Id, Limit, Listed, Name, Password, Roles
from core.web.routes.profile import Profile
from core.web.routes.sessions import Ended, Place, Refreshed
from models import Session, User

router = APIRouter(prefix="/admin")


class Person(Profile):
    """A person, as administrators see them."""

    banned: bool | None
    ban_reason: str | None
    ban_expires: datetime | None


class Newcomer(Body):
    """Somebody to add, with a password or without."""

    name: Name
    email: Email
    password: Password | None = None
    roles: Annotated[Roles, Field(default_factory=lambda: ["user"])]
    email_verified: bool = False


class Ban(Body):
    """Why, and until when; for good unless told otherwise."""

    reason: Annotated[str, Field(max_length=500)]
    until: AwareDatetime | None = None


class RoleChange(Body):
    """What is to take the place of the roles that were; none means ``user``."""

    roles: Roles


class NewPassword(Body):
    """What they are to sign in with."""

    password: Password


@router.get("/users", response_model=Listed[Person])
async def list_users(
    here: CurrentSession,
    query: Annotated[str | None, Query(max_length=200)] = None,
    role: Annotated[str | None, Query(max_length=64)] = None,
    *,
    banned: bool | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[User]:
    """Who uses the product. ``query`` is how an address, a name or a username begins."""
    return await admin.list_users(
        actor_id=here.user_id, query=query, role=role, banned=banned, after=after, limit=limit
    )


@router.post("/users", status_code=201, response_model=Person)
async def create_user(body: Newcomer, here: CurrentSession) -> User:
    """Add somebody."""
    return await admin.create_user(actor_id=here.user_id, **body.model_dump())


@router.delete("/users/{user_id}", status_code=204)
async def delete_user(user_id: Id, here: CurrentSession, *, with_organizations: bool = False) -> None:
    """Delete somebody and what is theirs."""
    await admin.delete_user(actor_id=here.user_id, user_id=user_id, with_organizations=with_organizations)


@router.post("/users/{user_id}/ban", response_model=Person)
async def ban_user(user_id: Id, body: Ban, here: CurrentSession) -> User:
    """Keep somebody out."""
    return await admin.ban(actor_id=here.user_id, user_id=user_id, reason=body.reason, until=body.until)


@router.post("/users/{user_id}/unban", response_model=Person)
async def unban_user(user_id: Id, here: CurrentSession) -> User:
    """Let somebody in again."""
    return await admin.unban(actor_id=here.user_id, user_id=user_id)


@router.put("/users/{user_id}/roles", response_model=Person)
async def set_user_roles(user_id: Id, body: RoleChange, here: CurrentSession) -> User:
    """Give somebody other roles."""
    return await admin.set_roles(actor_id=here.user_id, user_id=user_id, roles=body.roles)


@router.put("/users/{user_id}/password", status_code=204)
async def set_user_password(user_id: Id, body: NewPassword, here: CurrentSession) -> None:
    """Give somebody another password, and end their sessions."""
    await admin.set_password(actor_id=here.user_id, user_id=user_id, password=body.password)


@router.get("/users/{user_id}/sessions", response_model=list[Place])
async def list_user_sessions(user_id: Id, here: CurrentSession) -> list[Session]:
    """Where somebody is signed in."""
    return await admin.list_sessions(actor_id=here.user_id, user_id=user_id)


@router.delete("/users/{user_id}/sessions")
async def revoke_user_sessions(user_id: Id, here: CurrentSession) -> Ended:
    """Sign somebody out everywhere."""
    return Ended(ended=await admin.revoke_sessions(actor_id=here.user_id, user_id=user_id))


@router.delete("/users/{user_id}/sessions/{session_id}", status_code=204)
async def revoke_user_session(user_id: Id, session_id: Id, here: CurrentSession) -> None:
    """Sign somebody out over there."""
    await admin.revoke_session(actor_id=here.user_id, user_id=user_id, session_id=session_id)


@router.post("/users/{user_id}/impersonate", status_code=201)
async def impersonate_user(user_id: Id, here: CurrentSession, request: Request, response: Response) -> Refreshed:
    """Act in somebody's name for a while. A browser keeps the administrator's own session for afterwards."""
    issued = await admin.impersonate(actor_id=here.user_id, user_id=user_id, **client(request))
    secure = request.url.is_secure
    if own := SESSION.of(request):
        kept = own if is_remembered(request) else f"{own}:true"
        ADMINISTRATOR.set(response, kept, lifetime=settings().impersonation_lifetime, secure=secure)
        # Where the database is shared, better-auth would extend what is remembered.
        set_session_cookie(response, issued.token, secure=secure, remember=not settings().sharing)
    return Refreshed(token=issued.token)


@router.post("/stop-impersonating", status_code=204)
async def stop_impersonating(request: Request, response: Response) -> None:
    """Be oneself again."""
    token = session_token(request)
    if token is None:
        raise SessionInvalid
    await admin.stop_impersonating(token)
    secure = request.url.is_secure
    ADMINISTRATOR.clear(response, secure=secure)
    clear_session_cookie(response, secure=secure)
    if kept := ADMINISTRATOR.of(request):
        own, _, forgotten = kept.partition(":")
        set_session_cookie(response, own, secure=secure, remember=not forgotten)
