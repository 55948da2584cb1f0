"""What was sent out and must come back."""

from tortoise.fields import CharField, DatetimeField, TextField

from models.base import Row


class Verification(Row):
    """A single-use secret that was sent to somebody: its digest in ``identifier``, what it is worth in ``value``."""

    identifier = CharField(512, db_index=True)
    value = TextField()
    expires_at = DatetimeField(db_index=True)
    created_at = DatetimeField(null=True, auto_now_add=True)
    updated_at = DatetimeField(null=True, auto_now_add=True)

    class Meta:
        table = "verification"
