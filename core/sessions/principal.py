"""Who is asking, as one constant statement finds it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.database.statements import moment
from core.errors import NotFound, Unauthenticated


class SessionInvalid(Unauthenticated):
    """The session is unknown, expired or revoked."""


class SessionNotFound(NotFound):
    """There is no such session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking: what a request needs to know of a session, its person, and where they are at work.

    ``member_id`` and ``member_role`` are those of the membership in the active organization; None where there is none.
    They say what to show. What may be done is asked of ``members``, at the moment it is done.
    """

    session_id: str
    user_id: str
    email: str
    email_verified: bool
    name: str
    role: str
    expires_at: datetime
    active_organization_id: str | None
    impersonated_by: str | None
    member_id: str | None = None
    member_role: str | None = None
    extended: bool = False
    """Its end is being moved, so a cookie that ends with it is to be set again."""


_FOUND = """
    SELECT s."id", s."userId", s."createdAt", s."updatedAt", s."expiresAt", s."lastUsedAt", s."rotatedAt",
        s."activeOrganizationId", s."impersonatedBy", u."email", u."emailVerified", u."name", u."role",
        m."id" AS "memberId", m."role" AS "memberRole"
    FROM "session" s JOIN "user" u ON u."id" = s."userId"
    LEFT JOIN "member" m ON m."organizationId" = s."activeOrganizationId" AND m."userId" = s."userId"
    WHERE s."{column}" = $1 AND s."expiresAt" > $2
        AND (u."banned" IS NULL OR NOT u."banned" OR u."banExpires" <= $2)
"""
BY_TOKEN = _FOUND.format(column="token")
"""What is known of a live session of somebody who is not banned: the stored form of its token, and what time it is."""
BY_PREVIOUS_TOKEN = _FOUND.format(column="previousToken")

Row = Mapping[str, Any]
"""What one of the two finds."""


def principal(row: Row, *, ends: datetime) -> Principal:
    """Who it is, when the session ends at this time."""
    return Principal(
        session_id=row["id"],
        user_id=row["userId"],
        email=row["email"],
        email_verified=bool(row["emailVerified"]),
        name=row["name"],
        role=row["role"] or "user",
        expires_at=ends,
        active_organization_id=row["activeOrganizationId"],
        impersonated_by=row["impersonatedBy"],
        member_id=row["memberId"],
        member_role=row["memberRole"],
        extended=ends > moment(row["expiresAt"]),
    )
