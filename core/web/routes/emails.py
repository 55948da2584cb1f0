"""Whose an email address is, and that of somebody becoming another one."""

from fastapi import APIRouter

from core import recovery
from core.web.identity import Oneself
from core.web.routes.fields import Body, Email, Password, Token

router = APIRouter(prefix="/email")


class Link(Body):
    """What was in the link."""

    token: Token


class EmailChange(Body):
    """The new address, and the password once more."""

    new_email: Email
    password: Password


@router.post("/verification/request", status_code=202)
async def request_email_verification(here: Oneself) -> None:
    """Have a link sent that shows that my address is mine."""
    await recovery.request_email_verification(user_id=here.user_id)


@router.post("/verification", status_code=204)
async def verify_email(body: Link) -> None:
    """Show that the address is mine."""
    await recovery.verify_email(body.token)


@router.post("/change/request", status_code=202)
async def request_email_change(body: EmailChange, here: Oneself) -> None:
    """Have links sent to the new address and to the old one."""
    await recovery.request_email_change(user_id=here.user_id, new_email=body.new_email, password=body.password)


@router.post("/change", status_code=204)
async def confirm_email_change(body: Link) -> None:
    """Confirm the new address, or agree at the old one. When both have, it changes."""
    await recovery.confirm_email_change(body.token)


@router.post("/change/cancel", status_code=204)
async def cancel_email_change(body: Link) -> None:
    """Stop the change, at the old address."""
    await recovery.cancel_email_change(body.token)
