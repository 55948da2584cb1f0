"""A statement of a migration, and when its time comes."""

from typing import NamedTuple

TOGETHER, ALONE, AFTERWARDS = range(3)
"""In one transaction, and in that order: what changes, what can't be in a transaction, what looks at every row."""


class Statement(NamedTuple):
    """A statement without its semicolon."""

    sql: str
    phase: int = TOGETHER
