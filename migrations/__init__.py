"""How the schema came to be: one folder per dialect, since SQL is written for one.

Aerich finds its configuration here (``TORTOISE_ORM``), and the folder by the app's name, which is the dialect's.
"""

from typing import Any

from core.database import configuration
from core.settings import SettingsInvalid, settings


def __getattr__(name: str) -> Any:  # noqa: ANN401  a module's attribute
    """Read the settings when Aerich asks, not when the package is imported."""
    if name == "TORTOISE_ORM":
        try:
            return configuration(settings().direct_database, models=("models", "aerich.models"))
        except SettingsInvalid as error:
            # Aerich would print a traceback.
            raise SystemExit(f"{error}: {error.remedy}") from None
    raise AttributeError(name)
