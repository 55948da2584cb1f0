"""Whose database a SQLite file is, and with that, how it holds its times."""

from enum import StrEnum
from typing import NamedTuple

from core.database.quoting import quoted
from core.errors import Unavailable
from core.transfer.source import Source

MILLISECONDS_FROM = 10**11
"""An integer from here on counts milliseconds: as seconds it would be a time after the year 5138."""

_THEIRS = ("user", "session", "account", "verification")
_TIMES = ("createdAt", "updatedAt", "expiresAt", "banExpires", "accessTokenExpiresAt", "refreshTokenExpiresAt")


class Kind(StrEnum):
    """Who wrote it."""

    STYLOBATE = "stylobate"
    """This program. Times are text with a zone, and the tokens of sessions are digests."""
    BETTER_AUTH = "better-auth"
    """better-auth's own tables. Times are ISO text."""
    DRIZZLE = "drizzle"
    """A Drizzle application such as supastarter. Times are seconds, and text where CURRENT_TIMESTAMP wrote them."""
    DRIZZLE_MILLISECONDS = "drizzle-milliseconds"
    """The tables that better-auth's generator makes for Drizzle. Every integer that is a time counts milliseconds."""


class Recognised(NamedTuple):
    """What it is, and how that shows."""

    kind: Kind
    why: str


class SourceUnknown(Unavailable):
    """The file holds none of the tables that we know."""


def recognise(source: Source) -> Recognised:
    """Look whose it is.

    Raises:
        SourceUnknown: nobody's that we know.
    """
    tables = {name: {it.name for it in table.columns} for name, table in source.tables().items()}
    missing = [name for name in _THEIRS if name not in tables]
    if missing:
        raise SourceUnknown(
            f"SQLite file {str(source.file)!r} has no table {', '.join(missing)}",
            remedy="name the application's database, and say with --kind whose it is if it was made differently",
        )
    if "aerich" in tables and "previousToken" in tables["session"]:
        return Recognised(Kind.STYLOBATE, "it has had our migrations")
    seconds = milliseconds = texts = 0
    for name in _THEIRS:
        if columns := sorted(tables[name].intersection(_TIMES)):
            counts = ", ".join(_COUNTS.format(column=quoted(column)) for column in columns)
            [found] = source.fetch(f"SELECT {counts} FROM {quoted(name)}", MILLISECONDS_FROM)  # noqa: S608  its own names
            seconds += sum(found[0::3])
            milliseconds += sum(found[1::3])
            texts += sum(found[2::3])
    if seconds:
        return Recognised(Kind.DRIZZLE, f"{seconds} of its times are integers of seconds")
    if milliseconds:
        return Recognised(Kind.DRIZZLE_MILLISECONDS, f"all {milliseconds} integers that are times count milliseconds")
    if texts:
        return Recognised(Kind.BETTER_AUTH, f"all {texts} of its times are ISO text")
    declared = {it.declared.lower() for it in source.tables()["session"].columns if it.name in _TIMES}
    if "integer" in declared:
        return Recognised(Kind.DRIZZLE, "it holds no times yet, and declares them as integers")
    return Recognised(Kind.BETTER_AUTH, "it holds no times yet, and does not declare them as integers")


_COUNTS = """
    count(*) FILTER (WHERE typeof({column}) = 'integer' AND abs({column}) < ?1 AND {column} <> 0),
    count(*) FILTER (WHERE typeof({column}) = 'integer' AND abs({column}) >= ?1),
    count(*) FILTER (WHERE typeof({column}) = 'text')
"""
