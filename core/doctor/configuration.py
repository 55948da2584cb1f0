"""Settings that a program starts with and that are wrong all the same: weak secrets, addresses of a laptop."""

import zlib
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import SecretStr

from core.doctor.finding import Check, Finding, Kind
from core.migrate.resetting import is_local
from core.settings import PostgresUrl, settings
from core.settings.environment import Settings

SECRETS_MISSING = Kind(
    "secrets-missing",
    "error",
    "Nothing can be sealed: no mail, no second factor, no code, no provider's token, no backup.",
)
SECRETS_WEAK = Kind(
    "secrets-weak", "error", "Who guesses it opens what is sealed with it: second factors, providers' tokens, backups."
)
EXAMPLE_VALUES = Kind(
    "example-values", "error", "What it is for does not work, or is open to whoever reads our documents."
)
PASSWORD_WEAK = Kind(
    "database-password-weak", "warning", "Who reaches the server's port is soon in, and has everything."
)
BASE_URL_LOCAL = Kind(
    "base-url-local", "warning", "Links in mails lead nowhere, and sign-in at providers and passkeys do not work."
)
BASE_URL_INSECURE = Kind(
    "base-url-insecure", "error", "Tokens and passwords cross the network in plain, and browsers refuse passkeys."
)
MAIL_NOT_CONFIGURED = Kind(
    "mail-not-configured", "warning", "Mails are written to the folder var/mail, and nobody gets one."
)
MAIL_FROM_DEFAULT = Kind("mail-from-default", "warning", "Servers refuse mail of a sender that does not exist.")

_MAKE = 'put "2:" and the output of `openssl rand -hex 32` in front of it; the old key stays, for what it has sealed'
_PLACEHOLDERS = ("replace-me", "replace_me", "changeme", "change-me", "change_me")
_WORDS = (*_PLACEHOLDERS, "password", "secret", "example", "0123456789", "1234567890", "abcdefghij")
_PASSWORDS = ("postgres", "password", "secret", "admin", "test", "root", "the-owners-password", "the-apps-password")
_LEAST_CHARACTERS, _LEAST_PACKED, _LEAST_PASSWORD = 8, 32, 12
"""A random key of 32 characters has some 15 different ones, and takes 40 bytes when it is packed."""


async def _secrets() -> AsyncIterator[Finding]:
    there = settings()
    if not there.secrets:
        yield SECRETS_MISSING.found(
            "STYLOBATE_SECRETS is not set", mend='set it to "1:" and the output of `openssl rand -hex 32`'
        )
    ring = there.secrets
    for version, key in ring.items():
        if _is_weak(key):
            yield SECRETS_WEAK.found(f"key {version} of STYLOBATE_SECRETS can be guessed", mend=_MAKE)
    theirs = there.better_auth_secrets
    shared = {
        "BETTER_AUTH_SECRET": there.better_auth_secret,
        **{f"key {it} of BETTER_AUTH_SECRETS": theirs[it] for it in theirs},
    }
    for name, secret in shared.items():
        if secret is not None and _is_weak(secret):
            yield SECRETS_WEAK.found(
                f"{name} can be guessed", mend="make another one, here and there: openssl rand -hex 32"
            )


def _is_weak(secret: SecretStr) -> bool:
    """Whether it has a word in it, few different characters, or the same ones again and again."""
    text = secret.get_secret_value().lower()
    packed = len(zlib.compress(text.encode(), 9))
    return len(set(text)) < _LEAST_CHARACTERS or packed < _LEAST_PACKED or any(word in text for word in _WORDS)


async def _examples() -> AsyncIterator[Finding]:
    for name, text in _told(settings()):
        if any(placeholder in text.lower() for placeholder in _PLACEHOLDERS):
            yield EXAMPLE_VALUES.found(
                f"{name} still has the value of an example", mend=f"set {name} to its real value, or take it away"
            )


def _told(there: Settings) -> Iterator[tuple[str, str]]:
    """What may have been copied from an example, by the variable's name. Keys of the ring are looked at as secrets."""
    for name, field in type(there).model_fields.items():
        value = getattr(there, name)
        variable = str(field.validation_alias or f"STYLOBATE_{name.upper()}")
        if isinstance(value, SecretStr) and name != "better_auth_secret":
            yield variable, value.get_secret_value()
        elif isinstance(value, str):
            yield variable, value
        elif isinstance(value, PostgresUrl):
            yield variable, f"{value.host} {value.password}"
    for provider, client in there.oauth.items():
        yield f"STYLOBATE_OAUTH ({provider})", f"{client.client_id} {client.client_secret.get_secret_value()}"


async def _passwords() -> AsyncIterator[Finding]:
    there = settings()
    for name, url in (("DATABASE_URL", there.database), ("DIRECT_DATABASE_URL", there.direct_database_url)):
        if not isinstance(url, PostgresUrl) or url.password is None:
            continue
        usual = {*_PASSWORDS, url.user.lower(), url.database.lower()}
        if url.password.lower() in usual or len(url.password) < _LEAST_PASSWORD:
            yield PASSWORD_WEAK.found(
                f"the password of the role {url.user!r} in {name} is short, or one that everybody tries first",
                mend=f'ALTER ROLE "{url.user}" PASSWORD with the output of `openssl rand -hex 24`, and {name} with it',
            )


async def _addresses() -> AsyncIterator[Finding]:
    there = settings()
    address = urlsplit(there.base_url)
    ours = _is_here(address.hostname or "")
    # No setting says that this is production: a database elsewhere does, or an address for people.
    laptop = ours and is_local(there.database)
    if ours and not laptop:
        yield BASE_URL_LOCAL.found(
            f"STYLOBATE_BASE_URL is {there.base_url}, and the database is on another machine",
            mend="set STYLOBATE_BASE_URL to where people reach the product",
        )
    if not ours and address.scheme != "https":
        yield BASE_URL_INSECURE.found(
            f"STYLOBATE_BASE_URL is {there.base_url}", mend="serve it by https://, and say so in STYLOBATE_BASE_URL"
        )
    if there.smtp_url is None and not laptop:
        yield MAIL_NOT_CONFIGURED.found(
            "SMTP_URL is not set", mend="set it: smtp://user:password@host:587, or smtps:// for TLS from the start"
        )
    if there.smtp_url is not None and there.mail_from == Settings.model_fields["mail_from"].default:
        yield MAIL_FROM_DEFAULT.found(
            f"STYLOBATE_MAIL_FROM is {there.mail_from}",
            mend="set STYLOBATE_MAIL_FROM to an address of yours: Name <no-reply@your.domain>",
        )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


CHECKS = (
    Check("secrets", _secrets, (SECRETS_MISSING, SECRETS_WEAK)),
    Check("examples", _examples, (EXAMPLE_VALUES,)),
    Check("database password", _passwords, (PASSWORD_WEAK,)),
    Check("addresses", _addresses, (BASE_URL_LOCAL, BASE_URL_INSECURE, MAIL_NOT_CONFIGURED, MAIL_FROM_DEFAULT)),
)
