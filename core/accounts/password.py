"""The password, of which a person has one or none."""

from typing import Any

from core import clock, database
from core.crypto import passwords
from core.database.statements import fetch
from core.errors import Invalid
from models import Account
from models.base import new_id

CREDENTIAL = "credential"
"""The provider of passwords: this house."""
_SHORTEST, _LONGEST = 8, 128


class PasswordInvalid(Invalid):
    """A password has 8 to 128 characters."""


async def hash_password(password: str) -> str:
    """Check a new password and hash it, before the transaction that stores it: hashing is slow on purpose.

    Raises:
        PasswordInvalid: it is too short or too long, or has half a surrogate pair in it.
    """
    if not _SHORTEST <= len(password) <= _LONGEST:
        raise PasswordInvalid
    try:
        password.encode()
    except UnicodeEncodeError:
        raise PasswordInvalid from None
    return await passwords.hashed(password)


async def store_password(*, user_id: str, password_hash: str) -> None:
    """Make this the person's one password, whether there was one or not."""
    await fetch(
        """
        INSERT INTO "account" ("id", "userId", "providerId", "accountId", "password", "createdAt", "updatedAt")
        VALUES ($1, $2, $3, $2, $4, $5, $5)
        ON CONFLICT ("providerId", "accountId") DO UPDATE SET "password" = $4, "updatedAt" = $5
        """,
        new_id(),
        user_id,
        CREDENTIAL,
        password_hash,
        clock.now(),
    )


async def set_password(*, user_id: str, password: str) -> None:
    """Give a person a password, instead of the old one if there was one.

    Raises:
        PasswordInvalid: it can't be one.
    """
    await store_password(user_id=user_id, password_hash=await hash_password(password))


_OF_USER = 'SELECT "id", "password" FROM "account" WHERE "userId" = $1 AND "providerId" = $2'
_OF_EMAIL = """
    SELECT a."id", a."password", a."userId" FROM "user" u JOIN "account" a ON a."userId" = u."id"
    WHERE u."email" = $1 AND a."providerId" = $2
"""


@database.deciding
async def verify_password(*, user_id: str, password: str) -> bool:
    """Whether this is the person's password. One that was hashed with older parameters is hashed again with today's."""
    return await _verified(await fetch(_OF_USER, user_id, CREDENTIAL), password) is not None


@database.deciding
async def find_by_password(*, email: str | None, password: str) -> str | None:
    """The id of the person with this address, as it is stored, and this password.

    An address that is nobody's (None is), somebody without a password and a wrong password are one answer and take
    equally long.
    """
    account = await _verified(await fetch(_OF_EMAIL, email or "", CREDENTIAL), password)
    return account["userId"] if account else None


async def _verified(accounts: list[dict[str, Any]], password: str) -> dict[str, Any] | None:
    """The account, if this is its password."""
    account = accounts[0] if accounts else {"password": None}
    stored: str | None = account["password"]
    if not await passwords.matches(password, stored) or stored is None:
        return None
    if passwords.outdated(stored):
        # Only if it is still the one that was verified: somebody may be changing it at this moment.
        await Account.filter(id=account["id"], password=stored).update(
            password=await passwords.hashed(password), updated_at=clock.now()
        )
    return account
