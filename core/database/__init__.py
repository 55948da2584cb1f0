"""The database: one connection for the whole process, and transactions that join.

Tortoise keeps its connection and its transaction in context variables, so nothing is handed around: the same line works
in an app, in a job and in a test. ``connected()`` opens the database for a program's life; ``transaction()`` makes what
happens inside all or nothing; ``after_commit()`` is for what must not be seen by others too early; ``exclusive()`` is
for what only one process may do at a time; ``reading()`` lets replicas answer what decides nothing.
"""

from core.database.connection import configuration, connected, connection, dialect
from core.database.deferred import settled
from core.database.exclusive import Held, exclusive
from core.database.failures import (
    AccessDenied,
    DatabaseBusy,
    DatabaseMissing,
    DatabaseUnreachable,
    NotMigrated,
    PoolExhausted,
)
from core.database.reading import deciding, one_caller, reading
from core.database.transaction import after_commit, defer, transaction

__all__ = [
    "AccessDenied",
    "DatabaseBusy",
    "DatabaseMissing",
    "DatabaseUnreachable",
    "Held",
    "NotMigrated",
    "PoolExhausted",
    "after_commit",
    "configuration",
    "connected",
    "connection",
    "deciding",
    "defer",
    "dialect",
    "exclusive",
    "one_caller",
    "reading",
    "settled",
    "transaction",
]
