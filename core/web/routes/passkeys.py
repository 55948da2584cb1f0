"""A person's passkeys."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter

from core import passkeys, users
from core.web.identity import CurrentSession, Oneself
from core.web.routes import proof
from core.web.routes.fields import Body, Id, Name, Shown, Token
from core.web.routes.passwordless import Ceremony
from core.web.routes.proof import Proof
from models import Passkey

router = APIRouter(prefix="/me/passkeys")


class Key(Shown):
    """A passkey, without its key."""

    id: str
    name: str | None
    device_type: str
    backed_up: bool
    transports: str | None
    aaguid: str | None
    created_at: datetime | None


class Registration(Body):
    """What ``navigator.credentials.create`` gave, as its ``toJSON`` writes it, and what to call it."""

    token: Token
    response: dict[str, Any]
    name: Name | None = None


class Renaming(Body):
    """What to call it."""

    name: Name


@router.post("/options", response_model=Ceremony)
async def passkey_registration_options(body: Proof, here: Oneself) -> passkeys.Ceremony:
    """Ask this device for a new passkey."""
    await proof.require(here, body)
    return await passkeys.registration_options(user=await users.get(here.user_id))


@router.post("", status_code=201, response_model=Key)
async def register_passkey(body: Registration, here: Oneself) -> Passkey:
    """Keep the passkey that this device has made."""
    return await passkeys.register(user_id=here.user_id, **body.model_dump())


@router.get("", response_model=list[Key])
async def list_passkeys(here: CurrentSession) -> list[Passkey]:
    """My passkeys."""
    return await passkeys.list_passkeys(user_id=here.user_id)


@router.patch("/{passkey_id}", response_model=Key)
async def rename_passkey(passkey_id: Id, body: Renaming, here: Oneself) -> Passkey:
    """Call it something else."""
    return await passkeys.rename(passkey_id=passkey_id, user_id=here.user_id, name=body.name)


@router.delete("/{passkey_id}", status_code=204)
async def delete_passkey(passkey_id: Id, here: Oneself) -> None:
    """Delete it."""
    await passkeys.delete(passkey_id=passkey_id, user_id=here.user_id)
