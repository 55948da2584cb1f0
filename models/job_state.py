"""What is known of each job as a whole."""

from tortoise.fields import BigIntField, CharField, DatetimeField, FloatField, IntField

from models.base import KEY, Row


class JobState(Row):
    """A job, by its name, and how it stands: its last runs, and everything it ever did.

    ``run_id`` is the run of the timetable that is under way, or whose process died. ``asked_at`` is when somebody last
    asked for it while it ran. ``failures`` counts those since the last success; the other numbers only grow.
    """

    run_id = CharField(KEY, null=True)
    asked_at = DatetimeField(null=True)
    started_at = DatetimeField(null=True)
    succeeded_at = DatetimeField(null=True)
    failures = IntField(default=0)
    runs_succeeded = BigIntField(default=0)
    runs_failed = BigIntField(default=0)
    rows = BigIntField(default=0)
    seconds = FloatField(default=0.0)

    class Meta:
        table = "jobState"
