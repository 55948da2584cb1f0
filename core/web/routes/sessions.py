"""Where somebody is signed in."""

from datetime import datetime

from fastapi import APIRouter, Request, Response

from core import organizations, sessions
from core.sessions import Principal, SessionInvalid
from core.web.identity import CurrentSession, Oneself, is_remembered, session_token, set_session_cookie
from core.web.routes.fields import Body, Id, Key, Shown

router = APIRouter(prefix="/sessions")


class Place(Shown):
    """A place where somebody is signed in."""

    id: str
    ip_address: str | None
    user_agent: str | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime
    current: bool = False


class Here(Shown):
    """The session of this request. ``impersonated_by`` is the administrator who acts in the person's name."""

    session_id: str
    user_id: str
    expires_at: datetime
    active_organization_id: str | None
    impersonated_by: str | None


class Ended(Shown):
    """How many there were."""

    ended: int


class Refreshed(Shown):
    """The token that takes the place of the one that was sent."""

    token: str


class Workplace(Body):
    """One of one's organizations, or none."""

    organization_id: Key | None


@router.get("")
async def list_sessions(here: CurrentSession) -> list[Place]:
    """Where am I signed in?"""
    places = [Place.model_validate(session) for session in await sessions.list_live(user_id=here.user_id)]
    return [place.model_copy(update={"current": place.id == here.session_id}) for place in places]


@router.get("/current", response_model=Here)
async def current_session(here: CurrentSession) -> Principal:
    """Who am I here?"""
    return here


@router.put("/current/organization", status_code=204)
async def set_active_organization(body: Workplace, here: CurrentSession) -> None:
    """Be at work in one of my organizations, or in none."""
    await organizations.set_active(
        session_id=here.session_id, user_id=here.user_id, organization_id=body.organization_id
    )


@router.post("/current/refresh")
async def refresh_session(request: Request, response: Response) -> Refreshed:
    """Exchange the token. The old one works for a few seconds more."""
    token = session_token(request)
    if token is None:
        raise SessionInvalid
    issued = await sessions.refresh(token)
    set_session_cookie(response, issued.token, secure=request.url.is_secure, remember=is_remembered(request))
    return Refreshed(token=issued.token)


@router.delete("/{session_id}", status_code=204)
async def revoke_session(session_id: Id, here: CurrentSession) -> None:
    """Sign out over there."""
    await sessions.revoke(session_id=session_id, user_id=here.user_id)


@router.delete("")
async def revoke_other_sessions(here: Oneself) -> Ended:
    """Sign out everywhere else."""
    return Ended(ended=await sessions.revoke_others(session_id=here.session_id, user_id=here.user_id))
