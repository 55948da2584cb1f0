"""How often something was tried."""

from tortoise.fields import DatetimeField, IntField

from models.base import Row


class Attempt(Row):
    """How often somebody tried something since its window began. The id says who and what, as a digest."""

    count = IntField()
    expires_at = DatetimeField(db_index=True)

    class Meta:
        table = "attempt"
