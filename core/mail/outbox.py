"""The promise: a row of ``mail``."""

import json
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from core import clock, database, expiry, jobs
from core.crypto import sealing, tokens
from core.database.statements import fetch, moment
from core.expiry import Purged
from core.settings import settings
from core.text import cleaned
from models import Mail
from models.base import new_id

if TYPE_CHECKING:
    from tortoise.queryset import QuerySet

_RECIPIENT = 320
_DECOY_KEPT = timedelta(hours=1)
_TEMPLATE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,3}")


async def send(*, to: str, template: str, locale: str | None = None, **context: object) -> None:
    """Promise a mail, in the current transaction. Nothing goes out before the commit, and nothing after a rollback.

    Args:
        to: the address, nothing else.
        template: its name, ``reset_password``.
        locale: the recipient's language (``de``, ``de-AT``); English when it is not known, or has no templates.
        context: what the template needs to know, as JSON takes it. It is sealed while it waits.

    Raises:
        TextInvalid: the address can't be stored.
        SettingsInvalid: there is no key to seal with.
    """
    await _write("waiting", cleaned(to, what="an address", longest=_RECIPIENT), template, locale, context)


async def pretend(*, template: str, locale: str | None = None, **context: object) -> None:
    """Do all that ``send`` does, for nobody, so that nobody can tell from the time it takes who is known here."""
    await _write("decoy", "", template, locale, context)


async def _write(status: str, recipient: str, template: str, locale: str | None, context: dict[str, object]) -> None:
    if not _TEMPLATE.fullmatch(template):
        raise ValueError("the name of a template has small letters, digits and underscores")
    now = clock.now()
    ends = now + (settings().mail_retention if status == "waiting" else _DECOY_KEPT)
    mail = Mail(
        id=new_id(),
        recipient=recipient,
        template=template,
        locale=locale if locale and _LOCALE.fullmatch(locale) else None,
        status=status,
        due_at=now if status == "waiting" else ends,
        expires_at=ends,
        created_at=now,
        updated_at=now,
    )
    mail.payload = sealing.seal(json.dumps(context), purpose=purpose(mail.id))
    await mail.save(force_create=True)
    await jobs.remind("mail.send_waiting")


def purpose(mail_id: str) -> str:
    """What the payload of a mail is sealed for."""
    return f"mail:{mail_id}"


_CLAIM = timedelta(minutes=2)
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=5)
_SPREAD = 0.2
"""A wait is longer by up to this share, so that what failed together does not come back together."""

_CLAIMED = """
    UPDATE "mail" SET "claimedUntil" = $1, "dueAt" = $1, "updatedAt" = $2 WHERE "id" {these}
    RETURNING "id", "recipient", "template", "locale", "payload", "attempts", "createdAt", "expiresAt"
"""
_DUE = """
    SELECT "id" FROM "mail" WHERE "dueAt" <= $2 AND "status" = 'waiting' AND "expiresAt" > $2
    ORDER BY "dueAt" LIMIT $3
"""
_POSTGRES = _CLAIMED.format(these=f"= ANY (ARRAY({_DUE} FOR UPDATE SKIP LOCKED))")
_SQLITE = _CLAIMED.format(these=f"IN ({_DUE})")


class Claimed(NamedTuple):
    """A mail that one worker has to itself until ``claimed_until``."""

    id: str
    recipient: str
    template: str
    locale: str | None
    payload: str
    attempts: int
    created_at: datetime
    expires_at: datetime
    claimed_until: datetime


async def claim(limit: int) -> list[Claimed]:
    """Take so many of the mails that are due, the one that waits longest first.

    One statement takes them. A claim ends by itself, so what a worker that died had is due again. Until then, and once
    it is sent or given up, a mail is due no earlier than it ends: the index on that time holds few that are past it.
    """
    now = clock.now()
    until = now + _CLAIM
    rows = await fetch(_POSTGRES if database.dialect() == "postgres" else _SQLITE, until, now, limit)
    claimed = [
        Claimed(
            id=row["id"],
            recipient=row["recipient"],
            template=row["template"],
            locale=row["locale"],
            payload=row["payload"],
            attempts=row["attempts"],
            created_at=moment(row["createdAt"]),
            expires_at=moment(row["expiresAt"]),
            claimed_until=until,
        )
        for row in rows
    ]
    # RETURNING knows no order.
    return sorted(claimed, key=lambda mail: (mail.created_at, mail.id))


async def release(mails: Iterable[Claimed]) -> None:
    """Give back what was claimed and not tried."""
    now = clock.now()
    for mail in mails:
        await _mine(mail).update(claimed_until=None, due_at=now, updated_at=now)


async def mark_sent(mail: Claimed) -> None:
    """Write down that the server has it, and forget what was in it."""
    now = clock.now()
    await _finish(mail, now, status="sent", sent_at=now, last_error=None)


async def mark_failed(mail: Claimed, error: str) -> None:
    """Give it up, and forget what was in it."""
    await _finish(mail, clock.now(), status="failed", last_error=error)


async def postpone(mail: Claimed, error: str) -> bool:
    """Have it tried again: after a minute, then after twice as long each time, up to six hours.

    Returns:
        False when that would be too late. Then it is given up.
    """
    now = clock.now()
    wait = min(_FIRST_WAIT * 2 ** min(mail.attempts, 16), _LONGEST_WAIT) * (1 + _SPREAD * tokens.fraction())
    if now + wait >= mail.expires_at:
        await mark_failed(mail, error)
        return False
    await _mine(mail).update(
        attempts=mail.attempts + 1, due_at=now + wait, claimed_until=None, last_error=error, updated_at=now
    )
    return True


async def _finish(mail: Claimed, now: datetime, **fields: object) -> None:
    ends = now + settings().mail_retention
    await _mine(mail).update(
        payload="",
        attempts=mail.attempts + 1,
        claimed_until=None,
        due_at=ends,
        expires_at=ends,
        updated_at=now,
        **fields,
    )


def _mine(mail: Claimed) -> "QuerySet[Mail]":
    """Its row, unless the claim ended and another has it."""
    return Mail.filter(id=mail.id, claimed_until=mail.claimed_until)


async def prune(*, dry_run: bool = False) -> Purged:
    """Delete the mails that are over: sent, given up, or never to be sent in time."""
    return await expiry.delete_expired(Mail, dry_run=dry_run)
