import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.responses import PlainTextResponse

from core import accounts, attempts, clock, events, users
from core.accounts import Tokens, access, providers
from core.crypto import sealing
from core.settings import overridden, settings
from core.text import TextInvalid
from models import Account, Passkey, User
from tests.factories import make_user
from tests.oidc_provider import ACCESS_LIFETIME, CLIENT_ID, CLIENT_SECRET, OidcProvider, serving

pytestmark = pytest.mark.usefixtures("db")

CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "issuer": "https://acme.example"}
TWO = {"acme": CLIENT, "other": CLIENT}
TOKENS = Tokens(access_token="the-access", refresh_token="the-refresh", id_token="the-id", scope=("openid", "email"))
PASSWORD = "correct horse battery staple"


async def make_account(user: User, provider: str = "acme", *, subject: str = "42", **given: Any) -> accounts.Linked:
    return await accounts.link(user_id=user.id, provider=provider, subject=subject, **given)


async def make_passkey(user: User) -> None:
    await Passkey.create(
        user_id=user.id, public_key="", credential_id="id", counter=0, device_type="singleDevice", backed_up=False
    )


# Linking.


async def test_a_persons_ways_in_are_listed_without_their_secrets() -> None:
    user = await make_user()
    await accounts.set_password(user_id=user.id, password=PASSWORD)
    linked = await make_account(user, tokens=TOKENS)
    await make_account(await make_user(), subject="43")

    listed = await accounts.list_accounts(user.id)

    assert [account.provider for account in listed] == ["credential", "acme"]
    assert listed[1] == linked
    assert (linked.subject, linked.scope) == ("42", ("openid", "email"))
    assert "the-" not in repr(listed)
    assert "argon2" not in repr(listed)


async def test_tokens_are_sealed_each_for_its_account_and_column() -> None:
    linked = await make_account(await make_user(), tokens=TOKENS)

    row = (await Account.filter(id=linked.id).values())[0]

    assert "the-" not in str(row)
    for column, attribute in {"accessToken": "access", "refreshToken": "refresh", "idToken": "id"}.items():
        stored = row[f"{attribute}_token"]
        assert sealing.unseal(stored, purpose=f"account:{linked.id}:{column}") == f"the-{attribute}"
        with pytest.raises(sealing.Unsealable):
            sealing.unseal(stored, purpose=f"account:{linked.id}:other")
    assert row["scope"] == "openid,email"


async def test_a_token_that_was_moved_to_another_account_does_not_open() -> None:
    ada, grace = await make_user(), await make_user()
    from_ada, to_grace = await make_account(ada, tokens=TOKENS), await make_account(grace, subject="43", tokens=TOKENS)

    await Account.filter(id=to_grace.id).update(access_token=(await Account.get(id=from_ada.id)).access_token)

    with pytest.raises(sealing.Unsealable):
        await accounts.access_token(user_id=grace.id, provider="acme")


async def test_of_eight_people_who_link_one_identity_one_gets_it() -> None:
    people = [await make_user() for _ in range(8)]

    results = await asyncio.gather(*(make_account(user, tokens=TOKENS) for user in people), return_exceptions=True)

    assert sum(isinstance(result, accounts.Linked) for result in results) == 1
    assert sum(isinstance(result, accounts.AccountTaken) for result in results) == 7
    assert await Account.all().count() == 1


async def test_linking_again_stores_the_new_tokens_keeps_the_refresh_token_and_is_no_event() -> None:
    user = await make_user()
    heard: list[accounts.AccountLinked] = []
    events.on(accounts.AccountLinked)(listen := _listener(heard))
    first = await make_account(user, tokens=TOKENS, issuer="https://acme.example")

    again = await make_account(user, tokens=Tokens(access_token="the-next"))
    events.forget(listen)

    assert again.id == first.id
    account = await Account.get(id=first.id)
    assert account.refresh_token is not None
    assert sealing.unseal(account.refresh_token, purpose=f"account:{first.id}:refreshToken") == "the-refresh"
    assert (account.issuer, account.scope) == ("https://acme.example", "openid,email")
    assert await accounts.access_token(user_id=user.id, provider="acme") == "the-next"
    assert heard == [accounts.AccountLinked(user_id=user.id, account_id=first.id, provider="acme")]


def _listener(heard: list[Any]) -> Any:
    async def listen(event: Any) -> None:
        heard.append(event)

    return listen


async def test_the_same_subject_at_another_provider_is_another_identity() -> None:
    ada, grace = await make_user(), await make_user()

    await make_account(ada, "acme")
    await make_account(grace, "other")

    assert await accounts.find_owner(provider="acme", subject="42") == ada.id
    assert await accounts.find_owner(provider="other", subject="42") == grace.id
    assert await accounts.find_owner(provider="other", subject="43") is None


async def test_nobody_has_no_identities() -> None:
    with pytest.raises(users.UserNotFound):
        await accounts.link(user_id="nobody", provider="acme", subject="42", tokens=TOKENS)

    assert await accounts.list_accounts("nobody") == []


@pytest.mark.parametrize("subject", ["", " ", " 42", "42\n", "4\x002", "\ud800", "x" * 256])
async def test_what_can_be_nobodys_name_is_refused(subject: str) -> None:
    with pytest.raises(TextInvalid):
        await make_account(await make_user(), subject=subject)

    assert await Account.all().count() == 0


# Unlinking.


async def test_the_last_way_in_stays() -> None:
    user = await make_user()
    linked = await make_account(user)

    with pytest.raises(accounts.LastWayIn):
        await accounts.unlink(user_id=user.id, account_id=linked.id)

    assert len(await accounts.list_accounts(user.id)) == 1


@pytest.mark.parametrize("other", ["password", "provider", "passkey"])
async def test_what_is_not_the_last_way_in_can_go(other: str) -> None:
    user = await make_user()
    heard: list[accounts.AccountUnlinked] = []
    events.on(accounts.AccountUnlinked)(listen := _listener(heard))
    linked = await make_account(user)

    with overridden(oauth=TWO):
        if other == "password":
            await accounts.set_password(user_id=user.id, password=PASSWORD)
        elif other == "provider":
            await make_account(user, "other")
        else:
            await make_passkey(user)
        await accounts.unlink(user_id=user.id, account_id=linked.id)
        events.forget(listen)

        assert linked not in await accounts.list_accounts(user.id)
        assert heard == [accounts.AccountUnlinked(user_id=user.id, account_id=linked.id, provider="acme")]
        with pytest.raises(accounts.AccountNotFound):
            await accounts.unlink(user_id=user.id, account_id=linked.id)


async def test_a_password_can_go_when_there_is_another_way() -> None:
    user = await make_user()
    await accounts.set_password(user_id=user.id, password=PASSWORD)
    password = (await accounts.list_accounts(user.id))[0]
    await make_account(user)

    with overridden(oauth=TWO):
        await accounts.unlink(user_id=user.id, account_id=password.id)

    assert not await accounts.verify_password(user_id=user.id, password=PASSWORD)


async def test_what_nobody_can_come_in_by_is_no_other_way() -> None:
    user, grace = await make_user(), await make_user()
    linked = await make_account(user)
    await make_account(user, "not in the settings")
    await Account.create(user_id=user.id, provider_id="credential", account_id=user.id)
    await make_account(grace, "other")
    await make_passkey(grace)

    with overridden(oauth=TWO), pytest.raises(accounts.LastWayIn):
        await accounts.unlink(user_id=user.id, account_id=linked.id)


async def test_of_two_ways_that_go_at_once_one_stays() -> None:
    with overridden(oauth=TWO):
        for _ in range(5):
            user = await make_user()
            linked = [await make_account(user, provider, subject=user.id) for provider in TWO]

            results = await asyncio.gather(
                *(accounts.unlink(user_id=user.id, account_id=account.id) for account in linked),
                return_exceptions=True,
            )

            assert sorted(type(result).__name__ for result in results) == ["LastWayIn", "NoneType"]
            assert len(await accounts.list_accounts(user.id)) == 1


@pytest.mark.parametrize("account_id", ["", "unknown", "x" * 10_000, "theirs"])
async def test_only_ones_own_can_be_unlinked(account_id: str) -> None:
    user, grace = await make_user(), await make_user()
    await accounts.set_password(user_id=grace.id, password=PASSWORD)
    theirs = await make_account(grace)

    with pytest.raises(accounts.AccountNotFound):
        await accounts.unlink(user_id=user.id, account_id=theirs.id if account_id == "theirs" else account_id)

    assert len(await accounts.list_accounts(grace.id)) == 2


# Access.


@pytest.fixture(scope="module")
def server() -> Iterator[OidcProvider]:
    with serving() as provider:
        yield provider


@pytest.fixture
def idp(server: OidcProvider, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[OidcProvider]:
    server.reset()
    server.refresh_tokens.add("the-refresh")
    monkeypatch.setattr(providers, "_kept", {})
    with overridden(oauth={"acme": {**CLIENT, "issuer": server.url}}):
        yield server


async def make_access(*, ends_in: timedelta | None = timedelta(seconds=30), **given: Any) -> User:
    """Somebody with access that is about to end."""
    user = await make_user()
    tokens = Tokens(
        **{
            "access_token": "the-access",
            "refresh_token": "the-refresh",
            "access_token_expires_at": clock.now() + ends_in if ends_in else None,
            **given,
        }
    )
    await make_account(user, tokens=tokens)
    return user


async def ask(user: User) -> str:
    return await accounts.access_token(user_id=user.id, provider="acme")


@pytest.mark.parametrize("ends_in", [timedelta(minutes=2), None])
async def test_an_access_token_that_works_is_given_out_as_it_is(idp: OidcProvider, ends_in: timedelta | None) -> None:
    user = await make_access(ends_in=ends_in)

    assert await ask(user) == "the-access"
    assert idp.asked["/token"] == 0


async def test_one_that_is_about_to_end_is_refreshed_and_its_successor_kept(idp: OidcProvider) -> None:
    user = await make_access()

    token = await ask(user)

    assert token in idp.access_tokens
    assert await ask(user) == token
    assert idp.asked["/token"] == 1
    account = await Account.get()
    assert token not in str((await Account.all().values())[0])
    assert account.access_token_expires_at is not None
    ends_in = account.access_token_expires_at - clock.now()
    assert timedelta(seconds=ACCESS_LIFETIME - 60) < ends_in <= timedelta(seconds=ACCESS_LIFETIME)
    assert account.scope == "openid,email,profile"


async def test_a_refresh_token_that_works_once_is_replaced(idp: OidcProvider) -> None:
    user = await make_access()
    first = await ask(user)

    with clock.shifted(timedelta(hours=1)):
        second = await ask(user)

    assert first != second
    assert idp.asked["/token"] == 2


async def test_a_refresh_token_that_is_not_replaced_stays(idp: OidcProvider) -> None:
    idp.rotates = False
    idp.issued = {"refresh_token": None, "scope": None}
    user = await make_access(scope=("openid",))
    idp.refresh_tokens = {"the-refresh"}

    tokens = []
    for hours in range(3):
        with clock.shifted(timedelta(hours=hours)):
            tokens.append(await ask(user))

    assert len(set(tokens)) == 3
    assert (await Account.get()).scope == "openid"


async def test_of_eight_that_need_it_at_once_one_refreshes_and_all_get_its_token(idp: OidcProvider) -> None:
    user = await make_access()
    idp.delay["/token"] = 0.2

    tokens = await asyncio.gather(*(ask(user) for _ in range(8)))

    assert len(set(tokens)) == 1
    assert idp.asked["/token"] == 1


async def test_tokens_that_live_no_longer_than_a_minute_are_given_out_all_the_same(idp: OidcProvider) -> None:
    idp.issued = {"expires_in": 20}
    user = await make_access()

    tokens = await asyncio.gather(*(ask(user) for _ in range(3)))

    assert set(tokens) <= idp.access_tokens


async def test_access_that_the_person_took_back_is_lost_and_not_asked_for_again(idp: OidcProvider) -> None:
    user = await make_access(refresh_token="revoked")

    for _ in range(2):
        with pytest.raises(accounts.AccessLost):
            await ask(user)

    assert idp.asked["/token"] == 1
    assert (await Account.get()).refresh_token is None


@pytest.mark.parametrize(
    "given",
    [{"refresh_token": None}, {"refresh_token_expires_at": clock.now() - timedelta(seconds=1)}],
    ids=["no refresh token", "one that is over"],
)
async def test_access_that_can_not_be_refreshed_is_lost_when_it_ends(idp: OidcProvider, given: dict[str, Any]) -> None:
    user = await make_access(**given)

    with pytest.raises(accounts.AccessLost):
        await ask(user)

    assert idp.asked["/token"] == 0


async def test_a_provider_that_is_down_costs_nothing_but_the_moment(idp: OidcProvider) -> None:
    user = await make_access()
    idp.answers["/token"] = PlainTextResponse("down", 503)
    with pytest.raises(accounts.ProviderUnavailable):
        await ask(user)

    idp.answers.clear()

    assert await ask(user) in idp.access_tokens


async def test_who_went_away_in_the_middle_has_not_lost_the_new_tokens(idp: OidcProvider) -> None:
    user = await make_access()
    gate = idp.gates["/token"] = threading.Event()
    going = asyncio.create_task(ask(user))
    await idp.until_asked("/token")

    going.cancel()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await going

    assert await ask(user) in idp.access_tokens
    assert idp.asked["/token"] == 1


async def test_a_sign_in_meanwhile_is_newer_than_the_refresh(idp: OidcProvider) -> None:
    user = await make_access()
    gate = idp.gates["/token"] = threading.Event()
    refreshing = asyncio.create_task(ask(user))
    await idp.until_asked("/token")

    newer = Tokens(access_token="of-the-sign-in", refresh_token="newer", access_token_expires_at=None)
    await make_account(user, tokens=newer)
    gate.set()
    await refreshing

    assert await ask(user) == "of-the-sign-in"


async def test_who_waits_for_a_refresher_that_died_has_their_turn_after_half_a_minute(
    idp: OidcProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await make_access()
    await attempts.count("refresh-access", (await Account.get()).id, limit=1, window=timedelta(seconds=30))

    monkeypatch.setattr(access, "_PATIENCE", timedelta(seconds=0.1))
    with pytest.raises(accounts.ProviderUnavailable, match="still being refreshed"):
        await ask(user)

    with clock.shifted(timedelta(seconds=31)):
        assert await ask(user) in idp.access_tokens


async def test_after_a_new_key_tokens_are_sealed_with_it_at_their_next_use(idp: OidcProvider) -> None:
    user = await make_access(ends_in=None)
    old = dict(settings().secrets)

    with overridden(secrets={2: "n" * 32, **{version: key.get_secret_value() for version, key in old.items()}}):
        assert await ask(user) == "the-access"
    account = await Account.get()

    assert account.access_token is not None
    assert account.refresh_token is not None
    with overridden(secrets={2: "n" * 32}):
        assert await ask(user) == "the-access"
        assert sealing.unseal(account.refresh_token, purpose=f"account:{account.id}:refreshToken") == "the-refresh"


async def test_tokens_that_another_application_left_in_the_clear_are_used_and_sealed(idp: OidcProvider) -> None:
    user = await make_access()
    await Account.all().update(
        access_token="ya29.in-the-clear", refresh_token="the-refresh", access_token_expires_at=None
    )

    assert await ask(user) == "ya29.in-the-clear"

    row = str((await Account.all().values())[0])
    assert "in-the-clear" not in row
    assert "the-refresh" not in row
    assert await ask(user) == "ya29.in-the-clear"


@pytest.mark.parametrize("provider", ["", "unknown", "credential", "x" * 10_000])
async def test_where_nobody_is_known_there_is_no_access(idp: OidcProvider, provider: str) -> None:
    user = await make_access()
    await accounts.set_password(user_id=user.id, password=PASSWORD)

    with pytest.raises(accounts.AccountNotFound):
        await accounts.access_token(user_id=user.id, provider=provider)
    with pytest.raises(accounts.AccountNotFound):
        await accounts.access_token(user_id="nobody", provider="acme")


async def test_a_provider_that_is_not_in_the_settings_any_more_refreshes_nothing(idp: OidcProvider) -> None:
    user = await make_access()

    with overridden(oauth={}), pytest.raises(accounts.ProviderUnknown):
        await ask(user)


async def test_of_two_identities_at_one_provider_the_newer_one_is_used(idp: OidcProvider) -> None:
    user = await make_access(ends_in=None)
    await make_account(user, subject="43", tokens=Tokens(access_token="the-newer"))

    assert await ask(user) == "the-newer"
