"""Devices that are trusted, so that the second step is not asked for at every sign-in there.

Each is a verification, so ``verifications.prune`` forgets it once its time is over.
"""

from core import verifications
from core.better_auth import two_factor as shared
from core.settings import settings

DEVICE = "trust-device"
"""The purpose of the verification that a trusted device holds; its value is the person's id."""
SECOND_STEP = "2fa"
"""The purpose of the verification of a sign-in that waits for a code; its value is the person's id, too."""


async def trust_device(*, user_id: str) -> str:
    """A token that stands for the second step for ``trusted_device_lifetime``, once: ``renew_device`` exchanges it."""
    lifetime = settings().trusted_device_lifetime
    issued = await verifications.issue(purpose=DEVICE, value=user_id, lifetime=lifetime)
    if verifications.is_shared(DEVICE):
        return shared.device_token(user_id=user_id, identifier=issued.token)
    return issued.token


async def renew_device(*, user_id: str, token: str) -> str | None:
    """Exchange a trusted device's token, if it is one of this person's. Of many at once, one exchanges it."""
    identifier = shared.device_identifier(token, user_id=user_id) if verifications.is_shared(DEVICE) else token
    try:
        await verifications.consume(purpose=DEVICE, token=identifier or "", value=user_id)
    except verifications.VerificationInvalid:
        return None
    return await trust_device(user_id=user_id)


async def forget_devices(*, user_id: str) -> None:
    """Trust none of a person's devices any more, and let sign-ins that wait for a code begin again.

    For whoever changes or resets a password, in the same transaction: both were had with the old one.
    """
    await verifications.forget(purposes=(DEVICE, SECOND_STEP), value=user_id)
