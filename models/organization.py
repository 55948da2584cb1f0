"""Teams, workspaces, customers: whatever an app calls a group of people."""

from tortoise.fields import CharField, DatetimeField, TextField

from models.base import KEY, Row


class Organization(Row):
    """A group of people. ``metadata`` is JSON as text."""

    name = TextField()
    slug = CharField(KEY, unique=True)
    logo = TextField(null=True)
    created_at = DatetimeField(auto_now_add=True)
    metadata = TextField(null=True)
    payments_customer_id = TextField(null=True)

    class Meta:
        table = "organization"
