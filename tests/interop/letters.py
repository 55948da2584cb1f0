"""What stands in the mails that we send."""

import json
from typing import Any

from core.crypto import sealing
from core.mail import outbox
from models import Mail


async def token_of_last_mail(to: str) -> str:
    """What the link in it holds."""
    return str((await _last_letter(to))["link"]).partition("token=")[2]


async def code_of_last_mail(to: str) -> str:
    """The code in it."""
    return str((await _last_letter(to))["code"])


async def _last_letter(to: str) -> dict[str, Any]:
    mail = await Mail.filter(recipient=to).order_by("-id").first()
    assert mail is not None
    letter: dict[str, Any] = json.loads(sealing.unseal(mail.payload, purpose=outbox.purpose(mail.id)))
    return letter
