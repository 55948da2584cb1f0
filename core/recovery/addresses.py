"""Email addresses: whose they are, and that of somebody becoming another one."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tortoise.exceptions import IntegrityError

from core import clock, database, events, mail, sessions, two_factor, users, verifications
from core.better_auth import emails as shared
from core.database.statements import fetch
from core.errors import Conflict
from core.recovery.identity import count, require_password
from core.settings import settings
from core.users import EmailTaken, UserChanged
from core.verifications import VerificationInvalid
from models import Account, Passkey, User

LIFETIME = timedelta(hours=1)

RESET_PASSWORD, DELETE_ACCOUNT = "reset-password", "delete-account"
_VERIFY = "verify-email"
_CHANGE, _AGREE, _CANCEL = "change-email", "agree-to-change-email", "cancel-change-email"
_OLD, _NEW, _UNPROVEN = "old", "new", "unproven"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified(UserChanged):
    """An address is known to be the person's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChanged(UserChanged):
    """Somebody has another address."""

    old: str
    new: str


class EmailUnchanged(Conflict):
    """This is your address already."""


def written(**value: str) -> str:
    """What a verification is worth, as JSON. Other letters stand in it as they are: erasure looks for them."""
    return json.dumps(value, ensure_ascii=False)


def of_person(purpose: str, user_id: str, **value: str) -> str:
    """What a link is worth to a person. The other side of a shared database wants their id alone."""
    return user_id if verifications.is_shared(purpose) else written(user_id=user_id, **value)


async def consume(purpose: str, token: str) -> dict[str, Any]:
    """Use a link up and return what was written: ``user_id`` and what else was.

    Raises:
        VerificationInvalid: it is not valid, or not any more.
    """
    value = await verifications.consume(purpose=purpose, token=token)
    if verifications.is_shared(purpose) and not value.startswith("{"):
        return {"user_id": value}
    found: dict[str, Any] = json.loads(value)
    return found


async def request_email_verification(*, user_id: str) -> None:
    """Send a person a link that verifies their address, unless it is verified.

    Raises:
        UserNotFound: there is no such person.
        AttemptsExhausted: too many were sent.
    """
    user = await users.get(user_id)
    if user.email_verified:
        return
    await count(_VERIFY, user_id)
    async with database.transaction():
        await mail.send(
            to=user.email,
            template="verify_email",
            locale=user.locale,
            link=mail.link("/verify-email", token=await _verifying(user)),
        )


async def _verifying(user: User) -> str:
    if settings().sharing:
        return shared.make(email=user.email, user_id=user.id, now=clock.now(), lifetime=LIFETIME)
    value = written(user_id=user.id, email=user.email)
    return (await verifications.issue(purpose=_VERIFY, value=value, lifetime=LIFETIME)).token


async def verify_email(token: str) -> User:
    """Take the link's word that the address is the person's, and say who it is.

    Raises:
        VerificationInvalid: the link is not valid, or the person's address is another one by now.
    """
    async with database.transaction():
        user = await User.filter(**await _asked_to_verify(token)).first()
        if user is None:
            raise VerificationInvalid
        whose = User.filter(id=user.id, email=user.email)
        if not await whose.update(email_verified=True, updated_at=clock.now()):
            raise VerificationInvalid
        await events.publish(EmailVerified(user_id=user.id))
        return await users.get(user.id)


async def _asked_to_verify(token: str) -> dict[str, str]:
    """Whose address a link verifies. One of the other side's is signed, and can be used until its end."""
    if settings().sharing and "." in token:
        address = shared.read(token, now=clock.now())
        if address is None:
            raise VerificationInvalid
        return {"email": address.email.lower(), **({"id": address.user_id} if address.user_id else {})}
    asked = await consume(_VERIFY, token)
    return {"id": asked["user_id"], "email": asked["email"]}


async def prove_email(*, user_id: str, email: str) -> bool:
    """Verify an address whose owner comes in by it, and say whether it (still) is this person's.

    Where it was not verified, somebody else may have signed up with it before, to wait for its owner. So the passwords,
    identities, passkeys and sessions from before are gone. A second step stays: it lets nobody in.
    """
    async with database.transaction():
        unproven = User.filter(id=user_id, email=email, email_verified=False)
        if not await unproven.update(email_verified=True, updated_at=clock.now()):
            return await User.exists(id=user_id, email=email)
        for ways_in in (Account, Passkey):
            await ways_in.filter(user_id=user_id).delete()
        await two_factor.forget_devices(user_id=user_id)
        await sessions.revoke_all(user_id=user_id)
        await events.publish(EmailVerified(user_id=user_id))
        return True


async def request_email_change(*, user_id: str, new_email: str, password: str) -> None:
    """Send a link to the new address and another one to the old. When both have come back, the address changes.

    An old address that was never verified has no say. It is told, and can stop it. To an address that is somebody
    else's nothing is sent, and whoever asks does not learn it.

    Raises:
        EmailInvalid: the new one is no address.
        EmailUnchanged: it is the one they have.
        PasswordWrong: the password is wrong, or there is none.
        UserNotFound: there is no such person.
        AttemptsExhausted: too many passwords were tried, or too many mails sent.
    """
    new_email = users.normalized(new_email)
    await require_password(user_id, password)
    user = await users.get(user_id)
    if new_email == user.email:
        raise EmailUnchanged
    await count(_CHANGE, user_id)
    await count(f"{_CHANGE}-to", new_email)
    async with database.transaction():
        taken = await users.find_by_email(new_email)
        said = "" if user.email_verified else f"{_UNPROVEN} "
        change = await verifications.issue(purpose=_CHANGE, value=said, lifetime=LIFETIME)

        async def link(path: str, purpose: str, side: str) -> str:
            value = written(change=change.verification.id, side=side, user_id=user_id, old=user.email, new=new_email)
            issued = await verifications.issue(purpose=purpose, value=value, lifetime=LIFETIME)
            return mail.link(path, token=issued.token)

        to_new = {
            "template": "confirm_new_email",
            "locale": user.locale,
            "link": await link("/change-email", _AGREE, _NEW),
        }
        await (mail.pretend(**to_new) if taken else mail.send(to=new_email, **to_new))
        await mail.send(
            to=user.email,
            template="approve_email_change",
            locale=user.locale,
            new_email=new_email,
            link=await link("/change-email", _AGREE, _OLD),
            cancel_link=await link("/cancel-email-change", _CANCEL, _OLD),
        )


async def confirm_email_change(token: str) -> bool:
    """Agree, as the old address or as the new one, and say whether the address has changed now.

    False: the other one has yet to agree. One UPDATE notes who did, so that of two at once one is the second.

    Raises:
        VerificationInvalid: the link is not valid, the change was stopped, or the person has another address by now.
        EmailTaken: somebody else has the new address by now.
    """
    async with database.transaction():
        asked = await consume(_AGREE, token)
        now = clock.now()
        rows = await fetch(
            """
            UPDATE "verification" SET "value" = "value" || $1, "updatedAt" = $2
            WHERE "id" = $3 AND "expiresAt" > $2 RETURNING "value"
            """,
            f"{asked['side']} ",
            now,
            asked["change"],
        )
        if not rows:
            raise VerificationInvalid
        agreed = set(rows[0]["value"].split())
        if _NEW not in agreed or agreed == {_NEW}:
            return False
        await fetch('DELETE FROM "verification" WHERE "id" = $1', asked["change"])
        await _change(asked["user_id"], asked["old"], asked["new"], proven=_OLD in agreed)
        return True


async def _change(user_id: str, old: str, new: str, *, proven: bool) -> None:
    """Give a person another address, unless the old one got a say since it was not asked."""
    whose = User.filter(id=user_id, email=old) if proven else User.filter(id=user_id, email=old, email_verified=False)
    try:
        changed = await whose.update(email=new, email_verified=True, updated_at=clock.now())
    except IntegrityError:
        raise EmailTaken from None
    if not changed:
        raise VerificationInvalid
    await verifications.forget_links(user_id=user_id)
    user = await users.get(user_id)
    await mail.send(to=old, template="email_changed", locale=user.locale, new_email=new)
    await events.publish(EmailChanged(user_id=user_id, old=old, new=new))


async def cancel_email_change(token: str) -> None:
    """Stop a change, as the old address.

    Raises:
        VerificationInvalid: the link is not valid, or there is nothing to be stopped any more.
    """
    async with database.transaction():
        asked = await consume(_CANCEL, token)
        if not await fetch('DELETE FROM "verification" WHERE "id" = $1 RETURNING "id"', asked["change"]):
            raise VerificationInvalid
