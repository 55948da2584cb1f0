"""Sessions: who is signed in, from where, until when.

The token is the whole proof, is shown once, and is stored as a digest. Using a session moves its end (rolling expiry)
up to a limit counted from its beginning. ``refresh`` exchanges the token: the old one works for a few seconds more, for
requests under way and other tabs, and whoever uses it later has copied it, or was copied from. Then the session ends.

Where the database is shared, the token is stored as it is and never exchanged, because the other side has it, too.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, NamedTuple

from tortoise.exceptions import IntegrityError
from tortoise.expressions import F
from tortoise.functions import Coalesce

from core import clock, database, expiry, measures
from core.crypto import tokens
from core.database.statements import fetch, moment
from core.errors import NotFound, Unauthenticated
from core.expiry import Purged
from core.settings import settings
from core.text import shortened
from models import Session

_log = logging.getLogger(__name__)

_IP_ADDRESS, _USER_AGENT = 64, 512
_BRIEF = timedelta(days=1)
"""How long a session lives that is not to be remembered. That it is so short is all that says so."""


class SessionInvalid(Unauthenticated):
    """The session is unknown, expired or revoked."""


class SessionNotFound(NotFound):
    """There is no such session."""


class Issued(NamedTuple):
    """A session and the only copy of its token."""

    session: Session
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking: what a request needs to know of a session and its person."""

    session_id: str
    user_id: str
    email: str
    email_verified: bool
    name: str
    role: str
    expires_at: datetime
    active_organization_id: str | None
    impersonated_by: str | None
    extended: bool = False
    """Its end was moved just now, so a cookie that ends with it is to be set again."""


async def create(
    *,
    user_id: str,
    ip_address: str | None = None,
    user_agent: str | None = None,
    impersonated_by: str | None = None,
    lifetime: timedelta | None = None,
    remember: bool = True,
) -> Issued:
    """Sign a person in. The oldest sessions beyond ``sessions_per_user`` end.

    The ban of a person is asked for in ``authenticate``, so a session made for somebody banned opens nothing.

    Args:
        user_id: who it is.
        ip_address: from where.
        user_agent: with which browser.
        impersonated_by: the administrator who acts in the person's name. Such a session is never extended, not listed,
            and ends none of the person's own.
        lifetime: how long it lives unused; ``session_lifetime`` unless told otherwise.
        remember: whether it outlives the browser. If not, it lives for a day and is not extended.

    Raises:
        SessionInvalid: the person is gone, perhaps since a moment ago.
    """
    token = tokens.new_session()
    now = clock.now()
    if lifetime is None:
        lifetime = settings().session_lifetime if remember else min(_BRIEF, settings().session_lifetime)
    session = Session(
        user_id=user_id,
        token=tokens.stored_session(token),
        expires_at=now + lifetime,
        ip_address=shortened(ip_address, longest=_IP_ADDRESS),
        user_agent=shortened(user_agent, longest=_USER_AGENT),
        impersonated_by=impersonated_by,
        last_used_at=now,
        created_at=now,
        updated_at=now,
    )
    try:
        async with database.transaction():
            await session.save()
            surplus = await (
                Session.filter(user_id=user_id, impersonated_by__isnull=True)
                .order_by("-created_at", "-id")
                .offset(settings().sessions_per_user)
            ).values_list("id", flat=True)
            if surplus:
                await Session.filter(id__in=surplus).delete()
    except IntegrityError:
        raise SessionInvalid from None
    return Issued(session, token)


_AUTHENTICATE = """
    SELECT s."id", s."userId", s."createdAt", s."updatedAt", s."expiresAt", s."lastUsedAt", s."rotatedAt",
        s."activeOrganizationId", s."impersonatedBy", u."email", u."emailVerified", u."name", u."role"
    FROM "session" s JOIN "user" u ON u."id" = s."userId"
    WHERE s."{column}" = $1 AND s."expiresAt" > $2
        AND (u."banned" IS NULL OR NOT u."banned" OR u."banExpires" <= $2)
"""
_BY_TOKEN = _AUTHENTICATE.format(column="token")
_BY_PREVIOUS_TOKEN = _AUTHENTICATE.format(column="previousToken")


@database.deciding
async def authenticate(token: str) -> Principal:
    """Say whose token this is.

    Raises:
        SessionInvalid: nobody's: unknown, expired, revoked, or of a person who is banned.
    """
    began, outcome = perf_counter(), "failed"
    try:
        stored = tokens.stored_session(token)
        now = clock.now()
        rows = await fetch(_BY_TOKEN, stored, now)
        if not rows:
            rows = await fetch(_BY_PREVIOUS_TOKEN, stored, now)
            if not rows or await _replayed(stored, rows[0]["rotatedAt"]):
                outcome = "invalid"
                raise SessionInvalid
        row = rows[0]
        ends = await _touched(row, now)
        principal = Principal(
            session_id=row["id"],
            user_id=row["userId"],
            email=row["email"],
            email_verified=bool(row["emailVerified"]),
            name=row["name"],
            role=row["role"] or "user",
            expires_at=ends,
            active_organization_id=row["activeOrganizationId"],
            impersonated_by=row["impersonatedBy"],
            extended=ends > moment(row["expiresAt"]),
        )
        outcome = "ok"
        return principal
    finally:
        measures.authentications[outcome].add(perf_counter() - began)


async def _touched(row: dict[str, Any], now: datetime) -> datetime:
    """Write down the use of a session, at most once per interval, and return its end."""
    ends = moment(row["expiresAt"])
    due = now - settings().session_touch_interval
    if row["lastUsedAt"] is not None and moment(row["lastUsedAt"]) > due:
        return ends
    moved = _extended(row, now)
    await fetch(
        """
        UPDATE "session" SET "lastUsedAt" = $1, "updatedAt" = $2, "expiresAt" = $3
        WHERE "id" = $4 AND ("lastUsedAt" IS NULL OR "lastUsedAt" <= $5)
        """,
        now,
        # To the other side it says when the end was moved, and how fresh a session is.
        now if moved > ends or not settings().sharing else moment(row["updatedAt"]),
        moved,
        row["id"],
        due,
    )
    return moved


def _extended(row: dict[str, Any], now: datetime, *, asked: bool = False) -> datetime:
    """The end of a session that is used now: further away, unless it is another's or one to forget.

    Where the database is shared it moves when the other side moves it, unless asked: it renews its cookie at that time.
    """
    limits, began, ends = settings(), moment(row["createdAt"]), moment(row["expiresAt"])
    due = asked or not limits.sharing or ends - limits.session_lifetime + limits.sharing_update_age <= now
    brief = ends - began <= _BRIEF < limits.session_lifetime
    if row["impersonatedBy"] is not None or brief or not due:
        return ends
    return max(ends, min(now + limits.session_lifetime, began + limits.session_lifetime_limit))


async def refresh(token: str) -> Issued:
    """Exchange a token for its successor.

    One UPDATE decides: of many at once one exchanges it. The others, and whoever comes within ``session_grace``, are
    given the same successor, so that two tabs don't sign each other out.

    Where the database is shared, the token stays, and the session's end moves as far as it can.

    Raises:
        SessionInvalid: the token is not valid, or it was exchanged before. In that case its session is over.
    """
    digest = tokens.stored_session(token)
    if digest == token:
        return await _prolonged(token)
    salt = tokens.new()
    successor = tokens.successor(token, salt)
    now = clock.now()
    await fetch(
        """
        UPDATE "session" SET "token" = $1, "previousToken" = $2, "rotationSalt" = $3, "rotatedAt" = $4, "updatedAt" = $4
        WHERE "token" = $2 AND "expiresAt" > $4
        """,
        tokens.digest(successor),
        digest,
        salt,
        now,
    )
    session = await Session.filter(previous_token=digest, expires_at__gt=now).first()
    if session is None or await _replayed(digest, session.rotated_at):
        raise SessionInvalid
    return Issued(session, tokens.successor(token, session.rotation_salt or ""))


async def _prolonged(token: str) -> Issued:
    now = clock.now()
    rows = await fetch(_BY_TOKEN, token, now)
    if not rows:
        raise SessionInvalid
    await Session.filter(token=token).update(
        expires_at=_extended(rows[0], now, asked=True), last_used_at=now, updated_at=now
    )
    session = await Session.get_or_none(token=token)
    if session is None:  # Revoked since the line before.
        raise SessionInvalid
    return Issued(session, token)


async def _replayed(digest: str, rotated_at: datetime | str | None) -> bool:
    """Whether the exchanged token comes too late. Then two have it, and the session ends for both."""
    if rotated_at is not None and moment(rotated_at) > clock.now() - settings().session_grace:
        return False
    await Session.filter(previous_token=digest).delete()
    measures.replays.add()
    _log.warning("a session was revoked: its exchanged token was used again")
    return True


async def revoke(*, session_id: str, user_id: str) -> None:
    """End one session of a person.

    Raises:
        SessionNotFound: the person has no such session.
    """
    if not await Session.filter(id=session_id, user_id=user_id).delete():
        raise SessionNotFound


async def revoke_token(token: str) -> None:
    """End the session that this token opens, if there is one."""
    stored = tokens.stored_session(token)
    await fetch('DELETE FROM "session" WHERE "token" = $1 OR "previousToken" = $1', stored)


async def revoke_others(*, session_id: str, user_id: str) -> int:
    """End all sessions of a person but this one, and say how many there were."""
    return await Session.filter(user_id=user_id).exclude(id=session_id).delete()


async def revoke_all(*, user_id: str) -> int:
    """End all sessions of a person, and say how many there were."""
    return await Session.filter(user_id=user_id).delete()


@database.reading()
async def list_live(*, user_id: str) -> list[Session]:
    """A person's sessions, the last used first. Those of an administrator in the person's name are not shown."""
    own = Session.filter(user_id=user_id, expires_at__gt=clock.now(), impersonated_by__isnull=True)
    # The other side of a shared database does not say when a session was used.
    return await own.annotate(used_at=Coalesce("last_used_at", F("updated_at"))).order_by("-used_at", "-id")


async def purge_expired(*, dry_run: bool = False) -> Purged:
    """Delete the sessions that nobody can use any more."""
    return await expiry.delete_expired(Session, dry_run=dry_run)
