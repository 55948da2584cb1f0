"""Migrations: bringing the schema up to what this program was written for.

The files, their format and the table ``aerich`` are Aerich's, and ``aerich upgrade`` applies them too. Here it is done
by one process at a time, a file is all or nothing, nobody waits long for a table that is changed, and what has been
applied is known well enough to see when a file or the database was changed afterwards.
"""

from core.migrate.applying import (
    Planned,
    downgrade,
    migrate,
    opened,
    plan,
    plan_downgrade,
)
from core.migrate.executing import MigrationFailed, NoWayBack
from core.migrate.files import FileInvalid
from core.migrate.history import Event, Migration, history, status
from core.migrate.waiting import PATIENCE

__all__ = [
    "PATIENCE",
    "Event",
    "FileInvalid",
    "Migration",
    "MigrationFailed",
    "NoWayBack",
    "Planned",
    "downgrade",
    "history",
    "migrate",
    "opened",
    "plan",
    "plan_downgrade",
    "status",
]
