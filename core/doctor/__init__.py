"""What is wrong, why it matters, and the command that mends it.

``examine`` looks at settings, database, schema, rows, work and backups; each thing it can find has a name that stays,
and a section in docs/troubleshooting.md. ``mend`` does what loses nothing.
"""

from core.doctor.examining import CHECKS, KINDS, Mended, Report, Unseen, examine, mend
from core.doctor.finding import LEVELS, Check, Finding, Kind, Level

__all__ = [
    "CHECKS",
    "KINDS",
    "LEVELS",
    "Check",
    "Finding",
    "Kind",
    "Level",
    "Mended",
    "Report",
    "Unseen",
    "examine",
    "mend",
]
