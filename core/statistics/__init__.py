"""What the database does: slow queries, locks, sizes, dead rows, unused indexes.

Everything is read from the database's own books, in short questions that give up rather than wait: they may be asked of
a server in production, also of one that is in trouble. What SQLite has no word for is empty there, or None.
"""

from core.statistics.activity import Connections, Lock, Process, Transaction, connections, locks, transactions
from core.statistics.indexing import Index, indexes
from core.statistics.queries import SlowQueries, SlowQuery, slow_queries
from core.statistics.server import Age, Cache, Overview, cache, overview, wraparound
from core.statistics.sizes import Table, tables
from core.statistics.sqlite import File, file, quick_check
from core.statistics.whole import PARTS, Everything, everything

__all__ = [
    "PARTS",
    "Age",
    "Cache",
    "Connections",
    "Everything",
    "File",
    "Index",
    "Lock",
    "Overview",
    "Process",
    "SlowQueries",
    "SlowQuery",
    "Table",
    "Transaction",
    "cache",
    "connections",
    "everything",
    "file",
    "indexes",
    "locks",
    "overview",
    "quick_check",
    "slow_queries",
    "tables",
    "transactions",
    "wraparound",
]
