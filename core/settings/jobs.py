"""Settings of the work in the background."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from core.settings.lists import split


class CleanUp(BaseSettings):
    """How much of what is over is deleted at a time."""

    purge_batch: int = Field(default=10_000, ge=1)
    """Rows that one statement deletes at the most (SQLite: 200 at the most)."""
    purge_rows: int = Field(default=5_000_000, ge=1)
    """Rows that one run deletes at the most."""
    purge_duration: timedelta = timedelta(minutes=4)
    """How long one run goes on at the most."""
    purge_statement_timeout: timedelta = Field(default=timedelta(seconds=10), ge=timedelta(milliseconds=10))
    """A statement that takes longer is given up, and tried again with half as many rows (PostgreSQL)."""


class Jobs(BaseSettings):
    """Which jobs there are, and when."""

    job_modules: Annotated[tuple[str, ...], NoDecode] = ("tasks",)
    """Modules that define jobs, comma-separated; an app adds its own."""
    job_schedules: dict[str, str] = Field(default_factory=dict)
    """Other times for jobs, as JSON: ``{"sessions.purge_expired": "*/10 * * * *", "audit.prune": "never"}``."""
    job_jitter: timedelta = timedelta(seconds=20)
    """A job of the timetable begins up to so much later, by another span each time: what many do at once hurts."""
    job_retention: timedelta = timedelta(days=30)
    """How long it is kept what a job did."""
    job_pings: dict[str, SecretStr] = Field(default_factory=dict)
    """Addresses that are called when a job succeeded, and with ``/fail`` behind them when it failed, as JSON by the
    job's name. A service that misses the call raises the alarm."""
    heartbeat_folder: Path | None = None
    """Where workers and beat show that they are alive; a folder of this account's own in the system's temporary one."""

    _split_modules = field_validator("job_modules", mode="before")(split)
