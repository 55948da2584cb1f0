"""JSON, as far as PostgreSQL's ``jsonb`` can hold it."""

import json
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from core.transfer.values.reading import Reader, Unfit
from core.transfer.values.texts import decoded

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_MOST_BEFORE, _MOST_BEHIND = 131_072, 16_383
"""Digits before and behind the point of PostgreSQL's numbers."""
_LARGEST_POWER = 2**30
_USUAL = 300
"""Up to so many digits, a number without a power of ten is none that needs a look."""


class Json(Reader):
    """JSON in text, or in bytes as Drizzle's blob mode has it. It goes on as it is written."""

    def __init__(self, *, nullable: bool) -> None:
        super().__init__(nullable=nullable)
        self._twice = False
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=_constant, parse_float=_number, parse_int=_number
        )

    def alike(self, values: Sequence[Any], kinds: set[type]) -> None:
        """Each by itself."""

    def one(self, value: object) -> object:
        """A document."""
        text = decoded(value)
        self._twice = False
        try:
            document = self._decoder.decode(text)
            if "\\u" in text:
                written = json.dumps(document, ensure_ascii=False)
                written.encode()
                if _NUL.search(written):
                    raise Unfit("JSON with \\u0000, which PostgreSQL does not have")
        except UnicodeEncodeError:
            raise Unfit("JSON with half a surrogate pair") from None
        except RecursionError:
            raise Unfit("JSON that is nested too deeply") from None
        except ValueError:
            raise Unfit("not JSON") from None
        if isinstance(value, bytes):
            self.told["bytes, as JSON"] += 1
        if self._twice:
            self.told["a key twice in one object, of which the last stays"] += 1
        return text

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        self._twice = self._twice or len(made) < len(pairs)
        return made


def _constant(_: str) -> NoReturn:
    raise Unfit("JSON with NaN or Infinity, which JSON does not have")


def _number(text: str) -> float:
    if len(text) > _USUAL or "e" in text or "E" in text:
        mantissa, _, exponent = text.lower().partition("e")
        whole, _, behind = mantissa.lstrip("-").partition(".")
        power = int(exponent[:_USUAL] or 0)
        significant = (whole + behind).lstrip("0")
        before = len(significant) - len(behind) + power if significant else 0
        if len(behind) - power > _MOST_BEHIND or before > _MOST_BEFORE or abs(power) > _LARGEST_POWER:
            raise Unfit("JSON with a number that PostgreSQL does not have")
    return 0
