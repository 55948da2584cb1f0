"""Tokens and ids: letters and digits, stored as they are."""

import re
from string import ascii_letters, ascii_lowercase, digits

LETTERS = ascii_letters
SMALL = ascii_lowercase + digits
ALPHABET = ascii_letters + digits
LENGTH = 32
"""Characters of a session's token and of an id: 190 bits."""

_TOKEN = re.compile(rf"[A-Za-z0-9]{{{LENGTH}}}", re.ASCII)


def is_token(text: str) -> bool:
    """Whether a session's token looks like this. A digest, which is longer, never does."""
    return _TOKEN.fullmatch(text) is not None
