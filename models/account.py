"""Ways in."""

from tortoise.fields import CharField, DatetimeField, ForeignKeyField, ForeignKeyRelation, TextField

from models.base import KEY, Dated
from models.user import User


class Account(Dated):
    """One way in for one person: the password (provider ``credential``) or an identity at a provider."""

    account_id = CharField(KEY)
    provider_id = CharField(KEY)
    user: ForeignKeyRelation[User] = ForeignKeyField(User, related_name="accounts", db_index=True)
    access_token = TextField(null=True)
    refresh_token = TextField(null=True)
    id_token = TextField(null=True)
    access_token_expires_at = DatetimeField(null=True)
    refresh_token_expires_at = DatetimeField(null=True)
    scope = TextField(null=True)
    password = TextField(null=True)
    issuer = TextField(null=True)
    expires_at = DatetimeField(null=True, db_index=True)

    user_id: str

    class Meta:
        table = "account"
        unique_together = (("provider_id", "account_id"),)
