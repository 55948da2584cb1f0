"""The one door to the environment.

``settings()`` reads the environment once, from variables, then ``.env``, then ``var/run.env``, which ``stylobate up``
leaves while its servers run. Nothing is read when a module is imported.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import Unavailable
from core.settings.database_url import DatabaseUrl, PostgresUrl, SqliteUrl

if TYPE_CHECKING:
    from core.settings.environment import Settings

__all__ = ["DatabaseUrl", "PostgresUrl", "SettingsInvalid", "SqliteUrl", "overridden", "settings"]

RUN_ENV = Path("var/run.env")
"""Where ``stylobate up`` says what its servers are, for other terminals in the same folder."""


class SettingsInvalid(Unavailable):
    """A setting is missing or can't be used."""


_overrides: "list[Settings]" = []


@lru_cache(maxsize=1)
def _read() -> "Settings":
    from core.settings import environment  # noqa: PLC0415  pydantic-settings takes longer than the core's other imports

    return environment.read()


def settings() -> "Settings":
    """The settings of this process.

    Raises:
        SettingsInvalid: one is missing or can't be used.
    """
    return _overrides[-1] if _overrides else _read()


def read_again() -> "Settings":
    """The settings, from an environment that has changed."""
    _read.cache_clear()
    return settings()


@contextmanager
def overridden(**values: Any) -> "Iterator[Settings]":  # noqa: ANN401  any setting's type
    """Have other settings within the block, for tests and tools; the rest stays."""
    current = settings()
    changed = current.model_validate({**dict(current), **values})
    _overrides.append(changed)
    try:
        yield changed
    finally:
        _overrides[:] = [each for each in _overrides if each is not changed]
