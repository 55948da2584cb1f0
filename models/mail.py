"""What is to be sent."""

from tortoise.fields import CharField, DatetimeField, IntField, TextField

from models.base import Dated


class Mail(Dated):
    """A mail that was promised. ``payload`` is sealed while it waits, for it may hold a token, and empty afterwards.

    ``status``: waiting, sent or failed. A worker that sends it has it to itself until ``claimed_until``.
    """

    recipient = CharField(320)
    template = CharField(64)
    locale = CharField(35, null=True)
    payload = TextField()
    status = CharField(16)
    attempts = IntField(default=0)
    due_at = DatetimeField(db_index=True)
    claimed_until = DatetimeField(null=True)
    sent_at = DatetimeField(null=True)
    last_error = TextField(null=True)
    expires_at = DatetimeField(db_index=True)

    class Meta:
        table = "mail"
