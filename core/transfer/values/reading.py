"""What all readers of values have in common."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple


class Unfit(Exception):  # noqa: N818  an answer, and kept in the place of the value
    """The value can't be. The text says why, and never what it is."""


class Plain(NamedTuple):
    """How SQLite itself writes a column's values as PostgreSQL reads them, in SQL.

    Where ``condition`` is true of a value, ``written`` is what the reader would make of it, or what PostgreSQL refuses.
    """

    condition: str
    written: str


class Reader(ABC):
    """Reads the values of one column, and counts in ``told`` what became of those that are not as they were."""

    takes_empty: ClassVar[bool] = False
    """Whether empty text is a value here. Otherwise it is nothing."""

    def __init__(self, *, nullable: bool) -> None:
        self.nullable = nullable
        self.told: Counter[str] = Counter()

    def read(self, values: Sequence[object]) -> tuple[Sequence[object], bool]:
        """Those of a batch, with an ``Unfit`` in the place of each that can't be, and whether there is one."""
        kinds = set(map(type, values))
        if type(None) not in kinds or not self.nullable:
            return self._read(values, kinds)
        kinds.remove(type(None))
        present, unfit = self._read([value for value in values if value is not None], kinds)
        following = iter(present)
        return [None if value is None else next(following) for value in values], unfit

    def _read(self, values: Sequence[object], kinds: set[type]) -> tuple[Sequence[object], bool]:
        alike = self.alike(values, kinds) if values else values
        if alike is not None:
            return alike, False
        made = [self._one(value) for value in values]
        return made, Unfit in map(type, made)

    def _one(self, value: object) -> object:
        if value in ("", b"") and not self.takes_empty:
            if not self.nullable:
                return Unfit("empty, and the column must hold something")
            self.told["empty text, which becomes NULL"] += 1
            return None
        try:
            if value is None:
                raise Unfit("NULL, which the column must not be")  # noqa: TRY301  the same answer as others
            return self.one(value)
        except Unfit as unfit:
            return unfit

    @abstractmethod
    def alike(self, values: Sequence[Any], kinds: set[type]) -> Sequence[object] | None:
        """All of them, where they are of one kind and every one can be; otherwise None."""

    @abstractmethod
    def one(self, value: object) -> object:
        """One value. Raises Unfit when it can't be."""

    def plain(self, _: str) -> Plain | None:
        """How SQLite writes the values of the column that is called so in its SQL, if it can."""
        return None
