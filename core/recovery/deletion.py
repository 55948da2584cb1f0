"""Farewells: a person deletes their account."""

from datetime import timedelta

from core import database, erasure, mail, users, verifications
from core.recovery.addresses import DELETE_ACCOUNT, consume, of_person
from core.recovery.identity import count, require_fresh, require_password
from core.users import UserNotFound
from core.verifications import VerificationInvalid
from models import User

LIFETIME = timedelta(hours=24)


async def request_account_deletion(*, user_id: str, password: str | None = None, session_id: str | None = None) -> None:
    """Send a person a link that deletes their account.

    Args:
        user_id: who wants to go.
        password: theirs.
        session_id: instead of it, the session they are in, if it began within a day. An administrator's in their name
            does not count.

    Raises:
        PasswordWrong: the password is wrong, or there is none.
        ConfirmationNeeded: there is neither a password nor such a session.
        UserNotFound: there is no such person.
        AttemptsExhausted: too many passwords were tried, or too many mails sent.
    """
    if password is not None:
        await require_password(user_id, password)
    else:
        await require_fresh(user_id, session_id)
    user = await users.get(user_id)
    await count(DELETE_ACCOUNT, user_id)
    async with database.transaction():
        value = of_person(DELETE_ACCOUNT, user.id, email=user.email)
        issued = await verifications.issue(purpose=DELETE_ACCOUNT, value=value, lifetime=LIFETIME)
        await mail.send(
            to=user.email,
            template="delete_account",
            locale=user.locale,
            link=mail.link("/delete-account", token=issued.token),
        )


async def delete_account(token: str, *, with_organizations: bool = False) -> None:
    """Delete a person and all that is theirs, by a link, and say good-bye.

    Args:
        token: the link's.
        with_organizations: delete the organizations that nobody else owns, whoever else is a member.

    Raises:
        VerificationInvalid: the link is not valid, or the person has another address since.
        OnlyOwner, SubscriptionRunning: see ``erasure.erase``. The link is still good.
    """
    async with database.transaction():
        asked = await consume(DELETE_ACCOUNT, token)
        user = await User.get_or_none(id=asked["user_id"])
        if user is None or asked.get("email", user.email) != user.email:
            raise VerificationInvalid
        try:
            await erasure.erase(user.id, actor_id=user.id, with_organizations=with_organizations)
        except UserNotFound:
            raise VerificationInvalid from None
        await mail.send(to=user.email, template="account_deleted", locale=user.locale)
