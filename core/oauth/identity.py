"""Who somebody is, according to a provider, and whether that can be believed."""

import logging
from dataclasses import dataclass
from typing import Any

from core import clock, users
from core.accounts.exchange import Tokens
from core.accounts.providers import Provider, keys
from core.accounts.requests import ask, unavailable
from core.errors import Unauthenticated
from core.text import shortened
from core.users import EmailInvalid

_log = logging.getLogger(__name__)

_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Only such as need a private key: with the others whoever knows the public one could sign."""
_LEEWAY = 60
"""Seconds that a provider's clock may be wrong."""
_NAME, _SUBJECT, _IMAGE = 200, 255, 2_048


class IdentityInvalid(Unauthenticated):
    """What the provider says about who this is can't be believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody at a provider. ``subject`` is the provider's name for them that never changes."""

    subject: str
    email: str | None
    email_verified: bool
    name: str | None
    image: str | None


async def identify(provider: Provider, tokens: Tokens, *, nonce: str | None) -> Person:
    """Say whose tokens these are. Without a nonce, it was the other side of a shared database that began.

    Raises:
        IdentityInvalid: the id token is missing, forged, expired, or meant for somebody or something else.
        ProviderUnavailable: the provider does not answer.
    """
    if provider.jwks_uri is None:
        return await _asked(provider, tokens)
    claims = await _verified(provider, tokens, nonce)
    if "email" not in claims and provider.userinfo_endpoint:
        told = await _get(provider, provider.userinfo_endpoint, tokens)
        if not isinstance(told, dict) or told.get("sub") != claims["sub"]:
            raise _refused(provider, "the userinfo is about somebody else")
        claims = {**told, **claims}
    return _person(
        provider,
        claims["sub"],
        email=claims.get("email"),
        # Some providers write a truth value as text.
        email_verified=claims.get("email_verified") in (True, "true"),
        name=claims.get("name") or claims.get("preferred_username"),
        image=claims.get("picture"),
    )


async def _asked(provider: Provider, tokens: Tokens) -> Person:
    """GitHub: who the access token is for, and which of their addresses is the first and confirmed."""
    endpoint = provider.userinfo_endpoint or ""
    profile = await _get(provider, endpoint, tokens)
    if not isinstance(profile, dict) or type(profile.get("id")) is not int:
        raise unavailable(provider.name, "its profile makes no sense")
    listed = await _get(provider, f"{endpoint}/emails", tokens)
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    primary = next((entry for entry in entries if entry.get("primary") is True), {})
    return _person(
        provider,
        str(profile["id"]),
        email=primary.get("email"),
        email_verified=primary.get("verified") is True,
        name=profile.get("name") or profile.get("login"),
        image=profile.get("avatar_url"),
    )


def _person(
    provider: Provider,
    subject: Any,  # noqa: ANN401  whatever a provider says
    *,
    email: Any,  # noqa: ANN401
    email_verified: bool,
    name: Any,  # noqa: ANN401
    image: Any,  # noqa: ANN401
) -> Person:
    known = isinstance(subject, str) and 0 < len(subject) <= _SUBJECT
    if not known or not subject.isascii() or not subject.isprintable() or subject != subject.strip():
        raise _refused(provider, "the subject is not one")
    try:
        address = users.normalized(email) if isinstance(email, str) else None
    except EmailInvalid:
        address = None
    return Person(
        subject=subject,
        email=address,
        email_verified=email_verified and address is not None,
        name=((shortened(name, longest=_NAME) or "").strip() or None) if isinstance(name, str) else None,
        image=image if isinstance(image, str) and len(image) <= _IMAGE else None,
    )


async def _get(provider: Provider, url: str, tokens: Tokens) -> Any:  # noqa: ANN401  whatever JSON is
    answer = await ask(provider.name, "GET", url, headers={"Authorization": f"Bearer {tokens.access_token}"})
    if answer.refused:
        raise unavailable(provider.name, f"HTTP {answer.status} for an access token of its own")
    return answer.document


async def _verified(provider: Provider, tokens: Tokens, nonce: str | None) -> dict[str, Any]:
    """The claims of the id token, signed by the provider for this product and this very sign-in."""
    from authlib.oidc.core import (  # type: ignore[import-untyped]  # noqa: PLC0415  brings in cryptography
        CodeIDToken,
    )
    from joserfc.errors import JoseError  # noqa: PLC0415  as above

    if tokens.id_token is None:
        raise _refused(provider, "there is no id token")
    try:
        signed = await _signed(provider, tokens.id_token)
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            {
                "iss": {"essential": True, "value": provider.issuer},
                "aud": {"essential": True, "value": provider.client_id},
                "sub": {"essential": True},
            },
            {"nonce": nonce, "client_id": provider.client_id, "access_token": tokens.access_token},
        )
        claims.validate(now=int(clock.now().timestamp()), leeway=_LEEWAY)
    except JoseError as error:
        raise _refused(provider, error.error, getattr(error, "claim", "")) from None
    except (ValueError, TypeError, AttributeError, RecursionError) as error:  # What no library expects of a token.
        raise _refused(provider, type(error).__name__) from None
    return dict(claims)


async def _signed(provider: Provider, id_token: str) -> Any:  # noqa: ANN401  joserfc's Token, which is not imported yet
    from joserfc import jwt  # noqa: PLC0415  as above
    from joserfc.errors import InvalidKeyIdError  # noqa: PLC0415  as above
    from joserfc.jws import JWSRegistry  # noqa: PLC0415  as above

    # Providers put more into a header than the standard's names; what is critical to them is refused all the same.
    registry = JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
    try:
        return jwt.decode(id_token, _key_set(await keys(provider)), registry=registry)
    except InvalidKeyIdError:  # A new key, perhaps.
        return jwt.decode(id_token, _key_set(await keys(provider, lacking=True)), registry=registry)


def _key_set(documents: list[dict[str, Any]]) -> Any:  # noqa: ANN401  joserfc's KeySet, which is not imported yet
    from joserfc.errors import JoseError  # noqa: PLC0415  as above
    from joserfc.jwk import JWKRegistry, KeySet  # noqa: PLC0415  as above

    usable = []
    for document in documents:
        if document.get("kty") not in ("RSA", "EC") or document.get("use", "sig") != "sig":
            continue
        try:
            key = JWKRegistry.import_key(document)
            key.ensure_kid()
        except (JoseError, ValueError, TypeError, AttributeError):  # One that is broken does not spoil the others.
            continue
        usable.append(key)
    return KeySet(usable)


def _refused(provider: Provider, why: str, what: str = "") -> IdentityInvalid:
    """Log why, in our words or joserfc's, and never what stood in the token."""
    _log.warning("an identity of the provider %s is refused: %s", provider.name, f"{why} {what}".strip())
    return IdentityInvalid()
