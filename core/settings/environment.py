"""Everything that can be set, and how it is read. ``core.settings`` imports this when it is first asked."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from core.settings import RUN_ENV, SettingsInvalid
from core.settings.backups import Backups
from core.settings.database_url import DatabaseUrl, PostgresUrl, SqliteUrl, Url, parse
from core.settings.jobs import CleanUp, Jobs
from core.settings.sharing import Sharing

_SECRET_LENGTH = 32


class OAuthClient(BaseModel):
    """What a provider knows this product by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client_id: str
    client_secret: SecretStr
    issuer: str | None = None


class Settings(Sharing, CleanUp, Jobs, Backups, BaseSettings):
    """Everything that can be set. Times are ISO 8601 durations (``P7D``, ``PT5M``)."""

    model_config = SettingsConfigDict(
        env_prefix="STYLOBATE_",
        env_file=(RUN_ENV, ".env"),
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    # Where things are.
    database_url: Url | None = Field(default=None, validation_alias="DATABASE_URL")
    direct_database_url: Url | None = Field(default=None, validation_alias="DIRECT_DATABASE_URL")
    """The database without a pooler between, for locks, migrations and backups; DATABASE_URL when it is not set."""
    database_replica_urls: Annotated[tuple[PostgresUrl, ...], NoDecode] = Field(
        default=(), validation_alias="DATABASE_REPLICA_URLS"
    )
    """Streaming replicas of it, comma-separated, each by an address of its own."""
    replica_lag: timedelta = Field(default=timedelta(seconds=1), ge=timedelta(milliseconds=500))
    """How old may be what is read from a replica."""
    redis_url: SecretStr | None = Field(default=None, validation_alias="REDIS_URL")
    broker_url: SecretStr | None = Field(default=None, validation_alias="BROKER_URL")
    """Celery's broker (``redis://`` or ``amqp://``); REDIS_URL when it is not set."""

    smtp_url: SecretStr | None = Field(default=None, validation_alias="SMTP_URL")
    """Where mail goes out: ``smtp://user:password@host:587``, ``smtps://`` for TLS from the start. Not set, mails are
    written to ``var/mail``."""

    # The product.
    app_name: str = "Stylobate"
    """How mails and authenticator apps call it."""
    base_url: str = "http://localhost:8000"
    """Where people reach it: links in mails, sign-in at providers and passkeys are for this address."""
    mail_from: str = "Stylobate <no-reply@localhost.localdomain>"
    mail_templates: Path | None = None
    """A folder with templates of mails that come before ours: ``layout.html``, ``en/reset_password.txt``."""

    # Secrets.
    secrets: Annotated[dict[int, SecretStr], NoDecode] = Field(default_factory=dict)
    """The key ring, newest first: ``2:new,1:old``. Each key has at least 32 characters."""

    # Sessions.
    session_lifetime: timedelta = timedelta(days=7)
    """How long a session lives after its last use."""
    session_lifetime_limit: timedelta = timedelta(days=90)
    """How long it lives at the most, however much it is used."""
    session_touch_interval: timedelta = timedelta(minutes=5)
    """How often the use of a session is written down, and its end moved, at the most."""
    session_grace: timedelta = Field(default=timedelta(seconds=10), ge=timedelta(seconds=1))
    """How long an exchanged token still works, for requests that were already under way."""
    session_cache: int = Field(default=0, ge=0)
    """How many sessions a process remembers, so that it need not ask the database; 0 for none. What changes is
    forgotten at once. PostgreSQL only; a pooler needs ``DIRECT_DATABASE_URL`` beside it."""
    sessions_per_user: int = Field(default=50, ge=1)
    """A person's oldest sessions beyond this number end when a new one begins."""

    # Organizations.
    organizations_per_user: int = Field(default=100, ge=1)
    """A person who owns so many can't make another."""
    members_per_organization: int = Field(default=1_000, ge=1)
    invitations_per_organization: int = Field(default=200, ge=1)
    """So many invitations of an organization can wait for an answer at once."""

    # Other lifetimes.
    invitation_lifetime: timedelta = timedelta(hours=48)
    impersonation_lifetime: timedelta = timedelta(hours=1)
    trusted_device_lifetime: timedelta = timedelta(days=30)
    """How long a browser that passed the second step is not asked for it again."""
    mail_retention: timedelta = timedelta(days=7)
    """How long a mail is kept after it was sent or given up, and tried to be sent at the most."""
    audit_retention: timedelta = timedelta(days=400)
    invitation_retention: timedelta = timedelta(days=30)
    """How long an invitation is kept after its end."""
    purchase_event_retention: timedelta = timedelta(days=90)
    """How long it is remembered which events of a payment provider have been dealt with."""

    # Providers.
    oauth: dict[str, OAuthClient] = Field(default_factory=dict)
    """Sign-in at providers, as JSON: ``{"google": {"client_id": "…", "client_secret": "…"}}``. Any other name than
    google and github needs an ``issuer`` too."""
    oauth_callback: str = "/api/auth/callback/{provider}"
    """Where a provider sends people back to, below base_url; each provider has the whole address on file."""
    stripe_webhook_secret: SecretStr | None = None

    # Passwords: argon2id.
    password_time_cost: int = Field(default=2, ge=1)
    password_memory_kib: int = Field(default=19_456, ge=8_192)
    password_threads: int = Field(default=2, ge=1)
    """How many passwords are hashed at once in one process; the others wait in line."""

    # Telling.
    operator_mail: str | None = None
    """Who gets a mail when a backup can't be taken or can't be trusted."""
    log_format: Literal["text", "json"] = "text"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    slow_query: timedelta | None = Field(default=None, ge=timedelta())
    """A statement that takes so long is logged, without its values; ``PT0S`` logs each."""
    tracing: bool = False
    """OpenTelemetry traces, sent as its own variables (``OTEL_…``) say. Needs the extra ``otel``."""

    @field_validator("database_replica_urls", mode="before")
    @classmethod
    def _read_replicas(cls, value: object) -> object:
        urls = tuple(parse(part) for part in value.split(",") if part.strip()) if isinstance(value, str) else value
        if isinstance(urls, tuple) and any(isinstance(url, SqliteUrl) for url in urls):
            raise ValueError("a replica is a PostgreSQL: postgresql://user:password@host:5432/name")
        return urls

    @field_validator("secrets", mode="before")
    @classmethod
    def _read_key_ring(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        ring: dict[int, str] = {}
        for entry in value.split(","):
            version, _, secret = entry.strip().partition(":")
            if not version.isdecimal() or len(secret) < _SECRET_LENGTH or int(version) in ring:
                raise ValueError(f"write it as 2:new,1:old, each key of at least {_SECRET_LENGTH} characters")
            ring[int(version)] = secret
        return ring

    @property
    def database(self) -> DatabaseUrl:
        """Where the database is.

        Raises:
            SettingsInvalid: DATABASE_URL is not set.
        """
        if self.database_url is None:
            raise SettingsInvalid(
                "DATABASE_URL is not set", remedy="set it, or run `stylobate up`, which brings servers of its own"
            )
        return self.database_url

    @property
    def unpooled_database(self) -> DatabaseUrl:
        """The database without a PgBouncer between, as the role of DATABASE_URL where that goes through none."""
        url = self.database
        return self.direct_database if isinstance(url, PostgresUrl) and url.pgbouncer else url

    @property
    def database_replicas(self) -> tuple[PostgresUrl, ...]:
        """Where its replicas are.

        Raises:
            SettingsInvalid: it can't have any.
        """
        if self.database_replica_urls and not isinstance(self.database, PostgresUrl):
            raise SettingsInvalid(
                "DATABASE_REPLICA_URLS: only a PostgreSQL has replicas, and DATABASE_URL is none",
                remedy="take one of them out, or move to PostgreSQL: docs/transfer.md",
            )
        return self.database_replica_urls

    @property
    def direct_database(self) -> DatabaseUrl:
        """The database for work that takes its time, without a pooler and without a limit on a statement."""
        url = self.direct_database_url or self.database
        return replace(url, command_timeout=None) if isinstance(url, PostgresUrl) else url

    @property
    def broker(self) -> SecretStr:
        """Celery's broker.

        Raises:
            SettingsInvalid: neither BROKER_URL nor REDIS_URL is set.
        """
        broker = self.broker_url or self.redis_url
        if broker is None:
            raise SettingsInvalid("REDIS_URL is not set", remedy="export REDIS_URL=redis://localhost:6379/0")
        return broker


def read() -> Settings:
    """What the environment says now.

    Raises:
        SettingsInvalid: a setting can't be used.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise _explained(error) from None


def _explained(error: ValidationError) -> SettingsInvalid:
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    name = str(first["loc"][0]) if first["loc"] else "settings"
    if name in Settings.model_fields:
        name = f"STYLOBATE_{name.upper()}"
    message = first["msg"].removeprefix("Value error, ")
    return SettingsInvalid(f"{name}: {message}", remedy=f"correct {name}; .env.example shows how it looks")
