"""Signing in without a password: by a link or a code that comes by mail, or by a passkey.

A link and a code show that an inbox is theirs, so they verify the address and are one factor; a passkey is two.
"""

import json
from datetime import timedelta
from string import digits
from typing import Any

from core import attempts, authentication, database, events, mail, passkeys, recovery, users, verifications
from core.authentication import SecondStep, SignedIn, UserSignedUp
from core.crypto import tokens
from core.errors import Unauthenticated
from core.passwordless import codes
from core.recovery.identity import count
from core.sessions import SessionInvalid
from core.text import TextInvalid, cleaned
from core.users import EmailInvalid, EmailTaken
from core.verifications import VerificationInvalid

LINK_LIFETIME = CODE_LIFETIME = timedelta(minutes=5)
CODE_LENGTH = 6
CODE_TRIES = 3
"""How often a code can be tried."""
CODES_PER_DAY = 20
"""How many codes can be sent to an address in a day: sixty guesses at a million."""

_LINK, _CODE = "magic-link", codes.PURPOSE
_NAME = 200
_DAY = timedelta(days=1)


class CodeInvalid(Unauthenticated):
    """This code is wrong, has expired, or was tried too often; ask for another one."""


async def request_magic_link(
    *,
    email: str,
    name: str | None = None,
    sign_up: bool = True,
    locale: str | None = None,
    ip_address: str | None = None,
) -> None:
    """Send a link that signs in.

    Args:
        email: to whom.
        name: what to call them if they are new; what is before the @ unless told otherwise.
        sign_up: whether somebody who is not known is sent one, too, and joins by it. If not, the same is done for
            nobody.
        locale: the language of the mail, for somebody who is not known.
        ip_address: from where it is asked for.

    Raises:
        EmailInvalid, TextInvalid: the address or the name can't be stored, whoever asks.
        AttemptsExhausted: too many were asked for, for this address or from that one.
    """
    email = users.normalized(email)
    name = cleaned(name or email.partition("@")[0], what="a name", longest=_NAME)
    await count(_LINK, email, ip_address=ip_address)
    async with database.transaction():
        user = await users.find_by_email(email)
        value: dict[str, Any] = {"type": _LINK, "email": email, "name": name}
        if not verifications.is_shared(_LINK):  # The other side of a shared database takes nothing but these.
            value["sign_up"] = sign_up
        issued = await verifications.issue(
            purpose=_LINK, value=json.dumps(value, ensure_ascii=False), lifetime=LINK_LIFETIME
        )
        letter: dict[str, Any] = {
            "template": "magic_link",
            "locale": user.locale if user else locale,
            "link": mail.link("/magic-link", token=issued.token),
        }
        if user or sign_up:
            await mail.send(to=user.email if user else email, **letter)
        else:
            await mail.pretend(**letter)


async def sign_in_with_magic_link(
    *,
    token: str,
    ip_address: str | None = None,
    user_agent: str | None = None,
    trusted_device: str | None = None,
) -> SignedIn | SecondStep:
    """Sign a person in by a link, or ask for the second step. Somebody new joins.

    Raises:
        VerificationInvalid: the link is not valid, or who it was for is gone.
        Banned: the person is banned. A ban that is over is lifted.
    """
    email, name = _read(await verifications.consume(purpose=_LINK, token=token))
    user_id = await _arrived(email, name=name)
    if user_id is None:
        raise VerificationInvalid
    return await authentication.enter(
        user_id, second_step=True, ip_address=ip_address, user_agent=user_agent, trusted_device=trusted_device
    )


def _read(value: str) -> tuple[str, str | None]:
    """Whom a link is for, and what to call them if they are new and may join. One of the other side may name nobody."""
    try:
        asked = json.loads(value)
        email = users.normalized(asked["email"])
        name = cleaned(asked.get("name") or email.partition("@")[0], what="a name", longest=_NAME)
    except (ValueError, TypeError, KeyError, AttributeError, EmailInvalid, TextInvalid):
        raise VerificationInvalid from None
    return email, name if asked.get("sign_up", True) else None


async def request_code(*, email: str, ip_address: str | None = None) -> None:
    """Send a code of six digits that signs in somebody who is known, instead of the one before.

    For somebody who is not, the same is done, for nobody.

    Raises:
        EmailInvalid: this is no address, whoever asks.
        AttemptsExhausted: too many were asked for, for this address or from that one.
    """
    email = users.normalized(email)
    await count(_CODE, email, ip_address=ip_address)
    await attempts.count(f"{_CODE}-day", email, limit=CODES_PER_DAY, window=_DAY)
    code = tokens.code(alphabet=digits, length=CODE_LENGTH)
    async with database.transaction():
        user = await users.find_by_email(email)
        await codes.store(email=email, code=code, lifetime=CODE_LIFETIME)
        if user is None:
            await mail.pretend(template="sign_in_code", code=code)
        else:
            await mail.send(to=user.email, template="sign_in_code", locale=user.locale, code=code)


async def sign_in_with_code(
    *,
    email: str,
    code: str,
    ip_address: str | None = None,
    user_agent: str | None = None,
    trusted_device: str | None = None,
) -> SignedIn | SecondStep:
    """Sign a person in by a code, or ask for the second step. One UPDATE counts the try before anything is compared.

    Raises:
        CodeInvalid: the code is not right, or not any more.
        Banned: the person is banned. A ban that is over is lifted.
    """
    try:
        email = users.normalized(email)
    except EmailInvalid:
        raise CodeInvalid from None
    if not await codes.use_up(email=email, code=code, tries=CODE_TRIES):
        raise CodeInvalid
    user_id = await _arrived(email, name=None)
    if user_id is None:
        raise CodeInvalid
    return await authentication.enter(
        user_id, second_step=True, ip_address=ip_address, user_agent=user_agent, trusted_device=trusted_device
    )


async def sign_in_with_passkey(
    *,
    token: str,
    response: str | dict[str, Any],
    ip_address: str | None = None,
    user_agent: str | None = None,
) -> SignedIn | SecondStep:
    """Sign a person in by a passkey: two factors when the device was unlocked for it, otherwise the device alone.

    Args:
        token: the ceremony's (``passkeys.sign_in_options``).
        response: what the browser answered.
        ip_address: from where.
        user_agent: with which browser.

    Raises:
        PasskeyInvalid, PasskeySuspect: see ``passkeys.verify``.
        Banned: the person is banned. A ban that is over is lifted.
    """
    passkey, user_verified = await passkeys.verify(token=token, response=response)
    try:
        return await authentication.enter(
            passkey.user_id, second_step=not user_verified, ip_address=ip_address, user_agent=user_agent
        )
    except SessionInvalid:  # Whose it was is gone.
        raise passkeys.PasskeyInvalid from None


async def _arrived(email: str, *, name: str | None) -> str | None:
    """Whose inbox this is, by id, with a verified address. Somebody new joins if there is a name for them."""
    user = await users.find_by_email(email)
    if user is None and name is not None:
        try:
            async with database.transaction():
                user = await users.create(name=name, email=email, email_verified=True)
                await events.publish(UserSignedUp(user_id=user.id))
        except EmailTaken:  # At this very moment.
            user = await users.find_by_email(email)
    if user is None or not await recovery.prove_email(user_id=user.id, email=user.email):
        return None
    return user.id
