"""At a provider's token endpoint: a code, or a refresh token, for new tokens."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from core import clock
from core.accounts.providers import Provider
from core.accounts.requests import ask, unavailable
from core.errors import Invalid

_log = logging.getLogger(__name__)

_TOKEN, _SCOPE, _CODE = 65_536, 4_096, 4_096
"""Characters that a token, a scope and a code may have."""
_YEARS = int(timedelta(days=3_650).total_seconds())

_NOT_THIS_ONE = {"invalid_grant", "bad_verification_code", "bad_refresh_token"}
"""What is said of a code or refresh token that is worth nothing: the standard's word, and GitHub's."""


class GrantRefused(Invalid):
    """The provider does not accept this any more; begin again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a provider issued for a person. None of it is ever shown."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    id_token: str | None = field(default=None, repr=False)
    access_token_expires_at: datetime | None = None
    refresh_token_expires_at: datetime | None = None
    scope: tuple[str, ...] = ()


async def exchange(provider: Provider, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """Exchange the code that a browser brought back.

    Raises:
        GrantRefused: it was used already, has expired, was never one, or was issued for somebody else.
        ProviderUnavailable: the provider can't be asked, or does not know this product.
    """
    if not _printable(code, longest=_CODE):
        raise GrantRefused
    return await _issued(provider, "authorization_code", code=code, code_verifier=verifier, redirect_uri=redirect_uri)


async def refresh(provider: Provider, *, refresh_token: str) -> Tokens:
    """Exchange a refresh token. The old one may be worth nothing from then on.

    Raises:
        GrantRefused: it has expired, or the person took the permission back.
        ProviderUnavailable: the provider can't be asked, or does not know this product.
    """
    return await _issued(provider, "refresh_token", refresh_token=refresh_token)


async def _issued(provider: Provider, grant: str, **parameters: str) -> Tokens:
    from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]  # noqa: PLC0415  as httpx
    from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]  # noqa: PLC0415  as httpx
        prepare_token_request,
    )

    client = ClientAuth(provider.client_id, provider.client_secret.get_secret_value(), provider.client_authentication)
    url, headers, body = client.prepare(
        "POST",
        provider.token_endpoint,
        {"Content-Type": "application/x-www-form-urlencoded"},
        prepare_token_request(grant, **parameters),
    )
    now = clock.now()
    answer = await ask(provider.name, "POST", url, headers=headers, body=body)
    document = answer.document if isinstance(answer.document, dict) else {}
    error = document.get("error")
    if isinstance(error, str) and error in _NOT_THIS_ONE:
        raise GrantRefused
    if error is not None or answer.refused:
        if _printable(error, longest=40):
            _log.warning("the provider %s refuses a request: %s", provider.name, error)
        raise unavailable(provider.name, "it refuses this product's request")
    return _read(provider, document, now)


def _read(provider: Provider, document: dict[str, Any], now: datetime) -> Tokens:
    access, refresh, identity = (document.get(f"{kind}_token") for kind in ("access", "refresh", "id"))
    bearer = str(document.get("token_type", "bearer")).lower() == "bearer"
    if not bearer or not _printable(access) or not all(it is None or _printable(it) for it in (refresh, identity)):
        raise unavailable(provider.name, "the tokens it issues make no sense")
    scope = document.get("scope")
    # Keycloak's word, and GitHub's.
    refresh_lifetime = document.get("refresh_expires_in", document.get("refresh_token_expires_in"))
    return Tokens(
        access_token=str(access),
        refresh_token=refresh,
        id_token=identity,
        access_token_expires_at=_end(document.get("expires_in"), now),
        refresh_token_expires_at=_end(refresh_lifetime, now),
        # GitHub separates by commas, the others by spaces.
        scope=tuple(str(scope).replace(",", " ").split()) if _printable(scope, longest=_SCOPE) else (),
    )


def _printable(text: Any, *, longest: int = _TOKEN) -> bool:  # noqa: ANN401  whatever a provider sent
    return isinstance(text, str) and 0 < len(text) <= longest and text.isascii() and text.isprintable()


def _end(seconds: Any, now: datetime) -> datetime | None:  # noqa: ANN401  as above
    """The time in so many seconds; some providers write a number as text, and 0 for never."""
    try:
        lifetime = int(seconds)
    except (TypeError, ValueError, OverflowError):
        return None
    return now + timedelta(seconds=min(lifetime, _YEARS)) if lifetime > 0 else None
