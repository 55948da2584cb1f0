"""A mail server in the test's own process, which can be as disagreeable as real ones."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

USERNAME, PASSWORD = "käthe@example.com", "p:ss/w@rd%"
"""Of a server that wants to know who it is."""


class SmtpServer:
    """What it was given, and how it behaves: a recipient in ``replies`` gets that, one in ``once`` gets it once."""

    def __init__(self) -> None:
        self.port = 0
        self.received: list[tuple[str, EmailMessage]] = []
        self.replies: dict[str, str] = {}
        self.once: dict[str, str] = {}
        self.reply_to_data: str | None = None
        self.drop: set[str] = set()
        self.drop_after_data: set[str] = set()
        self.delay = 0.0
        self.delay_after = 0.0
        self.began = asyncio.Event()
        self.sessions: list[Session] = []

    def mail_for(self, recipient: str) -> EmailMessage:
        (message,) = self.mails_for(recipient)
        return message

    def mails_for(self, recipient: str) -> list[EmailMessage]:
        return [message for to, message in self.received if to == recipient]

    async def handle_RCPT(  # noqa: N802  aiosmtpd's names
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.replies or address in self.once:
            return self.once.pop(address, "") or self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.began.set()
        await asyncio.sleep(self.delay)
        (recipient,) = envelope.rcpt_tos
        if recipient in self.drop:
            self.drop.remove(recipient)
            abort(server)
            return "451 gone"
        if self.reply_to_data:
            return self.reply_to_data
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.received.append((recipient, message))
        self.sessions.append(session)
        await asyncio.sleep(self.delay_after)
        if recipient in self.drop_after_data:
            self.drop_after_data.remove(recipient)
            abort(server)
        return "250 OK"


def abort(server: SMTP) -> None:
    """Hang up, without a word."""
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


@asynccontextmanager
async def smtp_server(
    *, certificate: Path | None = None, tls: bool = False, **options: Any
) -> AsyncIterator[SmtpServer]:
    """Run one, on all addresses of this machine.

    Args:
        certificate: of ``make_certificate``, to offer STARTTLS.
        tls: whether it speaks TLS from the start instead.
        options: aiosmtpd's.
    """
    state = SmtpServer()
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)

    def protocol() -> SMTP:
        return SMTP(state, hostname="mail.example.com", tls_context=None if tls else context, **options)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(protocol, "0.0.0.0", 0, ssl=context if tls else None)  # noqa: S104  see above
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        server.close()


def authenticator(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
    """Let one user in."""
    right = isinstance(data, LoginPassword) and data == LoginPassword(USERNAME.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


def make_certificate(file: Path) -> Path:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example.com")])
    now = datetime.now(UTC)
    addresses = (x509.IPAddress(ipaddress.ip_address(address)) for address in ("0.0.0.0", "127.0.0.1"))  # noqa: S104
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost"), *addresses]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    return file
