"""What was promised to somebody, read as the worker will read it."""

import json
import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from core.crypto import sealing
from models import Mail


async def mailed(to: str, template: str) -> dict[str, Any]:
    """What the last such mail to them says."""
    row = await Mail.filter(recipient=to, template=template).order_by("-created_at", "-id").first()
    assert row is not None, f"no {template} for {to}"
    said: dict[str, Any] = json.loads(sealing.unseal(row.payload, purpose=f"mail:{row.id}"))
    return said


async def token_for(to: str, template: str, *, link: str = "link") -> str:
    """The token of the link in it."""
    said = await mailed(to, template)
    return parse_qs(urlsplit(str(said[link])).query)["token"][0]


async def templates_for(to: str) -> list[str]:
    """Which mails there are for them, the first one first."""
    rows = (
        await Mail.filter(recipient=to, status="waiting")
        .order_by("created_at", "id")
        .values_list("template", flat=True)
    )
    return [str(template) for template in rows]


def statements(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the database was asked since the last time, without its arguments."""
    said = [record.getMessage() for record in caplog.records if record.name == "tortoise.db_client"]
    caplog.clear()
    return said


def listen(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "tortoise.db_client")
