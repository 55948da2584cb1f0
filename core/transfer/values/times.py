"""Times out of SQLite, which has no type for them: text, seconds, milliseconds or days, even within one column.

Decided by what a value is and how large it is. All of them become moments in UTC.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import repeat
from typing import Any

from core.transfer.kinds import MILLISECONDS_FROM, Kind
from core.transfer.values.reading import Plain, Reader, Unfit

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INFINITE = {datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)}
"""The driver writes these two down as times without an end."""
_JULIAN = (1721425.5, 5373484.5)
"""The days of the years 1 to 9999, as SQLite's julianday() counts them."""
_JULIAN_EPOCH = 2440587.5
_EXACT = 2**33 * 1000
"""Milliseconds up to the year 2242: divided by 1000, they are still exact to the microsecond."""

_NUMBER = re.compile(r"-?[0-9]{9,18}|-?[0-9]{1,18}\.[0-9]{1,18}", re.ASCII)
"""Eight digits may be a date, so they are none."""
_ISO = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[T ](?P<clock>[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?P<fraction>[.,][0-9]+)?"
    r" ?(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?",
    re.ASCII,
)
_LATER = re.compile(r"\+?[0-9]{5,}-")
"""How JavaScript and SQLite write what comes after the year 9999."""
_WRITTEN = {4: "-", 7: "-", 13: ":", 16: ":"}
_UTC = "+00:00"
_SHAPES = {
    19: (_WRITTEN, "Z"),
    24: (_WRITTEN | {19: ".", 23: "Z"}, ""),
    25: (_WRITTEN | dict(enumerate(_UTC, 19)), ""),
    32: (_WRITTEN | {19: "."} | dict(enumerate(_UTC, 26)), ""),
}
"""What CURRENT_TIMESTAMP, JavaScript and this program write, by its length: what stands where, and what it lacks."""
_GLOBS = [
    ("####-##-##[T ][0-2]#:[0-5]#:[0-5]#" + end).replace("#", "[0-9]")
    for end in (".###Z", "", "+00:00", ".######+00:00")
]
"""The same, as SQLite looks for them."""
_DAYS = "BETWEEN '0001-01-02' AND '9999-12-31'"
_STRFTIME = "%Y-%m-%dT%H:%M:%S"
_INTEGER = -1
"""The shape of what is no text."""

_ZONED = "text with its zone"
_UNZONED = "text without a zone, read as UTC"
_SECONDS = "seconds"
_MILLISECONDS = "milliseconds"


class Time(Reader):
    """Moments in UTC."""

    def __init__(self, *, nullable: bool, kind: Kind) -> None:
        super().__init__(nullable=nullable)
        self._milliseconds_from = 0 if kind is Kind.DRIZZLE_MILLISECONDS else MILLISECONDS_FROM

    def alike(self, values: Sequence[Any], kinds: set[type]) -> Sequence[object] | None:
        """Integers of one unit, and text of the usual shapes, also side by side."""
        if not kinds <= {int, str}:
            return None
        shapes = [len(value) if type(value) is str else _INTEGER for value in values]
        groups: dict[int, list[Any]] = {shape: [] for shape in set(shapes)}
        for shape, value in zip(shapes, values, strict=True):
            groups[shape].append(value)
        read: dict[int, Iterator[datetime]] = {}
        told: Counter[str] = Counter()
        for shape, group in groups.items():
            try:
                made = self._numbers(group) if shape == _INTEGER else self._texts(group, *_SHAPES[shape])
            except (KeyError, ValueError, OverflowError):  # Not a usual one, or one of them is none.
                return None
            if made is None or not _INFINITE.isdisjoint(made[0]):
                return None
            moments, how = made
            read[shape] = iter(moments)
            told[how] += len(moments)
        self.told += told
        return [next(read[shape]) for shape in shapes]

    def _numbers(self, values: list[int]) -> tuple[list[datetime], str] | None:
        least, most = min(values), max(values)
        if _JULIAN[1] < least and most < self._milliseconds_from:
            return list(map(datetime.fromtimestamp, values, repeat(UTC))), _SECONDS
        if self._milliseconds_from <= least and most < _EXACT:
            return [datetime.fromtimestamp(value / 1000, UTC) for value in values], _MILLISECONDS
        return None

    def _texts(self, values: list[str], marks: dict[int, str], zone: str) -> tuple[list[datetime], str] | None:
        together = "".join(values)
        width = len(values[0])
        if any(together[place::width] != mark * len(values) for place, mark in marks.items()):
            return None
        if zone:
            return [datetime.fromisoformat(value + zone) for value in values], _UNZONED
        return list(map(datetime.fromisoformat, values)), _ZONED

    def one(self, value: object) -> object:
        """One value by itself."""
        try:
            if isinstance(value, str):
                moment, how = self._text(value)
            elif isinstance(value, int | float):
                moment, how = self._number(value)
            else:
                raise Unfit("bytes where a time should be")
        except OverflowError:
            raise Unfit("a time before the year 1 or after the year 9999") from None
        if moment in _INFINITE:
            raise Unfit("the first or the last moment of all, which stands for a time without an end")
        self.told[how] += 1
        return moment

    def _number(self, value: float) -> tuple[datetime, str]:
        if isinstance(value, float) and _JULIAN[0] <= value < _JULIAN[1]:
            # A day that is a double of this size is exact to 40 microseconds: SQLite writes milliseconds.
            milliseconds = round((value - _JULIAN_EPOCH) * 86_400_000)
            return _EPOCH + timedelta(milliseconds=milliseconds), "days of the Julian calendar"
        if self._milliseconds_from and _JULIAN[0] <= value < _JULIAN[1]:
            raise Unfit("a number that may be seconds of early 1970 or a day of the Julian calendar")
        if abs(value) >= self._milliseconds_from:
            return _EPOCH + timedelta(milliseconds=value), _MILLISECONDS
        return _EPOCH + timedelta(seconds=value), _SECONDS

    def _text(self, value: str) -> tuple[datetime | None, str]:
        if value.startswith("0000-00-00"):
            if not self.nullable:
                raise Unfit("0000-00-00, which is no date")
            return None, "0000-00-00, which becomes NULL"
        if _NUMBER.fullmatch(value):
            moment, how = self._number(float(value) if "." in value else int(value))
            return moment, f"{how}, as text"
        found = _ISO.fullmatch(value)
        if not found:
            raise Unfit("a time after the year 9999" if _LATER.match(value) else "not a time")
        clock, fraction, zone = found["clock"] or "00:00", found["fraction"] or "", found["zone"]
        if len(clock) == len("00:00"):
            clock += ":00"
        micro = fraction[1:7].ljust(6, "0")
        try:
            moment = datetime.fromisoformat(f"{found['day']}T{clock}.{micro}{zone or 'Z'}").astimezone(UTC)
        except ValueError:
            raise Unfit("not a time") from None
        if fraction[7:].strip("0"):
            return moment, "text, cut to microseconds"
        return moment, _ZONED if zone else _UNZONED

    def plain(self, column: str) -> Plain:
        """Integers of a unit that is no question, and text of the usual shapes. The server judges months and days."""
        least, most = int(_JULIAN[1]) + 1, self._milliseconds_from
        shapes = " OR ".join(f"{column} GLOB '{shape}'" for shape in _GLOBS)
        texts = f"typeof({column}) = 'text' AND ({shapes}) AND substr({column}, 12, 2) < '24' AND {column} {_DAYS}"
        numbers = f"typeof({column}) = 'integer' AND {column} BETWEEN {min(least, most)} AND {_EXACT - 1}"
        seconds = f"strftime('{_STRFTIME}Z', {column}, 'unixepoch')"
        milliseconds = (
            f"strftime('{_STRFTIME}', {column} / 1000, 'unixepoch') || '.' || substr({column} % 1000 + 1000, -3) || 'Z'"
        )
        return Plain(
            f"{texts} OR {numbers}",
            f"CASE WHEN typeof({column}) = 'text' THEN {column} || CASE length({column}) WHEN 19 THEN 'Z' ELSE '' END"
            f" WHEN {column} < {most} THEN {seconds} ELSE {milliseconds} END",
        )


class Day(Reader):
    """A day without a time."""

    def alike(self, values: Sequence[Any], kinds: set[type]) -> None:
        """Each by itself."""

    def one(self, value: object) -> object:
        """A day, as ISO text, or with a time that is midnight."""
        found = _ISO.fullmatch(value) if isinstance(value, str) else None
        if not found or (found["clock"] or "00:00:00").strip("0:") or (found["fraction"] or "").strip(".,0"):
            raise Unfit("not a day")
        try:
            return date.fromisoformat(found["day"])
        except ValueError:
            raise Unfit("not a day") from None
