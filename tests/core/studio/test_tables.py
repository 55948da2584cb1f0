"""What is shown of each table is decided, column by column."""

import pytest
from tortoise.models import Model

import models
from core.masking import is_secret
from core.studio.fields import without_secrets
from core.studio.tables import TABLES, Table

MODELS = [it for it in vars(models).values() if isinstance(it, type) and issubclass(it, Model)]


def columns(model: type[Model]) -> set[str]:
    return set(model._meta.fields_db_projection)


def attributes(table: Table, names: tuple[str, ...]) -> set[str]:
    """The columns' attributes: of a relation the one that holds its key."""
    fields = table.model._meta.fields_map
    return {name if name in columns(table.model) else str(fields[name].source_field) for name in names}


@pytest.mark.parametrize("model", MODELS, ids=lambda it: it.__name__)
def test_every_column_of_every_table_is_listed_detailed_or_hidden(model: type[Model]) -> None:
    table = TABLES[model]
    parts = [attributes(table, names) for names in (table.listed, table.detailed, table.hidden)]

    assert set.union(*parts) == columns(model)
    assert sum(map(len, parts)) == len(columns(model))


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda it: it.model.__name__)
def test_what_is_called_like_a_secret_is_hidden(table: Table) -> None:
    times = {name for name in columns(table.model) if name.endswith("_at")}
    secrets = {name for name in columns(table.model) - times if is_secret(name)}

    assert secrets <= set(table.hidden)


def test_in_the_houses_own_json_what_is_called_like_a_secret_is_masked() -> None:
    found = without_secrets({"key_ids": ["k"], "signature": "s", "tables": [{"token": "t", "rows": 3}], "secret": None})

    assert found == {"key_ids": "***", "signature": "***", "tables": [{"token": "***", "rows": 3}], "secret": None}
