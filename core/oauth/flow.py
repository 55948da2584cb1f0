"""There and back again: the two halves of a sign-in at a provider."""

import hmac
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from core import accounts, authentication, database, events, users
from core.accounts import AccountTaken, GrantRefused, Linked, Tokens, exchange
from core.accounts.providers import Provider
from core.accounts.requests import unavailable
from core.authentication import SignedIn, UserSignedUp
from core.crypto import tokens
from core.database.statements import fetch
from core.errors import Forbidden, Invalid
from core.oauth import state as states
from core.oauth.identity import IdentityInvalid, Person, identify
from core.settings import settings
from core.text import TextInvalid, cleaned
from core.users import EmailTaken, ImageInvalid
from core.verifications import VerificationInvalid
from models import User

_PATH = 2_048
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,200}")
"""RFC 6749, appendix A.4."""
_OFFLINE = "offline_access"


class RedirectInvalid(Invalid):
    """Where to go after signing in must be a path on this site, such as "/settings"."""


class StateInvalid(Invalid):
    """This sign-in has expired, was finished already, or was begun in another browser; begin again."""


class Declined(Forbidden):
    """The sign-in was declined at the provider."""


class LinkingRefused(Forbidden):
    """Somebody has this email address here, and it is not proved on both sides that it is the same person.

    Sign in the way you did before, and link the provider then.
    """


class EmailMissing(Forbidden):
    """The provider gives no email address; allow it there, or sign up without the provider."""


class Redirect(NamedTuple):
    """Where to send a browser, and what it must bring back in a cookie, besides what is in the address."""

    url: str
    state_token: str


class Finished(NamedTuple):
    """One of the two, a person who is signed in or an account that was linked; and where the browser goes next."""

    signed_in: SignedIn | None
    linked: Linked | None
    redirect_to: str


def callback_url(provider: str) -> str:
    """Where a provider sends people back to: what is to be registered there."""
    return settings().base_url.rstrip("/") + settings().oauth_callback.replace("{provider}", provider)


async def begin(
    *, provider: str, redirect_to: str = "/", user_id: str | None = None, scopes: Sequence[str] = ()
) -> Redirect:
    """Begin a sign-in, or the linking of an identity to somebody who is signed in.

    Args:
        provider: its name in the settings.
        redirect_to: a path of this site, for afterwards.
        user_id: whom to link the identity to, out of a valid session; None to sign in.
        scopes: what to ask for beyond name and address, for ``accounts.access_token``. ``offline_access`` is for a
            refresh token, at Google as well.

    Raises:
        RedirectInvalid: it leads elsewhere.
        ProviderUnknown: there is no such provider.
        ProviderUnavailable: its document is needed, and not to be had.
        UserNotFound: there is no such person to link to.
        SettingsInvalid: the provider's settings are not complete, or there is no key to seal with.
    """
    from authlib.oauth2.client import OAuth2Client  # type: ignore[import-untyped]  # noqa: PLC0415  takes long to import

    redirect_to = _same_site(redirect_to)
    at = await accounts.provider(provider)
    begun = states.Begun(
        provider=provider,
        issuer=at.issuer,
        verifier=tokens.new(),
        nonce=tokens.new() if at.jwks_uri else None,
        redirect_uri=callback_url(provider),
        redirect_to=redirect_to,
        user_id=user_id,
    )
    state = await states.keep(begun)
    scope, extra = _asked_for(at, scopes)
    client = OAuth2Client(
        None, client_id=at.client_id, redirect_uri=begun.redirect_uri, scope=scope, code_challenge_method="S256"
    )
    url, _ = client.create_authorization_url(
        at.authorization_endpoint,
        state=state,
        code_verifier=begun.verifier,
        nonce=begun.nonce,
        **extra,
    )
    return Redirect(url, state)


def _asked_for(at: Provider, scopes: Sequence[str]) -> tuple[str, dict[str, str]]:
    wanted = list(dict.fromkeys([*at.scope, *(scope for scope in scopes if _SCOPE.fullmatch(scope))]))
    if at.name == "google" and _OFFLINE in wanted:
        # Google has parameters for it instead, and gives another refresh token only to somebody who agrees again.
        wanted.remove(_OFFLINE)
        return " ".join(wanted), {"access_type": "offline", "prompt": "consent"}
    return " ".join(wanted), {}


def _same_site(path: str) -> str:
    """A path as a browser can't misread it: not ``//elsewhere``, nor with the back slash it takes for a slash."""
    try:
        path = cleaned(path, what="a path", longest=_PATH)
    except TextInvalid:
        raise RedirectInvalid from None
    if not path.startswith("/") or path.startswith("//") or "\\" in path:
        raise RedirectInvalid
    return path


async def finish(
    *,
    provider: str,
    code: str | None,
    state: str,
    browser_state: str | None,
    issuer: str | None = None,
    error: str | None = None,
    ip_address: str | None = None,
    user_agent: str | None = None,
) -> Finished:
    """Finish what was begun: sign somebody in, newly or again, or link an identity.

    An unknown identity becomes a way in for the person who has its address only if both sides have checked the address;
    otherwise whoever comes first to the provider, or came first here, could take it over.

    Call it outside a transaction: the state must stay used up whatever follows.

    Args:
        provider: the one that this address is for.
        code: what it sent.
        state: what it sent back.
        browser_state: the ``state_token`` out of the browser's cookie.
        issuer: its ``iss``, if it sent one.
        error: its ``error``, instead of a code.
        ip_address: from where.
        user_agent: with what.

    Raises:
        StateInvalid: it is not what this browser began a few minutes ago at this provider.
        Declined: the person said no.
        GrantRefused: the provider does not accept the code.
        IdentityInvalid: what comes from the provider is forged, or meant for another.
        EmailMissing, LinkingRefused: somebody unknown can't be let in.
        AccountTaken: the identity to be linked is somebody else's.
        Banned: the person is banned.
        UserNotFound: the person to link it to is gone.
        ProviderUnavailable: the provider can't be asked.
        ProviderUnknown: it is not in the settings any more.
    """
    begun = await _used_up(state, browser_state, callback_url(provider))
    if begun.provider not in {None, provider}:
        raise StateInvalid
    at = await accounts.provider(provider)
    named = issuer == at.issuer or (issuer is None and not at.names_itself)
    if begun.issuer not in {None, at.issuer} or not named:
        raise IdentityInvalid
    if error is not None:
        raise Declined if error == "access_denied" else unavailable(provider, "it ends the sign-in with an error")
    if code is None:
        raise GrantRefused
    issued = await exchange.exchange(at, code=code, verifier=begun.verifier, redirect_uri=begun.redirect_uri)
    person = await identify(at, issued, nonce=begun.nonce)
    if begun.user_id is not None:
        linked = await accounts.link(
            user_id=begun.user_id, provider=at.name, subject=person.subject, tokens=issued, issuer=at.issuer
        )
        return Finished(None, linked, begun.redirect_to)
    try:
        signed_in = await _let_in(at, person, issued, ip_address, user_agent)
    except (AccountTaken, EmailTaken, LinkingRefused):  # By the same person in another tab, perhaps: known by now.
        signed_in = await _let_in(at, person, issued, ip_address, user_agent)
    return Finished(signed_in, None, begun.redirect_to)


async def _used_up(state: str, browser_state: str | None, redirect_uri: str) -> states.Begun:
    # Digests, since what is compared may be any text.
    if not hmac.compare_digest(tokens.digest(state), tokens.digest(browser_state or "")):
        raise StateInvalid
    try:
        return await states.use_up(state, redirect_uri=redirect_uri)
    except VerificationInvalid:
        raise StateInvalid from None


async def _let_in(
    at: Provider, person: Person, issued: Tokens, ip_address: str | None, user_agent: str | None
) -> SignedIn:
    async with database.transaction():
        user_id = await _whose(at, person)
        await accounts.link(user_id=user_id, provider=at.name, subject=person.subject, tokens=issued, issuer=at.issuer)
        entered = await authentication.enter(user_id, second_step=False, ip_address=ip_address, user_agent=user_agent)
        assert isinstance(entered, SignedIn)  # noqa: S101  no second step was asked for
        return entered


async def _whose(at: Provider, person: Person) -> str:
    """The id of the person whose identity it is, or may become."""
    owner = await accounts.find_owner(provider=at.name, subject=person.subject)
    if owner is not None:
        return owner
    if person.email is None:
        raise EmailMissing
    if person.email_verified:
        # Looked up and held in one statement: the address stays verified and theirs until the identity is linked.
        rows = await fetch(
            'UPDATE "user" SET "updatedAt" = "updatedAt" WHERE "email" = $1 AND "emailVerified" RETURNING "id"',
            person.email,
        )
        if rows:
            return str(rows[0]["id"])
    if await users.find_by_email(person.email):
        raise LinkingRefused
    user = await _created(person, person.email)
    await events.publish(UserSignedUp(user_id=user.id))
    return user.id


async def _created(person: Person, email: str) -> User:
    name = person.name or email.partition("@")[0]
    with suppress(ImageInvalid):
        return await users.create(name=name, email=email, email_verified=person.email_verified, image=person.image)
    return await users.create(name=name, email=email, email_verified=person.email_verified)
