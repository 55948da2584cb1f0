"""The whole schema as SQL, as the models say it. Nothing is connected to."""

from collections.abc import Sequence

from tortoise.context import TortoiseContext, get_current_context
from tortoise.utils import get_schema_sql

from core.database import configuration, connection
from core.migrate import files
from core.migrate.scratch import MODELS, lent
from core.settings import DatabaseUrl, PostgresUrl, SqliteUrl

_NOWHERE: dict[str, DatabaseUrl] = {"postgres": PostgresUrl(), "sqlite": SqliteUrl(file=":memory:")}


async def export(language: str, *, models: Sequence[str] = MODELS) -> str:
    """What makes an empty database of this dialect one of ours."""
    async with TortoiseContext() as context:
        with lent(models):
            await context.init(
                config=configuration(_NOWHERE[language], models=models),
                _enable_global_fallback=get_current_context() is None,
            )
            script = get_schema_sql(connection(), safe=False)
    return "".join(f"{statement};\n" for statement in files.split(script, language))
