"""Values out of SQLite, which keeps anything in any column, as PostgreSQL's columns can hold them, or not at all.

Nothing is cut off or guessed; what does not fit is said (``Unfit``), without the value. Most columns hold one kind of
value throughout, so a reader looks at all of a batch at once, and at each by itself only where they differ.
"""

from core.errors import Unavailable
from core.transfer.columns import Column
from core.transfer.kinds import Kind
from core.transfer.values.documents import Json
from core.transfer.values.numbers import Boolean, Double, Numeric, Whole
from core.transfer.values.reading import Plain, Reader, Unfit
from core.transfer.values.texts import Address, Bytes, Text, Uuid
from core.transfer.values.times import Day, Time

__all__ = ["ADDRESSES", "NotFillable", "Plain", "Reader", "Unfit", "reader"]

ADDRESSES = {("user", "email"), ("invitation", "email")}
"""Columns of addresses of mail, which are stored in lower case."""
_BITS = {"smallint": 16, "integer": 32, "bigint": 64}


class NotFillable(Unavailable):
    """The target has a column of a type that nothing is known about."""


def reader(table: str, column: Column, *, kind: Kind) -> Reader:
    """What reads the values for a column.

    Raises:
        NotFillable: nothing does.
    """
    nullable = column.nullable
    if (table, column.name) in ADDRESSES:
        return Address(nullable=nullable, length=column.length)
    if column.type == "text":
        return Text(nullable=nullable, length=column.length)
    if column.type == "timestamp":
        return Time(nullable=nullable, kind=kind)
    if column.type in _BITS:
        return Whole(nullable=nullable, bits=_BITS[column.type])
    if column.type not in _OTHERS:
        raise NotFillable(
            f"column {table}.{column.name} of the target has the type {column.type}",
            remedy="give it one that stylobate can fill (docs/transfer.md), or leave the column out of the source",
        )
    return _OTHERS[column.type](nullable=nullable)


_OTHERS: dict[str, type[Reader]] = {
    "boolean": Boolean,
    "double": Double,
    "numeric": Numeric,
    "date": Day,
    "uuid": Uuid,
    "json": Json,
    "bytes": Bytes,
}
