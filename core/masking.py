"""What must not be shown, and is hidden where things are shown: in the log and in traces.

It is the second line. The first is that nobody logs a secret: one that a text holds without a sign is not found here.
"""

import math
import re
from collections.abc import Mapping

MASK = "***"

# An error's text ends with it, or another error follows that it was raised from.
_REST = r".*?(?=\nHINT:|\n\nThe above exception|\n\nDuring handling|\Z)"
_PATTERNS = (
    # redis://:password@host. Up to the last @ of that part, since not everybody percent-encodes theirs.
    ("://", re.compile(r"(://)[^\s/?#]*@"), rf"\1{MASK}@"),
    (
        "=",
        re.compile(r"(?i)(\b\w*(?:passwd|password|passphrase|secret)=)(?:\"[^\"]*\"|'[^']*'|[^\s&,;)]+)"),
        rf"\1{MASK}",
    ),
    (" ", re.compile(r"(\b(?:Bearer|Basic) +)[\w.~+/=-]{8,}"), rf"\1{MASK}"),
    # The values of a row, which PostgreSQL and asyncpg repeat.
    ("DETAIL:", re.compile(rf"(?s)(\bDETAIL: +){_REST}"), rf"\1{MASK}"),
    ("query argument", re.compile(rf"(?s)(\binvalid input for query argument \$\d+[^:\n]*: ){_REST}"), rf"\1{MASK}"),
)

# Quoted names stay. Comments go, since they may hold anything, an apostrophe too.
_SQL = re.compile(
    r"""(?P<name>"(?:[^"]|"")*")|--[^\n]*|/\*.*?(?:\*/|\Z)|\bE'(?:[^'\\]|\\.|'')*(?:'|\Z)|'(?:[^']|'')*(?:'|\Z)"""
    r"""|\$(?P<tag>(?:[^\W\d]\w*)?)\$.*?(?:\$(?P=tag)\$|\Z)""",
    re.DOTALL | re.IGNORECASE,
)

_SECRET_WORDS = frozenset({"authorization", "cookie", "passphrase", "passwd", "password", "secret", "secrets", "token"})
_SECRET_NAMES = frozenset(
    {"access_key", "api_key", "apikey", "code", "codes", "credentials", "otp", "pin", "private_key", "secret_key"}
)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_DEPTH = 4


def masked(text: str) -> str:
    """A text without credentials in addresses and headers, and without the values that a database's errors repeat."""
    for sign, pattern, instead in _PATTERNS:
        if sign in text:  # Most texts have none of it, and to see that is quick.
            text = pattern.sub(instead, text)
    return text


def without_values(statement: str) -> str:
    """The text of an SQL statement without what stands in quotes or comments. Ours have ``$1`` there."""
    return _SQL.sub(lambda found: found["name"] or ("" if found[0][:2] in {"--", "/*"} else "'?'"), statement)


def is_secret(name: str) -> bool:
    """Whether what has this name is not to be shown: ``new_password``, ``accessToken``, ``Set-Cookie``, ``code``."""
    words = [word.lower() for word in _WORD.findall(name)]
    return not _SECRET_WORDS.isdisjoint(words) or "_".join(words) in _SECRET_NAMES


def shown(value: object, *, name: str, depth: int = _DEPTH) -> object:
    """A value as JSON can hold it, without what is secret in it.

    Args:
        value: anything.
        name: what it is called; that may say that it is a secret.
        depth: how far to look into what holds others; below, they are one text.
    """
    if value is None:
        return None
    if is_secret(name):
        return MASK
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return value
    if isinstance(value, Mapping) and depth:
        return {str(key): shown(each, name=str(key), depth=depth - 1) for key, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset) and depth:
        return [shown(each, name=name, depth=depth - 1) for each in value]
    return masked(str(value))
