"""What a message is: as it is taken, as it is stored, and as other programs wrote it."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.errors import Invalid

LARGEST = 256 * 1024
"""Bytes of a message at the most, as JSON."""
ROLES = ("user", "assistant", "system", "tool")

_DEEPEST = 32
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class MessageInvalid(Invalid):
    """A message has a role, and text or parts that can be stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What somebody said. ``parts`` are as the AI SDK knows them: ``{"type": "text", "text": …}`` and others.

    The id is for paging. An older message is called by its place in the list, and when it was said is not known.
    """

    id: str
    role: str
    parts: list[dict[str, Any]]
    created_at: datetime | None


def older(written: object, *, after: int) -> list[Message]:
    """The messages in ``AiChat.messages`` beyond a place. What is none, whoever wrote it, is passed over."""
    listed = list(enumerate(written if isinstance(written, list) else []))[after + 1 :]
    return [
        read(str(place), value, None)
        for place, value in listed
        if isinstance(value, dict) and isinstance(value.get("role"), str)
    ]


def read(message_id: str, written: dict[str, Any], created_at: datetime | None) -> Message:
    """A message in the one shape, out of ``{role, parts}`` or the older ``{role, content}``."""
    parts = written.get("parts") or written.get("content") or []
    return Message(
        id=message_id,
        role=written["role"],
        parts=[
            {"type": "text", "text": part} if isinstance(part, str) else part
            for part in (parts if isinstance(parts, list) else [parts])
            if isinstance(part, str | dict)
        ],
        created_at=created_at,
    )


def encoded(role: str, parts: list[dict[str, Any]]) -> str:
    """A message as JSON.

    Raises:
        MessageInvalid: it can't be stored.
    """
    if role not in ROLES:
        raise MessageInvalid(f"a role is one of {', '.join(ROLES)}")
    if not isinstance(parts, list) or not parts or not all(_is_part(part) for part in parts):
        raise MessageInvalid("a message has parts, each with a type, and a text with what it says")
    if _depth(parts) > _DEEPEST:
        raise MessageInvalid(f"a message is at most {_DEEPEST} levels deep")
    try:
        stored = json.dumps({"role": role, "parts": parts}, ensure_ascii=False, allow_nan=False)
        size = len(stored.encode())
    except (TypeError, ValueError):  # Nothing that JSON has, or half a surrogate pair.
        raise MessageInvalid("a message is JSON, without half surrogate pairs") from None
    if size > LARGEST:
        raise MessageInvalid(f"a message has at most {LARGEST} bytes")
    if _NUL.search(stored):
        raise MessageInvalid("a message must not have NUL characters")
    return stored


def _is_part(part: object) -> bool:
    if not isinstance(part, dict) or not isinstance(part.get("type"), str):
        return False
    return part["type"] != "text" or (isinstance(part.get("text"), str) and bool(part["text"]))


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level and depth <= _DEEPEST:
        depth += 1
        level = [
            child
            for each in level
            if isinstance(each, dict | list | tuple)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
    return depth
