"""Text, and what is written like it."""

from collections.abc import Sequence
from operator import ne
from typing import Any, ClassVar
from uuid import UUID

from core.transfer.source import NotText
from core.transfer.values.reading import Plain, Reader, Unfit

_LOWERED = "upper case, which becomes lower"


def decoded(value: object) -> str:
    """Text out of text, bytes or a number.

    Raises:
        Unfit: the bytes are none.
    """
    if isinstance(value, NotText):
        raise Unfit("text that is no UTF-8")
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            raise Unfit("bytes that are no text in UTF-8") from None
    return str(value)


def _encodable(text: str) -> bool:
    """Whether no half of a surrogate pair is in it. (Whether it is ASCII is known, and costs nothing.)"""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class Text(Reader):
    """Text. What was put there as bytes is text when it is UTF-8."""

    takes_empty: ClassVar[bool] = True

    def __init__(self, *, nullable: bool, length: int | None) -> None:
        super().__init__(nullable=nullable)
        self._length = length

    def alike(self, values: Sequence[Any], kinds: set[type]) -> Sequence[object] | None:
        """Text, none of it too long."""
        if kinds != {str} or (self._length and max(map(len, values)) > self._length):
            return None
        together = "".join(values)
        return values if "\0" not in together and _encodable(together) else None

    def one(self, value: object) -> object:
        """Text, and how long it is."""
        text = decoded(value)
        if not isinstance(value, str):
            self.told["bytes, as text" if isinstance(value, bytes) else "numbers, as text"] += 1
        return self._storable(text)

    def plain(self, column: str) -> Plain:
        """Text, none of it too long. The server judges what is in it."""
        condition = f"typeof({column}) = 'text'"
        if self._length:
            condition += f" AND length({column}) <= {self._length}"
        return Plain(condition, column)

    def _storable(self, text: str) -> str:
        if "\0" in text:
            raise Unfit("text with a NUL character, which PostgreSQL does not have")
        if not _encodable(text):
            raise Unfit("text with half a surrogate pair")
        if self._length and len(text) > self._length:
            raise Unfit(f"text with more than the {self._length} characters that the column takes")
        return text


class Address(Text):
    """An address of mail, which is stored in lower case."""

    def alike(self, values: Sequence[Any], kinds: set[type]) -> Sequence[object] | None:
        """Text, none of it too long in lower case."""
        if kinds != {str}:
            return None
        lower = list(map(str.lower, values))
        alike = super().alike(lower, kinds)
        if alike is not None and (changed := sum(map(ne, values, lower))):
            self.told[_LOWERED] += changed
        return alike

    def one(self, value: object) -> object:
        """Text in lower case."""
        text = decoded(value)
        lower = self._storable(text.lower())
        if lower != text:
            self.told[_LOWERED] += 1
        return lower

    def plain(self, column: str) -> Plain:
        """Text in lower case, as far as SQLite knows letters: those of ASCII."""
        condition = f"{super().plain(column).condition} AND length({column}) = length(CAST({column} AS BLOB))"
        return Plain(condition, f"lower({column})")


class Uuid(Reader):
    """A UUID, as text or as its 16 bytes."""

    def alike(self, values: Sequence[Any], kinds: set[type]) -> None:
        """Each by itself."""

    def one(self, value: object) -> object:
        """A UUID."""
        try:
            if isinstance(value, bytes) and len(value) == 16:  # noqa: PLR2004  that many it has
                return UUID(bytes=bytes(value))
            return UUID(decoded(value))
        except ValueError:
            raise Unfit("not a UUID") from None


class Bytes(Reader):
    """Bytes. Text is those of its UTF-8."""

    takes_empty: ClassVar[bool] = True

    def alike(self, values: Sequence[Any], kinds: set[type]) -> Sequence[object] | None:
        """Bytes."""
        return values if kinds == {bytes} else None

    def one(self, value: object) -> object:
        """Bytes."""
        if isinstance(value, bytes):
            return bytes(value)
        self.told["text, as bytes" if isinstance(value, str) else "numbers, as bytes of text"] += 1
        if not _encodable(text := decoded(value)):
            raise Unfit("text with half a surrogate pair")
        return text.encode()
