"""Signing up, in and out. ``enter`` is the one door to a session, whatever way somebody comes.

Whether the second step is asked for is the way's to say. Where one factor was shown it is: a password, and a link or
a code that came by mail, since an inbox is one factor. A passkey is two, and a provider has its own.

Attempts are counted and an error undoes the transaction around it, so what can be refused is called outside one.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import NamedTuple

import email_validator  # noqa: F401  its patterns are compiled here, and not on the loop at the first sign-in

from core import accounts, attempts, clock, database, events, sessions, two_factor, users, verifications
from core.errors import Forbidden, Unauthenticated
from models import Session, User

QUARTER = timedelta(minutes=15)

SIGN_INS_OF_PAIR = 10
"""Sign-ins with one identifier from one address in a quarter of an hour: more than anybody needs who knows the password
and mistypes it, and 350,000 guesses in a year. A right password begins anew."""
SIGN_INS_OF_ADDRESS = 100
"""Sign-ins from one address, with whatever identifiers, in a quarter of an hour. An office behind one address has its
mornings; one who tries a list of stolen passwords gets 400 in an hour. A right one does not begin anew, or an account
of one's own would lift the limit."""
SIGN_UPS_OF_ADDRESS, HOUR = 200, timedelta(hours=1)
"""An office, a school or a mobile network may be behind one address; each sign-up costs a hash."""
SIGN_INS_OF_IDENTIFIER, IDENTIFIER_WINDOW = 50, timedelta(minutes=5)
"""Sign-ins with one identifier, from wherever. Many addresses guessing at one person end here, and keep the person out
for five minutes at a time, as long as they go on. Below it they don't touch a person who comes from elsewhere. What an
address is refused by the first limit does not count, so that it takes five addresses and not one."""

SECOND_STEP_LIFETIME = timedelta(minutes=10)
SECOND_STEP_CODES = 5
"""Codes that can be tried for one sign-in."""


class CredentialsInvalid(Unauthenticated):
    """The email address or the password is wrong."""


class SecondStepInvalid(Unauthenticated):
    """This took too long or too many tries; sign in again."""


class Banned(Forbidden):
    """This user is banned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSignedUp(events.Event):
    """Somebody joined, and is signed in."""

    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserSignedIn(events.Event):
    """Somebody came back: a session has begun, in whatever way."""

    user_id: str
    session_id: str


class SignedIn(NamedTuple):
    """A person, the session that has begun, and the only copy of its token.

    ``trusted_device`` is the only copy of another token, for the device to show at its next sign-in instead of a code.
    When there is one, it takes the place of the one that the device has.
    """

    user: User
    session: Session
    token: str
    trusted_device: str | None = None


class SecondStep(NamedTuple):
    """Not signed in yet: ``complete_second_step`` takes the token with a code. It opens nothing by itself."""

    token: str


async def sign_up(
    *, name: str, email: str, password: str, ip_address: str | None = None, user_agent: str | None = None
) -> SignedIn:
    """Add a person with a password and sign them in: all of it or nothing.

    Raises:
        EmailInvalid, TextInvalid, PasswordInvalid: the input can't be stored.
        EmailTaken: somebody has this address.
        AttemptsExhausted: too many people have signed up from this address of the network.
    """
    users.normalized(email)  # Before the slow part.
    network = attempts.network(ip_address)
    if network is not None:
        await attempts.count("sign-up-address", network, limit=SIGN_UPS_OF_ADDRESS, window=HOUR)
    password_hash = await accounts.hash_password(password)
    async with database.transaction():
        user = await users.create(name=name, email=email)
        await accounts.store_password(user_id=user.id, password_hash=password_hash)
        issued = await sessions.create(user_id=user.id, ip_address=ip_address, user_agent=user_agent)
        await events.publish(UserSignedUp(user_id=user.id))
    return SignedIn(user, issued.session, issued.token)


async def sign_in(
    *,
    email: str,
    password: str,
    trusted_device: str | None = None,
    remember: bool = True,
    ip_address: str | None = None,
    user_agent: str | None = None,
) -> SignedIn | SecondStep:
    """Sign a person in, or ask for the second step.

    Args:
        email: the person's address, in any case.
        password: the person's password.
        trusted_device: what an earlier sign-in left with this device.
        remember: whether the session outlives the browser.
        ip_address: from where. Sign-ins from nowhere are counted as from one address.
        user_agent: with which browser.

    Raises:
        CredentialsInvalid: nobody has this address, or not this password. Which of them is not said, nor to be timed.
        Banned: it is the right password of somebody who is banned. A ban that is over is lifted.
        AttemptsExhausted: too many sign-ins came with this identifier or from this address, known or not.
    """
    try:
        known: str | None = users.normalized(email)
    except users.EmailInvalid:
        known = None
    again = await _count_sign_in(known or email, ip_address)
    user_id = await accounts.find_by_password(email=known, password=password)
    if user_id is None:
        raise CredentialsInvalid
    if again is not None:
        await attempts.forget("sign-in", again)
    return await enter(
        user_id,
        second_step=True,
        trusted_device=trusted_device,
        remember=remember,
        ip_address=ip_address,
        user_agent=user_agent,
    )


@database.deciding
async def enter(
    user_id: str,
    *,
    second_step: bool,
    ip_address: str | None = None,
    user_agent: str | None = None,
    trusted_device: str | None = None,
    remember: bool = True,
) -> SignedIn | SecondStep:
    """Begin the session of a person who has shown who they are, or ask for the second step.

    Args:
        user_id: who it is.
        second_step: whether one factor was shown, so that whoever has two-factor on is asked for another.
        ip_address: from where.
        user_agent: with which browser.
        trusted_device: what an earlier sign-in left with this device, instead of a code.
        remember: whether the session outlives the browser.

    Raises:
        Banned: the person is banned. A ban that is over is lifted.
        SessionInvalid: the person is gone.
    """
    user = await users.find(user_id)
    if user is None:
        raise sessions.SessionInvalid
    await _refuse_banned(user)
    begin = partial(_begin, user, ip_address=ip_address, user_agent=user_agent, remember=remember)
    if not second_step or not user.two_factor_enabled:
        return await begin(device=None)
    async with database.transaction():
        device = trusted_device and await two_factor.renew_device(user_id=user.id, token=trusted_device)
        if device:
            return await begin(device=device)
        return SecondStep(await two_factor.waiting.begin(user_id=user.id, lifetime=SECOND_STEP_LIFETIME))


@database.deciding
async def complete_second_step(
    *,
    token: str,
    code: str,
    trust_device: bool = False,
    remember: bool = True,
    ip_address: str | None = None,
    user_agent: str | None = None,
) -> SignedIn:
    """Sign a person in who has taken the first step. Of many at once, one gets the session.

    Args:
        token: the ``SecondStep``'s. A wrong code does not use it up; the last of ``SECOND_STEP_CODES`` does.
        code: one of the authenticator app, or a backup code.
        trust_device: whether this device is not to be asked again.
        remember: whether the session outlives the browser, as the first step was told.
        ip_address: from where.
        user_agent: with which browser.

    Raises:
        SecondStepInvalid: there is no such token, or not any more. Only the first step leads on.
        TwoFactorCodeInvalid: the code is wrong, or was used already.
        TwoFactorCodesExhausted: the person's app had too many wrong codes, with this token or others.
        Banned: the person was banned in between.
    """
    waiting = await two_factor.waiting.find(token)
    user = await users.find(waiting) if waiting else None
    if user is None:
        raise SecondStepInvalid
    await _refuse_banned(user)
    try:
        await attempts.count(two_factor.SECOND_STEP, token, limit=SECOND_STEP_CODES, window=SECOND_STEP_LIFETIME)
        if not await two_factor.waiting.count(token, limit=SECOND_STEP_CODES):
            raise SecondStepInvalid
        await two_factor.verify(user_id=user.id, code=code)
    except (attempts.AttemptsExhausted, two_factor.TwoFactorNotEnabled):
        raise SecondStepInvalid from None
    async with database.transaction():
        try:
            await two_factor.waiting.end(token, user_id=user.id)
        except verifications.VerificationInvalid:
            raise SecondStepInvalid from None
        device = await two_factor.trust_device(user_id=user.id) if trust_device else None
        return await _begin(user, device=device, ip_address=ip_address, user_agent=user_agent, remember=remember)


async def _begin(
    user: User, *, device: str | None, ip_address: str | None, user_agent: str | None, remember: bool
) -> SignedIn:
    issued = await sessions.create(user_id=user.id, ip_address=ip_address, user_agent=user_agent, remember=remember)
    await events.publish(UserSignedIn(user_id=user.id, session_id=issued.session.id))
    return SignedIn(user, issued.session, issued.token, device)


async def _count_sign_in(identifier: str, ip_address: str | None) -> str | None:
    """Count before hashing, so that what is refused costs nothing.

    Returns what the first limit has counted it by, to begin anew, unless it is alone there and in nobody's way.
    """
    address = attempts.network(ip_address)
    pair = f"{address} {identifier}"
    limits = [attempts.Limit("sign-in", pair, SIGN_INS_OF_PAIR, QUARTER)]
    if address is not None:
        limits.append(attempts.Limit("sign-in-address", address, SIGN_INS_OF_ADDRESS, QUARTER))
    limits.append(attempts.Limit("sign-in-identifier", identifier, SIGN_INS_OF_IDENTIFIER, IDENTIFIER_WINDOW))
    return pair if await attempts.count_in_turn(*limits) > 1 else None


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
