"""A provider's tokens at rest: sealed, each for its account and column.

An application that shared this database may have left some in the clear. They are read as they are, and sealed at
their next use. Where it still shares it, they are stored as it reads them: in the clear, or sealed as it does.
"""

import re

from core.crypto import sealing
from core.settings import settings

ACCESS, REFRESH, IDENTITY = "accessToken", "refreshToken", "idToken"

_SEALED = re.compile(r"\d+\.[\w-]{50,}={0,2}", re.ASCII)


def sealed(token: str, account_id: str, column: str) -> str:
    """A token as it is stored."""
    if settings().sharing and (settings().sharing_oauth_tokens == "plain" or column == IDENTITY):
        return token
    return sealing.seal_for_both(token, purpose=_purpose(account_id, column))


def opened(stored: str, account_id: str, column: str) -> str:
    """The token that is stored.

    Raises:
        Unsealable: it can't be opened.
    """
    if sealing.is_shared(stored) and not stored.startswith("$"):
        # A token may be digits in hex itself. What does not open was never sealed.
        try:
            return sealing.unseal(stored, purpose=_purpose(account_id, column))
        except sealing.Unsealable:
            return stored
    if sealing.is_shared(stored) or _SEALED.fullmatch(stored):
        return sealing.unseal(stored, purpose=_purpose(account_id, column))
    return stored


def outdated(stored: str, account_id: str, column: str) -> bool:
    """Whether it is not stored as it would be today: in the clear or not, in another form, or with an older key."""
    if settings().sharing and settings().sharing_oauth_tokens == "plain":
        return opened(stored, account_id, column) != stored
    return sealing.outdated(stored)


def _purpose(account_id: str, column: str) -> str:
    return f"account:{account_id}:{column}"
