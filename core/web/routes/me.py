"""What a person says about themselves, what is known of them, and their farewell."""

from typing import Any

from fastapi import APIRouter, Request, Response

from core import erasure, recovery, users
from core.web.identity import CurrentSession, CurrentUser, Oneself, clear_session_cookie
from core.web.routes.fields import Address, Body, Locale, Name, Token
from core.web.routes.profile import Profile
from core.web.routes.proof import Proof
from models import User

router = APIRouter(prefix="/me")


class ProfileChange(Body):
    """What is to be another; what is left out stays. Null takes image or locale away."""

    name: Name = ""
    image: Address | None = None
    locale: Locale | None = None
    onboarding_complete: bool = False


class UsernameChange(Body):
    """What to be known by; null for nothing."""

    username: Name | None


class Farewell(Body):
    """What was in the link, and whether organizations that nobody else owns go, too."""

    token: Token
    with_organizations: bool = False


@router.get("", response_model=Profile)
async def get_profile(user: CurrentUser) -> User:
    """Who am I?"""
    return user


@router.patch("", response_model=Profile)
async def update_profile(body: ProfileChange, here: CurrentSession) -> User:
    """Change what is said of me."""
    return await users.update_profile(here.user_id, **body.model_dump(exclude_unset=True))


@router.put("/username", response_model=Profile)
async def set_username(body: UsernameChange, here: CurrentSession) -> User:
    """Be known by a username."""
    return await users.set_username(here.user_id, username=body.username)


@router.get("/export")
async def export_everything(here: Oneself) -> dict[str, Any]:
    """All that is known of me."""
    return await erasure.export(here.user_id)


@router.post("/deletion/request", status_code=202)
async def request_account_deletion(body: Proof, here: Oneself) -> None:
    """Have a link sent that deletes my account."""
    await recovery.request_account_deletion(user_id=here.user_id, password=body.password, session_id=here.session_id)


@router.post("/deletion", status_code=204)
async def delete_account(body: Farewell, request: Request, response: Response) -> None:
    """Delete my account and all that is mine, by a link. It says who I am, also in another browser."""
    await recovery.delete_account(body.token, with_organizations=body.with_organizations)
    clear_session_cookie(response, secure=request.url.is_secure)
