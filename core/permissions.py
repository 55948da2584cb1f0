"""Permissions: what a role allows inside an organization.

A role is a word, a permission a noun and a verb, ``invitation.create``. A member has several roles as a comma-joined
list, and may do what any of them allows. A role that nobody has defined allows nothing. An owner may do all that
anybody may.

An app adds its own when it starts: ``permissions.extend({"billing": ["purchase.manage", "report.read"]})``.
"""

import re
from collections.abc import Iterable, Mapping
from threading import Lock
from types import MappingProxyType

from core.errors import Invalid

OWNER, ADMIN, MEMBER = "owner", "admin", "member"

_READING = {"organization.read", "member.read", "ai_chat.read", "purchase.read"}
_TAKING_PART = _READING | {"ai_chat.create", "ai_chat.update", "ai_chat.delete"}
_LEADING = _TAKING_PART | {
    "organization.update",
    "member.add",
    "member.update",
    "member.remove",
    "invitation.read",
    "invitation.create",
    "invitation.cancel",
    "audit.read",
}
_OWNING = _LEADING | {"organization.delete", "purchase.manage"}

_table: Mapping[str, frozenset[str]] = MappingProxyType(
    {OWNER: frozenset(_OWNING), ADMIN: frozenset(_LEADING), MEMBER: frozenset(_TAKING_PART)}
)
"""It is never changed, only replaced, so that whoever reads it needs no lock."""

_replacing = Lock()

_ROLE = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_PERMISSION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


class RolesInvalid(Invalid):
    """There is no such role."""


def extend(roles: Mapping[str, Iterable[str]]) -> None:
    """Add roles, or permissions to roles there are. It is done when a program starts, and in each alike.

    Args:
        roles: what each allows, beside what it allowed before.

    Raises:
        ValueError: a role or a permission is not written as one. Nothing has been added.
    """
    added = {role: frozenset(allowed) for role, allowed in roles.items()}
    for role, allowed in added.items():
        if not _ROLE.fullmatch(role):
            raise ValueError(f"not a role: {role!r}")
        for permission in allowed:
            if not _PERMISSION.fullmatch(permission):
                raise ValueError(f"not a permission: {permission!r}")
    global _table  # noqa: PLW0603  replaced as a whole is what makes it safe to read
    with _replacing:
        table = dict(_table)
        for role, allowed in added.items():
            table[role] = table.get(role, frozenset()) | allowed
        table[OWNER] = frozenset().union(*table.values())
        _table = MappingProxyType(table)


def allows(roles: str | Iterable[str] | None, permission: str) -> bool:
    """Whether any of the roles allows it.

    Args:
        roles: a member's comma-joined list as it is stored, or the roles one by one.
        permission: a noun and a verb.
    """
    return permission in _allowed(roles)


def covers(roles: str | Iterable[str] | None, others: str | Iterable[str] | None) -> bool:
    """Whether all that ``others`` allow is allowed by ``roles`` too. Nobody gives what they don't have."""
    mine, theirs = split(roles), split(others)
    if OWNER in theirs and OWNER not in mine:
        return False  # Also when an app lets others do all that an owner may.
    return _allowed(theirs) <= _allowed(mine)


def joined(roles: str | Iterable[str]) -> str:
    """The roles as they are stored.

    Raises:
        RolesInvalid: there are none, or nobody has defined one of them.
    """
    words = split(roles)
    if not words or any(word not in _table for word in words):
        raise RolesInvalid
    return ",".join(words)


def split(roles: str | Iterable[str] | None) -> list[str]:
    """The roles one by one, each once."""
    if roles is None:
        return []
    words = roles.split(",") if isinstance(roles, str) else roles
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))


def _allowed(roles: str | Iterable[str] | None) -> frozenset[str]:
    table = _table
    return frozenset().union(*(table.get(role, frozenset()) for role in split(roles)))
