"""Switching the second step on and off."""

import io
from dataclasses import dataclass
from typing import NamedTuple

import pyotp
from tortoise.expressions import Q

from core import clock, database, events, users
from core.database.statements import fetch
from core.errors import Conflict, NotFound
from core.settings import settings
from core.two_factor import devices, forms
from core.two_factor.codes import TwoFactorCodeInvalid, TwoFactorNotEnabled, step_of
from models import TwoFactor, User
from models.base import new_id

_OFF = Q(two_factor_enabled=False) | Q(two_factor_enabled__isnull=True)


class TwoFactorAlreadyEnabled(Conflict):
    """Two-factor is on already; switch it off first."""


class TwoFactorNotEnrolled(NotFound):
    """Enrol first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoFactorEnabled(events.Event):
    """Somebody switched two-factor on."""

    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoFactorDisabled(events.Event):
    """Two-factor was switched off: worth a mail to the person, who should know of it."""

    user_id: str


class Enrolment(NamedTuple):
    """What an authenticator app needs, shown once: the secret as text, as a link, and as an SVG of its QR code."""

    secret: str
    uri: str
    qr_code: str


async def enrol(*, user_id: str) -> Enrolment:
    """Begin to switch two-factor on. Nothing changes until ``confirm``; an enrolment before that is replaced.

    Raises:
        UserNotFound: there is no such person.
        TwoFactorAlreadyEnabled: it is on.
    """
    user = await users.get(user_id)
    secret = forms.new_secret()
    # The other side of a shared database may go on from here, and makes none.
    codes = forms.new_backup_codes() if settings().sharing else []
    async with database.transaction():
        # This row's lock lets enrolling and confirming wait for each other.
        if not await User.filter(_OFF, id=user_id).update(updated_at=clock.now()):
            raise TwoFactorAlreadyEnabled
        await fetch(
            """
            INSERT INTO "twoFactor" ("id", "userId", "secret", "backupCodes", "verified", "failedVerificationCount")
            VALUES ($1, $2, $3, $4, FALSE, 0)
            ON CONFLICT ("userId") DO UPDATE SET "secret" = $3, "backupCodes" = $4, "verified" = FALSE,
                "failedVerificationCount" = 0, "lockedUntil" = NULL
            """,
            new_id(),
            user_id,
            forms.sealed_secret(secret, user_id=user_id),
            forms.sealed_backup_codes(codes, user_id=user_id),
        )
    uri = pyotp.TOTP(secret, name=user.email, issuer=settings().app_name).provisioning_uri()
    return Enrolment(secret, uri, _qr_code(uri))


async def confirm(*, user_id: str, code: str) -> list[str]:
    """Switch two-factor on with the app's first code, and return the backup codes, to be shown once.

    Wrong codes are not counted: who enrols has just been shown the secret.

    Raises:
        TwoFactorAlreadyEnabled: it is on. Of many at once, one gets the backup codes.
        TwoFactorNotEnrolled: there is nothing to confirm.
        TwoFactorCodeInvalid: it is not a code of this enrolment.
    """
    if await is_enabled(user_id=user_id):
        raise TwoFactorAlreadyEnabled  # Before the code is looked at, or guessing it here would not be counted.
    pending = await TwoFactor.get_or_none(user_id=user_id)
    if pending is None:
        raise TwoFactorNotEnrolled
    step = step_of(code, pending)
    if step is None:
        raise TwoFactorCodeInvalid
    # The other side of a shared database has shown its own already.
    kept = forms.read_backup_codes(pending.backup_codes) if settings().sharing else None
    codes = kept or forms.new_backup_codes()
    stored = pending.backup_codes if kept else forms.sealed_backup_codes(codes, user_id=user_id)
    async with database.transaction():
        if not await User.filter(_OFF, id=user_id).update(two_factor_enabled=True, updated_at=clock.now()):
            raise TwoFactorAlreadyEnabled
        if not await TwoFactor.filter(user_id=user_id, secret=pending.secret).update(
            verified=True, last_used_step=step, backup_codes=stored
        ):
            raise TwoFactorCodeInvalid  # Somebody has enrolled anew since.
        await events.publish(TwoFactorEnabled(user_id=user_id))
    return codes


async def disable(*, user_id: str) -> None:
    """Switch two-factor off, or give an enrolment up. Secret, backup codes and trusted devices are gone.

    Raises:
        TwoFactorNotEnabled: there is neither.
    """
    async with database.transaction():
        enabled = await User.filter(id=user_id, two_factor_enabled=True).update(
            two_factor_enabled=False, updated_at=clock.now()
        )
        if not await TwoFactor.filter(user_id=user_id).delete() and not enabled:
            raise TwoFactorNotEnabled
        await devices.forget_devices(user_id=user_id)
        if enabled:
            await events.publish(TwoFactorDisabled(user_id=user_id))


@database.deciding
async def is_enabled(*, user_id: str) -> bool:
    """Whether this person is asked for the second step."""
    return bool(await fetch('SELECT 1 FROM "user" WHERE "id" = $1 AND "twoFactorEnabled"', user_id))


def _qr_code(uri: str) -> str:
    import segno  # noqa: PLC0415  its tables take 30 ms, and few ever enrol

    drawn = io.BytesIO()
    segno.make(uri, micro=False).save(drawn, kind="svg", scale=4, light="white", xmldecl=False, nl=False)
    return drawn.getvalue().decode()
