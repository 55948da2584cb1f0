"""Signing in by a link or a code that comes by mail, or by a passkey."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import Field

from core import passkeys, passwordless
from core.web.cookies import TRUSTED_DEVICE
from core.web.identity import client
from core.web.routes.entering import ANSWERS, Entered, Waiting, entered
from core.web.routes.fields import Body, Code, Email, Locale, Name, Shown, Token

router = APIRouter(prefix="/auth")


class LinkRequest(Body):
    """To whom a link is to be sent. Somebody new joins by it, unless ``sign_up`` is false."""

    email: Email
    name: Name | None = None
    sign_up: bool = True
    locale: Locale | None = None


class Link(Body):
    """What was in the link."""

    token: Token


class CodeRequest(Body):
    """To whom a code is to be sent."""

    email: Email


class CodeEntry(Body):
    """The code that came."""

    email: Email
    code: Code


class Ceremony(Shown):
    """What the browser's ``navigator.credentials`` is asked, and what to send back with its answer."""

    options: Annotated[dict[str, Any], Field(description="As JSON: parseRequestOptionsFromJSON takes it.")]
    token: str


class Answer(Body):
    """What ``navigator.credentials`` gave, as its ``toJSON`` writes it."""

    token: Token
    response: dict[str, Any]


@router.post("/magic-link/request", status_code=202)
async def request_magic_link(body: LinkRequest, request: Request) -> None:
    """Have a link sent that signs in."""
    await passwordless.request_magic_link(**body.model_dump(), ip_address=client(request)["ip_address"])


@router.post("/magic-link", responses=ANSWERS)
async def sign_in_with_magic_link(body: Link, request: Request, response: Response) -> Entered | Waiting:
    """Come in by a link."""
    found = await passwordless.sign_in_with_magic_link(
        token=body.token, trusted_device=TRUSTED_DEVICE.of(request), **client(request)
    )
    return entered(found, request, response)


@router.post("/code/request", status_code=202)
async def request_code(body: CodeRequest, request: Request) -> None:
    """Have a code of six digits sent that signs in somebody who is known."""
    await passwordless.request_code(email=body.email, ip_address=client(request)["ip_address"])


@router.post("/code", responses=ANSWERS)
async def sign_in_with_code(body: CodeEntry, request: Request, response: Response) -> Entered | Waiting:
    """Come in by a code."""
    found = await passwordless.sign_in_with_code(
        email=body.email, code=body.code, trusted_device=TRUSTED_DEVICE.of(request), **client(request)
    )
    return entered(found, request, response)


@router.post("/passkey/options", response_model=Ceremony)
async def passkey_sign_in_options() -> passkeys.Ceremony:
    """Ask the device for a passkey."""
    return await passkeys.sign_in_options()


@router.post("/passkey", responses=ANSWERS)
async def sign_in_with_passkey(body: Answer, request: Request, response: Response) -> Entered | Waiting:
    """Come in by a passkey."""
    found = await passwordless.sign_in_with_passkey(token=body.token, response=body.response, **client(request))
    return entered(found, request, response)
