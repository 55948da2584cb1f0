import asyncio
import time

import pytest

from core import accounts, authentication, clock, sessions, users
from core.crypto import passwords
from core.settings import overridden
from models import Account, Session, User

pytestmark = pytest.mark.usefixtures("db")

PASSWORD = "correct horse battery staple"


async def sign_up(email: str = "ada@example.com", password: str = PASSWORD) -> authentication.SignedIn:
    return await authentication.sign_up(name="Ada", email=email, password=password)


async def test_who_signed_up_is_signed_in_and_can_sign_in_again() -> None:
    up = await sign_up()

    again = await authentication.sign_in(email="ADA@example.com", password=PASSWORD, ip_address="203.0.113.9")

    assert (await sessions.authenticate(up.token)).user_id == up.user.id
    assert (await sessions.authenticate(again.token)).user_id == up.user.id
    assert up.token != again.token
    assert again.session.ip_address == "203.0.113.9"


async def test_signing_out_ends_this_session_only_and_twice_is_no_error() -> None:
    here = await sign_up()
    there = await authentication.sign_in(email="ada@example.com", password=PASSWORD)

    await authentication.sign_out(here.token)
    await authentication.sign_out(here.token)

    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(here.token)
    assert await sessions.authenticate(there.token)


async def test_of_eight_racing_sign_ups_with_one_address_one_wins_and_leaves_one_of_everything() -> None:
    results = await asyncio.gather(
        *(sign_up(email) for email in ["ada@example.com", "ADA@example.com"] * 4), return_exceptions=True
    )

    assert sum(isinstance(result, authentication.SignedIn) for result in results) == 1
    assert sum(isinstance(result, users.EmailTaken) for result in results) == 7
    assert [await model.all().count() for model in (User, Account, Session)] == [1, 1, 1]


@pytest.mark.parametrize("password", ["", "short", "x" * 129, "\ud800" * 10])
async def test_a_password_that_can_not_be_one_is_refused_and_nobody_is_added(password: str) -> None:
    with pytest.raises(accounts.PasswordInvalid):
        await sign_up(password=password)

    assert await User.all().count() == 0


@pytest.mark.parametrize("password", ["n\0ul bytes", "ﬁligree Å", "пароль пароль", "🐎" * 128])
async def test_any_other_password_works(password: str) -> None:
    await sign_up(password=password)

    assert await authentication.sign_in(email="ada@example.com", password=password)


async def test_a_password_is_the_same_however_it_is_composed() -> None:
    await sign_up(password="Pa\u017fsword-\u00c5-123")

    assert await authentication.sign_in(email="ada@example.com", password="Password-A\u030a-123")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.com", "wrong horse battery staple"),
        ("ada@example.com", ""),
        ("ada@example.com", "\ud800"),
        ("ada@example.com", "x" * 1_000_000),
        ("ada@example.com", PASSWORD + "x" * 1_000_000),
        ("ada@example.com", "a" + "\u0315\u0300" * 40_000),
        ("nobody@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("\0", PASSWORD),
    ],
    ids=lambda text: text[:20],
)
async def test_whatever_is_wrong_the_answer_is_the_same(email: str, password: str) -> None:
    await sign_up()

    with pytest.raises(authentication.CredentialsInvalid) as refused:
        await authentication.sign_in(email=email, password=password)

    assert str(refused.value) == "The email address or the password is wrong."
    assert await Session.all().count() == 1


async def test_an_unknown_person_and_one_without_a_password_take_as_long_as_a_wrong_password() -> None:
    await sign_up()
    await users.create(name="Grace", email="grace@example.com")

    async def seconds(email: str) -> float:
        took = []
        for _ in range(5):
            began = time.perf_counter()
            with pytest.raises(authentication.CredentialsInvalid):
                await authentication.sign_in(email=email, password="wrong horse battery staple")
            took.append(time.perf_counter() - began)
        return min(took)

    wrong = await seconds("ada@example.com")

    # A missing hash is a factor of ten or more; the margin is for a busy machine.
    assert await seconds("nobody@example.com") > wrong / 2
    assert await seconds("grace@example.com") > wrong / 2


async def test_a_password_is_hashed_again_when_the_parameters_change() -> None:
    up = await sign_up()
    account = await Account.get(user_id=up.user.id)

    with overridden(password_time_cost=3):
        await authentication.sign_in(email="ada@example.com", password=PASSWORD)
        renewed = await Account.get(user_id=up.user.id)

        assert renewed.password is not None
        assert renewed.password != account.password
        assert "t=3" in renewed.password
        assert not passwords.outdated(renewed.password)
        assert renewed.updated_at > account.updated_at
        assert await authentication.sign_in(email="ada@example.com", password=PASSWORD)


async def test_a_new_password_replaces_the_old_one() -> None:
    up = await sign_up()

    await accounts.set_password(user_id=up.user.id, password="another horse")

    assert await authentication.sign_in(email="ada@example.com", password="another horse")
    with pytest.raises(authentication.CredentialsInvalid):
        await authentication.sign_in(email="ada@example.com", password=PASSWORD)
    assert await Account.all().count() == 1


async def test_a_foreign_hash_is_no_password_and_no_error() -> None:
    up = await sign_up()
    await Account.filter(user_id=up.user.id).update(password="salt:key")

    with pytest.raises(authentication.CredentialsInvalid):
        await authentication.sign_in(email="ada@example.com", password=PASSWORD)


async def test_a_ban_refuses_the_right_password_and_lifts_itself_when_it_is_over() -> None:
    up = await sign_up()
    await User.filter(id=up.user.id).update(banned=True, ban_reason="spam", ban_expires=None)
    with pytest.raises(authentication.Banned):
        await authentication.sign_in(email="ada@example.com", password=PASSWORD)

    await User.filter(id=up.user.id).update(ban_expires=clock.now())
    assert await authentication.sign_in(email="ada@example.com", password=PASSWORD)

    user = await users.get(up.user.id)
    assert not user.banned
    assert user.ban_reason is None
    assert user.ban_expires is None


async def test_the_event_loop_goes_on_while_passwords_are_hashed() -> None:
    await sign_up()
    gaps: list[float] = []

    async def watch() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0)
            gaps.append(time.perf_counter() - began)

    watcher = asyncio.create_task(watch())
    await asyncio.gather(*(authentication.sign_in(email="ada@example.com", password=PASSWORD) for _ in range(6)))
    watcher.cancel()

    # Hashed on the loop, the six would leave about twenty turns between them instead of thousands.
    assert len(gaps) > 500
