"""What was said since."""

from typing import Any

from tortoise.fields import DatetimeField, ForeignKeyField, ForeignKeyRelation, JSONField

from models.ai_chat import AiChat
from models.base import Row


class AiChatMessage(Row):
    """A message after those in ``AiChat.messages``, in a row of its own, so that adding one costs the same in any chat.

    Their ids are in the order in which they were said.
    """

    chat: ForeignKeyRelation[AiChat] = ForeignKeyField(AiChat, related_name="later_messages")
    message: JSONField[dict[str, Any]] = JSONField()
    created_at = DatetimeField(auto_now_add=True)

    chat_id: str

    class Meta:
        table = "aiChatMessage"
        indexes = (("chat_id", "id"),)
