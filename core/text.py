"""Text that came from outside: what we take, and what we refuse before it reaches a database."""

import unicodedata

from core.errors import Invalid


class TextInvalid(Invalid):
    """The text is empty, too long, or holds characters that can't be stored."""


def cleaned(text: str, *, what: str, longest: int) -> str:
    """The text without white space around it, in normal form NFC.

    Args:
        text: what came in.
        what: how a person would call it, for the message.
        longest: how many characters it may have.

    Raises:
        TextInvalid: nothing is left, it is too long, or it has control characters or half a surrogate pair.
    """
    if not isinstance(text, str):
        raise TextInvalid(f"{what} must be text")
    stripped = text.strip()
    if not stripped:
        raise TextInvalid(f"{what} must not be empty")
    if len(stripped) > longest:
        raise TextInvalid(f"{what} must have at most {longest} characters")
    # Cc: NUL, which PostgreSQL refuses, and its kin. Cs: lone surrogates, which have no UTF-8.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in stripped):
        raise TextInvalid(f"{what} must not have control characters")
    return unicodedata.normalize("NFC", stripped)


def shortened(text: str | None, *, longest: int) -> str | None:
    """What a machine sent about itself (an address, a browser's name): storable, cut to length, never refused."""
    if text is None:
        return None
    return "".join(c for c in text[:longest] if unicodedata.category(c) not in {"Cc", "Cs"}) or None
