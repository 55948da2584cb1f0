"""What every way of signing in ends with: a session's cookie, or the question for a code."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from core.authentication import SECOND_STEP_LIFETIME, SecondStep, SignedIn
from core.settings import settings
from core.web.cookies import DONT_REMEMBER, SECOND_STEP, TRUSTED_DEVICE
from core.web.identity import set_session_cookie
from core.web.routes.fields import Shown
from core.web.routes.profile import Profile

ANSWERS: dict[int | str, dict[str, Any]] = {
    202: {"description": "One factor was right: send the second step's token with a code."}
}


class Entered(Shown):
    """Signed in. A browser keeps the cookie, other clients send the token: ``Authorization: Bearer <token>``."""

    token: str
    user: Profile


class Waiting(Shown):
    """Not signed in yet."""

    second_step: str


def entered(
    found: SignedIn | SecondStep, request: Request, response: Response, *, remember: bool = True
) -> Entered | Waiting:
    """Answer a sign-in."""
    if isinstance(found, SecondStep):
        response.status_code = 202
        if settings().sharing:
            _let_wait(found, response, secure=request.url.is_secure, remember=remember)
        return Waiting(second_step=found.token)
    return begun(found, request, response, remember=remember)


def _let_wait(found: SecondStep, response: Response, *, secure: bool, remember: bool) -> None:
    """Let the other side go on with it."""
    SECOND_STEP.set(response, found.token, lifetime=SECOND_STEP_LIFETIME, secure=secure)
    if remember:
        DONT_REMEMBER.clear(response, secure=secure)
    else:
        DONT_REMEMBER.set(response, "true", lifetime=None, secure=secure)


def begun(found: SignedIn, request: Request, response: Response, *, remember: bool = True) -> Entered:
    """Let a browser keep what was had, and tell other clients."""
    secure = request.url.is_secure
    set_session_cookie(response, found.token, secure=secure, remember=remember)
    if found.trusted_device is not None:
        TRUSTED_DEVICE.set(response, found.trusted_device, lifetime=settings().trusted_device_lifetime, secure=secure)
    if settings().sharing and SECOND_STEP.of(request):
        SECOND_STEP.clear(response, secure=secure)
    return Entered(token=found.token, user=Profile.model_validate(found.user))
