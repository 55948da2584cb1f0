"""Providers: where their doors are, and which keys they sign with.

Google and every other OpenID Connect issuer publish both; the documents are kept in this process for an hour. GitHub
publishes neither and signs nothing, so its doors are written down here.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from core import clock
from core.accounts.password import CREDENTIAL
from core.accounts.requests import acceptable, ask, unavailable
from core.errors import NotFound
from core.settings import SettingsInvalid, settings

if TYPE_CHECKING:  # It is read at the first question, not at the import.
    from core.settings.environment import OAuthClient

_LIFETIME = timedelta(hours=1)
"""How long a published document is believed."""
_AGAIN = timedelta(minutes=1)
"""How often the keys are asked for because of one that is not among them, at the most."""

_GOOGLE = "https://accounts.google.com"
_GITHUB, _GITHUB_API = "https://github.com", "https://api.github.com"


class ProviderUnknown(NotFound):
    """There is no such provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider that people can sign in at, and what it knows this product by."""

    name: str
    client_id: str
    client_secret: SecretStr
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    client_authentication: str
    """How the token endpoint wants the secret: ``client_secret_basic`` or ``client_secret_post``."""
    scope: tuple[str, ...]
    userinfo_endpoint: str | None = None
    jwks_uri: str | None = None
    """Where its keys are; None when it signs no id tokens, and must be asked whose the access token is."""
    names_itself: bool = False
    """Whether it always says who it is when it sends somebody back (RFC 9207)."""


async def provider(name: str) -> Provider:
    """The provider of this name, as ``settings().oauth`` and its own document describe it.

    Raises:
        ProviderUnknown: none is configured under this name.
        ProviderUnavailable: its document is needed, and not to be had.
        SettingsInvalid: it has no issuer, or one that is not https.
    """
    client = settings().oauth.get(name)
    if client is None or name == CREDENTIAL:
        raise ProviderUnknown
    return _github(name, client) if name == "github" else await _discovered(name, client)


def _issuer(name: str, client: "OAuthClient", default: str | None) -> str:
    issuer = client.issuer or default or ""
    if not acceptable(issuer, issuer=issuer) or "?" in issuer:
        raise SettingsInvalid(
            f"STYLOBATE_OAUTH: the provider {name} needs an issuer, an https address",
            remedy=f'write it beside its client_id: {{"{name}": {{"issuer": "https://…", …}}}}',
        )
    return issuer


def _github(name: str, client: "OAuthClient") -> Provider:
    """GitHub, or the GitHub Enterprise Server whose address is given as the issuer."""
    site = _issuer(name, client, _GITHUB).rstrip("/")
    return Provider(
        name=name,
        client_id=client.client_id,
        client_secret=client.client_secret,
        issuer=f"{site}/login/oauth",
        authorization_endpoint=f"{site}/login/oauth/authorize",
        token_endpoint=f"{site}/login/oauth/access_token",
        client_authentication="client_secret_post",
        scope=("read:user", "user:email"),
        userinfo_endpoint=f"{_GITHUB_API if site == _GITHUB else f'{site}/api/v3'}/user",
    )


async def _discovered(name: str, client: "OAuthClient") -> Provider:
    issuer = _issuer(name, client, _GOOGLE if name == "google" else None)
    document = await _published(name, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if document.get("issuer") != issuer:
        raise unavailable(name, "its document is another issuer's")
    needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    given = [document.get("userinfo_endpoint")] if "userinfo_endpoint" in document else []
    if not all(acceptable(url, issuer=issuer) for url in [*map(document.get, needed), *given]):
        raise unavailable(name, "its document lacks an address, or has one that is not https")
    methods = document.get("token_endpoint_auth_methods_supported")
    basic = not isinstance(methods, list) or "client_secret_basic" in methods or "client_secret_post" not in methods
    return Provider(
        name=name,
        client_id=client.client_id,
        client_secret=client.client_secret,
        issuer=issuer,
        authorization_endpoint=document["authorization_endpoint"],
        token_endpoint=document["token_endpoint"],
        client_authentication="client_secret_basic" if basic else "client_secret_post",
        scope=("openid", "email", "profile"),
        userinfo_endpoint=document.get("userinfo_endpoint"),
        jwks_uri=document["jwks_uri"],
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )


async def keys(provider: Provider, *, lacking: bool = False) -> list[dict[str, Any]]:
    """The keys that an OpenID Connect provider signs with.

    Args:
        provider: whose.
        lacking: the one needed was not among them, so ask again; once a minute at the most.

    Raises:
        ProviderUnavailable: they are not to be had.
    """
    document = await _published(provider.name, provider.jwks_uri or "", again=lacking)
    found = document.get("keys")
    if not isinstance(found, list):
        raise unavailable(provider.name, "its keys make no sense")
    return [key for key in found if isinstance(key, dict)]


@dataclass(slots=True)
class _Kept:
    """A published document, and when it was asked for."""

    document: dict[str, Any]
    since: datetime
    insisted: datetime | None = None


_kept: dict[str, _Kept] = {}


async def _published(name: str, url: str, *, again: bool = False) -> dict[str, Any]:
    now = clock.now()
    kept = _kept.get(url)
    if kept and now - kept.since < _LIFETIME:
        if not again or (kept.insisted and now - kept.insisted < _AGAIN):
            return kept.document
        kept.insisted = now  # Before the request: of many at once, one makes it.
    answer = await ask(name, "GET", url)
    if answer.refused:
        raise unavailable(name, f"HTTP {answer.status}")
    if not isinstance(answer.document, dict):
        raise unavailable(name, "its document makes no sense")
    _kept[url] = _Kept(answer.document, now, now if again else None)
    return answer.document
