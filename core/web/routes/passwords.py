"""Another password, for somebody who knows theirs and for somebody who has lost it."""

from fastapi import APIRouter, Request

from core import recovery
from core.web.identity import Oneself, client
from core.web.routes.fields import Body, Email, Password, Token

router = APIRouter(prefix="/password")


class PasswordChange(Body):
    """The password that is, and the one that is to be."""

    old: Password
    new: Password


class ResetRequest(Body):
    """Whose password is lost."""

    email: Email


class Reset(Body):
    """What was in the link, and the new password."""

    token: Token
    password: Password


@router.put("", status_code=204)
async def change_password(body: PasswordChange, here: Oneself) -> None:
    """Choose another password. My other sessions end."""
    await recovery.change_password(user_id=here.user_id, session_id=here.session_id, old=body.old, new=body.new)


@router.post("/reset/request", status_code=202)
async def request_password_reset(body: ResetRequest, request: Request) -> None:
    """Have a link sent to choose a new password. Nobody is told whether the address is known."""
    await recovery.request_password_reset(email=body.email, ip_address=client(request)["ip_address"])


@router.post("/reset", status_code=204)
async def reset_password(body: Reset) -> None:
    """Choose a new password by a link. All sessions end."""
    await recovery.reset_password(token=body.token, password=body.password)
