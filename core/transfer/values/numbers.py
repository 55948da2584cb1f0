"""Numbers, exactly, and what is true or false."""

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from core.transfer.values.reading import Plain, Reader, Unfit

_WHOLE = re.compile(r"[+-]?[0-9]{1,30}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{0,400})?|\.[0-9]{1,400})(?:[eE][+-]?[0-9]{1,3})?", re.ASCII)
_AS_TEXT = "text, as numbers"


class Boolean(Reader):
    """True or false."""

    def alike(self, values: Sequence[Any], kinds: set[type]) -> Sequence[object] | None:
        """Nothing but 0 and 1."""
        if kinds != {int} or not {0, 1}.issuperset(values):
            return None
        self.told["0 and 1"] += len(values)
        return list(map(bool, values))

    def one(self, value: object) -> object:
        """0, 1, or one of the words that PostgreSQL knows, too."""
        word = value.strip().lower() if isinstance(value, str) else value
        if word not in _WORDS:
            raise Unfit("neither true nor false")
        self.told["words" if isinstance(value, str) else "0 and 1"] += 1
        return _WORDS[word]

    def plain(self, column: str) -> Plain:
        """0 and 1."""
        return Plain(f"typeof({column}) = 'integer' AND {column} BETWEEN 0 AND 1", column)


_WORDS: dict[object, bool] = {
    **dict.fromkeys((1, "1", "t", "true", "y", "yes", "on"), True),
    **dict.fromkeys((0, "0", "f", "false", "n", "no", "off"), False),
}


class Whole(Reader):
    """A whole number of so many bits."""

    def __init__(self, *, nullable: bool, bits: int) -> None:
        super().__init__(nullable=nullable)
        self._bits = bits
        self._most = 2 ** (bits - 1) - 1

    def alike(self, values: Sequence[Any], kinds: set[type]) -> Sequence[object] | None:
        """Integers, none of them too large."""
        if kinds != {int} or min(values) < -self._most - 1 or max(values) > self._most:
            return None
        return values

    def one(self, value: object) -> object:
        """A whole number."""
        if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
            self.told[_AS_TEXT] += 1
            whole = int(value)
        elif isinstance(value, float) and value.is_integer():
            self.told["numbers with a point, and nothing behind it"] += 1
            whole = int(value)
        elif isinstance(value, int):
            whole = value
        else:
            raise Unfit("not a whole number")
        if not -self._most - 1 <= whole <= self._most:
            raise Unfit(f"a number that does not fit into {self._bits} bits")
        return whole

    def plain(self, column: str) -> Plain:
        """Integers. The server judges their size."""
        return Plain(f"typeof({column}) = 'integer'", column)


class Double(Reader):
    """A number with a point, as SQLite has it."""

    def alike(self, values: Sequence[Any], kinds: set[type]) -> Sequence[object] | None:
        """Numbers with a point."""
        return values if kinds == {float} else None

    def one(self, value: object) -> object:
        """A number."""
        if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
            self.told[_AS_TEXT] += 1
            number = float(value)
        elif isinstance(value, int | float):
            number = float(value)
            if number != value:
                raise Unfit("a number with more digits than the column keeps")
        else:
            raise Unfit("not a number")
        if math.isinf(number) and not isinstance(value, float):
            raise Unfit("a number that is too large")
        return number


class Numeric(Reader):
    """A number with all its digits."""

    def alike(self, values: Sequence[Any], kinds: set[type]) -> None:
        """Each by itself."""

    def one(self, value: object) -> object:
        """A number."""
        if isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
            self.told[_AS_TEXT] += 1
            return Decimal(value.strip())
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise Unfit("not a number")
        # The shortest text that is this number, and not what binary made of it.
        return Decimal(repr(value))
