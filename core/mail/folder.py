"""Where letters go when there is no mail server: files, for whoever writes the product."""

import asyncio
import ipaddress
import logging
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from core.mail.compose import Letter
from core.settings import settings

_log = logging.getLogger(__name__)

FOLDER = Path("var/mail")


class Folder:
    """Takes letters like a connection to a mail server does."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    async def send(self, letter: Letter) -> None:
        """Write the letter to a file and say so. Links are shown while the product is on this machine alone."""
        file = FOLDER / f"{letter.mail_id}.eml"
        await asyncio.to_thread(_write, file, letter.message.as_bytes())
        links = " ".join(letter.links) if _developing() else ""
        _log.info("mail for %s: %s (%s) %s", letter.recipient, letter.subject, file, links)


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_bytes(content)


def _developing() -> bool:
    host = urlsplit(settings().base_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
