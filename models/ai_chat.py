"""Conversations with a model."""

from typing import Any

from tortoise.fields import (
    DatetimeField,
    ForeignKeyField,
    ForeignKeyNullableRelation,
    JSONField,
    TextField,
)
from tortoise.migrations.constraints import CheckConstraint

from models.base import Row
from models.organization import Organization
from models.user import User


class AiChat(Row):
    """A conversation of one person or of one organization.

    ``messages`` is a list of ``{"role", "parts": [{"type", "text"}]}``; older rows have ``{"role", "content"}``.
    """

    organization: ForeignKeyNullableRelation[Organization] = ForeignKeyField(
        Organization, related_name="ai_chats", null=True, db_index=True
    )
    user: ForeignKeyNullableRelation[User] = ForeignKeyField(User, related_name="ai_chats", null=True, db_index=True)
    title = TextField(null=True)
    messages: JSONField[list[dict[str, Any]]] = JSONField(null=True)
    created_at = DatetimeField(auto_now_add=True)
    updated_at = DatetimeField(null=True, auto_now_add=True)

    organization_id: str | None
    user_id: str | None

    class Meta:
        table = "aiChat"
        constraints = (
            CheckConstraint(
                name="aiChat_one_owner",
                check='("organizationId" IS NULL) <> ("userId" IS NULL)',
            ),
        )
