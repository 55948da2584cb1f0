"""A provider's tokens at rest: sealed, each for its account and column.

An application that shared this database may have left some in the clear. They are read as they are, and sealed at
their next use.
"""

import re

from core.crypto import sealing

ACCESS, REFRESH, IDENTITY = "accessToken", "refreshToken", "idToken"

_SEALED = re.compile(r"\d+\.[\w-]{50,}={0,2}", re.ASCII)


def sealed(token: str, account_id: str, column: str) -> str:
    """A token as it is stored."""
    return sealing.seal(token, purpose=_purpose(account_id, column))


def opened(stored: str, account_id: str, column: str) -> str:
    """The token that is stored.

    Raises:
        Unsealable: it can't be opened.
    """
    if not _SEALED.fullmatch(stored):
        return stored
    return sealing.unseal(stored, purpose=_purpose(account_id, column))


def _purpose(account_id: str, column: str) -> str:
    return f"account:{account_id}:{column}"
