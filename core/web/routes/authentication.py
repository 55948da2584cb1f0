"""Signing up, in and out with a password, and the second step of whichever sign-in."""

from fastapi import APIRouter, Request, Response

from core import authentication
from core.authentication import SecondStepInvalid
from core.settings import settings
from core.web.cookies import ADMINISTRATOR, SECOND_STEP, TRUSTED_DEVICE
from core.web.identity import clear_session_cookie, client, is_remembered, session_token
from core.web.routes.entering import ANSWERS, Entered, Waiting, begun, entered
from core.web.routes.fields import Body, Code, Email, Name, Password, Token

router = APIRouter(prefix="/auth")


class SignUp(Body):
    """What one joins with."""

    name: Name
    email: Email
    password: Password


class SignIn(Body):
    """What one comes back with, and whether to stay when the browser is closed."""

    email: Email
    password: Password
    remember: bool = True


class Completion(Body):
    """A code of the app or a backup code, and whether this device is to be asked again.

    ``remember`` as in the first step. Where the database is shared with better-auth, its cookie may stand for
    ``second_step``.
    """

    second_step: Token | None = None
    code: Code
    trust_device: bool = False
    remember: bool = True


@router.post("/sign-up", status_code=201)
async def sign_up(body: SignUp, request: Request, response: Response) -> Entered:
    """Join, and be signed in."""
    found = await authentication.sign_up(**body.model_dump(), **client(request))
    return begun(found, request, response)


@router.post("/sign-in", responses=ANSWERS)
async def sign_in(body: SignIn, request: Request, response: Response) -> Entered | Waiting:
    """Come back with a password."""
    found = await authentication.sign_in(
        **body.model_dump(), trusted_device=TRUSTED_DEVICE.of(request), **client(request)
    )
    return entered(found, request, response, remember=body.remember)


@router.post("/second-step")
async def complete_second_step(body: Completion, request: Request, response: Response) -> Entered:
    """Show the second factor."""
    token = body.second_step or (SECOND_STEP.of(request) if settings().sharing else None)
    if token is None:
        raise SecondStepInvalid
    remember = body.remember and is_remembered(request)
    found = await authentication.complete_second_step(
        token=token, code=body.code, trust_device=body.trust_device, remember=remember, **client(request)
    )
    return begun(found, request, response, remember=remember)


@router.post("/sign-out", status_code=204)
async def sign_out(request: Request, response: Response) -> None:
    """End this session. It is not an error when there is none."""
    if token := session_token(request):
        await authentication.sign_out(token)
    if own := ADMINISTRATOR.of(request):  # Somebody acts in another's name, and means both.
        await authentication.sign_out(own.partition(":")[0])
        ADMINISTRATOR.clear(response, secure=request.url.is_secure)
    clear_session_cookie(response, secure=request.url.is_secure)
