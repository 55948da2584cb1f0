"""Where the database is: DATABASE_URL, read by ourselves.

Tortoise's own reading turns ``?ssl=false`` into True and stops at the ``?sslmode=require`` that hosted PostgreSQL hands
out. Here every parameter is known or refused, and no message ever holds the password.

PostgreSQL: ``postgresql://user:password@host:5432/name?sslmode=require&pool_size=20``. A Unix socket is
``postgresql:///name?host=/var/run/postgresql``. SQLite: ``sqlite://relative/file.db``, ``sqlite:///absolute/file.db``
or ``sqlite://:memory:``.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pydantic import BeforeValidator

SslMode = Literal["disable", "prefer", "require", "verify-ca", "verify-full"]

_POSTGRES = {"postgres", "postgresql", "asyncpg", "postgresql+asyncpg"}
_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}


@dataclass(frozen=True, kw_only=True)
class SqliteUrl:
    """A SQLite database: a file, or ``:memory:``."""

    file: str

    dialect = "sqlite"

    def __str__(self) -> str:
        """The URL."""
        return f"sqlite://{self.file}"


@dataclass(frozen=True, kw_only=True)
class PostgresUrl:
    """A PostgreSQL database and how to keep connections to it. Times are in seconds."""

    host: str = "localhost"
    port: int = 5432
    user: str = "postgres"
    password: str | None = field(default=None, repr=False)
    database: str = "postgres"
    sslmode: SslMode = "prefer"
    sslrootcert: str | None = None
    pool_size: int = 20
    pool_idle: float = 30.0
    pool_timeout: float = 5.0
    connect_timeout: float = 2.0
    command_timeout: float | None = 30.0
    pgbouncer: bool = False
    application_name: str = "stylobate"

    dialect = "postgres"

    def __str__(self) -> str:
        """The URL without its password."""
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"

    def ssl(self) -> ssl.SSLContext | str:
        """What asyncpg wants for ``sslmode``: a mode's name, or a context that verifies."""
        if not self.sslmode.startswith("verify"):
            return self.sslmode
        context = ssl.create_default_context(cafile=None if self.sslrootcert == "system" else self.sslrootcert)
        context.check_hostname = self.sslmode == "verify-full"
        return context


DatabaseUrl = PostgresUrl | SqliteUrl


def parse(text: str) -> DatabaseUrl:
    """Read a database's URL.

    Raises:
        ValueError: it is not one that we can use; the message says why, without the password.
    """
    text = text.strip()
    if text.startswith("sqlite:"):
        return _sqlite(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        # urlsplit quotes what it could not read, and that may be the password.
        raise ValueError(
            "not a URL: a password with one of / ? # [ ] @ : % in it must be percent-encoded, and a port is a number"
        ) from None
    if parts.scheme not in _POSTGRES:
        raise ValueError(f"{parts.scheme or 'no'} scheme: it must begin with postgresql:// or sqlite://")
    return _postgres(parts, port)


def _sqlite(text: str) -> SqliteUrl:
    path, _, query = text.removeprefix("sqlite:").removeprefix("//").partition("?")
    if query:
        raise ValueError("a SQLite URL takes no parameters")
    if not path:
        raise ValueError("no file named: sqlite://relative/file.db or sqlite:///absolute/file.db")
    return SqliteUrl(file=unquote(path))


def _postgres(parts: SplitResult, port: int | None) -> PostgresUrl:
    values: dict[str, object] = {}
    if parts.hostname:
        values["host"] = unquote(parts.hostname)
    if port is not None:
        values["port"] = port
    if parts.username:
        values["user"] = unquote(parts.username)
    if parts.password is not None:
        values["password"] = unquote(parts.password)
    if database := unquote(parts.path.removeprefix("/")):
        values["database"] = database
    for key, value in parse_qsl(parts.query, keep_blank_values=True):
        if key not in _PARAMETERS:
            raise ValueError(f"unknown parameter {key!r}: known are {', '.join(_PARAMETERS)}")
        name, read = _PARAMETERS[key]
        try:
            values[name] = read(value)
        except ValueError as error:
            raise ValueError(f"{key} must be {error}") from None
    return PostgresUrl(**values)  # type: ignore[arg-type]  # each was read in the type of its field


def _sslmode(value: str) -> str:
    if value not in get_args(SslMode):
        raise ValueError(f"one of {', '.join(get_args(SslMode))}")
    return value


def _boolean(value: str) -> bool:
    if value.lower() not in _YES | _NO:
        raise ValueError("true or false")
    return value.lower() in _YES


def _ssl(value: str) -> str:
    return "require" if _boolean(value) else "disable"


def _count(value: str) -> int:
    if not value.isdecimal() or int(value) < 1:
        raise ValueError("a whole number from 1")
    return int(value)


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = 0
    if not 0 < seconds < float("inf"):
        raise ValueError("a number of seconds above 0")
    return seconds


_PARAMETERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "sslmode": ("sslmode", _sslmode),
    "ssl": ("sslmode", _ssl),
    "sslrootcert": ("sslrootcert", str),
    "host": ("host", str),
    "port": ("port", _count),
    "user": ("user", str),
    "password": ("password", str),
    "dbname": ("database", str),
    "pool_size": ("pool_size", _count),
    "pool_idle": ("pool_idle", _seconds),
    "pool_timeout": ("pool_timeout", _seconds),
    "connect_timeout": ("connect_timeout", _seconds),
    "command_timeout": ("command_timeout", _seconds),
    "pgbouncer": ("pgbouncer", _boolean),
    "application_name": ("application_name", str),
}
"""What may stand in a URL's query: the field it sets, and how it is read."""


def _parsed(value: object) -> object:
    return parse(value) if isinstance(value, str) else value


Url = Annotated[DatabaseUrl, BeforeValidator(_parsed)]
"""A setting that is a database."""
