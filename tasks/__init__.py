"""When it is done by itself: Celery, with an asynchronous core.

``celery -A tasks worker`` does the work, ``celery -A tasks beat`` says when.
"""

from tasks import (
    attempts,
    audit,
    backups,
    database,
    invitations,
    jobs,
    mail,
    purchases,
    sessions,
    users,
    verifications,
)
from tasks.app import app as celery

__all__ = [
    "attempts",
    "audit",
    "backups",
    "celery",
    "database",
    "invitations",
    "jobs",
    "mail",
    "purchases",
    "sessions",
    "users",
    "verifications",
]
