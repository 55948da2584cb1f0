"""Passkeys: signing in with a key that a device keeps, and nothing to remember.

A ceremony is a question and its answer. The question goes to the browser (``navigator.credentials``) together with a
token; the answer comes back with the token, which works once and for five minutes. The challenge stays here. Keys are
for the host of ``STYLOBATE_BASE_URL`` alone: a product that moves to another host loses them all.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from tortoise.exceptions import IntegrityError

from core import clock, database, events, verifications
from core.crypto import tokens
from core.database.statements import fetch
from core.errors import Conflict, Invalid, NotFound, Refusal, Unauthenticated
from core.events import Event
from core.text import cleaned
from models import Passkey, User

_log = logging.getLogger(__name__)

_REGISTER, _SIGN_IN = "passkey-register", "passkey-sign-in"
_LIFETIME = timedelta(minutes=5)
_PER_USER = 20
_NAME = 100


class PasskeyInvalid(Unauthenticated):
    """The passkey could not be verified; try again."""


class PasskeySuspect(Unauthenticated):
    """This passkey may have been copied; sign in another way."""


class PasskeyUnacceptable(Invalid):
    """The passkey could not be registered; try again."""


class PasskeyTaken(Conflict):
    """This passkey is registered already."""


class PasskeysExhausted(Conflict):
    """A person has 20 passkeys at the most; delete one first."""


class PasskeyNotFound(NotFound):
    """There is no such passkey."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeyAdded(Event):
    """Somebody has one more way in."""

    user_id: str
    passkey_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PasskeySuspected(Event):
    """Somebody's passkey was refused because there may be two of it."""

    user_id: str
    passkey_id: str


class Ceremony(NamedTuple):
    """A question for the browser, as JSON has it, and the only copy of the token that its answer needs."""

    options: dict[str, Any]
    token: str


class Verified(NamedTuple):
    """A passkey that has answered, and whether its device made sure of the person, by a finger or a PIN.

    With ``user_verified`` it was two factors: the device, and what unlocks it. Without, it was the device alone.
    """

    passkey: Passkey
    user_verified: bool


class _Question(NamedTuple):
    """What is kept of a ceremony: who must answer (None for anybody), and what has to be signed."""

    user_id: str | None
    challenge: str


async def registration_options(*, user: User) -> Ceremony:
    """Ask a person's device for a new passkey, one that it can offer by itself. Those they have are excluded.

    Raises:
        PasskeysExhausted: they have as many as one can have.
        SettingsInvalid: STYLOBATE_BASE_URL is nothing that browsers keep passkeys for.
    """
    from core.passkeys import ceremonies  # noqa: PLC0415  webauthn takes half a second

    site = ceremonies.site()
    own = await list_passkeys(user_id=user.id)
    if len(own) >= _PER_USER:
        raise PasskeysExhausted
    question, token = await _ask(_REGISTER, user_id=user.id)
    options = ceremonies.creation_options(
        site, user=user, exclude=own, challenge=question.challenge, lifetime=_LIFETIME
    )
    return Ceremony(options, token)


async def register(*, user_id: str, token: str, response: str | dict[str, Any], name: str | None = None) -> Passkey:
    """Keep the passkey that a device has made. The token is used up, also by an answer that is refused.

    Args:
        user_id: whose it is to be, the person for whom the device was asked.
        token: the ceremony's.
        response: what ``navigator.credentials.create`` gave, as JSON text or as what was read from it.
        name: how the person calls it.

    Raises:
        TextInvalid: the name can't be stored. The token is still good.
        PasskeyUnacceptable: the answer does not belong to the question, or the token is not valid.
        PasskeyTaken: it is registered, for whomever.
        PasskeysExhausted: the person has as many as one can have. Of many at once, no more than that are kept.
        SettingsInvalid: as in ``registration_options``.
    """
    from core.passkeys import ceremonies  # noqa: PLC0415  webauthn takes half a second

    name = None if name is None else cleaned(name, what="a name", longest=_NAME)
    site = ceremonies.site()
    with _refusing(verifications.VerificationInvalid, as_=PasskeyUnacceptable):
        question = await _consume(_REGISTER, token)
    if question.user_id != user_id:
        raise PasskeyUnacceptable
    with _refusing(Exception, as_=PasskeyUnacceptable):
        made = ceremonies.made(response, site=site, challenge=question.challenge)
    passkey = Passkey(user_id=user_id, name=name, created_at=clock.now(), **made._asdict())
    try:
        async with database.transaction():
            # Changes nothing, but holds the person's row: whoever else counts waits here.
            if not await fetch('UPDATE "user" SET "updatedAt" = "updatedAt" WHERE "id" = $1 RETURNING "id"', user_id):
                raise PasskeyUnacceptable
            if await Passkey.filter(user_id=user_id).count() >= _PER_USER:
                raise PasskeysExhausted
            await passkey.save()
            await events.publish(PasskeyAdded(user_id=user_id, passkey_id=passkey.id))
    except IntegrityError:
        raise PasskeyTaken from None
    return passkey


async def sign_in_options(*, user_id: str | None = None) -> Ceremony:
    """Ask a device to prove that it has a passkey.

    Args:
        user_id: whose it must be, when somebody who is known is asked once more. Somebody who only says who they are is
            asked without it: the question names the passkeys, and would tell anybody who has some.

    Raises:
        SettingsInvalid: as in ``registration_options``.
    """
    from core.passkeys import ceremonies  # noqa: PLC0415  webauthn takes half a second

    site = ceremonies.site()
    own = [] if user_id is None else await list_passkeys(user_id=user_id)
    question, token = await _ask(_SIGN_IN, user_id=user_id)
    return Ceremony(
        ceremonies.request_options(site, allow=own, challenge=question.challenge, lifetime=_LIFETIME), token
    )


async def authenticate(*, token: str, response: str | dict[str, Any]) -> Passkey:
    """Say whose passkey has answered, where the device alone is enough. The rest is as in ``verify``."""
    return (await verify(token=token, response=response)).passkey


@database.deciding
async def verify(*, token: str, response: str | dict[str, Any]) -> Verified:
    """Say whose passkey has answered and how. The token is used up, also by an answer that is refused.

    One UPDATE moves the counter: of two answers with the same count, one is accepted.

    Args:
        token: the ceremony's.
        response: what ``navigator.credentials.get`` gave, as JSON text or as what was read from it.

    Raises:
        PasskeyInvalid: the answer does not belong to the question, the passkey is unknown or not that of the person who
            was asked, or the token is not valid.
        PasskeySuspect: the signature is right, but the counter did not move on, or a key that was bound to one
            device is so no longer (or the other way round). Nothing is changed.
        SettingsInvalid: as in ``registration_options``.
    """
    from core.passkeys import ceremonies  # noqa: PLC0415  webauthn takes half a second

    site = ceremonies.site()
    with _refusing(verifications.VerificationInvalid, as_=PasskeyInvalid):
        question = await _consume(_SIGN_IN, token)
    with _refusing(Exception, as_=PasskeyInvalid):
        answer = ceremonies.answer(response)
    passkey = await Passkey.get_or_none(credential_id=answer.credential_id)
    if (
        passkey is None
        or question.user_id not in {None, passkey.user_id}
        or ceremonies.is_somebody_elses(answer.user_handle, user_id=passkey.user_id)
    ):
        raise PasskeyInvalid
    with _refusing(Exception, as_=PasskeyInvalid):
        proof = ceremonies.proof(answer, site=site, challenge=question.challenge, public_key=passkey.public_key)
    rows = await fetch(
        """
        UPDATE "passkey" SET "counter" = $1, "backedUp" = $2
        WHERE "id" = $3 AND "deviceType" = $4 AND ("counter" < $1 OR ("counter" = 0 AND $1 = 0))
        RETURNING "id"
        """,
        proof.counter,
        proof.backed_up,
        passkey.id,
        proof.device_type,
    )
    if not rows:
        if not await Passkey.exists(id=passkey.id):
            raise PasskeyInvalid
        _log.warning("a passkey was refused: its counter did not move on, so there may be two of it")
        await events.publish(PasskeySuspected(user_id=passkey.user_id, passkey_id=passkey.id))
        raise PasskeySuspect
    passkey.counter, passkey.backed_up = proof.counter, proof.backed_up
    return Verified(passkey, proof.user_verified)


async def list_passkeys(*, user_id: str) -> list[Passkey]:
    """A person's passkeys, the oldest first."""
    return await Passkey.filter(user_id=user_id).order_by("created_at", "id")


async def rename(*, passkey_id: str, user_id: str, name: str) -> Passkey:
    """Give one of a person's passkeys another name.

    Raises:
        TextInvalid: the name can't be stored.
        PasskeyNotFound: the person has no such passkey.
    """
    name = cleaned(name, what="a name", longest=_NAME)
    own = Passkey.filter(id=passkey_id, user_id=user_id)
    passkey = await own.first() if await own.update(name=name) else None
    if passkey is None:
        raise PasskeyNotFound
    return passkey


async def delete(*, passkey_id: str, user_id: str) -> None:
    """Delete one of a person's passkeys. The device keeps its half, which opens nothing any more.

    Raises:
        PasskeyNotFound: the person has no such passkey.
    """
    if not await Passkey.filter(id=passkey_id, user_id=user_id).delete():
        raise PasskeyNotFound


async def _ask(purpose: str, *, user_id: str | None) -> tuple[_Question, str]:
    question = _Question(user_id, tokens.new())
    issued = await verifications.issue(purpose=purpose, value=json.dumps(question._asdict()), lifetime=_LIFETIME)
    return question, issued.token


async def _consume(purpose: str, token: str) -> _Question:
    return _Question(**json.loads(await verifications.consume(purpose=purpose, token=token)))


@contextmanager
def _refusing(errors: type[Exception], *, as_: type[Refusal]) -> Iterator[None]:
    """Make whatever an answer from outside can raise, in JSON, CBOR, base64 and cryptography, one refusal."""
    try:
        yield
    except errors:
        raise as_ from None
