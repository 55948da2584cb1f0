"""Work in the background: what was done, when, and what came of it."""

from typing import Any

from tortoise.fields import CharField, DatetimeField, IntField, JSONField, TextField

from models.base import KEY, Row


class JobRun(Row):
    """One run of a job, or the promise of one.

    ``status``: waiting, running, succeeded, failed, timed_out, stopped (with its worker) or lost (its process died).
    ``due_at`` is when somebody should look after it: a waiting one that nobody began, a running one that should have
    ended. A finished one has none. ``trigger``: timetable, asked or command.
    """

    job = CharField(KEY)
    arguments: JSONField[dict[str, Any]] = JSONField(default=dict)
    trigger = CharField(16)
    status = CharField(16)
    attempt = IntField(default=0)
    due_at = DatetimeField(null=True, db_index=True)
    started_at = DatetimeField(null=True)
    finished_at = DatetimeField(null=True, db_index=True)
    counts: JSONField[dict[str, Any]] = JSONField(null=True)
    report = TextField(null=True)
    error = TextField(null=True)
    worker = CharField(KEY, null=True)
    correlation_id = CharField(KEY, null=True)
    created_at = DatetimeField(auto_now_add=True)

    class Meta:
        table = "jobRun"
        indexes = (("job", "id"),)
