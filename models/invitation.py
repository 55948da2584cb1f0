"""Who was asked to join."""

from tortoise.fields import CharField, DatetimeField, ForeignKeyField, ForeignKeyRelation, TextField

from models.base import Row
from models.organization import Organization
from models.user import User


class Invitation(Row):
    """An address asked into an organization. ``status``: pending, accepted, rejected or canceled."""

    organization: ForeignKeyRelation[Organization] = ForeignKeyField(
        Organization, related_name="invitations", db_index=True
    )
    email = CharField(320, db_index=True)
    role = TextField(null=True)
    status = TextField()
    expires_at = DatetimeField(db_index=True)
    created_at = DatetimeField(null=True, auto_now_add=True)
    inviter: ForeignKeyRelation[User] = ForeignKeyField(User, related_name="invitations", db_index=True)

    organization_id: str
    inviter_id: str

    class Meta:
        table = "invitation"
