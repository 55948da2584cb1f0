"""Which module knows a database: both have the same functions, which ``content`` tells about."""

from typing import Any

from core.backup import postgres, sqlite
from core.settings import DatabaseUrl, PostgresUrl


def engine(url: DatabaseUrl) -> Any:  # noqa: ANN401  one of the two modules
    """The module for this database."""
    return postgres if isinstance(url, PostgresUrl) else sqlite
