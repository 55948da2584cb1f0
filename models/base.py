"""What every table has in common: a text id, and camelCase columns under snake_case attributes.

The tables are those of a better-auth application, so that both sides can use one database. One law translates the
names: ``expires_at`` is the column ``"expiresAt"``, and the key of the relation ``user`` is ``"userId"``. A field that
names its own column (``source_field=``) keeps it.
"""

from typing import Any

from tortoise.fields import CharField, DatetimeField, Field
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.models import Model, ModelMeta
from uuid_utils import uuid7

KEY = 255
"""Length in characters of ids and other short keys."""


def new_id() -> str:
    """A UUIDv7 as text: rows made later sort later, so that the primary key's index grows at one end."""
    return str(uuid7())


class CamelCase(ModelMeta):
    """The law of the columns' names."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> ModelMeta:
        """Name the columns before Tortoise reads them."""
        for attribute, field in attrs.items():
            if isinstance(field, Field) and not field.source_field:
                first, *rest = attribute.split("_")
                column = first + "".join(word.capitalize() for word in rest)
                if isinstance(field, ForeignKeyFieldInstance):
                    column += "Id"
                field.source_field = column
            if isinstance(field, CharField):
                # Tortoise would check what is looked up, too: too long an id is not found, and that is no error.
                field.validators.clear()
        attrs["_no_comments"] = True  # To find some Tortoise would parse the source again: half of an import.
        model = super().__new__(cls, name, bases, attrs)
        # Tortoise makes the docstring the table's comment, and better words would be a migration.
        model._meta.table_description = ""  # type: ignore[attr-defined]
        return model


class Row(Model, metaclass=CamelCase):
    """A table of ours. Ids are made here; foreign ids of any form are accepted."""

    id = CharField(KEY, primary_key=True, default=new_id)

    class Meta:
        abstract = True


class Dated(Row):
    """A table that says when each row came and last changed.

    Tortoise's ``auto_now`` misses ``.update()`` and ``update_fields``, so it is not used: whoever changes a row sets
    ``updated_at`` in the same statement. ``auto_now_add`` fills in only what was left out at creation.
    """

    created_at = DatetimeField(auto_now_add=True)
    updated_at = DatetimeField(auto_now_add=True)

    class Meta:
        abstract = True
