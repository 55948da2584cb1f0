"""The codes of the second step: an app's, which change every half a minute, and backup codes on paper."""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

import pyotp
from tortoise.expressions import Q

from core import clock, database, events
from core.database.statements import fetch
from core.errors import Invalid, NotFound, TooManyAttempts
from core.two_factor import forms
from models import TwoFactor

WRONG_CODES = 5
"""As many wrong codes in a row, and the app's are not looked at for a while."""
LOCK = timedelta(minutes=15)
"""How long they are not looked at. That leaves 480 guesses in a day, and of a million codes three are good at a time:
who has the password and goes on guessing is right once in two years, and the person was told on the first day."""

_STEP = 30  # Seconds, which every authenticator app takes for granted, as it does six digits.


class TwoFactorNotEnabled(NotFound):
    """Two-factor is not on."""


class TwoFactorCodeInvalid(Invalid):
    """This code is wrong, or was used already."""


class TwoFactorCodesExhausted(TooManyAttempts):
    """Too many wrong codes; wait a quarter of an hour, or use a backup code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoFactorLocked(events.Event):
    """Somebody guessed at the codes, and so knows the password: worth a mail to the person."""

    user_id: str


@database.deciding
async def verify(*, user_id: str, code: str) -> None:
    """Use up a code of the app or a backup code. Spaces and hyphens in it don't matter.

    After ``WRONG_CODES`` the app's codes are not looked at for ``LOCK``, which going on does not make longer. A backup
    code works meanwhile, so whoever has the password can't keep its owner out by guessing.

    Raises:
        TwoFactorNotEnabled: two-factor is not on.
        TwoFactorCodeInvalid: it is none of the codes, or was used before. Of many at once with one code, one gets on.
        TwoFactorCodesExhausted: there were too many wrong ones.
    """
    enrolled, now = await _enabled(user_id), clock.now()
    locked = enrolled.locked_until is not None and enrolled.locked_until > now
    if await _used_backup_code(enrolled, code) or (not locked and await _used_step(enrolled, code, now)):
        await _renew(enrolled)
        return
    if locked or not await _counted(user_id, now):
        raise TwoFactorCodesExhausted
    raise TwoFactorCodeInvalid


async def _used_step(enrolled: TwoFactor, code: str, now: datetime) -> bool:
    """Whether it is a code of the app; if so it is used up, and so are those before it."""
    step = _step(enrolled, code, now)
    if step is None:
        return False
    used = await fetch(
        """
        UPDATE "twoFactor" SET "lastUsedStep" = $1, "failedVerificationCount" = 0, "lockedUntil" = NULL
        WHERE "id" = $2 AND "secret" = $3 AND ("lastUsedStep" IS NULL OR "lastUsedStep" < $1)
            AND ("lockedUntil" IS NULL OR "lockedUntil" <= $4)
        RETURNING "id"
        """,
        step,
        enrolled.id,
        enrolled.secret,
        now,
    )
    if not used:
        raise TwoFactorCodeInvalid  # Used before. Somebody who clicks twice does not guess, so it is not counted.
    return True


async def _used_backup_code(enrolled: TwoFactor, code: str) -> bool:
    """Whether it is a backup code; if so it is used up. The UPDATE finds the list as it was read, or is done again."""
    stored, seen = enrolled.backup_codes, False
    while True:
        left = forms.without_backup_code(stored, code, user_id=enrolled.user_id)
        if left is None:
            if seen:
                raise TwoFactorCodeInvalid  # Another was faster with the same one; that is no guess either.
            return False
        if await TwoFactor.filter(id=enrolled.id, backup_codes=stored).update(
            backup_codes=left, failed_verification_count=0, locked_until=None
        ):
            return True
        seen, stored = True, (await _enabled(enrolled.user_id)).backup_codes


async def _renew(seen: TwoFactor) -> None:
    """Write the secret and the backup codes in today's form, unless somebody changes them meanwhile."""
    if forms.are_todays(secret=seen.secret, backup_codes=seen.backup_codes):
        return
    user_id = seen.user_id
    enrolled = await _enabled(user_id)  # A backup code has been taken out since.
    old, codes = enrolled.secret, enrolled.backup_codes
    secret, renewed = forms.renewed(secret=old, backup_codes=codes, user_id=user_id)
    await TwoFactor.filter(id=enrolled.id, secret=old, backup_codes=codes).update(secret=secret, backup_codes=renewed)


# After a lock it begins anew; the other side of a shared database leaves the number as it was.
_WRONG = 'CASE WHEN "lockedUntil" IS NULL THEN coalesce("failedVerificationCount", 0) ELSE 0 END + 1'
_COUNT = """
    UPDATE "twoFactor" SET
        "failedVerificationCount" = CASE WHEN {wrong} >= $1 THEN 0 ELSE {wrong} END,
        "lockedUntil" = CASE WHEN {wrong} >= $1 THEN $2 WHEN "lockedUntil" IS NULL THEN "lockedUntil" END
    WHERE "userId" = $3 AND ("lockedUntil" IS NULL OR "lockedUntil" <= $4)
    RETURNING "failedVerificationCount"
"""


async def _counted(user_id: str, now: datetime) -> bool:
    """Count a wrong code, and lock at the last one. False: it was locked since we looked."""
    rows = await fetch(
        _COUNT.format(wrong=_WRONG),
        WRONG_CODES,
        now + LOCK,
        user_id,
        now,
    )
    if rows and rows[0]["failedVerificationCount"] == 0:
        await events.publish(TwoFactorLocked(user_id=user_id))
    return bool(rows)


async def regenerate_backup_codes(*, user_id: str) -> list[str]:
    """Make new backup codes, to be shown once. The old ones are worth nothing any more.

    Raises:
        TwoFactorNotEnabled: two-factor is not on.
    """
    enrolled = await _enabled(user_id)
    codes = forms.new_backup_codes()
    stored = forms.sealed_backup_codes(codes, user_id=user_id)
    if not await TwoFactor.filter(id=enrolled.id).update(backup_codes=stored):
        raise TwoFactorNotEnabled  # Switched off since the line before.
    return codes


async def _enabled(user_id: str) -> TwoFactor:
    # The other side of a shared database may leave a secret unverified while codes by mail are on.
    usable = Q(verified=True) | Q(verified__isnull=True)
    enrolled = await TwoFactor.get_or_none(usable, user_id=user_id, user__two_factor_enabled=True)
    if enrolled is None:
        raise TwoFactorNotEnabled
    return enrolled


def step_of(code: str, enrolled: TwoFactor) -> int | None:
    """The step of the app's that this is the code of, if it is one."""
    return _step(enrolled, code, clock.now())


def _step(enrolled: TwoFactor, code: str, now: datetime) -> int | None:
    """The 30-second step whose code this is: the present one, or one either way for clocks that are off."""
    app = pyotp.TOTP(forms.opened_secret(enrolled.secret, user_id=enrolled.user_id))
    typed = forms.typed(code).encode(errors="surrogatepass")
    present = int(now.timestamp()) // _STEP
    near = [
        step for step in range(present - 1, present + 2) if hmac.compare_digest(app.generate_otp(step).encode(), typed)
    ]
    return near[-1] if near else None
