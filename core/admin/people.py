"""Everybody who uses the product: finding, adding, changing and deleting them."""

import re
from collections.abc import Iterable

from tortoise.expressions import Q

from core import accounts, audit, clock, database, erasure, paging, sessions, users, verifications
from core.admin.authority import (
    ADMINISTRATOR,
    NotAdministrator,
    acting,
    acting_on_other,
    has_role,
    hold,
    is_administrator,
    require,
)
from core.errors import Conflict, Invalid
from core.events import publish
from core.paging import Page
from core.text import cleaned
from core.users import UserChanged
from models import Session, User

_QUERY = 200
_ROLE = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_ROLES = 8
_USER = "user"


class RoleInvalid(Invalid):
    """A role is a word of up to 32 small letters, digits, dashes and underscores; a person has up to eight."""


class LastAdministrator(Conflict):
    """Nobody else is an administrator: make somebody one first."""


async def list_users(
    *,
    actor_id: str,
    query: str | None = None,
    role: str | None = None,
    banned: bool | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[User]:
    """The people who use the product, the newest first, narrowed down to what is given.

    Args:
        actor_id: the administrator.
        query: how the email address, the name or the username begins, in any case (SQLite: of ASCII letters).
        role: one that they have, ``user`` unless they have been given another.
        banned: whether they are kept out at this moment.
        after: what the page before gave.
        limit: how many.

    Raises:
        NotAdministrator: the actor is none.
        TextInvalid: nothing can begin like this.
    """
    await require(actor_id)
    rows = User.all()
    if query is not None and query.strip():
        start = cleaned(query, what="a query", longest=_QUERY)
        rows = rows.filter(Q(email__istartswith=start) | Q(name__istartswith=start) | Q(username__istartswith=start))
    if role is not None:
        rows = rows.filter(_has(role))
    if banned is not None:
        over = Q(ban_expires__isnull=False) & Q(ban_expires__lte=clock.now())
        rows = rows.filter(Q(banned=True) & ~over if banned else Q(banned__isnull=True) | Q(banned=False) | over)
    return await paging.page(rows, after=after, limit=limit)


def _has(role: str) -> Q:
    """Among the comma-joined roles."""
    found = Q(role=role) | Q(role__startswith=f"{role},") | Q(role__endswith=f",{role}") | Q(role__contains=f",{role},")
    return found | Q(role__isnull=True) if role == _USER else found


async def create_user(
    *,
    actor_id: str,
    name: str,
    email: str,
    password: str | None = None,
    roles: Iterable[str] = (_USER,),
    email_verified: bool = False,
) -> User:
    """Add a person, with a password or without.

    Raises:
        EmailInvalid, TextInvalid, PasswordInvalid, RoleInvalid: it can't be stored.
        EmailTaken: somebody has this address.
        NotAdministrator: the actor is none.
    """
    role = _joined(roles)
    await require(actor_id)  # Before the slow part.
    password_hash = None if password is None else await accounts.hash_password(password)
    async with database.transaction():
        user = await users.create(name=name, email=email, email_verified=email_verified)
        await acting(actor_id, user.id)
        user.role = role
        await user.save(update_fields=["role"])
        if password_hash is not None:
            await accounts.store_password(user_id=user.id, password_hash=password_hash)
        await audit.record("user.create", actor_id=actor_id, subject_id=user.id, roles=role)
    return user


async def set_roles(*, actor_id: str, user_id: str, roles: Iterable[str]) -> User:
    """Give somebody these roles instead of those they had; none means ``user``.

    A new administrator may not be somebody in whose name another acts, and a former one may not act in anybody's name:
    such sessions end.

    Raises:
        RoleInvalid: these can't be roles.
        LastAdministrator: the actor would not be one any more, and nobody else is.
        NotAdministrator: the actor is none.
        UserNotFound: there is no such person.
    """
    role = _joined(roles)
    async with database.transaction():
        user = await _acting_with_peers(actor_id, user_id, stays=ADMINISTRATOR in role.split(","))
        before, user.role, user.updated_at = user.role or _USER, role, clock.now()
        await user.save(update_fields=["role", "updated_at"])
        if has_role(user):
            await Session.filter(user_id=user.id, impersonated_by__isnull=False).delete()
        else:
            await Session.filter(impersonated_by=user.id).delete()
        await audit.record("user.set_roles", actor_id=actor_id, subject_id=user.id, before=before, after=role)
        await publish(UserChanged(user_id=user.id))
    return user


async def _acting_with_peers(actor_id: str, user_id: str, *, stays: bool) -> User:
    """As ``acting``; who resigns holds all administrators, so that the last two can't do so at once."""
    if actor_id != user_id or stays:
        return await acting(actor_id, user_id)
    held = await hold(Q(id=actor_id) | Q(role__contains=ADMINISTRATOR))
    actor = held.pop(actor_id, None)
    if actor is None or not is_administrator(actor):
        raise NotAdministrator
    if not any(is_administrator(other) for other in held.values()):
        raise LastAdministrator
    return actor


async def set_password(*, actor_id: str, user_id: str, password: str) -> None:
    """Give somebody a password instead of the one they had, and end all of their sessions.

    Raises:
        PasswordInvalid: it can't be one.
        NotAdministrator, UserNotFound, OnOneself, OnAdministrator: see ``core.admin.authority``.
    """
    await require(actor_id)  # Before the slow part.
    password_hash = await accounts.hash_password(password)
    async with database.transaction():
        user = await acting_on_other(actor_id, user_id)
        await accounts.store_password(user_id=user.id, password_hash=password_hash)
        await verifications.forget_links(user_id=user.id)
        await sessions.revoke_all(user_id=user.id)
        await audit.record("user.set_password", actor_id=actor_id, subject_id=user.id)


async def delete_user(*, actor_id: str, user_id: str, with_organizations: bool = False) -> None:
    """Delete somebody and what is theirs, for good: see ``erasure.erase``.

    Raises:
        OnlyOwner, SubscriptionRunning: see ``erasure.erase``.
        NotAdministrator, UserNotFound, OnOneself, OnAdministrator: see ``core.admin.authority``.
    """
    await require(actor_id)
    async with database.transaction():
        await erasure.hold(user_id)  # Before the people, as ``erase`` does.
        await acting_on_other(actor_id, user_id)
        await erasure.erase(user_id, actor_id=actor_id, with_organizations=with_organizations)


def _joined(roles: Iterable[str]) -> str:
    names = list(dict.fromkeys([roles] if isinstance(roles, str) else roles)) or [_USER]
    if len(names) > _ROLES or not all(_ROLE.fullmatch(name) for name in names):
        raise RoleInvalid
    return ",".join(names)
