"""Backups, and whether they were proven."""

from typing import Any

from tortoise.fields import (
    BigIntField,
    BooleanField,
    CharField,
    DatetimeField,
    FloatField,
    IntField,
    JSONField,
    TextField,
)

from models.base import KEY, Row


class Backup(Row):
    """An archive that was tried to be taken, and the last check of it.

    ``error`` says why there is none, ``check_error`` why it can't be trusted. ``check_level``: 1 its checksum, 2 read
    to its end, 3 restored and compared. The archive's own manifest stays with it in the store; ``manifest`` is a copy.
    """

    name = CharField(KEY, unique=True)
    store = TextField()
    size = BigIntField(null=True)
    seconds = FloatField(null=True)
    manifest: JSONField[dict[str, Any]] = JSONField(null=True)
    taken_at = DatetimeField(db_index=True)
    error = TextField(null=True)
    checked_at = DatetimeField(null=True, db_index=True)
    check_level = IntField(null=True)
    check_error = TextField(null=True)
    removed_at = DatetimeField(null=True)
    is_safety_copy = BooleanField(default=False)

    class Meta:
        table = "backup"
