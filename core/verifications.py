"""Verifications: single-use secrets that were sent to somebody and come back.

Each has a purpose, so that what was sent to reset a password can't delete an account, and is stored as a digest. Where
the database is shared, those that the other side knows have its form, and it can use them up as we can.
"""

from datetime import timedelta
from typing import NamedTuple

from tortoise.expressions import Q

from core import clock, database, expiry
from core.better_auth import verifications as shared
from core.crypto import tokens
from core.database.statements import fetch
from core.errors import Invalid
from core.expiry import Purged
from core.settings import settings
from core.text import cleaned
from models import Verification

_PURPOSE = 64


class VerificationInvalid(Invalid):
    """This is not valid: it has expired, or was used already."""


class Issued(NamedTuple):
    """A verification and the only copy of its token."""

    verification: Verification
    token: str


def is_shared(purpose: str) -> bool:
    """Whether there is another side that knows rows of this purpose: their values are what it expects, then."""
    return settings().sharing is not None and purpose in shared.FORMS


async def issue(*, purpose: str, value: str, lifetime: timedelta) -> Issued:
    """Make a secret to send out.

    Args:
        purpose: what it is good for, as a word (``reset-password``).
        value: what consuming it yields, such as the person's id.
        lifetime: how long it can be used.
    """
    purpose = cleaned(purpose, what="a purpose", longest=_PURPOSE)
    if is_shared(purpose):
        form = shared.FORMS[purpose]
        token = tokens.code(alphabet=form.alphabet, length=form.length)
        token = form.prefix + token if form.whole else token
        identifier = shared.stored(shared.identifier(purpose, token))
    else:
        token = tokens.new()
        identifier = _own(purpose, token)
    return Issued(await write(identifier=identifier, value=value, lifetime=lifetime), token)


async def write(*, identifier: str, value: str, lifetime: timedelta) -> Verification:
    """Write a row as it is given."""
    now = clock.now()
    return await Verification.create(
        identifier=identifier, value=value, expires_at=now + lifetime, created_at=now, updated_at=now
    )


def _own(purpose: str, token: str) -> str:
    return f"{purpose}:{tokens.digest(token)}"


def _identifiers(purpose: str, token: str) -> list[str]:
    """Whatever a row of this token may be called."""
    return [_own(purpose, token), *(shared.identifiers(purpose, token) if is_shared(purpose) else ())]


@database.deciding
async def find(*, purpose: str, token: str) -> str | None:
    """The value of a secret that can be used, without using it up."""
    rows = Verification.filter(identifier__in=_identifiers(purpose, token), expires_at__gt=clock.now())
    newest = await rows.order_by("-created_at").first()
    return newest.value if newest else None


async def consume(*, purpose: str, token: str, value: str | None = None) -> str:
    """Use a secret up and return its value. Of many at once, one gets it.

    Args:
        purpose: what it is to be good for.
        token: the secret.
        value: what it must yield, if that is known.

    Raises:
        VerificationInvalid: there is no such secret for this purpose, it has expired, or it was used already.
    """
    identifiers = _identifiers(purpose, token)
    marks = ", ".join(f"${number}" for number in range(2, len(identifiers) + 2))
    statement = f'DELETE FROM "verification" WHERE "expiresAt" > $1 AND "identifier" IN ({marks})'  # noqa: S608  numbers
    known = () if value is None else (value,)
    if known:
        statement += f' AND "value" = ${len(identifiers) + 2}'
    rows = await fetch(f'{statement} RETURNING "value"', clock.now(), *identifiers, *known)
    if not rows:
        raise VerificationInvalid
    return str(rows[0]["value"])


async def forget(*, purposes: tuple[str, ...], value: str) -> None:
    """Let secrets of these purposes that yield this value be worth nothing any more. It reads the whole table."""
    prefixes = [f"{purpose}:" for purpose in purposes]
    if settings().sharing:
        prefixes += [shared.FORMS[purpose].prefix for purpose in purposes if purpose in shared.FORMS]
    either = Q(*(Q(identifier__startswith=prefix) for prefix in prefixes), join_type=Q.OR)
    if settings().sharing and settings().sharing_identifiers == "hashed":
        either |= ~Q(identifier__contains=":")  # A digest does not say what it is for.
    await Verification.filter(either, value=value).delete()


async def forget_links(*, user_id: str) -> None:
    """Where the database is shared, let links be worth nothing that say a person's id and nothing else.

    For whoever changes an address or a password: such a link does not know which of them it was sent for.
    """
    if settings().sharing:
        await forget(purposes=(shared.RESET_PASSWORD, shared.DELETE_ACCOUNT), value=user_id)


async def prune(*, dry_run: bool = False) -> Purged:
    """Delete what can't be used any more."""
    return await expiry.delete_expired(Verification, dry_run=dry_run)
