"""A table of ours in starlette-admin: its list, its details, and its forms."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from markupsafe import escape
from starlette.requests import Request
from starlette_admin.contrib.tortoise import ModelView
from starlette_admin.contrib.tortoise.helpers import build_order_clauses
from starlette_admin.exceptions import ActionFailed, FormValidationError
from starlette_admin.fields import BaseField, HasOne, JSONField
from starlette_admin.filters import FilterGroup, FilterRegistry
from starlette_admin.helpers import view_list_url
from starlette_admin.types import RequestAction
from tortoise.fields.relational import BackwardFKRelation
from tortoise.models import Model
from tortoise.queryset import QuerySet

from core.errors import Refusal
from core.studio import editing
from core.studio.fields import Masked, fields_of, key_of
from core.studio.filters import Registry
from core.studio.tables import Table
from core.studio.walking import Key, Place, Total, Walked, total, walk

_RELATED = 1_000


class TableView(ModelView):
    """A table. Without ``write`` there is nothing in it that changes anything."""

    page_size = 25
    page_size_options = (25, 50, 100)
    fields_default_sort = (("id", True),)
    exporters = ()
    importers = ()

    def __init__(self, table: Table, *, write: bool) -> None:
        """Show a table."""
        self.table, self.write = table, write
        self.fields = fields_of(table)
        hidden = [field.name for field in self.fields if isinstance(field, Masked | JSONField)]
        self.searchable_fields = [field.name for field in self.fields if field.name not in hidden]
        self.sortable_fields = self.searchable_fields
        name = table.model.__name__
        words = "".join(f" {char.lower()}" if char.isupper() else char for char in name).strip().capitalize()
        words = words.replace("Ai ", "AI ")
        super().__init__(
            table.model,
            icon=table.icon,
            key=key_of(table.model),
            display_name=words,
            menu_label=table.plural or f"{words}s",
        )
        # Named here, and not orderable: whoever sorts by one of them is refused, instead of being shown another order.
        self.sortable_fields = [*self.sortable_fields, *hidden]

    # What may be done.

    def can_create(self, request: Request) -> bool:  # noqa: ARG002  starlette-admin's
        """Rows that can't be without a secret are made by the core alone."""
        columns = self.model._meta.fields_map  # noqa: SLF001  it has no other name
        return self._may_change and all(columns[name].null for name in self.table.hidden)

    def can_edit(self, request: Request) -> bool:  # noqa: ARG002  starlette-admin's
        """With --write, what the house does not keep for itself."""
        return self._may_change

    def can_delete(self, request: Request) -> bool:  # noqa: ARG002  starlette-admin's
        """As with changes."""
        return self._may_change

    def can_export(self, request: Request) -> bool:  # noqa: ARG002  starlette-admin's
        """Not in starlette-admin's way, which holds all rows at once: see ``exporting``."""
        return False

    def can_import(self, request: Request) -> bool:  # noqa: ARG002  starlette-admin's
        """There are better ways in."""
        return False

    @property
    def _may_change(self) -> bool:
        return self.write and not self.table.kept

    # What is shown.

    def get_filter_registry(self) -> FilterRegistry:
        """Ours."""
        return Registry()

    async def repr(self, obj: Any, request: Request) -> str:  # noqa: ANN401, ARG002  starlette-admin's
        """What people know a row by."""
        return str(getattr(obj, self.table.label, None) or obj.pk)

    async def select2_result(self, obj: Any, request: Request) -> str:  # noqa: ANN401  starlette-admin's
        """A row to choose."""
        return f"<span>{escape(await self.repr(obj, request))} <small>{escape(obj.pk)}</small></span>"

    async def serialize(
        self,
        obj: Any,  # noqa: ANN401  starlette-admin's
        request: Request,
        include_relationships: bool = True,  # noqa: FBT001, FBT002
        include_select2: bool = False,  # noqa: FBT001, FBT002
    ) -> dict[str, Any]:
        """A row to show, and on its own page what belongs to it."""
        shown = await super().serialize(obj, request, include_relationships, include_select2)
        if include_relationships and request.state.action == RequestAction.DETAIL:
            shown["_meta"]["related"] = [await self._related(request, obj, name) for name in sorted(self._backwards())]
        return shown

    def _backwards(self) -> dict[str, BackwardFKRelation[Any]]:
        meta = self.model._meta  # noqa: SLF001  it has no other name
        names = meta.backward_fk_fields | meta.backward_o2o_fields
        return {name: meta.fields_map[name] for name in names}  # type: ignore[misc]

    async def _related(self, request: Request, obj: Model, name: str) -> dict[str, str]:
        """The rows that lead to this one: how many, and where they are listed."""
        relation = self._backwards()[name]
        model: type[Model] = relation.related_model
        theirs = self._find_foreign_view(key_of(model))
        source = relation.relation_field
        found = await model.filter(**{source: obj.pk}).limit(_RELATED).values_list("id", flat=True)
        field = next(
            field.name
            for field in theirs.fields
            if isinstance(field, HasOne) and model._meta.fields_map[field.name].source_field == source  # noqa: SLF001
        )
        address = f"{view_list_url(request, str(theirs.key))}?{_query(field, str(obj.pk))}"
        label = str(theirs.menu_label)
        if field != key_of(self.model):
            label += f" ({field})"
        many = f"{len(found):,}" if len(found) < _RELATED else f"{_RELATED:,} or more"
        return {"label": label, "rows": many, "url": address}

    async def find_all(
        self,
        request: Request,
        skip: int = 0,
        limit: int = 100,
        q: str | None = None,
        sorts: Sequence[tuple[str, str]] | None = None,
        filters: FilterGroup | None = None,
    ) -> Sequence[Any]:
        """A page of rows. Of a list it is found by the row beside it, and says so in ``request.state.walked``."""
        if request.state.action != RequestAction.LIST:
            return await super().find_all(request, skip, limit, q, sorts, filters)
        rows = await self.narrowed(request, q, filters)
        place = Place.read(request.query_params.get("page", ""))
        clauses = build_order_clauses(self.model, sorts or [])
        keys = [Key(clause.lstrip("-"), clause.startswith("-")) for clause in clauses]
        shown = rows.only(*self._columns()).prefetch_related(*self._prefetch_names(request))
        walked = await walk(shown, keys, place, limit=limit)
        request.state.walked = walked
        return walked.rows

    async def narrowed(self, request: Request, q: str | None, filters: FilterGroup | None) -> QuerySet[Any]:
        """The rows that are asked for."""
        return await self._apply_search_and_filters(request, self.get_list_query(request), q, filters)

    def _columns(self) -> list[str]:
        columns = {"id", self.table.label}
        for field in self.fields:
            if not field.exclude_from_list:
                columns.add(self.column(field))
        return sorted(columns)

    def column(self, field: BaseField) -> str:
        """The attribute that holds a field's value: of a relation its key."""
        if isinstance(field, HasOne):
            return str(self.model._meta.fields_map[field.name].source_field)  # noqa: SLF001  it has no other name
        return field.name

    async def count(self, request: Request, q: str | None = None, filters: FilterGroup | None = None) -> int:
        """How many rows there are, roughly; ``request.state.total`` says how roughly."""
        walked: Walked | None = getattr(request.state, "walked", None)
        if walked is not None and not walked.more_before and not walked.more_after:
            found = Total(len(walked.rows))
        else:
            rows = await self.narrowed(request, q, filters)
            found = await total(rows, everything=not q and (filters is None or filters.is_empty()))
        request.state.total = found
        if found.rows is None:
            return len(walked.rows) if walked else 0
        return found.rows

    # What changes something.

    async def create(self, request: Request, data: dict[str, Any]) -> Any:  # noqa: ANN401  starlette-admin's
        """Make a row."""
        values = {name: value for name, value in (await self._values(request, data)).items() if value is not None}
        try:
            return await editing.create(self.model, values)
        except Refusal as refused:
            raise self._beside(values, refused) from None

    async def edit(self, request: Request, pk: Any, data: dict[str, Any]) -> Any:  # noqa: ANN401  starlette-admin's
        """Change a row."""
        values = await self._values(request, data)
        try:
            return await editing.change(self.model, pk, values)
        except Refusal as refused:
            raise self._beside(values, refused) from None

    async def delete(self, request: Request, pks: list[Any]) -> int | None:  # noqa: ARG002  starlette-admin's
        """Delete rows."""
        try:
            return await editing.delete(self.model, pks)
        except Refusal as refused:
            raise ActionFailed(str(refused)) from None

    async def _values(self, request: Request, data: dict[str, Any]) -> dict[str, Any]:
        """What was typed, by column. Where nothing was typed there is nothing, if there may be."""
        values: dict[str, Any] = {}
        columns = self.model._meta.fields_map  # noqa: SLF001  it has no other name
        for field in self.get_fields_list(request):
            if field.read_only:
                continue
            value, name = data.get(field.name), self.column(field)
            if (
                isinstance(field, HasOne)
                and value
                and await self._find_foreign_view(str(field.key)).find_by_pk(request, value) is None
            ):
                raise FormValidationError({field.name: "There is no such row."})
            values[name] = None if value == "" and columns[name].null else value
        return values

    def _beside(self, values: dict[str, Any], refused: Refusal) -> FormValidationError:
        """The refusal, beside what may be the reason for it."""
        columns = self.model._meta.fields_map  # noqa: SLF001  it has no other name
        suspects = [name for name in values if columns[name].unique] or list(values)
        shown = {self.column(field): field.name for field in self.fields}
        return FormValidationError({shown[suspects[0]]: str(refused)})


def _query(field: str, row_id: str) -> str:
    rule = {"field": field, "filter": "eq", "value": row_id}
    return urlencode({"filter": ModelView._serialize_filter_string(rule)})  # noqa: SLF001  the form of its addresses
