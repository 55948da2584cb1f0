import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse

from core import accounts, authentication, clock, events, oauth, sessions, users
from core.accounts import exchange, providers
from core.accounts import requests as wire
from core.authentication import UserSignedUp
from core.crypto import sealing
from core.settings import SettingsInvalid, overridden
from core.text import TextInvalid
from models import Account, Session, User, Verification
from tests.factories import make_user
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, query, serving

CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


@pytest.fixture(scope="module")
def server() -> Iterator[OidcProvider]:
    with serving() as provider:
        yield provider


@pytest.fixture
def idp(server: OidcProvider, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[OidcProvider]:
    """The provider, honest and unknown to this process, under four names."""
    server.reset()
    monkeypatch.setattr(providers, "_kept", {})
    at_home = {**CLIENT, "issuer": server.url}
    configured = {"acme": at_home, "google": at_home, "github": at_home, "other": at_home}
    with overridden(oauth=configured, base_url="https://app.example"):
        yield server


class Back(NamedTuple):
    """What a browser comes back with."""

    redirect: oauth.Redirect
    brought: dict[str, str]

    async def finish(self, provider: str = "acme", **changed: Any) -> oauth.Finished:
        given = {
            "code": self.brought["code"],
            "state": self.brought["state"],
            "issuer": self.brought["iss"],
            "browser_state": self.redirect.state_token,
            **changed,
        }
        return await oauth.finish(provider=provider, **given)


async def away_and_back(idp: OidcProvider, provider: str = "acme", **given: Any) -> Back:
    redirect = await oauth.begin(provider=provider, **given)
    return Back(redirect, await idp.visit(redirect.url))


async def sign_in(idp: OidcProvider, provider: str = "acme") -> authentication.SignedIn:
    finished = await (await away_and_back(idp, provider)).finish(provider)
    assert finished.signed_in is not None
    return finished.signed_in


async def nothing_came_of_it() -> None:
    assert [await model.all().count() for model in (User, Account, Session)] == [0, 0, 0]


# Coming in.


async def test_who_is_new_is_added_with_what_the_provider_knows_and_signed_in(idp: OidcProvider) -> None:
    heard: list[events.Event] = []

    @events.on(events.Event)
    async def listen(event: events.Event) -> None:
        heard.append(event)

    back = await away_and_back(idp, redirect_to="/settings?tab=1#top")
    finished = await back.finish(ip_address="203.0.113.9", user_agent="Firefox")
    events.forget(listen)

    assert finished.redirect_to == "/settings?tab=1#top"
    assert finished.linked is None
    assert finished.signed_in is not None
    assert (await sessions.authenticate(finished.signed_in.token)).user_id == finished.signed_in.user.id
    assert finished.signed_in.session.ip_address == "203.0.113.9"
    user = await users.get(finished.signed_in.user.id)
    assert (user.name, user.email, user.email_verified) == ("Ada Lovelace", "ada@example.com", True)
    assert user.image == "https://example.com/ada.png"
    account = await Account.get(user_id=user.id)
    assert (account.provider_id, account.account_id, account.issuer) == ("acme", "248289761001", idp.url)
    assert accounts.AccountLinked(user_id=user.id, account_id=account.id, provider="acme") in heard
    assert UserSignedUp(user_id=user.id) in heard


@pytest.mark.parametrize("provider", ["acme", "google", "github"])
async def test_who_comes_again_is_the_same_person_whatever_their_address_is_now(
    idp: OidcProvider, provider: str
) -> None:
    first = await sign_in(idp, provider)
    idp.person["email"] = "ada@elsewhere.example"

    again = await sign_in(idp, provider)

    assert again.user.id == first.user.id
    assert again.token != first.token
    assert [await model.all().count() for model in (User, Account, Session)] == [1, 1, 2]


async def test_github_is_asked_who_it_is_and_for_the_first_confirmed_address(idp: OidcProvider) -> None:
    signed_in = await sign_in(idp, "github")

    user, account = await users.get(signed_in.user.id), await Account.get(user_id=signed_in.user.id)
    assert (user.name, user.email, user.email_verified) == ("ada", "ada@example.com", True)
    assert user.image is None
    assert (account.account_id, account.issuer) == ("583231", f"{idp.url}/login/oauth")
    assert account.scope == "read:user,user:email"
    assert idp.asked["/.well-known/openid-configuration"] == 0


async def test_the_world_is_sent_to_the_real_github_and_google_is_asked_where_its_doors_are() -> None:
    with overridden(oauth={"github": CLIENT}):
        at = await accounts.provider("github")

    assert at.issuer == "https://github.com/login/oauth"
    assert at.userinfo_endpoint == "https://api.github.com/user"
    assert providers._GOOGLE == "https://accounts.google.com"


async def test_an_address_that_is_not_in_the_id_token_is_asked_for(idp: OidcProvider) -> None:
    idp.userinfo = {"sub": idp.person["sub"], "email": "ADA@Example.com", "email_verified": "true", "name": " "}

    signed_in = await sign_in(idp)

    user = await users.get(signed_in.user.id)
    assert (user.email, user.email_verified, user.name) == ("ada@example.com", True, "ada")


async def test_an_unconfirmed_address_stays_unconfirmed(idp: OidcProvider) -> None:
    idp.person["email_verified"] = False

    signed_in = await sign_in(idp)

    assert not (await users.get(signed_in.user.id)).email_verified


@pytest.mark.parametrize("email_verified", [True, False])
async def test_of_eight_first_sign_ins_of_one_person_at_once_all_are_the_same_person(
    idp: OidcProvider, *, email_verified: bool
) -> None:
    idp.person["email_verified"] = email_verified
    backs = [await away_and_back(idp) for _ in range(8)]

    results = await asyncio.gather(*(back.finish() for back in backs))

    assert len({result.signed_in.user.id for result in results if result.signed_in}) == 1
    assert [await model.all().count() for model in (User, Account, Session)] == [1, 1, 8]


async def test_the_second_step_is_the_providers_and_a_ban_is_ours(idp: OidcProvider) -> None:
    signed_in = await sign_in(idp)
    await User.filter(id=signed_in.user.id).update(two_factor_enabled=True)
    assert (await sign_in(idp)).user.id == signed_in.user.id

    await User.filter(id=signed_in.user.id).update(banned=True)

    with pytest.raises(authentication.Banned):
        await sign_in(idp)


# Whose address it is.


@pytest.mark.parametrize("provider", ["acme", "github"])
@pytest.mark.parametrize(("here", "there"), [(True, True), (True, False), (False, True), (False, False)])
async def test_a_known_address_is_linked_only_when_both_sides_have_checked_it(
    idp: OidcProvider, provider: str, *, here: bool, there: bool
) -> None:
    user = await make_user(email="ada@example.com")
    await User.filter(id=user.id).update(email_verified=here)
    idp.person["email_verified"] = there

    if here and there:
        assert (await sign_in(idp, provider)).user.id == user.id
    else:
        with pytest.raises(oauth.LinkingRefused):
            await sign_in(idp, provider)
        assert [await model.all().count() for model in (User, Account, Session)] == [1, 0, 0]


@pytest.mark.parametrize(
    "email", [None, "", "not an address", 7, ["ada@example.com"], "a\0@example.com", "\ud800@x.com"]
)
async def test_without_an_address_nobody_new_is_let_in(idp: OidcProvider, email: object) -> None:
    idp.person["email"] = email
    idp.userinfo = dict(idp.person)

    with pytest.raises(oauth.EmailMissing):
        await sign_in(idp)

    await nothing_came_of_it()


@pytest.mark.parametrize(
    "emails", [[], {}, [None, 7], [{"email": "a@example.com", "verified": True}], [{"primary": True}]]
)
async def test_without_a_first_address_at_github_nobody_new_is_let_in(idp: OidcProvider, emails: object) -> None:
    idp.emails = emails

    with pytest.raises(oauth.EmailMissing):
        await sign_in(idp, "github")


# Linking while signed in.


async def test_an_identity_is_linked_to_who_is_signed_in_whatever_its_address(idp: OidcProvider) -> None:
    user = await make_user(email="grace@example.com")

    finished = await (await away_and_back(idp, user_id=user.id, redirect_to="/settings")).finish()

    assert finished.signed_in is None
    assert finished.linked is not None
    assert (finished.linked.provider, finished.linked.subject) == ("acme", "248289761001")
    assert finished.redirect_to == "/settings"
    assert [await model.all().count() for model in (User, Account, Session)] == [1, 1, 0]
    assert (await sign_in(idp)).user.id == user.id


async def test_somebody_elses_identity_is_not_linked(idp: OidcProvider) -> None:
    owner = (await sign_in(idp)).user
    grace = await make_user()

    with pytest.raises(accounts.AccountTaken):
        await (await away_and_back(idp, user_id=grace.id)).finish()

    assert (await Account.get()).user_id == owner.id


@pytest.mark.parametrize("user_id", ["", "nobody", "\ud800"])
async def test_linking_to_nobody_is_refused(idp: OidcProvider, user_id: str) -> None:
    back = await away_and_back(idp, user_id=user_id)

    with pytest.raises((users.UserNotFound, TextInvalid)):
        await back.finish()

    assert await Account.all().count() == 0


# The state.


async def test_what_was_begun_is_finished_once(idp: OidcProvider) -> None:
    back = await away_and_back(idp)
    await back.finish()

    with pytest.raises(oauth.StateInvalid):
        await back.finish()

    assert await Session.all().count() == 1


async def test_of_eight_that_finish_the_same_one_is_signed_in(idp: OidcProvider) -> None:
    back = await away_and_back(idp)

    results = await asyncio.gather(*(back.finish() for _ in range(8)), return_exceptions=True)

    assert sum(isinstance(result, oauth.Finished) for result in results) == 1
    assert sum(isinstance(result, oauth.StateInvalid) for result in results) == 7
    assert await Session.all().count() == 1


@pytest.mark.parametrize("browser_state", [None, "", "x" * 43, "x" * 100_000, "a\0b", "\ud800"])
async def test_another_browser_is_not_signed_in_and_does_not_spoil_it_for_the_right_one(
    idp: OidcProvider, browser_state: str | None
) -> None:
    back = await away_and_back(idp)

    with pytest.raises(oauth.StateInvalid):
        await back.finish(browser_state=browser_state)

    assert (await back.finish()).signed_in


@pytest.mark.parametrize("state", ["", "x" * 43, "x" * 100_000, "a\0b", "\ud800"])
async def test_a_forged_state_is_refused_also_when_the_cookie_is_forged_with_it(idp: OidcProvider, state: str) -> None:
    back = await away_and_back(idp)

    with pytest.raises(oauth.StateInvalid):
        await back.finish(state=state, browser_state=state)

    await nothing_came_of_it()


async def test_a_state_lives_for_ten_minutes(idp: OidcProvider) -> None:
    back = await away_and_back(idp)

    with clock.shifted(timedelta(minutes=10)), pytest.raises(oauth.StateInvalid):
        await back.finish()


async def test_the_state_of_one_provider_is_worth_nothing_at_another(idp: OidcProvider) -> None:
    back = await away_and_back(idp)

    with pytest.raises(oauth.StateInvalid):
        await back.finish("other")


async def test_nothing_that_was_begun_can_be_read_in_the_database(idp: OidcProvider) -> None:
    back = await away_and_back(idp, user_id="somebody", redirect_to="/somewhere")

    row = str((await Verification.all().values())[0])
    for secret in (back.redirect.state_token, "somebody", "somewhere", query(back.redirect.url)["nonce"]):
        assert secret not in row


@pytest.mark.parametrize(
    "path",
    [
        "",
        "settings",
        "//evil.example",
        " //evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/a\r\nSet-Cookie: b",
        "/\0",
        "/\ud800",
        "/" + "a" * 2_048,
        "/a\\..\\b",
    ],
    ids=lambda path: ascii(path[:20]),
)
async def test_afterwards_nobody_is_led_elsewhere(idp: OidcProvider, path: str) -> None:
    with pytest.raises(oauth.RedirectInvalid):
        await oauth.begin(provider="acme", redirect_to=path)

    assert await Verification.all().count() == 0


# The request.


async def test_the_browser_is_sent_with_a_challenge_a_nonce_and_the_address_to_come_back_to(idp: OidcProvider) -> None:
    redirect = await oauth.begin(provider="acme", scopes=["calendar", "openid", 'a"b', "offline_access"])

    asked = query(redirect.url)
    assert redirect.url.startswith(f"{idp.url}/authorize?")
    assert asked["redirect_uri"] == "https://app.example/api/auth/callback/acme"
    assert asked["redirect_uri"] == oauth.callback_url("acme")
    assert asked["scope"] == "openid email profile calendar offline_access"
    assert asked["state"] == redirect.state_token
    assert len(asked["nonce"]) == len(asked["code_challenge"]) == 43
    assert asked["code_challenge_method"] == "S256"
    assert "client_secret" not in asked


async def test_google_has_its_own_way_of_giving_a_refresh_token(idp: OidcProvider) -> None:
    asked = query((await oauth.begin(provider="google", scopes=["offline_access"])).url)

    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")
    assert asked["scope"] == "openid email profile"


async def test_a_stolen_code_is_worth_nothing_to_another_sign_in(idp: OidcProvider) -> None:
    stolen = await away_and_back(idp)
    back = await away_and_back(idp)

    with pytest.raises(accounts.GrantRefused):
        await back.finish(code=stolen.brought["code"])

    await nothing_came_of_it()


@pytest.mark.parametrize("provider", ["acme", "github"])
@pytest.mark.parametrize("code", [None, "", "unknown", "a\0b", "\ud800", "x" * 5_000, "ü", "&=%+ "])
async def test_what_is_no_code_is_refused(idp: OidcProvider, provider: str, code: str | None) -> None:
    back = await away_and_back(idp, provider)

    with pytest.raises(accounts.GrantRefused):
        await back.finish(provider, code=code)


async def test_a_used_code_is_refused(idp: OidcProvider) -> None:
    used, back = await away_and_back(idp), await away_and_back(idp)
    await used.finish()

    with pytest.raises(accounts.GrantRefused):
        await back.finish(code=used.brought["code"])


@pytest.mark.parametrize("methods", [["client_secret_post"], ["client_secret_basic", "client_secret_post"], "nonsense"])
async def test_the_secret_is_sent_as_the_provider_wants_it(idp: OidcProvider, methods: object) -> None:
    idp.metadata = {"token_endpoint_auth_methods_supported": methods}

    await sign_in(idp)

    assert ("authorization" in idp.headers["/token"]) == (methods != ["client_secret_post"])


# What the provider says who it is.


@pytest.mark.parametrize("issuer", [None, "", "https://evil.example", "http://127.0.0.1"])
async def test_an_answer_of_another_issuer_is_refused(idp: OidcProvider, issuer: str | None) -> None:
    back = await away_and_back(idp)

    with pytest.raises(oauth.IdentityInvalid):
        await back.finish(issuer=issuer)

    assert idp.asked["/token"] == 0


async def test_an_issuer_that_does_not_name_itself_need_not(idp: OidcProvider) -> None:
    idp.metadata = {"authorization_response_iss_parameter_supported": False}

    assert (await (await away_and_back(idp)).finish(issuer=None)).signed_in


async def test_a_provider_that_has_moved_meanwhile_is_another(idp: OidcProvider) -> None:
    back = await away_and_back(idp, "github")

    with overridden(oauth={"github": CLIENT}), pytest.raises(oauth.IdentityInvalid):
        await back.finish("github", issuer=None)


NOW = 1_800_000_000
CLAIMS: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "another"},
    "no audience": {"aud": None},
    "an empty audience": {"aud": []},
    "two audiences and nobody it is for": {"aud": [CLIENT_ID, "another"]},
    "for another of two": {"aud": [CLIENT_ID, "another"], "azp": "another"},
    "for another": {"azp": "another"},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "expired": {"exp": 1_000_000_000},
    "never expires": {"exp": None},
    "expires never": {"exp": float("nan")},
    "expires some day": {"exp": "tomorrow"},
    "of tomorrow": {"iat": 4_000_000_000, "exp": 4_000_000_100},
    "of no time": {"iat": None},
    "not yet": {"nbf": 4_000_000_000},
    "nobody": {"sub": None},
    "of no name": {"sub": ""},
    "a number": {"sub": 7},
    "an overlong name": {"sub": "x" * 256},
    "a name that is not text": {"sub": "a\0b"},
    "a name with room around it": {"sub": " 248289761001"},
    "not ASCII": {"sub": "ada\u00e9"},
    "for another access token": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    "for nonsense": {"at_hash": {"a": 1}},
}


@pytest.mark.parametrize("claims", CLAIMS.values(), ids=CLAIMS.keys())
async def test_an_id_token_is_refused_when_it_says(idp: OidcProvider, claims: dict[str, Any]) -> None:
    idp.claims = claims

    with pytest.raises(oauth.IdentityInvalid):
        await sign_in(idp)

    await nothing_came_of_it()


async def test_an_id_token_for_several_is_taken_when_it_is_meant_for_this_product(idp: OidcProvider) -> None:
    idp.claims = {"aud": ["another", CLIENT_ID], "azp": CLIENT_ID}

    assert await sign_in(idp)


SIGNATURES: dict[str, Callable[[OidcProvider], Callable[[dict[str, Any], dict[str, Any]], str | None]]] = {
    "missing": lambda _: lambda _header, _claims: None,
    "alg none": lambda idp: idp.unsigned,
    "HS256 with the public key": lambda idp: idp.signed_with_the_public_key,
    "of another key": lambda idp: idp.signed_by_somebody_else,
    "cut off": lambda idp: lambda header, claims: idp.signed(header, claims).rpartition(".")[0] + ".",
    "of other claims": lambda idp: lambda header, claims: ".".join(
        [*idp.unsigned(header, {**claims, "sub": "1"}).split(".")[:2], idp.signed(header, claims).split(".")[2]]
    ),
    "of an unknown key": lambda idp: lambda header, claims: idp.signed({**header, "kid": "unknown"}, claims),
    "of no key by name": lambda idp: lambda header, claims: idp.signed_by_somebody_else(
        {"alg": header["alg"]}, claims
    ),
    "critical": lambda idp: lambda header, claims: idp.signed(
        {**header, "crit": ["x-vendor"], "x-vendor": "acme"}, claims
    ),
    "nonsense": lambda _: lambda _header, _claims: "nonsense",
    "dots": lambda _: lambda _header, _claims: "a.b.c",
    "deep": lambda idp: lambda header, _claims: idp.signed(header, {}).split(".")[0] + "." + "W1tb" * 9_000 + ".",
}  # fmt: skip


@pytest.mark.parametrize("signature", SIGNATURES)
async def test_an_id_token_is_refused_when_its_signature_is(idp: OidcProvider, signature: str) -> None:
    idp.sign = SIGNATURES[signature](idp)

    with pytest.raises(oauth.IdentityInvalid):
        await sign_in(idp)

    await nothing_came_of_it()


async def test_a_header_may_hold_more_than_the_standard_has(idp: OidcProvider) -> None:
    idp.header = {"x-vendor": "acme"}

    assert await sign_in(idp)


@pytest.mark.parametrize("userinfo", [{"sub": "another", "email": "eve@example.com"}, {"email": "eve@example.com"}, []])
async def test_a_userinfo_about_somebody_else_is_refused(idp: OidcProvider, userinfo: Any) -> None:
    idp.userinfo = userinfo

    with pytest.raises(oauth.IdentityInvalid):
        await sign_in(idp)


# What is published.


async def test_the_documents_are_asked_for_once_an_hour(idp: OidcProvider) -> None:
    for _ in range(3):
        await sign_in(idp)

    assert idp.asked["/.well-known/openid-configuration"] == idp.asked["/jwks"] == 1
    with clock.shifted(timedelta(hours=1)):
        await away_and_back(idp)
    assert idp.asked["/.well-known/openid-configuration"] == 2


async def test_a_new_key_is_asked_for_once(idp: OidcProvider) -> None:
    first = await sign_in(idp)

    idp.rotate()
    again = [await sign_in(idp), await sign_in(idp)]

    assert {signed_in.user.id for signed_in in again} == {first.user.id}
    assert idp.asked["/jwks"] == 2


async def test_an_unknown_key_is_not_asked_for_all_the_time(idp: OidcProvider) -> None:
    await sign_in(idp)
    idp.header = {"kid": "unknown"}

    for _ in range(3):
        with pytest.raises(oauth.IdentityInvalid):
            await sign_in(idp)

    assert idp.asked["/jwks"] == 2
    idp.header = {}
    assert await sign_in(idp)


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": None},
        {"token_endpoint": ["https://evil.example"]},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://user:password@evil.example/"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://[evil"},
        {"userinfo_endpoint": "http://169.254.169.254/"},
    ],
    ids=str,
)
async def test_a_document_that_leads_astray_is_refused(idp: OidcProvider, metadata: dict[str, Any]) -> None:
    idp.metadata = metadata

    with pytest.raises(accounts.ProviderUnavailable):
        await oauth.begin(provider="acme")


@pytest.mark.parametrize("jwks", [{}, {"keys": None}, []])
async def test_keys_that_make_no_sense_are_the_providers_fault(idp: OidcProvider, jwks: Any) -> None:
    idp.answers["/jwks"] = JSONResponse(jwks)

    with pytest.raises(accounts.ProviderUnavailable):
        await sign_in(idp)


@pytest.mark.parametrize("provider", ["", "unknown", "credential", "\0", "\ud800", "x" * 10_000])
async def test_a_provider_that_is_not_in_the_settings_is_unknown(idp: OidcProvider, provider: str) -> None:
    with overridden(oauth={"credential": {**CLIENT, "issuer": idp.url}}), pytest.raises(accounts.ProviderUnknown):
        await oauth.begin(provider=provider)


@pytest.mark.parametrize(
    "issuer", [None, "http://acme.example", "acme.example", "https://acme.example?a=b", "https://[a"]
)
async def test_an_issuer_that_can_not_be_one_is_a_mistake_in_the_settings(issuer: str | None) -> None:
    with overridden(oauth={"acme": {**CLIENT, "issuer": issuer}}), pytest.raises(SettingsInvalid, match="acme"):
        await oauth.begin(provider="acme")


# When the provider is not well.


@pytest.mark.parametrize(("error", "refusal"), [("access_denied", oauth.Declined), ("x", accounts.ProviderUnavailable)])
async def test_the_providers_no_is_told_and_uses_the_state_up(
    idp: OidcProvider, error: str, refusal: type[Exception]
) -> None:
    back = await away_and_back(idp)

    with pytest.raises(refusal):
        await back.finish(code=None, error=error)
    with pytest.raises(oauth.StateInvalid):
        await back.finish()


async def large() -> Any:
    for _ in range(10):
        yield b"[" * 65_536


ANSWERS: dict[str, Callable[[], Response]] = {
    "500": lambda: PlainTextResponse("the secret of the provider", 500),
    "429": lambda: JSONResponse({}, 429),
    "302": lambda: RedirectResponse("https://evil.example"),
    "not JSON": lambda: PlainTextResponse("the secret of the provider"),
    "not UTF-8": lambda: Response(b'{"a": "\xff\xfe"}'),
    "nothing": lambda: Response(b""),
    "a list": lambda: JSONResponse([]),
    "nonsense": lambda: JSONResponse({"access_token": 7, "keys": 7, "issuer": 7, "id": "7"}),
    "too deep": lambda: PlainTextResponse("[" * 200_000),
    "large": lambda: StreamingResponse(large()),
    "compressed": lambda: Response(b"{}", headers={"content-encoding": "gzip"}),
    "refused": lambda: JSONResponse({"error": "invalid_client"}, 401),
    "refused strangely": lambda: JSONResponse({"error": ["invalid_grant"]}, 400),
    "refused in prose": lambda: PlainTextResponse("<html>the secret of the provider", 403),
}


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/jwks", "/token", "/userinfo"])
@pytest.mark.parametrize("answer", ANSWERS)
async def test_whatever_a_provider_answers_the_error_has_a_remedy_and_tells_nothing(
    idp: OidcProvider, path: str, answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    idp.userinfo = dict(idp.person)
    idp.answers[path] = ANSWERS[answer]()

    with pytest.raises((accounts.ProviderUnavailable, oauth.IdentityInvalid)) as refused:
        await sign_in(idp)

    told = f"{refused.value!r} {refused.value} {caplog.text}"
    assert "the secret of the provider" not in told
    assert refused.value.__cause__ is None
    await nothing_came_of_it()


@pytest.mark.parametrize("path", ["/login/oauth/access_token", "/api/v3/user"])
@pytest.mark.parametrize("answer", ANSWERS)
async def test_the_same_at_github(idp: OidcProvider, path: str, answer: str) -> None:
    idp.answers[path] = ANSWERS[answer]()

    with pytest.raises(accounts.ProviderUnavailable):
        await sign_in(idp, "github")

    await nothing_came_of_it()


async def test_an_answer_that_is_too_large_is_not_read_to_its_end(idp: OidcProvider) -> None:
    await away_and_back(idp)
    idp.answers["/jwks"] = Response(json.dumps({"keys": [idp.key.as_dict(private=False)]}) + " " * 300_000)

    with pytest.raises(accounts.ProviderUnavailable, match="too large"):
        await sign_in(idp)


async def test_nobody_is_followed_elsewhere(idp: OidcProvider) -> None:
    idp.answers["/userinfo"] = RedirectResponse(f"{idp.url}/elsewhere")
    idp.answers["/elsewhere"] = JSONResponse(idp.person)
    idp.userinfo = dict(idp.person)

    with pytest.raises(accounts.ProviderUnavailable, match="HTTP 307"):
        await sign_in(idp)

    assert idp.asked["/elsewhere"] == 0


async def test_a_provider_that_is_slow_is_not_waited_for(idp: OidcProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    back = await away_and_back(idp)
    monkeypatch.setattr(wire, "_PATIENCE", 0.2)
    idp.delay["/token"] = 2

    with pytest.raises(accounts.ProviderUnavailable, match="no answer in time"):
        await back.finish()


async def test_a_provider_that_drips_is_not_waited_for(idp: OidcProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    async def drip() -> Any:
        for _ in range(40):
            yield b" "
            await asyncio.sleep(0.05)

    monkeypatch.setattr(wire, "_PATIENCE", 0.3)
    idp.answers["/.well-known/openid-configuration"] = StreamingResponse(drip())

    with pytest.raises(accounts.ProviderUnavailable, match="no answer in time"):
        await oauth.begin(provider="acme")


async def test_a_provider_that_is_not_there_is_unavailable(db: None) -> None:
    with (
        overridden(oauth={"acme": {**CLIENT, "issuer": "http://127.0.0.1:1"}}),
        pytest.raises(accounts.ProviderUnavailable, match="ConnectError") as refused,
    ):
        await oauth.begin(provider="acme")

    assert "STYLOBATE_OAUTH" in refused.value.remedy


async def test_a_secret_that_the_provider_does_not_know_is_the_houses_fault(
    idp: OidcProvider, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = {"client_id": CLIENT_ID, "client_secret": "wrong", "issuer": idp.url}

    with overridden(oauth={"acme": wrong, "github": wrong}):
        for provider in ("acme", "github"):
            with pytest.raises(accounts.ProviderUnavailable, match="refuses this product"):
                await sign_in(idp, provider)

    assert "invalid_client" in caplog.text
    assert "incorrect_client_credentials" in caplog.text


@pytest.mark.parametrize(
    "issued",
    [
        {"token_type": "mac"},
        {"access_token": ""},
        {"access_token": "ü"},
        {"access_token": "a\nb"},
        {"access_token": "x" * 70_000},
        {"refresh_token": 7},
        {"refresh_token": "\ud800"},
        {"id_token": {}},
    ],
    ids=lambda issued: str(issued)[:40],
)
async def test_tokens_that_make_no_sense_are_the_providers_fault(idp: OidcProvider, issued: dict[str, Any]) -> None:
    idp.issued = issued

    with pytest.raises(accounts.ProviderUnavailable):
        await sign_in(idp)

    await nothing_came_of_it()


@pytest.mark.parametrize(
    ("lifetime", "lives"),
    [(60, 60), ("60", 60), (0, None), (-1, None), ("soon", None), (1e300, 315_360_000), (None, None), ([], None)],
    ids=str,
)
async def test_a_lifetime_is_whatever_number_it_looks_like(
    idp: OidcProvider, lifetime: object, lives: int | None
) -> None:
    idp.issued = {"expires_in": lifetime, "scope": 7}

    signed_in = await sign_in(idp)

    account = await Account.get(user_id=signed_in.user.id)
    ends = account.access_token_expires_at
    assert account.scope is None
    assert (ends and round((ends - account.created_at).total_seconds(), -1)) == lives


async def test_no_token_code_or_state_is_ever_logged(idp: OidcProvider, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    back = await away_and_back(idp)
    await back.finish()
    idp.claims = {"nonce": "wrong"}
    with pytest.raises(oauth.IdentityInvalid):
        await sign_in(idp)

    assert len(idp.secrets) == 8
    # The test's own browser has the code and the state in an address.
    lines = [record.getMessage() for record in caplog.records if "callback" not in record.getMessage()]
    said = "\n".join(line for line in lines if urlsplit(back.redirect.url).path not in line)
    assert "acme is refused: invalid_claim nonce" in said
    assert not [secret for secret in {*idp.secrets, back.redirect.state_token, CLIENT_SECRET} if secret in said]


async def test_without_a_key_to_seal_with_nothing_is_begun(idp: OidcProvider) -> None:
    with overridden(secrets={}), pytest.raises(SettingsInvalid, match="STYLOBATE_SECRETS"):
        await oauth.begin(provider="acme")


async def test_what_was_begun_under_a_key_that_is_gone_does_not_open(idp: OidcProvider) -> None:
    back = await away_and_back(idp)

    with overridden(secrets={2: "n" * 32}), pytest.raises(sealing.Unsealable):
        await back.finish()


def test_tokens_are_not_shown_by_accident() -> None:
    issued = exchange.Tokens(access_token="the-access", refresh_token="the-refresh", id_token="the-id")

    assert "the-" not in repr(issued)
