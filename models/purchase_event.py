"""What a payment provider told us."""

from tortoise.fields import CharField, DatetimeField

from models.base import KEY, Row


class PurchaseEvent(Row):
    """An event of a payment provider that was acted upon. The id is the provider's: told again, it is known."""

    provider = CharField(KEY)
    occurred_at = DatetimeField()
    expires_at = DatetimeField(db_index=True)

    class Meta:
        table = "purchaseEvent"
