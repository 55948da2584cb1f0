"""The second step, switched on and off."""

from fastapi import APIRouter

from core import two_factor
from core.web.identity import Oneself
from core.web.routes import proof
from core.web.routes.fields import Body, Code, Shown
from core.web.routes.proof import Proof

router = APIRouter(prefix="/me/two-factor")


class Enrolment(Shown):
    """What an authenticator app needs, shown once. ``qr_code`` is an SVG."""

    secret: str
    uri: str
    qr_code: str


class FirstCode(Body):
    """The app's first code."""

    code: Code


class BackupCodes(Shown):
    """Ten codes for the day when the app is lost, shown once."""

    backup_codes: list[str]


@router.post("", response_model=Enrolment)
async def enrol_two_factor(body: Proof, here: Oneself) -> two_factor.Enrolment:
    """Begin to switch it on."""
    await proof.require(here, body)
    return await two_factor.enrol(user_id=here.user_id)


@router.post("/confirm")
async def confirm_two_factor(body: FirstCode, here: Oneself) -> BackupCodes:
    """Switch it on with the app's first code."""
    return BackupCodes(backup_codes=await two_factor.confirm(user_id=here.user_id, code=body.code))


@router.post("/backup-codes")
async def regenerate_backup_codes(body: Proof, here: Oneself) -> BackupCodes:
    """Have new backup codes instead of the old ones."""
    await proof.require(here, body)
    return BackupCodes(backup_codes=await two_factor.regenerate_backup_codes(user_id=here.user_id))


@router.delete("/devices", status_code=204)
async def forget_devices(here: Oneself) -> None:
    """Trust none of my devices any more."""
    await two_factor.forget_devices(user_id=here.user_id)


@router.post("/disable", status_code=204)
async def disable_two_factor(body: Proof, here: Oneself) -> None:
    """Switch it off."""
    await proof.require(here, body)
    await two_factor.disable(user_id=here.user_id)
