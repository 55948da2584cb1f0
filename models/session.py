"""Who is signed in."""

from tortoise.fields import CharField, DatetimeField, ForeignKeyField, ForeignKeyRelation, TextField

from models.base import KEY, Dated
from models.user import User


class Session(Dated):
    """Somebody signed in, on one device, until ``expires_at``.

    ``token`` holds a digest. The three fields of rotation remember the last token that was exchanged: its digest, when
    that was, and the salt that leads from it to its successor (see ``core.sessions.refresh``).
    """

    expires_at = DatetimeField(db_index=True)
    token = CharField(KEY, unique=True)
    ip_address = TextField(null=True)
    user_agent = TextField(null=True)
    user: ForeignKeyRelation[User] = ForeignKeyField(User, related_name="sessions", db_index=True)
    impersonated_by = CharField(KEY, null=True)
    active_organization_id = CharField(KEY, null=True)

    last_used_at = DatetimeField(null=True)
    previous_token = CharField(KEY, null=True, db_index=True)
    rotated_at = DatetimeField(null=True)
    rotation_salt = CharField(KEY, null=True)

    user_id: str

    class Meta:
        table = "session"
