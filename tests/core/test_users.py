import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock, users
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
