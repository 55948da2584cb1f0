"""What the drivers' errors mean to us, and to the person who has to mend it.

No text from here holds a value out of a row or a query: PostgreSQL's DETAIL lines and asyncpg's complaints about
arguments do, and those texts end up in logs.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg
from tortoise.exceptions import DBConnectionError, IntegrityError, OperationalError

from core.errors import Unavailable
from core.text import TextInvalid


class DatabaseUnreachable(Unavailable):
    """Nothing answers where the database should be, or it went away."""


class AccessDenied(Unavailable):
    """The database does not accept who we are, or not what we want to do."""


class DatabaseMissing(Unavailable):
    """The server has no database of this name."""


class NotMigrated(Unavailable):
    """The schema is older (or newer) than this program."""


class DatabaseBusy(Unavailable):
    """Somebody else holds the database, and has not let go in time."""


class PoolExhausted(Unavailable):
    """Every connection of the pool is in use, and none came back in time."""


_NOT_STORABLE = "text must not have NUL characters or half a surrogate pair"

_GONE = (
    OSError,
    asyncio.TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # A query on a connection whose farewell from the server was not read to its end.
)


_IN_THE_WAY = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,  # Of a partitioned table: somebody moved the row to another partition.
)


@contextmanager
def postgres_failures(where: str) -> Iterator[None]:
    """Say asyncpg's errors in Tortoise's terms, or in ours when it is the house that is not in order."""
    try:
        yield
    except asyncpg.InvalidAuthorizationSpecificationError as error:
        raise AccessDenied(
            f"{where} refuses the user: {error.message}", remedy="check DATABASE_URL's user and password"
        ) from None
    except asyncpg.InsufficientPrivilegeError as error:
        raise AccessDenied(f"{where}: {error.message}", remedy="grant the user what docs/operations.md lists") from None
    except (asyncpg.InvalidCatalogNameError, DBConnectionError):
        raise DatabaseMissing(f"{where} does not exist", remedy="create it: createdb --owner=USER NAME") from None
    except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError) as error:
        raise _about_data(error) from None
    except _IN_THE_WAY as error:
        raise DatabaseBusy(
            f"{where}: {error.message}", remedy="look in pg_stat_activity for what holds it, and try again"
        ) from error
    except (asyncpg.InvalidSQLStatementNameError, asyncpg.DuplicatePreparedStatementError) as error:
        raise DatabaseUnreachable(
            f"{where} forgets prepared statements", remedy="a pooler is in between: add pgbouncer=true to DATABASE_URL"
        ) from error
    except asyncpg.SyntaxOrAccessError as error:
        raise OperationalError(error.message) from None
    except _GONE as error:
        if "SSL" in str(error):
            raise DatabaseUnreachable(
                f"{where} does not speak TLS", remedy="switch it on there, or set sslmode=disable in DATABASE_URL"
            ) from error
        raise DatabaseUnreachable(
            f"{where} can't be reached ({type(error).__name__})",
            remedy="check that PostgreSQL runs there and that DATABASE_URL names the right host and port",
        ) from error


def _about_data(error: asyncpg.IntegrityConstraintViolationError | asyncpg.DataError) -> Exception:
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        return IntegrityError(f"{error.constraint_name} of {error.table_name}: {type(error).__name__}")
    unknown = asyncpg.CharacterNotInRepertoireError | asyncpg.UntranslatableCharacterError
    if isinstance(error, unknown) or isinstance(error.__cause__, UnicodeEncodeError):
        return TextInvalid(_NOT_STORABLE)
    if isinstance(error, asyncpg.StringDataRightTruncationError):
        return TextInvalid("text is too long")
    return OperationalError(f"{type(error).__name__} ({error.sqlstate})")


@contextmanager
def sqlite_failures(where: str) -> Iterator[None]:
    """The same for SQLite, whose messages name columns and never values."""
    try:
        yield
    except UnicodeEncodeError:
        raise TextInvalid(_NOT_STORABLE) from None
    except IntegrityError:
        raise
    except (OperationalError, sqlite3.OperationalError) as error:  # Tortoise has translated some of them already.
        if "unable to open" in str(error) or "readonly" in str(error) or "disk I/O" in str(error):
            raise DatabaseUnreachable(
                f"{where}: {error}", remedy="check the folder, its rights and its space"
            ) from error
        if "locked" in str(error):
            raise DatabaseBusy(f"{where}: {error}", remedy="end what holds it, or move to PostgreSQL") from error
        raise OperationalError(str(error)) from None
    except sqlite3.DatabaseError as error:
        raise DatabaseUnreachable(f"{where}: {error}", remedy="check that DATABASE_URL names a SQLite file") from error
