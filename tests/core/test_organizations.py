import asyncio
import json
from contextlib import suppress
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import audit, database, events, members, organizations, users
from core.errors import Refusal
from core.members import NotPermitted, OrganizationNotFound
from core.organizations import (
    MetadataInvalid,
    OrganizationCreated,
    OrganizationDeleted,
    OrganizationUpdated,
    SlugInvalid,
    SlugTaken,
    TooManyOrganizations,
)
from core.organizations.slugs import RESERVED, candidates, checked
from core.sessions import SessionNotFound
from core.settings import overridden
from core.text import TextInvalid
from core.users import UserNotFound
from models import AiChat, Invitation, Member, Organization, Session
from tests.companies import make_member, make_owner
from tests.factories import make_session, make_user

pytestmark = pytest.mark.usefixtures("db")


async def test_whoever_makes_an_organization_is_its_owner() -> None:
    user = await make_user()

    made = await organizations.create(
        user_id=user.id, name=" Acme ", slug="acme-inc", logo="acme.png", metadata={"plan": "größer", "seats": 3}
    )

    owner = await members.acting(user_id=user.id, organization_id=made.id)
    stored = await organizations.get(owner)
    assert owner.role == "owner"
    assert (stored.name, stored.slug, stored.logo) == ("Acme", "acme-inc", "acme.png")
    assert organizations.metadata(stored) == {"plan": "größer", "seats": 3}


async def test_nobody_makes_none() -> None:
    with pytest.raises(UserNotFound):
        await organizations.create(user_id="there-is-none", name="Acme")

    assert await Organization.all().count() == 0


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Acme", "acme"),
        ("  Acme -- & Söhne, Inc. ", "acme-sohne-inc"),
        ("Große Straße", "grosse-strasse"),
        ("\uff21\uff43\uff4d\uff45", "acme"),
        ("株式会社", "team-2"),
        ("X", "team-x"),
        ("Admin", "admin-2"),
        ("a" * 200, "a" * 50),
    ],
)
async def test_a_slug_is_made_of_the_name(name: str, slug: str) -> None:
    user = await make_user()

    assert (await organizations.create(user_id=user.id, name=name)).slug == slug


async def test_the_same_name_again_has_a_number_and_at_last_chance() -> None:
    user = await make_user()

    made = [(await organizations.create(user_id=user.id, name="Acme")).slug for _ in range(11)]

    assert made[:9] == ["acme", *[f"acme-{number}" for number in range(2, 10)]]
    assert len({*made}) == 11
    assert all(len(slug) == len("acme-") + 12 for slug in made[9:])


async def test_eight_who_use_one_name_at_once_all_get_one() -> None:
    people = [await make_user() for _ in range(8)]

    made = await asyncio.gather(*(organizations.create(user_id=user.id, name="Acme") for user in people))

    assert {organization.slug for organization in made} == {"acme", *[f"acme-{number}" for number in range(2, 9)]}


async def test_of_eight_who_want_one_slug_one_gets_it_and_of_the_others_nothing_stays() -> None:
    people = [await make_user() for _ in range(8)]

    results = await asyncio.gather(
        *(organizations.create(user_id=user.id, name="Acme", slug="acme") for user in people), return_exceptions=True
    )

    assert sum(isinstance(result, Organization) for result in results) == 1
    assert sum(isinstance(result, SlugTaken) for result in results) == 7
    assert await Organization.all().count() == await Member.all().count() == 1


async def test_of_eight_who_change_to_one_slug_one_gets_it() -> None:
    owners = [await make_owner() for _ in range(8)]

    results = await asyncio.gather(
        *(organizations.update(owner, slug="wanted") for owner in owners), return_exceptions=True
    )

    assert sum(isinstance(result, Organization) for result in results) == 1
    assert sum(isinstance(result, SlugTaken) for result in results) == 7


@pytest.mark.parametrize(
    "slug",
    [
        "",
        "ab",
        "a" * 64,
        "Acme",
        "acme-",
        "-acme",
        "ac--me",
        "ac_me",
        "acmé",
        "ac me",
        "acme\n",
        "a\0b",
        "\ud800cme",
        "admin",
    ],
)
async def test_what_can_be_no_slug_is_refused_and_nothing_is_stored(slug: str) -> None:
    user = await make_user()

    with pytest.raises(SlugInvalid):
        await organizations.create(user_id=user.id, name="Acme", slug=slug)
    with pytest.raises(SlugInvalid):
        await organizations.slug_available(slug)

    assert await Organization.all().count() == 0


@given(name=st.text(max_size=250))
def test_whatever_the_name_is_every_slug_made_of_it_can_be_one(name: str) -> None:
    made = list(candidates(name, ending="0123456789ab"))

    assert [checked(slug) for slug in made] == made
    assert not RESERVED & {*made}
    assert len({*made}) == len(made)


async def test_whether_a_slug_is_free_is_known_to_everybody() -> None:
    await make_owner(name="Acme")

    assert not await organizations.slug_available("acme")
    assert await organizations.slug_available("acme-2")


@pytest.mark.parametrize("name", ["", "   ", "A\0cme", "\ud800", "a" * 201, "Ac\nme"])
async def test_a_name_that_can_not_be_stored_is_refused_and_nothing_changes(name: str) -> None:
    owner = await make_owner(name="Acme")

    with pytest.raises(TextInvalid):
        await organizations.create(user_id=owner.user_id, name=name)
    with pytest.raises(TextInvalid):
        await organizations.update(owner, name=name)

    assert [it.name for it in await Organization.all()] == ["Acme"]


def _deep() -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for _ in range(100_000):
        nested = {"a": nested}
    return nested


def _endless() -> dict[str, Any]:
    endless: dict[str, Any] = {}
    endless["a"] = endless
    return endless


@pytest.mark.parametrize(
    "metadata",
    [
        {"a": "x" * 16_384},
        {"a": object()},
        {"a": float("nan")},
        {("a", "b"): 1},
        {"a": {1, 2}},
        _deep(),
        _endless(),
        ["a"],
        "a",
        3,
    ],
    ids=range(10),
)
async def test_metadata_that_is_no_small_json_object_is_refused(metadata: Any) -> None:
    owner = await make_owner()

    with pytest.raises(MetadataInvalid):
        await organizations.update(owner, metadata=metadata)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(metadata=st.dictionaries(st.text(), _json, max_size=5))
@hypothesis.settings(deadline=None)
async def test_metadata_comes_back_as_it_was(metadata: dict[str, Any]) -> None:
    user = await make_user()

    made = await organizations.create(user_id=user.id, name="Acme", metadata=metadata)

    assert organizations.metadata(await Organization.get(id=made.id)) == metadata


@pytest.mark.parametrize("text", [None, "", "{", "[1]", "null", "3", "[" * 100_000])
def test_what_another_program_wrote_and_is_no_object_is_no_metadata(text: str | None) -> None:
    assert organizations.metadata(Organization(name="Acme", slug="acme", metadata=text)) == {}


async def test_what_is_given_changes_and_the_rest_stays() -> None:
    user = await make_user()
    made = await organizations.create(user_id=user.id, name="Acme", logo="acme.png", metadata={"a": 1})
    owner = await members.acting(user_id=user.id, organization_id=made.id)
    admin = await make_member(owner, "admin")

    renamed = await organizations.update(admin, name="Emca")
    assert (renamed.name, renamed.slug, renamed.logo) == ("Emca", "acme", "acme.png")
    changed = await organizations.update(admin, slug="emca", logo="", metadata={})
    assert [changed.name, changed.slug, changed.logo] == ["Emca", "emca", None]
    assert organizations.metadata(changed) == {}
    assert (await organizations.update(admin)).name == "Emca"

    entries = (await audit.list_entries(organization_id=made.id)).items
    assert [(entry.actor_id, entry.action, entry.data) for entry in entries] == [
        (admin.user_id, "organization.update", {"changed": ["logo", "metadata", "slug"]}),
        (admin.user_id, "organization.update", {"changed": ["name"]}),
    ]


async def test_an_organization_is_found_by_those_who_belong_to_it() -> None:
    owner, stranger = await make_owner(name="Acme"), await make_user()
    await make_owner(user=stranger, name="Other")

    found = await organizations.find_by_slug("acme", user_id=owner.user_id)
    assert found is not None
    assert found.id == owner.organization_id
    assert await organizations.find_by_slug("acme", user_id=stranger.id) is None
    assert await organizations.find_by_slug("there-is-none", user_id=owner.user_id) is None


async def test_a_person_sees_their_organizations_newest_first_and_in_pages() -> None:
    user = await make_user()
    for name in ("One", "Two"):
        await make_owner(user=user, name=name)
    await make_member(await make_owner(name="Three"), user=user)
    await make_owner(name="Not theirs")

    first = await organizations.list_for_user(user_id=user.id, limit=2)
    second = await organizations.list_for_user(user_id=user.id, limit=2, after=first.after)

    assert [organization.name for organization in first.items + second.items] == ["Three", "Two", "One"]
    assert second.after is None


async def test_nobody_owns_more_than_they_may_also_when_eight_are_made_at_once() -> None:
    user = await make_user()
    await make_member(await make_owner(), user=user)

    with overridden(organizations_per_user=3):
        results = await asyncio.gather(
            *(organizations.create(user_id=user.id, name="Acme") for _ in range(8)), return_exceptions=True
        )

    assert sum(isinstance(result, Organization) for result in results) == 3
    assert sum(isinstance(result, TooManyOrganizations) for result in results) == 5


async def test_an_owner_deletes_it_with_all_that_is_its_own() -> None:
    owner, other = await make_owner(), await make_owner()
    admin = await make_member(owner, "admin")
    await AiChat.create(organization_id=owner.organization_id, messages=[])
    session = (await make_session(user=await users.get(admin.user_id))).session
    await organizations.set_active(session_id=session.id, user_id=admin.user_id, organization_id=owner.organization_id)

    with pytest.raises(NotPermitted):
        await organizations.delete(admin)
    await organizations.delete(owner)

    assert [it.id for it in await Organization.all()] == [other.organization_id]
    assert [it.id for it in await Member.all()] == [other.id]
    assert await AiChat.all().count() == await Invitation.all().count() == 0
    assert (await Session.get(id=session.id)).active_organization_id is None
    assert (await users.get(admin.user_id)).last_active_organization_id is None
    assert [entry.action for entry in (await audit.list_entries(organization_id=owner.organization_id)).items] == [
        "organization.delete"
    ]
    with pytest.raises(OrganizationNotFound):
        await organizations.delete(owner)


async def test_of_eight_who_delete_it_one_does_and_whoever_joins_meanwhile_finds_nothing() -> None:
    owner = await make_owner()
    people = [await make_user() for _ in range(4)]

    results = await asyncio.gather(
        *(organizations.delete(owner) for _ in range(8)),
        *(make_member(owner, user=user) for user in people),
        return_exceptions=True,
    )

    assert results.count(None) == 1
    assert {type(result) for result in results} <= {type(None), OrganizationNotFound, Member}
    assert await Member.all().count() == 0


async def test_a_session_is_at_work_in_an_organization_of_its_person() -> None:
    user = await make_user()
    owner, other = await make_owner(user=user), await make_owner()
    mine, theirs = (await make_session(user=user)).session, (await make_session()).session

    await organizations.set_active(session_id=mine.id, user_id=user.id, organization_id=owner.organization_id)
    assert (await Session.get(id=mine.id)).active_organization_id == owner.organization_id
    assert (await users.get(user.id)).last_active_organization_id == owner.organization_id

    with pytest.raises(OrganizationNotFound):
        await organizations.set_active(session_id=mine.id, user_id=user.id, organization_id=other.organization_id)
    with pytest.raises(OrganizationNotFound):
        await organizations.set_active(session_id=mine.id, user_id=user.id, organization_id="there-is-none")
    with pytest.raises(SessionNotFound):
        await organizations.set_active(session_id=theirs.id, user_id=user.id, organization_id=None)
    assert (await Session.get(id=mine.id)).active_organization_id == owner.organization_id
    assert (await users.get(user.id)).last_active_organization_id == owner.organization_id

    await organizations.set_active(session_id=mine.id, user_id=user.id, organization_id=None)
    assert (await Session.get(id=mine.id)).active_organization_id is None
    assert (await users.get(user.id)).last_active_organization_id is None


async def test_whoever_is_removed_while_they_set_it_is_at_work_nowhere() -> None:
    for _ in range(20):
        owner, user = await make_owner(), await make_user()
        member, session = await make_member(owner, user=user), (await make_session(user=user)).session

        await asyncio.gather(
            organizations.set_active(session_id=session.id, user_id=user.id, organization_id=owner.organization_id),
            members.remove(owner, member.id),
            return_exceptions=True,
        )

        assert (await Session.get(id=session.id)).active_organization_id is None


async def test_organizations_that_would_have_no_owner_without_somebody_are_known() -> None:
    user = await make_user()
    alone = await make_owner(user=user, name="Alone")
    await make_member(alone, "admin")
    together = await make_owner(user=user, name="Together")
    await make_member(together, "owner")
    await make_member(await make_owner(), user=user)

    assert [it.name for it in await organizations.list_owned_alone(user_id=user.id)] == ["Alone"]
    assert await organizations.list_owned_alone(user_id="there-is-none") == []


async def test_an_organization_that_is_deleted_meanwhile_is_nobodys_alone() -> None:
    for _ in range(10):
        owner = await make_owner()

        async def listed(user_id: str = owner.user_id) -> list[str]:
            async with database.transaction():
                return [it.id for it in await organizations.list_owned_alone(user_id=user_id)]

        found, _ = await asyncio.gather(listed(), organizations.delete(owner))

        assert found in ([], [owner.organization_id])


@pytest.mark.parametrize("anything", ["", "a", "a" * 10_000, "a\0b", "\ud800", "' OR 1=1 --"])
async def test_any_text_is_refused_or_not_found(anything: str) -> None:
    owner = await make_owner()
    session = (await make_session(user=await users.get(owner.user_id))).session

    with suppress(Refusal):
        assert await organizations.find_by_slug(anything, user_id=owner.user_id) is None
    with suppress(Refusal):
        assert (await organizations.list_for_user(user_id=anything)).items == []
    with suppress(Refusal):
        assert len((await organizations.list_for_user(user_id=owner.user_id, after=anything)).items) <= 1
    with pytest.raises(Refusal):
        await organizations.set_active(session_id=anything, user_id=owner.user_id, organization_id=None)
    with pytest.raises(Refusal):
        await organizations.set_active(session_id=session.id, user_id=owner.user_id, organization_id=anything)


async def test_an_app_hears_of_it_after_the_commit() -> None:
    heard: list[events.Event] = []

    @events.on(events.Event)
    async def hear(event: events.Event) -> None:
        heard.append(event)

    try:
        owner = await make_owner()
        await organizations.update(owner, metadata={"a": 1})
        await organizations.update(owner)
        await organizations.delete(owner)
    finally:
        events.forget(hear)

    ids = {"organization_id": owner.organization_id, "by": owner.user_id}
    assert [event for event in heard if type(event).__name__.startswith("Organization")] == [
        OrganizationCreated(**ids),
        OrganizationUpdated(**ids),
        OrganizationDeleted(**ids),
    ]


async def test_metadata_is_stored_as_other_programs_read_it() -> None:
    user = await make_user()

    made = await organizations.create(user_id=user.id, name="Acme", metadata={"a\0": "\ud800ö"})

    stored = (await Organization.get(id=made.id)).metadata
    assert stored is not None
    assert stored.isascii()
    assert json.loads(stored) == {"a\0": "\ud800ö"}
