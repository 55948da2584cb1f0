"""Whatever members of one organization do, with whatever ids, nothing of another is read or changed."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tortoise.models import Model
from tortoise.queryset import QuerySet

from core import invitations, members, organizations, users
from core.errors import Refusal
from models import AiChat, AuditEntry, Invitation, Member, Organization, Purchase, Session, User
from tests.companies import make_member, make_owner, make_verified
from tests.factories import make_session

pytestmark = pytest.mark.usefixtures("db")


@dataclass
class World:
    """Two organizations. ``amphibian`` is a member of A, where they act, and an owner of B, where they don't."""

    ours: list[Member]
    theirs: list[Member]
    amphibian: str
    ids: dict[str, list[str]]

    @property
    def organization_id(self) -> str:
        return self.theirs[0].organization_id


async def make_world() -> World:
    ours, theirs = await _make_organization("Acme"), await _make_organization("Emca")
    amphibian = await make_verified()
    ours.append(await make_member(ours[0], "admin", user=amphibian))
    theirs.append(await make_member(theirs[0], "owner", user=amphibian))
    everybody = [member.user_id for member in ours + theirs]
    ids = {
        "member": [member.id for member in ours + theirs],
        "organization": [row.id for row in await Organization.all()],
        "invitation": [row.id for row in await Invitation.all()],
        "session": [row.id for row in await Session.filter(user_id__in=everybody)],
        "nothing": ["there-is-none"],
    }
    return World(ours, theirs, amphibian.id, {**ids, "anything": sum(ids.values(), everybody)})


async def _make_organization(name: str) -> list[Member]:
    owner = await make_owner(user=await make_verified(), name=name)
    people = [owner]
    for role in ("owner,admin", "admin", "member", "stranger"):
        people.append(await make_member(owner, role, user=await make_verified()))  # noqa: PERF401  one after another
    await invitations.send(owner, email=(await make_verified()).email, roles=["member"])
    await invitations.send(owner, email="grace@example.com", roles=["owner"])
    await AiChat.create(organization_id=owner.organization_id, messages=[])
    await Purchase.create(organization_id=owner.organization_id, type="ONE_TIME", customer_id=name)
    for member in people:
        session = (await make_session(user=await users.get(member.user_id))).session
        await organizations.set_active(
            session_id=session.id, user_id=member.user_id, organization_id=member.organization_id
        )
    return people


Operation = Callable[[Member, str, list[str]], Awaitable[object]]


async def _set_active(actor: Member, one: str, _: list[str]) -> None:
    session = await Session.get(user_id=actor.user_id)
    await organizations.set_active(session_id=session.id, user_id=actor.user_id, organization_id=one)


async def _set_anywhere(actor: Member, one: str, _: list[str]) -> None:
    await organizations.set_active(session_id=one, user_id=actor.user_id, organization_id=actor.organization_id)


async def _act_elsewhere(actor: Member, one: str, roles: list[str]) -> object:
    """As an actor whose object says that they are somewhere else, with another role."""
    forged = Member(id=actor.id, organization_id=one, user_id=actor.user_id, role=",".join(roles))
    await organizations.update(forged, name="Mine")
    return await members.list_members(forged)


async def _act_as_another(actor: Member, one: str, roles: list[str]) -> None:
    forged = Member(id=one, organization_id=actor.organization_id, user_id=actor.user_id, role=",".join(roles))
    await members.leave(forged)


OPERATIONS: dict[str, tuple[str, Operation]] = {
    "list members": ("nothing", lambda actor, *_: members.list_members(actor)),
    "list members after": ("anything", lambda actor, one, _: members.list_members(actor, after=one)),
    "get member": ("member", lambda actor, one, _: members.get(actor, one)),
    "get anything": ("anything", lambda actor, one, _: members.get(actor, one)),
    "change roles": ("member", members.change_roles),
    "remove": ("member", lambda actor, one, _: members.remove(actor, one)),
    "leave": ("nothing", lambda actor, *_: members.leave(actor)),
    "hand over": ("member", lambda actor, one, _: members.transfer_ownership(actor, one)),
    "get": ("nothing", lambda actor, *_: organizations.get(actor)),
    "rename": ("nothing", lambda actor, _, roles: organizations.update(actor, name=roles[0], metadata={"a": 1})),
    "take their slug": ("nothing", lambda actor, *_: organizations.update(actor, slug="emca")),
    "delete": ("nothing", lambda actor, *_: organizations.delete(actor)),
    "find by slug": ("nothing", lambda actor, *_: organizations.find_by_slug("emca", user_id=actor.user_id)),
    "list organizations": ("nothing", lambda actor, *_: organizations.list_for_user(user_id=actor.user_id)),
    "set active": ("organization", _set_active),
    "set anywhere": ("session", _set_anywhere),
    "invite": ("nothing", lambda actor, _, roles: invitations.send(actor, email="grace@example.com", roles=roles)),
    "resend": ("invitation", lambda actor, one, _: invitations.resend(actor, one)),
    "cancel": ("invitation", lambda actor, one, _: invitations.cancel(actor, one)),
    "list invitations": ("nothing", lambda actor, *_: invitations.list_for_organization(actor, status=None)),
    "see": ("invitation", lambda actor, one, _: invitations.get(invitation_id=one, user_id=actor.user_id)),
    "accept": ("invitation", lambda actor, one, _: invitations.accept(invitation_id=one, user_id=actor.user_id)),
    "reject": ("invitation", lambda actor, one, _: invitations.reject(invitation_id=one, user_id=actor.user_id)),
    "my invitations": ("nothing", lambda actor, *_: invitations.list_for_user(user_id=actor.user_id)),
    "act elsewhere": ("organization", _act_elsewhere),
    "act as another": ("member", _act_as_another),
}
"""What can be done, and the kind of id that it takes."""

PERSONAL = {"find by slug", "list organizations", "set active"}
"""What goes by who somebody is, and where the amphibian rightly sees B."""


async def rows_of(world: World) -> dict[str, list[dict[str, Any]]]:
    """All that is B's, but for the amphibian's own person and sessions."""
    people = [member.user_id for member in world.theirs if member.user_id != world.amphibian]
    where = {"organization_id": world.organization_id}
    queries: dict[str, QuerySet[Any]] = {
        "organization": Organization.filter(id=world.organization_id),
        "members": Member.filter(**where),
        "invitations": Invitation.filter(**where),
        "chats": AiChat.filter(**where),
        "purchases": Purchase.filter(**where),
        "audit": AuditEntry.filter(**where),
        "people": User.filter(id__in=people),
        "sessions": Session.filter(user_id__in=people),
    }
    return {name: await query.order_by("id").values() for name, query in queries.items()}


def ids_in(rows: dict[str, list[dict[str, Any]]]) -> set[str]:
    return {row["id"] for table in rows.values() for row in table}


def texts(found: object) -> Iterator[str]:
    """Every text in what was returned."""
    if isinstance(found, str):
        yield found
    elif isinstance(found, Model):
        yield from texts(vars(found))
    elif isinstance(found, dict):
        yield from texts(list(found.values()))
    elif isinstance(found, list | tuple):
        for part in found:
            yield from texts(part)


steps = st.lists(
    st.tuples(
        st.sampled_from(sorted(OPERATIONS)),
        st.integers(0, 5),
        st.integers(0, 99),
        st.lists(st.sampled_from(["owner", "admin", "member", "stranger"]), min_size=1, max_size=2),
    ),
    min_size=5,
    max_size=30,
)


async def act(world: World, secret: set[str], name: str, actor: Member, one: str, roles: list[str]) -> None:
    """Do it, or be refused, and look at what was returned."""
    if name in PERSONAL and actor.user_id == world.amphibian:
        return
    with suppress(Refusal):
        found = await OPERATIONS[name][1](actor, one, roles)
        assert not secret & {*texts(found)}, name


@given(steps=steps)
@hypothesis.settings(deadline=None, max_examples=40)
async def test_nothing_of_another_organization_is_read_or_changed(
    steps: list[tuple[str, int, int, list[str]]],
) -> None:
    world = await make_world()
    try:
        before = await rows_of(world)
        assert all(before.values())

        for name, who, which, roles in steps:
            ids = world.ids[OPERATIONS[name][0]]
            await act(world, ids_in(before), name, world.ours[who], ids[which % len(ids)], roles)

        assert await rows_of(world) == before
    finally:
        await Organization.all().delete()
        await User.all().delete()


@pytest.mark.parametrize("name", [name for name, (kind, _) in OPERATIONS.items() if kind != "nothing"])
async def test_nobody_does_anything_with_an_id_of_another_organization(name: str) -> None:
    world = await make_world()
    before = await rows_of(world)
    theirs = ids_in(before)

    for actor in world.ours:
        for one in theirs & {*world.ids[OPERATIONS[name][0]]}:
            await act(world, theirs, name, actor, one, ["member"])

    assert await rows_of(world) == before


async def test_the_snapshot_and_the_search_see_what_they_should() -> None:
    world = await make_world()
    before = await rows_of(world)
    theirs = world.theirs[0]

    assert theirs.id in {*texts(await members.list_members(theirs))}
    assert theirs.user_id in {*texts((await members.list_members(theirs)).items[-1])}
    await members.change_roles(theirs, world.theirs[2].id, ["member"])

    after = await rows_of(world)
    assert {name for name in before if after[name] != before[name]} == {"members", "audit"}
