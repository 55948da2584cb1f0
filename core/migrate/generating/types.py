"""What happens to values when a column's type changes."""

import re
from enum import StrEnum
from math import inf


class Loss(StrEnum):
    """What may stand in the way."""

    NARROW = "narrow"
    CAST = "cast"


_TYPE = re.compile(r"(?P<base>[a-z ]+?)\s*(?:\((?P<sizes>[\d, ]+)\))?(?P<rest>[a-z ]*(?:\[\])*)$")
_TEXTS = {"char", "bpchar", "character", "varchar", "character varying", "text"}
_INTEGERS = {"smallint": 2, "int2": 2, "int": 4, "integer": 4, "int4": 4, "bigint": 8, "int8": 8}
_FLOATS = {"real": 4, "float4": 4, "double precision": 8, "float8": 8}


def loss(old: str, new: str) -> Loss | None:
    """What can be lost from one type to another: nothing, what does not fit, or what can't be converted."""
    (old_base, old_sizes), (new_base, new_sizes) = _parts(old), _parts(new)
    if {old_base, new_base} <= _TEXTS:
        if "char" in (old_base.removesuffix("acter"), new_base.removesuffix("acter")) and old_base != new_base:
            return Loss.CAST  # Which pads with blanks, or takes them away.
        return None if _size(new_sizes) >= _size(old_sizes) else Loss.NARROW
    for family in (_INTEGERS, _FLOATS):
        if old_base in family and new_base in family:
            return None if family[new_base] >= family[old_base] else Loss.NARROW
    if old_base == new_base:
        return None if _holds(old_sizes, new_sizes) else Loss.NARROW
    return Loss.CAST


def length(kind: str) -> int | None:
    """How many characters a text type holds; None when it is no text or has no limit."""
    base, sizes = _parts(kind)
    return sizes[0] if base in _TEXTS and sizes else None


def bounds(kind: str) -> tuple[int, int] | None:
    """From where to where an integer type goes; None when it is none."""
    if bytes_ := _INTEGERS.get(_parts(kind)[0]):
        return -(2 ** (8 * bytes_ - 1)), 2 ** (8 * bytes_ - 1) - 1
    return None


def is_text(kind: str) -> bool:
    """Whether it holds text."""
    return _parts(kind)[0] in _TEXTS


def is_number(kind: str) -> bool:
    """Whether it is an integer or a float."""
    return _parts(kind)[0] in _INTEGERS.keys() | _FLOATS.keys()


def _parts(kind: str) -> tuple[str, list[int]]:
    found = _TYPE.match(kind.lower())
    if not found:
        return kind.lower(), []
    sizes = [int(size) for size in (found["sizes"] or "").split(",") if size.strip()]
    return (found["base"] + found["rest"]).strip(), sizes


def _size(sizes: list[int]) -> float:
    return sizes[0] if sizes else inf


def _holds(old: list[int], new: list[int]) -> bool:
    """Of numeric(digits, places): as many digits on both sides of the point."""
    if not new or old == new:
        return True
    if not old:
        return False
    old_places, new_places = (sizes[1] if len(sizes) > 1 else 0 for sizes in (old, new))
    return new_places >= old_places and new[0] - new_places >= old[0] - old_places
