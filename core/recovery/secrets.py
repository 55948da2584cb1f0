"""Passwords: another one for somebody who knows theirs, and for somebody who has lost it."""

from dataclasses import dataclass
from datetime import timedelta

from core import accounts, database, events, mail, sessions, two_factor, users, verifications
from core.accounts import CREDENTIAL
from core.crypto import tokens
from core.recovery.addresses import RESET_PASSWORD, consume, of_person, prove_email
from core.recovery.identity import PasswordWrong, count, require_password
from core.users import UserChanged
from core.verifications import VerificationInvalid
from models import Account, User

LIFETIME = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(UserChanged):
    """Somebody has another password."""


async def request_password_reset(*, email: str, ip_address: str | None = None) -> None:
    """Send a person a link to choose a new password. For somebody who is not known the same is done, for nobody.

    Raises:
        EmailInvalid: this is no address, whoever asks.
        AttemptsExhausted: too many were asked for, for this address or from that one.
    """
    email = users.normalized(email)
    await count(RESET_PASSWORD, email, ip_address=ip_address)
    async with database.transaction():
        user = await users.find_by_email(email)
        user_id = user.id if user else ""
        known = {"email": user.email if user else "", "password": await _fingerprint(user_id)}
        value = of_person(RESET_PASSWORD, user_id, **known)
        issued = await verifications.issue(purpose=RESET_PASSWORD, value=value, lifetime=LIFETIME)
        link = mail.link("/reset-password", token=issued.token)
        if user is None:
            await mail.pretend(template="reset_password", link=link)
        else:
            await mail.send(to=user.email, template="reset_password", locale=user.locale, link=link)


async def reset_password(*, token: str, password: str) -> None:
    """Choose a new password by a link. All sessions end, no device is trusted, and other such links are worth nothing.

    Raises:
        PasswordInvalid: it can't be one. The link is still good.
        VerificationInvalid: the link is not valid, or the person has another password or address since.
    """
    password_hash = await accounts.hash_password(password)
    async with database.transaction():
        asked = await consume(RESET_PASSWORD, token)
        user = await User.filter(id=asked["user_id"]).select_for_update().first()
        if user is None or asked.get("email", user.email) != user.email:
            raise VerificationInvalid
        known = await _fingerprint(user.id)
        if asked.get("password", known) != known:
            raise VerificationInvalid
        await prove_email(user_id=user.id, email=user.email)
        await sessions.revoke_all(user_id=user.id)
        await two_factor.forget_devices(user_id=user.id)
        await _store(user, password_hash)


async def change_password(*, user_id: str, session_id: str, old: str, new: str) -> None:
    """Choose a new password by the old one. The person's other sessions end. Of many at once, one changes it.

    Raises:
        PasswordInvalid: the new one can't be one.
        PasswordWrong: the old one is wrong, or there is none.
        UserNotFound: there is no such person.
        AttemptsExhausted: too many were tried.
    """
    known = await _verified(user_id, old)
    password_hash = await accounts.hash_password(new)
    async with database.transaction():
        user = await User.filter(id=user_id).select_for_update().first()
        if user is None:
            raise users.UserNotFound
        if await _fingerprint(user_id) != known:
            raise PasswordWrong
        await sessions.revoke_others(session_id=session_id, user_id=user_id)
        await _store(user, password_hash)


async def _verified(user_id: str, password: str) -> str:
    """Make sure that this is the person's password, and return the fingerprint of what it was compared with."""
    before = await _fingerprint(user_id)
    await require_password(user_id, password)
    known = await _fingerprint(user_id)
    if known != before:  # It was hashed with today's parameters, or somebody was faster.
        await require_password(user_id, password)
    return known


async def _store(user: User, password_hash: str) -> None:
    await accounts.store_password(user_id=user.id, password_hash=password_hash)
    await verifications.forget_links(user_id=user.id)
    await mail.send(to=user.email, template="password_changed", locale=user.locale, link=mail.link("/forgot-password"))
    await events.publish(PasswordChanged(user_id=user.id))


async def _fingerprint(user_id: str) -> str:
    """What changes with the person's password: a digest of what is stored of it."""
    account = await Account.get_or_none(user_id=user_id, provider_id=CREDENTIAL)
    return tokens.digest(account.password or "") if account else ""
