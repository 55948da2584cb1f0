"""Devices that are trusted, so that the second step is not asked for at every sign-in there.

Each is a verification, so ``verifications.prune`` forgets it once its time is over.
"""

from tortoise.expressions import Q

from core import clock, verifications
from core.crypto import tokens
from core.database.statements import fetch
from core.settings import settings
from models import Verification

DEVICE = "trust-device"
"""The purpose of the verification that a trusted device holds; its value is the person's id."""
SECOND_STEP = "2fa"
"""The purpose of the verification of a sign-in that waits for a code; its value is the person's id, too."""


async def trust_device(*, user_id: str) -> str:
    """A token that stands for the second step for ``trusted_device_lifetime``, once: ``renew_device`` exchanges it."""
    lifetime = settings().trusted_device_lifetime
    return (await verifications.issue(purpose=DEVICE, value=user_id, lifetime=lifetime)).token


async def renew_device(*, user_id: str, token: str) -> str | None:
    """Exchange a trusted device's token, if it is one of this person's. Of many at once, one exchanges it."""
    rows = await fetch(
        'DELETE FROM "verification" WHERE "identifier" = $1 AND "value" = $2 AND "expiresAt" > $3 RETURNING "id"',
        f"{DEVICE}:{tokens.digest(token)}",
        user_id,
        clock.now(),
    )
    return await trust_device(user_id=user_id) if rows else None


async def forget_devices(*, user_id: str) -> None:
    """Trust none of a person's devices any more, and let sign-ins that wait for a code begin again.

    For whoever changes or resets a password, in the same transaction: both were had with the old one.
    """
    either = Q(identifier__startswith=f"{DEVICE}:") | Q(identifier__startswith=f"{SECOND_STEP}:")
    await Verification.filter(either, value=user_id).delete()
