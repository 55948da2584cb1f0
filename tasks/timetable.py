"""When each job is done. The entries are filled in by ``@job``, beside the work itself."""

from datetime import timedelta
from typing import Any

LONGEST = timedelta(minutes=5)
"""How long a job may take when it does not say."""

entries: dict[str, dict[str, Any]] = {}
"""Celery's ``beat_schedule``."""
