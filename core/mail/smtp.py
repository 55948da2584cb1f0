"""Handing letters to a mail server, encrypted, unless it is on this very machine."""

import asyncio
import ipaddress
import re
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self
from urllib.parse import unquote, urlsplit

from core.mail.compose import Letter
from core.settings import SettingsInvalid
from core.text import shortened

if TYPE_CHECKING:
    from aiosmtplib import SMTP

LONGEST = 30.0
"""Seconds that one letter may take, with connecting."""

_PORTS = {"smtp": 587, "smtps": 465}
_ANSWER = 10.0
"""Seconds that the server may take for one answer."""
_PERMANENT = 500
_QUOTED = 200
"""Characters of a server's answer that are kept."""
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


class Refused(Exception):  # noqa: N818  an answer
    """The server will never take this letter. The text says why, and holds nothing of what is in it."""


class NotNow(Exception):  # noqa: N818  the same
    """This letter did not go out, and may another time."""


class Away(NotNow):
    """No letter goes out: the server is not there, or does not let us in."""


class Relay(NamedTuple):
    """The mail server that takes our letters."""

    host: str
    port: int
    tls: bool
    username: str | None
    password: str | None

    @property
    def loopback(self) -> bool:
        """Whether it is this very machine, so that nobody listens on the way."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def parsed(url: str) -> Relay:
    """Read an SMTP_URL: ``smtp://user:password@host:587``, both percent-encoded, or ``smtps://``.

    Raises:
        SettingsInvalid: it can't be read. The text holds nothing of it.
    """
    try:
        relay = _relay(url)
    except ValueError:
        relay = None
    if relay is None:
        raise SettingsInvalid(
            "SMTP_URL can't be read", remedy="write it as smtp://user:password@host:587, both percent-encoded"
        )
    return relay


def _relay(url: str) -> Relay | None:
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        return None
    if bool(parts.username) != bool(parts.password):
        return None
    username, password = (text and unquote(text, errors="strict") for text in (parts.username, parts.password))
    port = parts.port or _PORTS[parts.scheme]
    return Relay(parts.hostname, port, parts.scheme == "smtps", username or None, password or None)


class Connection:
    """A connection to the relay, made when it is needed, and again when it broke."""

    def __init__(self, relay: Relay, *, name: str) -> None:
        """With the name that we say is ours."""
        self._relay = relay
        self._name = name
        self._client: SMTP | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._client is not None:
            await self._client.__aexit__(kind, error, trace)

    async def send(self, letter: Letter) -> None:
        """Hand a letter over.

        Raises:
            Refused: for good.
            NotNow: for this time.
            Away: the same, and for the next letter it would be no better.
        """
        try:
            async with asyncio.timeout(LONGEST):
                await self._hand_over(await self._connected(), letter)
        except TimeoutError:
            self._drop()
            raise NotNow("the mail server took too long") from None
        except (Refused, NotNow):
            raise
        except BaseException:  # What was said so far is not known, so nothing more can be.
            self._drop()
            raise

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _connected(self) -> "SMTP":
        from aiosmtplib import SMTP, SMTPException, SMTPResponseException  # noqa: PLC0415  it takes 80 ms to import

        if self._client is not None and self._client.is_connected:
            return self._client
        self._drop()
        relay = self._relay
        client = SMTP(
            hostname=relay.host,
            port=relay.port,
            use_tls=relay.tls,
            # On this machine it is used where it is offered, and a certificate for "localhost" says nothing.
            start_tls=False if relay.tls else None if relay.loopback else True,
            validate_certs=not relay.loopback,
            username=relay.username,
            password=relay.password,
            local_hostname=self._name,
            timeout=_ANSWER,
        )
        try:
            await client.connect()
        except SMTPResponseException as error:
            raise Away(f"the mail server does not let us in ({error.code}, {type(error).__name__})") from None
        except (SMTPException, OSError) as error:
            raise Away(f"the mail server can't be reached, or not safely ({type(error).__name__})") from None
        self._client = client
        return client

    async def _hand_over(self, client: "SMTP", letter: Letter) -> None:
        import aiosmtplib  # noqa: PLC0415  the same

        try:
            await client.send_message(letter.message, sender=letter.sender, recipients=[letter.recipient])
        except aiosmtplib.SMTPRecipientsRefused as error:
            # The server has seen the address, and not yet the letter: what it says can't be out of it.
            answer = error.recipients[0]
            said = shortened(str(answer.message), longest=_QUOTED)
            _raise(answer.code, f"the mail server refuses the recipient: {answer.code} {said}")
        except aiosmtplib.SMTPDataError as error:
            # Filters quote the links that they dislike.
            status = _STATUS.match(str(error.message))
            _raise(
                error.code, f"the mail server refuses the letter: {error.code} {status[0] if status else ''}".strip()
            )
        except aiosmtplib.SMTPResponseException as error:
            # It is about us, so mending our settings helps.
            raise NotNow(f"the mail server refuses the sender ({error.code}, {type(error).__name__})") from None
        except aiosmtplib.SMTPNotSupported:
            raise Refused("the mail server takes no addresses with other letters than ASCII's") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            raise NotNow(f"the mail server went away ({type(error).__name__})") from None


def _raise(code: int, text: str) -> None:
    raise (Refused if code >= _PERMANENT else NotNow)(text) from None
