"""Changing rows. Each change is an audit entry in the same transaction: who, what, and which columns; never values."""

import os
import pwd
from typing import Any

from tortoise.exceptions import IntegrityError
from tortoise.models import Model

from core import audit, clock, database
from core.errors import Conflict, NotFound
from core.studio.fields import key_of


class RowGone(NotFound):
    """Somebody has deleted this row in the meantime."""


class Refused(Conflict):
    """The database does not take this: it must be unique, or belong to a row that there is."""


def who() -> str:
    """Whoever started the studio, as the operating system knows them."""
    number = os.getuid()
    try:
        return f"os:{pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"os:{number}"


async def create(model: type[Model], values: dict[str, Any]) -> Model:
    """Make a row.

    Raises:
        Refused: the database does not take it.
    """
    row = model(**values)
    try:
        async with database.transaction():
            await row.save(force_create=True)
            await _note("create", row, sorted(values))
    except IntegrityError:
        raise Refused from None
    return row


async def change(model: type[Model], row_id: str, values: dict[str, Any]) -> Model:
    """Give a row other values. What is the same already is not written, and what was typed as nothing stays nothing.

    Raises:
        RowGone: there is no such row any more.
        Refused: the database does not take it.
    """
    try:
        async with database.transaction():
            row = await model.filter(id=row_id).select_for_update().first()
            if row is None:
                raise RowGone
            changed = {name: value for name, value in values.items() if not _is_same(getattr(row, name), value)}
            if not changed:
                return row
            row.update_from_dict(changed)
            columns = sorted(changed)
            if "updated_at" in model._meta.fields_map:  # noqa: SLF001  it has no other name
                row.update_from_dict({"updated_at": clock.now()})
                changed["updated_at"] = None
            await row.save(update_fields=list(changed))
            await _note("change", row, columns)
    except IntegrityError:
        raise Refused from None
    return row


async def delete(model: type[Model], row_ids: list[str]) -> int:
    """Delete rows, all or none, with what belongs to them, and say how many there were.

    Raises:
        Refused: the database does not let them go.
    """
    try:
        async with database.transaction():
            rows = await model.filter(id__in=row_ids).order_by("id").select_for_update()
            for row in rows:
                await row.delete()
                await _note("delete", row, None)
    except IntegrityError:
        raise Refused from None
    return len(rows)


async def _note(verb: str, row: Model, columns: list[str] | None) -> None:
    told: dict[str, Any] = {} if columns is None else {"columns": columns}
    await audit.record(f"studio.{verb}", actor_id=who(), subject_id=str(row.pk), table=key_of(type(row)), **told)


def _is_same(old: Any, new: Any) -> bool:  # noqa: ANN401  of any column
    if hasattr(old, "microsecond") and hasattr(new, "microsecond"):  # A form has no fractions of a second.
        return bool(old.replace(microsecond=0) == new)
    if old is None and new is False:  # A switch has no third position.
        return True
    return bool(old == new)
