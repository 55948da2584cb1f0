"""What a process counts while it works, for ``core.metrics`` to tell.

Counting is two additions and a search in a short tuple, because it is done for every statement. There is no lock: the
event loop counts, and nobody else.
"""

from bisect import bisect_left
from collections import defaultdict
from itertools import accumulate

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds: how many took that long at the most is what is kept."""


class Times:
    """How often something was done, and how long it took."""

    __slots__ = ("_counts", "seconds")

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self.seconds = 0.0

    def add(self, seconds: float) -> None:
        """Count one more."""
        self._counts[bisect_left(BOUNDS, seconds)] += 1
        self.seconds += seconds

    @property
    def counts(self) -> list[int]:
        """How many took each of ``BOUNDS`` at the most, and last how many there were."""
        return list(accumulate(self._counts))


class Count:
    """How often something happened."""

    __slots__ = ("number",)

    def __init__(self) -> None:
        self.number = 0

    def add(self) -> None:
        """Count one more."""
        self.number += 1


statements = Times()
"""On the database's connection: without the time that a connection was waited for."""
waits = Times()
"""For a connection."""
reads: defaultdict[str, Count] = defaultdict(Count)
"""Statements in a ``database.reading()`` by who answered them, a replica or the primary; none without replicas."""
authentications = {outcome: Times() for outcome in ("ok", "invalid", "failed")}
"""``sessions.authenticate`` by its outcome; failed: the database was away, or whoever asked did not wait."""
replays = Count()
"""Sessions that ended because an exchanged token was used once more."""
recalled = Count()
"""Authentications that were answered out of this process's memory."""
