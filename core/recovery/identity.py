"""Asking once more who it is, and how often something may be asked for."""

from datetime import timedelta

from core import accounts, attempts, clock, database
from core.errors import Forbidden
from models import Session

HOUR = timedelta(hours=1)

_GUESSES, _QUARTER = 10, timedelta(minutes=15)
"""Passwords that can be tried in somebody's own session: whoever sits at it must not find out what it is."""
_MAILS = 5
"""Mails of a kind that somebody can have sent to an inbox in an hour."""
_REQUESTS = 50
"""Requests of a kind that come from one address in an hour. An office has one address."""
_FRESH = timedelta(days=1)


class PasswordWrong(Forbidden):
    """The password is wrong."""


class ConfirmationNeeded(Forbidden):
    """Confirm this with your password, or sign in again."""


async def count(what: str, who: str, *, ip_address: str | None = None) -> None:
    """Count a mail that is asked for.

    Raises:
        AttemptsExhausted: too many were, for this inbox, known or not, or from this address.
    """
    network = attempts.network(ip_address)
    if network is not None:
        await attempts.count(f"{what}-address", network, limit=_REQUESTS, window=HOUR)
    await attempts.count(what, who, limit=_MAILS, window=HOUR)


async def require_password(user_id: str, password: str) -> None:
    """Make sure that this is the person's password.

    Raises:
        PasswordWrong: it is not, or there is none.
        AttemptsExhausted: too many were tried.
    """
    await attempts.count("confirm-password", user_id, limit=_GUESSES, window=_QUARTER)
    if not await accounts.verify_password(user_id=user_id, password=password):
        raise PasswordWrong
    await attempts.forget("confirm-password", user_id)


@database.deciding
async def require_fresh(user_id: str, session_id: str | None) -> None:
    """Make sure that the person, and nobody in their name, has signed in within a day.

    Raises:
        ConfirmationNeeded: not in this session.
    """
    now = clock.now()
    fresh = Session.filter(
        id=session_id or "",
        user_id=user_id,
        created_at__gt=now - _FRESH,
        expires_at__gt=now,
        impersonated_by__isnull=True,
    )
    if not await fresh.exists():
        raise ConfirmationNeeded
