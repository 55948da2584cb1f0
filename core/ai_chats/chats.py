"""Chats, without what is said in them."""

from tortoise.exceptions import IntegrityError
from tortoise.queryset import QuerySet

from core import clock, paging
from core.ai_chats.owner import Owner, reading, writing
from core.database.statements import fetch
from core.errors import NotFound
from core.paging import Page
from core.text import cleaned
from core.users import UserNotFound
from models import AiChat, Member

_TITLE = 200


class AiChatNotFound(NotFound):
    """There is no such chat."""


async def create(*, user_id: str | None = None, actor: Member | None = None, title: str | None = None) -> AiChat:
    """Begin a chat.

    Raises:
        TextInvalid: the title can't be stored.
        UserNotFound: there is no such person.
        OrganizationNotFound, NotPermitted: the actor is no member any more, or may not.
    """
    title = None if title is None else cleaned(title, what="a title", longest=_TITLE)
    now = clock.now()
    try:
        async with writing(user_id, actor, "ai_chat.create") as owner:
            return await AiChat.create(title=title, created_at=now, updated_at=now, **owner.filter)
    except IntegrityError:
        raise UserNotFound from None


async def get(chat_id: str, *, user_id: str | None = None, actor: Member | None = None) -> AiChat:
    """A chat, without what was said in it.

    Raises:
        AiChatNotFound: the owner has no such chat.
        OrganizationNotFound, NotPermitted: the actor is no member any more, or may not.
    """
    return await find_or_raise(chat_id, await reading(user_id, actor))


async def list_chats(
    *, user_id: str | None = None, actor: Member | None = None, after: str | None = None, limit: int = 50
) -> Page[AiChat]:
    """The chats of a person or an organization without what was said in them, the newest first.

    Raises:
        OrganizationNotFound, NotPermitted: the actor is no member any more, or may not.
    """
    return await paging.page(_chats(await reading(user_id, actor)), after=after, limit=limit)


# The time never goes back, also when another machine's clock is ahead: the order of the messages hangs on it.
_RENAME = """
    UPDATE "aiChat" SET "title" = $1, "updatedAt" = CASE WHEN "updatedAt" > $2 THEN "updatedAt" ELSE $2 END
    WHERE "id" = $3 AND "{owner}" = $4
"""


async def rename(chat_id: str, *, title: str, user_id: str | None = None, actor: Member | None = None) -> AiChat:
    """Give a chat another title.

    Raises:
        TextInvalid: the title can't be stored.
        AiChatNotFound: the owner has no such chat.
        OrganizationNotFound, NotPermitted: the actor is no member any more, or may not.
    """
    title = cleaned(title, what="a title", longest=_TITLE)
    async with writing(user_id, actor, "ai_chat.update") as owner:
        await fetch(_RENAME.format(owner=owner.column), title, clock.now(), chat_id, owner.id)
        return await find_or_raise(chat_id, owner)


async def delete(chat_id: str, *, user_id: str | None = None, actor: Member | None = None) -> None:
    """Delete a chat with all that was said in it.

    Raises:
        AiChatNotFound: the owner has no such chat.
        OrganizationNotFound, NotPermitted: the actor is no member any more, or may not.
    """
    async with writing(user_id, actor, "ai_chat.delete") as owner:
        if not await AiChat.filter(id=chat_id, **owner.filter).delete():
            raise AiChatNotFound


def _chats(owner: Owner) -> QuerySet[AiChat]:
    return AiChat.filter(**owner.filter).only("id", "user_id", "organization_id", "title", "created_at", "updated_at")


async def find_or_raise(chat_id: str, owner: Owner) -> AiChat:
    """The owner's chat, or AiChatNotFound."""
    chat = await _chats(owner).get_or_none(id=chat_id)
    if chat is None:
        raise AiChatNotFound
    return chat
