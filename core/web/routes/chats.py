"""Chats of one's own and of an organization: the same endpoints, below ``/me`` and below ``/organizations/…``.

What a person says comes in here. What a model answers, the app adds itself with ``ai_chats.append``: nobody else is to
put words into its mouth.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, TypedDict

from fastapi import APIRouter, Depends
from pydantic import Field

from core import ai_chats
from core.ai_chats import Message
from core.paging import Page
from core.web.identity import CurrentMember, CurrentSession
from core.web.routes.fields import After, Body, Id, Limit, Listed, Name, Shown
from models import AiChat, Member


class _Owner(TypedDict, total=False):
    user_id: str
    actor: Member


class Beginning(Body):
    """What to call a chat."""

    title: Name | None = None


class Renaming(Body):
    """What to call it from now on."""

    title: Name


class Saying(Body):
    """A message of a person: a text, or parts as the AI SDK knows them."""

    text: Annotated[str, Field(max_length=ai_chats.LARGEST)] | None = None
    parts: Annotated[list[dict[str, Any]], Field(max_length=1_000)] | None = None


class Chat(Shown):
    """A chat, without what was said in it."""

    id: str
    title: str | None
    created_at: datetime
    updated_at: datetime | None


class Said(Shown):
    """A message."""

    id: str
    role: str
    parts: list[dict[str, Any]]
    created_at: datetime | None


async def _person(here: CurrentSession) -> _Owner:
    return {"user_id": here.user_id}


async def _organization(actor: CurrentMember) -> _Owner:
    return {"actor": actor}


def _chats(prefix: str, whose: str, owner_of: Callable[..., Awaitable[_Owner]]) -> APIRouter:
    router = APIRouter(prefix=f"{prefix}/chats")

    @router.get("", response_model=Listed[Chat], name=f"list_{whose}_chats")
    async def list_chats(
        owner: Annotated[_Owner, Depends(owner_of)], after: After = None, limit: Limit = 50
    ) -> Page[AiChat]:
        """The chats, the newest first."""
        return await ai_chats.list_chats(**owner, after=after, limit=limit)

    @router.post("", status_code=201, response_model=Chat, name=f"create_{whose}_chat")
    async def create_chat(body: Beginning, owner: Annotated[_Owner, Depends(owner_of)]) -> AiChat:
        """Begin one."""
        return await ai_chats.create(**owner, title=body.title)

    @router.get("/{chat_id}", response_model=Chat, name=f"get_{whose}_chat")
    async def get_chat(chat_id: Id, owner: Annotated[_Owner, Depends(owner_of)]) -> AiChat:
        """One of them."""
        return await ai_chats.get(chat_id, **owner)

    @router.patch("/{chat_id}", response_model=Chat, name=f"rename_{whose}_chat")
    async def rename_chat(chat_id: Id, body: Renaming, owner: Annotated[_Owner, Depends(owner_of)]) -> AiChat:
        """Call it something else."""
        return await ai_chats.rename(chat_id, title=body.title, **owner)

    @router.delete("/{chat_id}", status_code=204, name=f"delete_{whose}_chat")
    async def delete_chat(chat_id: Id, owner: Annotated[_Owner, Depends(owner_of)]) -> None:
        """Delete it with all that was said in it."""
        await ai_chats.delete(chat_id, **owner)

    @router.get("/{chat_id}/messages", response_model=Listed[Said], name=f"list_{whose}_messages")
    async def list_messages(
        chat_id: Id, owner: Annotated[_Owner, Depends(owner_of)], after: After = None, limit: Limit = 50
    ) -> Page[Message]:
        """What was said in it, from the beginning."""
        return await ai_chats.messages(chat_id, **owner, after=after, limit=limit)

    @router.post("/{chat_id}/messages", status_code=201, response_model=Said, name=f"append_{whose}_message")
    async def append_message(chat_id: Id, body: Saying, owner: Annotated[_Owner, Depends(owner_of)]) -> Message:
        """Say something."""
        return await ai_chats.append(chat_id, role="user", text=body.text, parts=body.parts, **owner)

    return router


router = _chats("/me", "my", _person)
inside = _chats("/organizations/{organization_id}", "organization", _organization)
