"""What was paid for."""

from enum import StrEnum

from tortoise.fields import (
    CharEnumField,
    CharField,
    DatetimeField,
    ForeignKeyField,
    ForeignKeyNullableRelation,
    IntField,
    TextField,
)
from tortoise.migrations.constraints import CheckConstraint

from models.base import KEY, Row
from models.organization import Organization
from models.user import User


class PurchaseType(StrEnum):
    """How it is paid."""

    SUBSCRIPTION = "SUBSCRIPTION"
    ONE_TIME = "ONE_TIME"


class Purchase(Row):
    """A subscription or a single payment, of one person or of one organization.

    An older application writes the product's id, a newer one the price's.
    """

    organization: ForeignKeyNullableRelation[Organization] = ForeignKeyField(
        Organization, related_name="purchases", null=True, db_index=True
    )
    user: ForeignKeyNullableRelation[User] = ForeignKeyField(User, related_name="purchases", null=True, db_index=True)
    type = CharEnumField(PurchaseType, max_length=16, description="SUBSCRIPTION or ONE_TIME")
    customer_id = CharField(KEY, db_index=True)
    subscription_id = CharField(KEY, null=True, unique=True)
    product_id = TextField(null=True)
    price_id = TextField(null=True)
    status = TextField(null=True)
    created_at = DatetimeField(auto_now_add=True)
    updated_at = DatetimeField(null=True, auto_now_add=True)

    seats = IntField(null=True)
    current_period_end = DatetimeField(null=True, db_index=True)
    last_event_at = DatetimeField(null=True)
    """When the provider says that it last changed: an older event changes nothing any more."""

    organization_id: str | None
    user_id: str | None

    class Meta:
        table = "purchase"
        constraints = (
            CheckConstraint(
                name="purchase_one_owner",
                check='("organizationId" IS NULL) <> ("userId" IS NULL)',
            ),
        )
