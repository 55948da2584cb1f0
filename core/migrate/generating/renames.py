"""What is called otherwise now. It is told, never guessed: a comparison sees one thing go and another come."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

from core.errors import Invalid
from core.migrate.reading import Schema


class RenameInvalid(Invalid):
    """There is nothing to be renamed so."""


class Rename(NamedTuple):
    """A column's new name, or a table's when ``column`` is None. Columns may be told by the model's attribute too."""

    table: str
    column: str | None
    new: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``user.display_name:nickname``.

        Raises:
            RenameInvalid: it is not of this form.
        """
        old, _, new = text.partition(":")
        table, _, column = old.partition(".")
        if not (table and column and new):
            raise RenameInvalid(f"{text}: a column is renamed with TABLE.OLD:NEW")
        return cls(table, column, new)

    @classmethod
    def parse_table(cls, text: str) -> Self:
        """Read ``chat:conversation``.

        Raises:
            RenameInvalid: it is not of this form.
        """
        old, _, new = text.partition(":")
        if not (old and new):
            raise RenameInvalid(f"{text}: a table is renamed with OLD:NEW")
        return cls(old, None, new)

    def __str__(self) -> str:
        return f"{self.table}{'.' + self.column if self.column else ''}:{self.new}"


class Statements(NamedTuple):
    """How to rename, and how to take it back."""

    up: list[str]
    down: list[str]


def statements(renames: Sequence[Rename], here: Schema, wanted: Schema, *, before: str, after: str) -> Statements:
    """Rename in one schema what is called otherwise in another; ``before`` and ``after`` are the states of the models.

    Raises:
        RenameInvalid: the one has nothing of the old name, or the other nothing of the new one.
    """
    tables = {it.table: it.new for it in renames if it.column is None}
    up, down = [], []
    for old, new in tables.items():
        if old not in here or new not in wanted or new in here:
            raise RenameInvalid(f"table {old} is not there, or {new} is no new table of the models")
        up.append(f'ALTER TABLE "{old}" RENAME TO "{new}"')
        down.append(f'ALTER TABLE "{new}" RENAME TO "{old}"')
    for rename in renames:
        if rename.column is None:
            continue
        old_table = next((old for old, new in tables.items() if new == rename.table), rename.table)
        table = tables.get(rename.table, rename.table)
        was = _column(rename.column, old_table, here, before)
        becomes = _column(rename.new, table, wanted, after)
        if was and was == becomes and rename.column != rename.new:
            continue  # The attribute alone has another name.
        if not was or not becomes or becomes in here[old_table].columns:
            raise RenameInvalid(f"{rename}: there is no such column, or the new one is not new")
        up.append(f'ALTER TABLE "{table}" RENAME COLUMN "{was}" TO "{becomes}"')
        down.append(f'ALTER TABLE "{table}" RENAME COLUMN "{becomes}" TO "{was}"')
    return Statements(up, down[::-1])


def _column(name: str, table: str, schema: Schema, state: str) -> str | None:
    """The column that is meant by its own name or by an attribute's."""
    columns = schema[table].columns if table in schema else {}
    if name in columns:
        return name
    for model in json.loads(state).values():
        if model["table"] == table:
            raw = [it.get("raw_field") for it in _fields(model) if it["name"] == name]
            for field in _fields(model):
                if field["name"] in (name, *raw) and field.get("db_column") in columns:
                    return str(field["db_column"])
    return None


def _fields(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind in ("data_fields", "fk_fields", "o2o_fields"):
        yield from model[kind]
    yield model["pk_field"]
