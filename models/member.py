"""Who belongs to what."""

from tortoise.fields import DatetimeField, ForeignKeyField, ForeignKeyRelation, TextField

from models.base import Row
from models.organization import Organization
from models.user import User


class Member(Row):
    """One person's place in one organization. ``role`` is a comma-joined list."""

    organization: ForeignKeyRelation[Organization] = ForeignKeyField(
        Organization, related_name="members", db_index=True
    )
    user: ForeignKeyRelation[User] = ForeignKeyField(User, related_name="members", db_index=True)
    role = TextField()
    created_at = DatetimeField(auto_now_add=True)

    organization_id: str
    user_id: str

    class Meta:
        table = "member"
        unique_together = (("organization_id", "user_id"),)
