import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock, database, users
from core.errors import Refusal
from core.text import TextInvalid
from models import Session, User
from tests.factories import make_session, make_user

pytestmark = pytest.mark.usefixtures("db")


async def test_a_person_is_found_by_email_in_any_case() -> None:
    ada = await users.create(name="Ada", email="Ada.Lovelace@Example.com")

    found = await users.find_by_email("ADA.LOVELACE@EXAMPLE.COM")

    assert found is not None
    assert (found.id, found.email) == (ada.id, "ada.lovelace@example.com")


async def test_of_eight_people_with_one_address_in_different_case_one_gets_it() -> None:
    spellings = ["ada@example.com", "Ada@example.com", "ADA@EXAMPLE.COM", "aDa@eXample.com"] * 2

    results = await asyncio.gather(
        *(users.create(name="Ada", email=email) for email in spellings), return_exceptions=True
    )

    assert sum(isinstance(result, User) for result in results) == 1
    assert sum(isinstance(result, users.EmailTaken) for result in results) == 7
    assert await User.all().count() == 1


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "ada@",
        "@example.com",
        "ada@exa mple.com",
        "ada@example.com\0",
        "a\ud800da@example.com",
        "ada@localhost",
        "ada@example.com\nbcc: all@example.com",
        f"{'a' * 65}@example.com",
        f"ada@{'a' * 300}.com",
    ],
)
async def test_what_is_not_an_address_is_refused_and_nothing_is_stored(email: str) -> None:
    with pytest.raises(users.EmailInvalid):
        await users.create(name="Ada", email=email)

    assert await User.all().count() == 0


@pytest.mark.parametrize("name", ["", "   ", "A\0da", "\ud800", "a" * 201, "Ada\nLovelace"])
async def test_a_name_that_can_not_be_stored_is_refused_and_nothing_is_stored(name: str) -> None:
    with pytest.raises(TextInvalid):
        await users.create(name=name, email="ada@example.com")

    assert await User.all().count() == 0


@given(name=st.text(max_size=250))
async def test_any_name_is_stored_as_it_reads_or_refused(name: str) -> None:
    try:
        user = await make_user(name=name)
    except TextInvalid:
        return

    assert (await users.get(user.id)).name == user.name


@given(anything=st.text(max_size=400))
async def test_no_text_makes_a_look_up_fail_in_another_way_than_a_refusal(anything: str) -> None:
    try:
        assert await users.find(anything) is None
        assert await users.find_by_email(anything) is None
    except Refusal:
        pass


async def test_renaming_moves_updated_at() -> None:
    user = await make_user()

    renamed = await users.rename(user.id, name="Augusta Ada King")

    assert renamed.name == "Augusta Ada King"
    assert renamed.updated_at > user.updated_at
    assert renamed.updated_at <= clock.now()
    assert renamed.created_at == user.created_at


async def test_deleting_a_person_takes_their_sessions_along_and_nobody_elses() -> None:
    gone, stays = await make_session(), await make_session()

    await users.delete(gone.session.user_id)

    assert await users.find(gone.session.user_id) is None
    assert [session.id for session in await Session.all()] == [stays.session.id]


async def test_who_does_not_exist_can_not_be_got_renamed_or_deleted() -> None:
    with pytest.raises(users.UserNotFound):
        await users.get("nobody")
    with pytest.raises(users.UserNotFound):
        await users.rename("nobody", name="Nobody")
    with pytest.raises(users.UserNotFound):
        await users.delete("nobody")


async def test_what_is_too_long_to_be_an_id_or_an_address_is_nobodys_and_refused_quickly() -> None:
    assert await users.find("x" * 5_000) is None
    assert await users.find_by_email("a" + "\u0315\u0300" * 40_000 + "@example.com") is None
    with pytest.raises(users.UserNotFound):
        await users.delete("x" * 5_000)


async def test_a_person_may_come_with_a_verified_address_a_picture_and_a_language() -> None:
    user = await users.create(
        name="Ada",
        email="ada@example.com",
        email_verified=True,
        image="https://images.example/ada.png",
        locale="pt-BR",
    )

    stored = await users.get(user.id)
    assert (stored.email_verified, stored.image, stored.locale) == (True, "https://images.example/ada.png", "pt-BR")


async def test_of_a_profile_only_what_is_given_changes() -> None:
    user = await make_user(name="Ada")
    await users.update_profile(user.id, image="http://localhost:9000/ada.png", locale="de", onboarding_complete=True)

    changed = await users.update_profile(user.id, image=None, name="Augusta")

    assert (changed.name, changed.locale) == ("Augusta", "de")
    assert changed.image is None
    assert changed.onboarding_complete is True
    assert changed.updated_at > user.updated_at
    assert (await users.update_profile(user.id)).updated_at == changed.updated_at


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ada.png",
        "//images.example/ada.png",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
        "ftp://images.example/ada.png",
        "https://",
        "https:///ada.png",
        "https://user:password@images.example/ada.png",
        "https://[::1",
        "https://images.example:port/ada.png",
        "https://images.example/a da.png",
        "https://images.example/\0",
        "https://images.example/\ud800",
        "https://images.example/" + "a" * 2_048,
    ],
)
async def test_what_is_not_the_address_of_a_picture_is_refused(address: str) -> None:
    user = await make_user()

    with pytest.raises(users.ImageInvalid):
        await users.update_profile(user.id, name="Grace", image=address)

    assert (await users.get(user.id)).name == user.name


@pytest.mark.parametrize("locale", ["de", "pt-BR", "zh-Hant-TW", "es-419", "sl-rozaj-biske", "fil"])
async def test_a_language_tag_is_kept_as_it_is(locale: str) -> None:
    user = await make_user()

    assert (await users.update_profile(user.id, locale=locale)).locale == locale


@pytest.mark.parametrize(
    "locale", ["", "d", "deutsch", "de_DE", "de-", "../de", "de\0", "\ud800", "de" + "-abcdefgh" * 4]
)
async def test_what_is_not_a_language_tag_is_refused(locale: str) -> None:
    user = await make_user()

    with pytest.raises(users.LocaleInvalid):
        await users.update_profile(user.id, locale=locale)


async def test_a_username_is_found_in_any_case_and_shown_as_it_was_written() -> None:
    user = await make_user()

    named = await users.set_username(user.id, username="Ada.Lovelace_1815")

    assert (named.username, named.display_username) == ("ada.lovelace_1815", "Ada.Lovelace_1815")
    found = await users.find_by_username("ADA.lovelace_1815")
    assert found is not None
    assert found.id == user.id


@pytest.mark.parametrize(
    "username",
    [
        *("", "ad", "a" * 31, "...", "_._", "ada lovelace", "ada-lovelace", "ädä", "ada\0", "ada\n", "\ud800da"),
        *("admin", "Admin", "ad.min", "_support_", "ROOT", "a.p.i"),
    ],
)
async def test_what_can_not_be_a_username_is_refused(username: str) -> None:
    user = await make_user()

    with pytest.raises(users.UsernameInvalid):
        await users.set_username(user.id, username=username)

    assert await users.find_by_username(username) is None


async def test_of_eight_people_who_want_one_username_one_gets_it() -> None:
    people = [await make_user() for _ in range(8)]

    results = await asyncio.gather(
        *(users.set_username(user.id, username="Ada" if number % 2 else "ADA") for number, user in enumerate(people)),
        return_exceptions=True,
    )

    assert sum(isinstance(result, User) for result in results) == 1
    assert sum(isinstance(result, users.UsernameTaken) for result in results) == 7
    assert await User.filter(username="ada").count() == 1


async def test_a_username_that_was_given_up_is_anybodys_and_ones_own_can_be_written_anew() -> None:
    ada, grace = await make_user(), await make_user()
    await users.set_username(ada.id, username="pioneer")

    assert (await users.set_username(ada.id, username="Pioneer")).display_username == "Pioneer"
    freed = await users.set_username(ada.id, username=None)
    await users.set_username(grace.id, username="pioneer")

    assert freed.username is None
    assert freed.display_username is None
    found = await users.find_by_username("pioneer")
    assert found is not None
    assert found.id == grace.id


async def test_somebody_who_does_not_exist_has_no_profile_and_gets_no_username() -> None:
    with pytest.raises(users.UserNotFound):
        await users.update_profile("nobody")
    with pytest.raises(users.UserNotFound):
        await users.update_profile("nobody", locale="de")
    with pytest.raises(users.UserNotFound):
        await users.set_username("nobody", username="nemo")
    assert await users.find_by_username("x" * 5_000) is None


async def test_who_is_new_changed_or_gone_is_told(heard: list[Any]) -> None:
    user = await make_user()
    await users.update_profile(user.id, locale="de")
    await users.set_username(user.id, username="ada")
    await users.delete(user.id)

    assert heard == [
        users.UserCreated(user_id=user.id),
        users.UserChanged(user_id=user.id),
        users.UserChanged(user_id=user.id),
        users.UserDeleted(user_id=user.id),
    ]


async def test_nothing_is_told_of_what_did_not_happen(heard: list[Any]) -> None:
    user = await make_user(email="ada@example.com")
    heard.clear()

    for refused in (
        users.create(name="Ada", email="ADA@example.com"),
        users.update_profile("nobody", locale="de"),
        users.delete("nobody"),
    ):
        with pytest.raises(Refusal):
            await refused
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await users.delete(user.id)
            raise ZeroDivisionError

    assert heard == []
