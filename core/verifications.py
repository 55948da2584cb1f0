"""Verifications: single-use secrets that were sent to somebody and come back.

Each has a purpose, so that what was sent to reset a password can't delete an account, and is stored as a digest.
"""

from datetime import timedelta
from typing import NamedTuple

from core import clock, expiry
from core.crypto import tokens
from core.database.statements import fetch
from core.errors import Invalid
from core.expiry import Purged
from core.text import cleaned
from models import Verification

_PURPOSE = 64


class VerificationInvalid(Invalid):
    """This is not valid: it has expired, or was used already."""


class Issued(NamedTuple):
    """A verification and the only copy of its token."""

    verification: Verification
    token: str


def _identifier(purpose: str, token: str) -> str:
    return f"{purpose}:{tokens.digest(token)}"


async def issue(*, purpose: str, value: str, lifetime: timedelta) -> Issued:
    """Make a secret to send out.

    Args:
        purpose: what it is good for, as a word (``reset-password``).
        value: what consuming it yields, such as the person's id.
        lifetime: how long it can be used.
    """
    token = tokens.new()
    now = clock.now()
    verification = await Verification.create(
        identifier=_identifier(cleaned(purpose, what="a purpose", longest=_PURPOSE), token),
        value=value,
        expires_at=now + lifetime,
        created_at=now,
        updated_at=now,
    )
    return Issued(verification, token)


async def consume(*, purpose: str, token: str) -> str:
    """Use a secret up and return its value. Of many at once, one gets it.

    Raises:
        VerificationInvalid: there is no such secret for this purpose, it has expired, or it was used already.
    """
    rows = await fetch(
        'DELETE FROM "verification" WHERE "identifier" = $1 AND "expiresAt" > $2 RETURNING "value"',
        _identifier(purpose, token),
        clock.now(),
    )
    if not rows:
        raise VerificationInvalid
    return str(rows[0]["value"])


async def prune(*, dry_run: bool = False) -> Purged:
    """Delete what can't be used any more."""
    return await expiry.delete_expired(Verification, dry_run=dry_run)
