"""What is said in a chat, one after the other."""

import re
from datetime import datetime, timedelta
from typing import Any

from core import clock, database, paging
from core.ai_chats.chats import AiChatNotFound, find_or_raise
from core.ai_chats.content import Message, MessageInvalid, encoded, older, read
from core.ai_chats.owner import Owner, reading, writing
from core.crypto import tokens
from core.database.statements import fetch, moment
from core.paging import Page
from models import AiChat, AiChatMessage, Member

_TICK = timedelta(microseconds=1)
_PLACE = re.compile(r"[0-9]{1,9}")

_TAKE_TURN = """
    UPDATE "aiChat" SET "updatedAt" = $1
    WHERE "id" = $2 AND "{owner}" = $3 AND ("updatedAt" IS NULL OR "updatedAt" < $1) RETURNING "id"
"""
_HOLD = """
    UPDATE "aiChat" SET "updatedAt" = "updatedAt" WHERE "id" = $1 AND "{owner}" = $2 RETURNING "updatedAt"
"""
_APPEND = 'INSERT INTO "aiChatMessage" ("id", "chatId", "message", "createdAt") VALUES ($1, $2, $3, $4)'


async def append(
    chat_id: str,
    *,
    role: str,
    text: str | None = None,
    parts: list[dict[str, Any]] | None = None,
    user_id: str | None = None,
    actor: Member | None = None,
) -> Message:
    """Add a message to the end of a chat, as a text or in parts. Of many at once each is added, one after the other.

    Raises:
        MessageInvalid: the role is none of ``ROLES``, or there is nothing in it that can be stored, or too much.
        AiChatNotFound: the owner has no such chat.
        OrganizationNotFound, NotPermitted: the actor is no member any more, or may not.
    """
    if (text is None) == (parts is None):
        raise MessageInvalid("a message is a text or parts")
    parts = [{"type": "text", "text": text}] if parts is None else parts
    stored = encoded(role, parts)
    async with writing(user_id, actor, "ai_chat.update") as owner:
        said_at = await _take_turn(chat_id, owner)
        message_id = tokens.id_at(said_at)
        await fetch(_APPEND, message_id, chat_id, stored, said_at)
    return Message(id=message_id, role=role, parts=parts, created_at=said_at)


async def _take_turn(chat_id: str, owner: Owner) -> datetime:
    """Hold the chat until the end of the transaction. The time is later than that of whoever held it before."""
    now = clock.now()
    if await fetch(_TAKE_TURN.format(owner=owner.column), now, chat_id, owner.id):
        return now
    # Somebody was faster, or their clock is ahead of ours.
    rows = await fetch(_HOLD.format(owner=owner.column), chat_id, owner.id)
    if not rows:
        raise AiChatNotFound
    said_at = max(clock.now(), moment(rows[0]["updatedAt"]) + _TICK)
    await fetch(_TAKE_TURN.format(owner=owner.column), said_at, chat_id, owner.id)
    return said_at


async def messages(
    chat_id: str,
    *,
    user_id: str | None = None,
    actor: Member | None = None,
    after: str | None = None,
    limit: int = 50,
) -> Page[Message]:
    """What was said in a chat, from its beginning or after a page that was had.

    Raises:
        AiChatNotFound: the owner has no such chat.
        OrganizationNotFound, NotPermitted: the actor is no member any more, or may not.
    """
    owner = await reading(user_id, actor)
    limit = max(1, min(limit, paging.LONGEST))
    found: list[Message] = []
    if after is None or _PLACE.fullmatch(after):
        chats = await AiChat.filter(id=chat_id, **owner.filter).values_list("messages", flat=True)
        if not chats:
            raise AiChatNotFound
        found = older(chats[0], after=-1 if after is None else int(after))
        after = ""
    else:
        await find_or_raise(chat_id, owner)
    if len(found) <= limit:
        later = AiChatMessage.filter(
            chat_id=chat_id, id__gt=after, **{f"chat__{field}": value for field, value in owner.filter.items()}
        )
        async with database.reading():
            rows = await later.order_by("id").limit(limit + 1 - len(found))
        found += [read(row.id, row.message, row.created_at) for row in rows]
    items = found[:limit]
    return Page(items, items[-1].id if len(found) > limit else None)
