"""People."""

from tortoise.fields import BooleanField, CharField, DatetimeField, TextField

from models.base import KEY, Dated


class User(Dated):
    """A person. The email address is stored in lower case; a role of NULL means ``user``."""

    name = TextField()
    email = CharField(320, unique=True)
    email_verified = BooleanField(default=False)
    image = TextField(null=True)
    username = CharField(KEY, null=True, unique=True)
    display_username = TextField(null=True)
    role = TextField(null=True)
    banned = BooleanField(null=True, default=False)
    ban_reason = TextField(null=True)
    ban_expires = DatetimeField(null=True, db_index=True)
    two_factor_enabled = BooleanField(null=True, default=False)
    onboarding_complete = BooleanField(null=True, default=False)
    payments_customer_id = TextField(null=True)
    locale = TextField(null=True)
    last_active_organization_id = CharField(KEY, null=True)

    class Meta:
        table = "user"
