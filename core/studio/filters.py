"""Filters beside starlette-admin's own: a relation by the id it leads to."""

from typing import Any

from starlette_admin.contrib.tortoise.filters import (
    RelationIsNotNullFilter,
    RelationIsNullFilter,
    TortoiseFilterRegistry,
)
from starlette_admin.contrib.tortoise.helpers import relation_source_field
from starlette_admin.fields import BaseField, HasOne, StringField
from starlette_admin.filters import FilterApplyContext, filters
from starlette_admin.filters.base import BaseFilter
from starlette_admin.filters.generic import EqualFilter
from tortoise.expressions import Q


class _RelationEqual(EqualFilter):
    label = "Has the ID"

    def apply(self, context: FilterApplyContext) -> Q:
        model: Any = context.view.model  # type: ignore[union-attr]
        return Q(**{relation_source_field(model, context.field_name): context.value})


class _Exactly(EqualFilter):
    """The same text. starlette-admin compares upper case, which no index helps with."""

    name = "is"
    label = "Is exactly"

    def apply(self, context: FilterApplyContext) -> Q:
        return Q(**{context.field_name: context.value})


class Registry(TortoiseFilterRegistry):
    """Which filters a field has."""

    @filters(HasOne)
    def to_one_relation_filters(self, _: BaseField) -> list[type[BaseFilter]]:
        """A relation: by id, and whether there is one."""
        return [_RelationEqual, RelationIsNullFilter, RelationIsNotNullFilter]

    @filters(StringField)
    def string_filters(self, field: BaseField) -> list[type[BaseFilter]]:
        """Text: first of all by the very same."""
        return [_Exactly, *super().string_filters(field)]
