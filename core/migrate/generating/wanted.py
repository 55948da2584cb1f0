"""The schema that the models want: their tables in the open database, and their state as Aerich keeps it."""

from typing import Any

from aerich.coder import decoder, encoder
from aerich.exceptions import NotSupportError
from aerich.migrate import Migrate
from aerich.utils import get_models_describe
from tortoise.models import Model

from core.database import connection, dialect
from core.database.postgres import PostgresSchema
from core.database.sqlite import SqliteSchema


class _Postgres(PostgresSchema):
    """Foreign keys come after all tables, so that two of them may point to each other."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401  Tortoise's
        super().__init__(client)
        self.foreign_keys: list[str] = []
        self._table = ""

    def _get_table_sql(self, model: type[Model], safe: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002  the same
        self._table = model._meta.db_table  # noqa: SLF001  Tortoise has no other name for it
        return super()._get_table_sql(model, safe)

    def _create_fk_string(
        self, constraint_name: str, db_column: str, table: str, field: str, on_delete: str, comment: str
    ) -> str:
        if not constraint_name:  # Of a table between two others, which is made after both.
            return super()._create_fk_string(constraint_name, db_column, table, field, on_delete, comment)
        self.foreign_keys.append(
            f'ALTER TABLE "{self._table}" ADD FOREIGN KEY ("{db_column}")'
            f' REFERENCES {table} ("{field}") ON DELETE {on_delete};'
        )
        return ""


async def make_tables() -> None:
    """Make the models' tables in the open database, which is empty."""
    client = connection()
    generator = _Postgres(client) if dialect() == "postgres" else SqliteSchema(client)
    models = generator._get_models_to_create()  # noqa: SLF001  Tortoise's generators are extended from within
    tables = [generator._get_table_sql(model, safe=False) for model in models]  # noqa: SLF001  the same
    script = [table["table_creation_string"] for table in tables]
    script += [between for table in tables for between in table["m2m_tables"]]
    script += generator.foreign_keys if isinstance(generator, _Postgres) else []
    await client.execute_script("\n".join(script))


def models_state() -> str:
    """What the models are, as JSON, in Aerich's words."""
    return str(encoder(get_models_describe(dialect())))


async def is_news_to_aerich(old_state: str, state: str) -> bool:
    """Whether ``aerich migrate`` would write a file, though the schema is the same: for a default of Python's, say."""
    if old_state == state:
        return False
    Migrate.app = Migrate.dialect = dialect()
    Migrate.ddl_class = await Migrate.load_ddl_class()
    Migrate.ddl = Migrate.ddl_class(connection())
    operators = (Migrate.upgrade_operators, Migrate._upgrade_fk_m2m_index_operators)  # noqa: SLF001  kept in the class
    for them in (*operators, Migrate._upgrade_m2m):  # noqa: SLF001  the same
        them.clear()
    states = decoder(old_state), decoder(state)
    before, after = Migrate._exclude_model_name_changes(*states)  # noqa: SLF001  as its own ``migrate`` does
    try:
        Migrate.diff_models(before, after, no_input=True)
    except NotSupportError:
        return True
    return any(operators)
