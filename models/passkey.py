"""Signing in without a password."""

from tortoise.fields import (
    BigIntField,
    BooleanField,
    CharField,
    DatetimeField,
    ForeignKeyField,
    ForeignKeyRelation,
    TextField,
)

from models.base import Row
from models.user import User


class Passkey(Row):
    """A WebAuthn credential. ``credential_id`` is base64url, ``public_key`` the COSE key in standard base64."""

    name = TextField(null=True)
    public_key = TextField()
    user: ForeignKeyRelation[User] = ForeignKeyField(User, related_name="passkeys", db_index=True)
    # WebAuthn allows 1,023 bytes; the column's name is better-auth's.
    credential_id = CharField(1364, unique=True, source_field="credentialID")
    # An unsigned 32-bit number does not fit a signed one.
    counter = BigIntField()
    device_type = TextField()
    backed_up = BooleanField()
    transports = TextField(null=True)
    created_at = DatetimeField(null=True, auto_now_add=True)
    aaguid = TextField(null=True)

    user_id: str

    class Meta:
        table = "passkey"
