"""How far the primary's write-ahead log was, and when: what replicas are held against."""

from __future__ import annotations  # asyncpg's classes are generic in its stubs only

from collections import deque
from contextlib import suppress
from typing import NamedTuple

import asyncpg

from core.database.alone import Connection

_KEPT = 2_400
"""Samples: of ten minutes."""

# What is not on the disk yet counts, too: with synchronous_commit off it may be committed. At the end of a page the
# place for the next record is behind the next page's header, which no replica replays.
_POSITION = """
    SELECT (CASE WHEN inserted - written = 24 AND (written - '0/0') % current_setting('wal_block_size')::int = 0
        THEN written ELSE inserted END - '0/0')::bigint
    FROM pg_current_wal_insert_lsn() AS inserted, pg_current_wal_lsn() AS written
"""
_DATABASE = "SELECT oid::bigint FROM pg_database WHERE datname = current_database()"
_CLUSTER = "SELECT system_identifier FROM pg_control_system()"
_TIMELINE = "SELECT ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int"


class Sample(NamedTuple):
    """A position in the log, and when: what was committed on the primary before ``at`` stands before ``position``."""

    at: float
    position: int


class Identity(NamedTuple):
    """Which database it is, and of which cluster, if this role may know that."""

    database: int
    cluster: int | None

    def may_be(self, other: Identity) -> bool:
        """Whether one can be the other's copy."""
        return self.database == other.database and len({self.cluster, other.cluster} - {None}) <= 1


async def identity(connection: Connection, *, seconds: float) -> Identity:
    """Which database a connection leads to."""
    database = await connection.fetchval(_DATABASE, timeout=seconds)
    cluster = None
    with suppress(asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedFunctionError, asyncpg.FeatureNotSupportedError):
        cluster = await connection.fetchval(_CLUSTER, timeout=seconds)
    return Identity(database, cluster)


async def timeline(connection: Connection, *, seconds: float) -> int:
    """Which of the histories of its cluster the primary writes: each promotion of a replica begins another one."""
    found: int = await connection.fetchval(_TIMELINE, timeout=seconds)
    return found


async def position(connection: Connection, *, seconds: float) -> int:
    """How far the primary's log is."""
    found: int = await connection.fetchval(_POSITION, timeout=seconds)
    return found


class History:
    """The samples of one connection to the primary. Another one may lead to another server, and begins anew."""

    def __init__(self, whose: Identity, timeline: int) -> None:
        self.whose, self.timeline = whose, timeline
        self._samples: deque[Sample] = deque(maxlen=_KEPT)

    def add(self, sample: Sample) -> None:
        """One more, newer than those before."""
        self._samples.append(sample)

    @property
    def last(self) -> Sample:
        """The newest."""
        return self._samples[-1]

    def replayed(self, position: int) -> Sample | None:
        """The newest sample that lies before this position."""
        return next((sample for sample in reversed(self._samples) if sample.position <= position), None)
