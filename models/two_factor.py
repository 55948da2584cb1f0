"""The second step of signing in."""

from tortoise.fields import (
    BigIntField,
    BooleanField,
    DatetimeField,
    IntField,
    OneToOneField,
    OneToOneRelation,
    TextField,
)

from models.base import Row
from models.user import User


class TwoFactor(Row):
    """One person's authenticator app: the sealed secret and the sealed backup codes."""

    secret = TextField()
    backup_codes = TextField()
    user: OneToOneRelation[User] = OneToOneField(User, related_name="two_factor")
    verified = BooleanField(null=True)
    failed_verification_count = IntField(null=True)
    locked_until = DatetimeField(null=True)

    last_used_step = BigIntField(null=True)
    """The newest 30-second step whose code was used: a code works once."""

    user_id: str

    class Meta:
        table = "twoFactor"
