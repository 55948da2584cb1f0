"""How a column is shown and read, where starlette-admin's own way is not ours.

What can't be read as what a column holds is refused: starlette-admin takes it for nothing, and nothing would be stored.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette_admin.contrib.tortoise.converters import ModelConverter
from starlette_admin.converters import converts
from starlette_admin.fields import (
    BaseField,
    BooleanField,
    DateTimeField,
    FloatField,
    HasOne,
    IntegerField,
    JSONField,
    StringField,
    TextAreaField,
)
from tortoise import fields as tortoise
from tortoise.models import Model

from core.masking import MASK, is_secret
from core.studio.tables import Table

_LONG = frozenset({"metadata", "scope"})
"""Texts that may have lines."""
_KEYS = frozenset({"key_ids", "signature"})
"""Of a backup's manifest."""


class Unreadable(str):
    """What was typed, which is no value of its column."""

    __slots__ = ()


def _refuse_unreadable(value: object) -> None:
    if isinstance(value, Unreadable):
        raise ValueError("This can't be read.")  # noqa: TRY004  what starlette-admin shows beside the field


@dataclass
class Masked(StringField):
    """A secret: whether it is set, and nothing else. Its value is not looked at, here or in the database."""

    read_only: bool | None = True
    exclude_from_list: bool | None = True
    exclude_from_create: bool | None = True
    exclude_from_edit: bool | None = True
    exclude_from_export: bool | None = True
    exclude_from_import: bool | None = True

    async def parse_obj(self, request: Request, obj: Any) -> str | None:  # noqa: ANN401, ARG002  starlette-admin's
        """The mask, if there is something to hide."""
        return None if getattr(obj, self.name, None) is None else MASK


@dataclass
class Moment(DateTimeField):
    """A time, in UTC, to the second, typed into what the browser has for it."""

    class_: str = "form-control"
    step: str | int | None = 1
    help_text: str | None = "UTC"

    def additional_css_links(self, request: Request) -> list[str]:  # noqa: ARG002  starlette-admin's
        """None."""
        return []

    def additional_js_links(self, request: Request) -> list[str]:  # noqa: ARG002  starlette-admin's
        """None."""
        return []

    async def parse_form_data(self, request: Request, form_data: FormData) -> Any:  # noqa: ANN401  starlette-admin's
        """The time that was typed."""
        found = await super().parse_form_data(request, form_data)
        if found is None:
            raw = form_data.get(self.id)
            return Unreadable(raw) if raw else None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    async def serialize_value(self, request: Request, value: Any) -> str:  # noqa: ANN401  starlette-admin's
        """As it is shown and typed."""
        assert isinstance(value, datetime), "a time is a time"  # noqa: S101
        plain = value.astimezone(UTC).replace(microsecond=0, tzinfo=None)
        return plain.isoformat() if request.state.action.is_form() else plain.isoformat(" ")

    async def validate(self, request: Request, value: Any, form_values: dict[str, Any]) -> None:  # noqa: ANN401
        """Refuse what is none."""
        _refuse_unreadable(value)
        await super().validate(request, value, form_values)


@dataclass
class Number(IntegerField):
    """A whole number."""

    async def parse_form_data(self, request: Request, form_data: FormData) -> Any:  # noqa: ANN401  starlette-admin's
        """The number that was typed."""
        found, raw = await super().parse_form_data(request, form_data), form_data.get(self.id)
        return Unreadable(raw) if found is None and raw else found

    async def validate(self, request: Request, value: Any, form_values: dict[str, Any]) -> None:  # noqa: ANN401
        """Refuse what is none."""
        _refuse_unreadable(value)
        await super().validate(request, value, form_values)


@dataclass
class Json(JSONField):
    """JSON: shown as a tree, typed as text."""

    viewer_collapsed: bool = False
    form_template: str = "json.html"

    def typed(self, value: object) -> str:
        """As it stands in the form."""
        if isinstance(value, Unreadable):
            return value
        return "" if value is None else json.dumps(value, indent=2, ensure_ascii=False)

    def additional_css_links(self, request: Request) -> list[str]:
        """For the tree."""
        return [] if request.state.action.is_form() else super().additional_css_links(request)

    def additional_js_links(self, request: Request) -> list[str]:
        """For the tree."""
        return [] if request.state.action.is_form() else super().additional_js_links(request)

    async def parse_form_data(self, request: Request, form_data: FormData) -> Any:  # noqa: ANN401  starlette-admin's
        """What was typed."""
        found, raw = await super().parse_form_data(request, form_data), form_data.get(self.id)
        return Unreadable(raw) if found is None and raw not in {None, "", "null"} else found

    async def validate(self, request: Request, value: Any, form_values: dict[str, Any]) -> None:  # noqa: ANN401
        """Refuse what is none."""
        _refuse_unreadable(value)
        await super().validate(request, value, form_values)


@dataclass
class Notes(Json):
    """JSON of the house's own, which nobody edits: what is called like a secret in it is masked."""

    async def serialize_value(self, request: Request, value: Any) -> Any:  # noqa: ANN401, ARG002  starlette-admin's
        """Without secrets."""
        return without_secrets(value)


def without_secrets(value: object) -> object:
    """JSON in which what is called like a secret is masked."""
    if isinstance(value, dict):
        return {
            key: MASK if key in _KEYS or (is_secret(key) and each is not None) else without_secrets(each)
            for key, each in value.items()
        }
    return [without_secrets(each) for each in value] if isinstance(value, list) else value


@dataclass
class Reference(StringField):
    """An id that belongs to another table without a foreign key saying so."""

    key: str | None = None
    list_template: str = "reference.html"
    detail_template: str = "reference.html"


def key_of(model: type[Model]) -> str:
    """What a table is called in addresses: as in the database."""
    return model._meta.db_table  # noqa: SLF001  it has no other name


class Converter(ModelConverter):
    """A model's columns as fields."""

    @converts(tortoise.TextField)
    def conv_text(self, name: str, field: tortoise.Field[Any]) -> BaseField:
        """A line, or several."""
        kind = TextAreaField if name in _LONG else StringField
        return kind(**self._common(name, field))

    @converts(tortoise.DatetimeField)
    def conv_datetime(self, name: str, field: tortoise.Field[Any]) -> BaseField:
        """A time."""
        return Moment(**self._common(name, field))

    @converts(tortoise.IntField, tortoise.SmallIntField, tortoise.BigIntField)
    def conv_int(self, name: str, field: tortoise.Field[Any]) -> BaseField:
        """A whole number."""
        return Number(**self._common(name, field))

    @converts(tortoise.JSONField)
    def conv_json(self, name: str, field: tortoise.Field[Any]) -> BaseField:
        """JSON."""
        return Json(**self._common(name, field))


def fields_of(table: Table) -> list[BaseField]:
    """What is shown of a table, in the order in which it is shown."""
    names = (*table.listed, *table.detailed)
    shown = Converter().convert_fields_list(fields=names, model=table.model)
    return [*(_ours(table, field) for field in shown), *(Masked(name) for name in table.hidden)]


def _ours(table: Table, field: BaseField) -> BaseField:
    column = table.model._meta.fields_map[field.name]  # noqa: SLF001  it has no other name
    field.exclude_from_list = field.exclude_from_export = False
    if field.name in table.detailed:
        field.exclude_from_list = True
    if isinstance(field, Json) and table.kept:
        field = Notes(field.name, exclude_from_list=True)
    if isinstance(field, HasOne):
        field.key = key_of(column.related_model)  # type: ignore[attr-defined]
    if field.name in table.leads:
        field = Reference(
            field.name, key=key_of(table.leads[field.name]), exclude_from_list=field.name in table.detailed
        )
    if isinstance(field, FloatField | BooleanField):
        field.required = False
    if getattr(column, "auto_now_add", False) or field.name in table.acted:
        field.exclude_from_create = field.exclude_from_edit = True
    if field.name == "id":
        field.label, field.copy_to_clipboard = "ID", True
    if callable(field.default):
        field.default = None
    field.label = str(field.label).replace("Ip ", "IP ")
    return field
