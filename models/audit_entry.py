"""Who did what."""

from typing import Any

from tortoise.fields import CharField, DatetimeField, JSONField, TextField

from models.base import KEY, Row


class AuditEntry(Row):
    """Something that was done, by whom and to what. The ids stay when what they name is gone, so they are no keys."""

    action = CharField(KEY, db_index=True)
    actor_id = CharField(KEY, null=True, db_index=True)
    subject_id = CharField(KEY, null=True, db_index=True)
    organization_id = CharField(KEY, null=True, db_index=True)
    ip_address = TextField(null=True)
    data: JSONField[dict[str, Any]] = JSONField(null=True)
    created_at = DatetimeField(auto_now_add=True, db_index=True)

    class Meta:
        table = "auditEntry"
