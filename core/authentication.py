"""Signing up, in and out, with an email address and a password."""

from typing import NamedTuple

from core import accounts, clock, database, sessions, users
from core.errors import Forbidden, Unauthenticated
from models import Session, User


class CredentialsInvalid(Unauthenticated):
    """The email address or the password is wrong."""


class Banned(Forbidden):
    """This user is banned."""


class SignedIn(NamedTuple):
    """A person, the session that has begun, and the only copy of its token."""

    user: User
    session: Session
    token: str


async def sign_up(
    *, name: str, email: str, password: str, ip_address: str | None = None, user_agent: str | None = None
) -> SignedIn:
    """Add a person with a password and sign them in: all of it or nothing.

    Raises:
        EmailInvalid, TextInvalid, PasswordInvalid: the input can't be stored.
        EmailTaken: somebody has this address.
    """
    users.normalized(email)  # Before the slow part.
    password_hash = await accounts.hash_password(password)
    async with database.transaction():
        user = await users.create(name=name, email=email)
        await accounts.store_password(user_id=user.id, password_hash=password_hash)
        issued = await sessions.create(user_id=user.id, ip_address=ip_address, user_agent=user_agent)
    return SignedIn(user, issued.session, issued.token)


async def sign_in(
    *, email: str, password: str, ip_address: str | None = None, user_agent: str | None = None
) -> SignedIn:
    """Sign a person in.

    Raises:
        CredentialsInvalid: nobody has this address, or not this password. Which of them is not said, nor to be timed.
        Banned: it is the right password of somebody who is banned. A ban that is over is lifted.
    """
    user = await users.find_by_email(email)
    known = await accounts.verify_password(user_id=user.id if user else None, password=password)
    if user is None or not known:
        raise CredentialsInvalid
    await _refuse_banned(user)
    issued = await sessions.create(user_id=user.id, ip_address=ip_address, user_agent=user_agent)
    return SignedIn(user, issued.session, issued.token)


async def _refuse_banned(user: User) -> None:
    now = clock.now()
    if not user.banned:
        return
    if user.ban_expires is None or user.ban_expires > now:
        raise Banned
    await User.filter(id=user.id, ban_expires__lte=now).update(
        banned=False, ban_reason=None, ban_expires=None, updated_at=now
    )


async def sign_out(token: str) -> None:
    """End the session of this token. It is not an error when there is none."""
    await sessions.revoke_token(token)
