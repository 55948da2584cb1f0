"""Settings of backups."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from core.settings.database_url import Url
from core.settings.lists import split


class BackupKeep(BaseModel):
    """Of how many hours, days, weeks and months the newest archive is kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hourly: int = Field(default=24, ge=0)
    daily: int = Field(default=7, ge=0)
    weekly: int = Field(default=5, ge=0)
    monthly: int = Field(default=12, ge=0)


class Backups(BaseSettings):
    """Where archives go, who can read them and how long they stay."""

    backup_store: str = "var/backups"
    """Where archives go: a folder, or ``s3://bucket/prefix``."""
    backup_recipients: Annotated[tuple[str, ...], NoDecode] = ()
    """Public keys (``age1…``) that archives are encrypted for, comma-separated; ``secrets`` when there are none."""
    backup_identity_file: Path | None = None
    """A file with the secret keys that open archives, one on a line, as ``age-keygen`` writes it."""
    backup_keep: BackupKeep = BackupKeep()
    """How many archives are kept, as JSON: ``{"hourly": 24, "daily": 7, "weekly": 5, "monthly": 12}``."""
    backup_age_limit: timedelta = timedelta(days=2)
    """A last proven backup older than this is reported."""
    backup_scratch_url: Url | None = None
    """The PostgreSQL server on which archives are restored for proof; the one of the database when it is not set."""
    aws_access_key_id: SecretStr | None = Field(default=None, validation_alias="AWS_ACCESS_KEY_ID")
    aws_secret_access_key: SecretStr | None = Field(default=None, validation_alias="AWS_SECRET_ACCESS_KEY")
    aws_session_token: SecretStr | None = Field(default=None, validation_alias="AWS_SESSION_TOKEN")
    aws_region: str = Field(default="us-east-1", validation_alias="AWS_REGION")
    aws_endpoint_url: str | None = Field(default=None, validation_alias="AWS_ENDPOINT_URL")
    """An S3 server that is not Amazon's."""
    postgres_bin: Path | None = None
    """The folder of ``pg_dump`` and ``pg_restore``, if they are not found by themselves."""

    _split_recipients = field_validator("backup_recipients", mode="before")(split)
