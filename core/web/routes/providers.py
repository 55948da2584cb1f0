"""Signing in at a provider, and the identities there that are somebody's ways in.

With the prefix ``/api`` the callback is where ``STYLOBATE_OAUTH_CALLBACK`` has it unless told otherwise.
"""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import Field

from core import accounts, oauth
from core.accounts import Linked
from core.web.cookies import OAUTH_STATE
from core.web.identity import CurrentSession, Oneself, client
from core.web.routes.entering import begun
from core.web.routes.fields import Address, Body, Id, Scopes, Shown

router = APIRouter()

_LIFETIME = timedelta(minutes=10)
_SENT_BACK: dict[int | str, dict[str, Any]] = {303: {"description": "Signed in, or linked: back to where it began."}}
_SENT_AWAY: dict[int | str, dict[str, Any]] = {303: {"description": "To the provider."}}


class Linking(Body):
    """Where to go afterwards, as a path of this site, and what else to ask for than name and address."""

    redirect_to: Address = "/"
    scopes: Annotated[Scopes, Field(default_factory=list)]


class Away(Shown):
    """Where to send the browser."""

    url: str


@router.get("/auth/providers/{provider}", status_code=303, response_class=Response, responses=_SENT_AWAY)
async def begin_sign_in_at_provider(
    provider: Id, request: Request, redirect_to: Annotated[str, Query(max_length=2_048)] = "/"
) -> RedirectResponse:
    """Sign in at a provider: a link to follow."""
    redirect = await oauth.begin(provider=provider, redirect_to=redirect_to)
    response = RedirectResponse(redirect.url, status_code=303)
    _keep_state(response, redirect, request)
    return response


@router.post("/me/accounts/{provider}")
async def begin_linking(provider: Id, body: Linking, here: Oneself, request: Request, response: Response) -> Away:
    """Link an identity at a provider. No link to follow, or another site could have its own identity linked."""
    redirect = await oauth.begin(
        provider=provider, redirect_to=body.redirect_to, user_id=here.user_id, scopes=body.scopes
    )
    _keep_state(response, redirect, request)
    return Away(url=redirect.url)


@router.get("/auth/callback/{provider}", status_code=303, response_class=Response, responses=_SENT_BACK)
async def finish_at_provider(
    provider: Id,
    request: Request,
    state: Annotated[str, Query(max_length=200)],
    code: Annotated[str | None, Query(max_length=4_096)] = None,
    iss: Annotated[str | None, Query(max_length=2_048)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
) -> RedirectResponse:
    """Where providers send people back to."""
    finished = await oauth.finish(
        provider=provider,
        code=code,
        state=state,
        browser_state=OAUTH_STATE.of(request),
        issuer=iss,
        error=error,
        **client(request),
    )
    response = RedirectResponse(finished.redirect_to, status_code=303)
    if finished.signed_in is not None:
        begun(finished.signed_in, request, response)
    OAUTH_STATE.clear(response, secure=request.url.is_secure)
    return response


class Way(Shown):
    """A way in: the password (provider ``credential``) or an identity at a provider."""

    id: str
    provider: str
    subject: str
    scope: list[str]


@router.get("/me/accounts", response_model=list[Way])
async def list_accounts(here: CurrentSession) -> list[Linked]:
    """My ways in."""
    return await accounts.list_accounts(here.user_id)


@router.delete("/me/accounts/{account_id}", status_code=204)
async def unlink_account(account_id: Id, here: Oneself) -> None:
    """Take a way in away, unless it is the last."""
    await accounts.unlink(user_id=here.user_id, account_id=account_id)


def _keep_state(response: Response, redirect: oauth.Redirect, request: Request) -> None:
    OAUTH_STATE.set(response, redirect.state_token, lifetime=_LIFETIME, secure=request.url.is_secure)
