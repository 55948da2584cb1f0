"""From one database to another: SQLite to PostgreSQL, and back.

``plan`` reads everything and changes nothing; ``move`` copies, goes on where it was interrupted, and proves itself;
``verify`` proves it once more; ``take_home`` makes a SQLite file of a PostgreSQL database. Rows that can't be in the
target are told of one by one, and nothing is left out in silence.
"""

from core.transfer.aside import NotPutBack
from core.transfer.copying import TargetFull
from core.transfer.extras import Extra, Extras, LeftBehind
from core.transfer.homeward import BeingWritten, FileNotWritten, FileThere, HomeDiffers, take_home
from core.transfer.kinds import Kind, Recognised, SourceUnknown
from core.transfer.merging import NotMergeable
from core.transfer.moving import Filled, Moved, TargetNotEmpty, move, plan, verify
from core.transfer.planning import Plan, TablePlan
from core.transfer.rejects import RejectsNotWritten, RejectsUnreadable
from core.transfer.source import SourceUnreadable
from core.transfer.state import NotFinished
from core.transfer.targets import ColumnMissing, NothingToMove
from core.transfer.values import NotFillable
from core.transfer.verifying import Compared

__all__ = [
    "BeingWritten",
    "ColumnMissing",
    "Compared",
    "Extra",
    "Extras",
    "FileNotWritten",
    "FileThere",
    "Filled",
    "HomeDiffers",
    "Kind",
    "LeftBehind",
    "Moved",
    "NotFillable",
    "NotFinished",
    "NotMergeable",
    "NotPutBack",
    "NothingToMove",
    "Plan",
    "Recognised",
    "RejectsNotWritten",
    "RejectsUnreadable",
    "SourceUnknown",
    "SourceUnreadable",
    "TablePlan",
    "TargetFull",
    "TargetNotEmpty",
    "move",
    "plan",
    "take_home",
    "verify",
]
