"""Codes that came by mail: one for an address, which can be tried a few times. Six digits, so every try is counted.

What is stored is a keyed digest and a dot for each try. Where the database is shared, it is the other side's form: the
code itself and a number.
"""

import hmac
from datetime import timedelta

from core import clock, verifications
from core.better_auth import verifications as shared
from core.crypto import tokens
from core.database.statements import fetch
from core.settings import settings
from models import Verification

PURPOSE = "sign-in-code"
_DIGEST = 64


async def store(*, email: str, code: str, lifetime: timedelta) -> None:
    """Let this be the address's code, instead of the one before."""
    if settings().sharing:
        identifier = shared.otp_identifier(shared.SIGN_IN, email)
        await Verification.filter(identifier__in=shared.either(identifier)).delete()
        await verifications.write(
            identifier=shared.stored(identifier), value=str(shared.Otp(code, 0)), lifetime=lifetime
        )
        return
    now = clock.now()
    await fetch(
        """
        INSERT INTO "verification" ("id", "identifier", "value", "expiresAt", "createdAt", "updatedAt")
        VALUES ($1, $1, $2, $3, $4, $4)
        ON CONFLICT ("id") DO UPDATE SET "value" = $2, "expiresAt" = $3, "createdAt" = $4, "updatedAt" = $4
        """,
        _row(email),
        tokens.keyed_digest(code, purpose=f"{PURPOSE}:{email}"),
        now + lifetime,
        now,
    )


async def use_up(*, email: str, code: str, tries: int) -> bool:
    """Whether this is the address's code. Of many at once with the right one, one is told so.

    One UPDATE counts the try before anything is compared.
    """
    typed = "".join(code[:_DIGEST].split())
    if settings().sharing:
        return await _use_up_shared(email, typed, tries)
    # Each try adds a dot behind the digest.
    rows = await fetch(
        """
        UPDATE "verification" SET "value" = "value" || '.', "updatedAt" = $1
        WHERE "id" = $2 AND "expiresAt" > $1 AND length("value") < $3 RETURNING "value"
        """,
        clock.now(),
        _row(email),
        _DIGEST + tries,
    )
    expected = rows[0]["value"][:_DIGEST] if rows else ""
    given = tokens.keyed_digest(typed, purpose=f"{PURPOSE}:{email}")
    if not hmac.compare_digest(expected, given):
        return False
    used = await fetch(
        'DELETE FROM "verification" WHERE "id" = $1 AND substr("value", 1, 64) = $2 RETURNING "id"',
        _row(email),
        expected,
    )
    return bool(used)


async def _use_up_shared(email: str, typed: str, tries: int) -> bool:
    identifiers = shared.either(shared.otp_identifier(shared.SIGN_IN, email))
    while True:
        rows = Verification.filter(identifier__in=identifiers).order_by("-created_at")
        newest = await rows.first()
        if newest is None or newest.expires_at <= clock.now():
            return False
        otp = shared.otp(newest.value)
        if otp.tries >= tries:
            return False
        # It finds the number as it was read, or it is read again.
        if await rows.filter(id=newest.id, value=newest.value).update(value=str(otp._replace(tries=otp.tries + 1))):
            break
    if not shared.is_otp(otp.code, typed):
        return False
    return bool(await Verification.filter(id=newest.id).delete())


def _row(email: str) -> str:
    """There is one row for an address, so the last code is the only one."""
    return f"{PURPOSE}:{tokens.digest(email)}"
