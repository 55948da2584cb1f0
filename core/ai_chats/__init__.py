"""AI chats: what was said to a model and what it answered, by a person alone or within an organization.

Whose a chat is stands in every statement. It is a person's (``user_id``) or an organization's, where it is reached with
``actor``, a member as ``members.acting`` knows them; exactly one of the two is given.

A message is a row of its own, so adding one costs the same in any chat. Older messages stand in ``AiChat.messages``, as
other programs wrote them; they come first. ``messages`` gives both in one shape. See docs/decisions/0013.
"""

from core.ai_chats.chats import AiChatNotFound, create, delete, get, list_chats, rename
from core.ai_chats.content import LARGEST, ROLES, Message, MessageInvalid
from core.ai_chats.conversation import append, messages

__all__ = [
    "LARGEST",
    "ROLES",
    "AiChatNotFound",
    "Message",
    "MessageInvalid",
    "append",
    "create",
    "delete",
    "get",
    "list_chats",
    "messages",
    "rename",
]
