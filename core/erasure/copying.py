"""A copy of all that is known of a person."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from core import clock, users
from core.erasure.parts import PARTS

_PAGE = 500


async def stream(user_id: str) -> AsyncIterator[tuple[str, dict[str, Any]]]:
    """All that is known of a person, record by record, each with the name of its part; fit for JSON.

    Raises:
        UserNotFound: there is no such person.
    """
    user = await users.get(user_id)
    for part in PARTS:
        after = ""
        while True:
            rows = part.model.filter(part.whose(user), id__gt=after).order_by("id").limit(_PAGE)
            records = await rows.values("id", *part.shown)
            for record in records:
                yield part.name, {name: _plain(value) for name, value in record.items()}
            if len(records) < _PAGE:
                break
            after = records[-1]["id"]


async def export(user_id: str) -> dict[str, Any]:
    """All that is known of a person: ``profile``, and a list for each other part, also when it is empty.

    Raises:
        UserNotFound: there is no such person.
    """
    parts: dict[str, list[dict[str, Any]]] = {part.name: [] for part in PARTS}
    async for name, record in stream(user_id):
        parts[name].append(record)
    profile = parts.pop("profile")
    if not profile:  # Deleted since the first look.
        raise users.UserNotFound
    return {"exported_at": clock.now().isoformat(), "profile": profile[0], **parts}


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value
