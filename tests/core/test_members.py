import asyncio
from collections.abc import Awaitable, Callable

import pytest

from core import audit, database, events, members, organizations, permissions, users
from core.database.statements import fetch
from core.errors import NotFound, Refusal
from core.members import (
    LastOwner,
    MemberJoined,
    MemberLeft,
    MemberNotFound,
    NotPermitted,
    OrganizationFull,
    OrganizationNotFound,
    OwnersOnly,
    RolesChanged,
)
from core.settings import overridden
from core.users import UserNotFound
from models import Member, Organization, Session, User
from tests.companies import make_member, make_owner
from tests.factories import make_session, make_user

pytestmark = pytest.mark.usefixtures("db")


async def role_of(member: Member) -> str:
    return (await Member.get(id=member.id)).role


async def owners_of(member: Member) -> int:
    roles = await Member.filter(organization_id=member.organization_id).values_list("role", flat=True)
    return sum("owner" in permissions.split(role) for role in roles)


async def test_a_member_acts_and_whoever_is_none_can_not_tell_whether_there_is_an_organization() -> None:
    owner = await make_owner()
    stranger = await make_user()

    assert (await members.acting(user_id=owner.user_id, organization_id=owner.organization_id)).id == owner.id
    with pytest.raises(OrganizationNotFound) as of_others:
        await members.acting(user_id=stranger.id, organization_id=owner.organization_id)
    with pytest.raises(OrganizationNotFound) as of_nobody:
        await members.acting(user_id=stranger.id, organization_id="there-is-none")

    assert str(of_others.value) == str(of_nobody.value)


@pytest.mark.parametrize("anything", ["", "a", "a" * 10_000, "a\0b", "\ud800", "' OR 1=1 --"])
async def test_any_text_as_an_id_is_refused_and_changes_nothing(anything: str) -> None:
    owner = await make_owner()

    for asked in (
        members.acting(user_id=owner.user_id, organization_id=anything),
        members.acting(user_id=anything, organization_id=owner.organization_id),
        members.get(owner, anything),
        members.change_roles(owner, anything, ["member"]),
        members.transfer_ownership(owner, anything),
        members.remove(owner, anything),
    ):
        with pytest.raises(Refusal):
            await asked

    assert [it.role for it in await Member.all()] == ["owner"]


async def test_members_are_listed_with_their_names_who_came_last_first() -> None:
    owner = await make_owner(user=await make_user(name="Ada"))
    for name in ("Grace", "Hedy"):
        await make_member(owner, user=await make_user(name=name))
    await make_owner()

    first = await members.list_members(owner, limit=2)
    second = await members.list_members(owner, limit=2, after=first.after)

    assert [member.user.name for member in first.items + second.items] == ["Hedy", "Grace", "Ada"]
    assert second.after is None
    assert (await members.get(owner, first.items[0].id)).user.name == "Hedy"


async def test_a_member_of_another_organization_is_not_found() -> None:
    owner, other = await make_owner(), await make_owner()
    theirs = await make_member(other)

    for asked in (
        members.get(owner, theirs.id),
        members.change_roles(owner, theirs.id, ["admin"]),
        members.transfer_ownership(owner, theirs.id),
        members.remove(owner, theirs.id),
    ):
        with pytest.raises(MemberNotFound):
            await asked

    assert await role_of(theirs) == "member"


async def test_who_may_change_roles_gives_no_more_than_they_have() -> None:
    owner = await make_owner()
    admin, member = await make_member(owner, "admin"), await make_member(owner)

    changed = await members.change_roles(admin, member.id, ["admin", "member"])
    with pytest.raises(OwnersOnly):
        await members.change_roles(admin, member.id, ["owner"])
    with pytest.raises(OwnersOnly):
        await members.change_roles(admin, admin.id, ["admin", "owner"])
    with pytest.raises(OwnersOnly):
        await members.change_roles(admin, owner.id, ["member"])
    with pytest.raises(OwnersOnly):
        await members.remove(admin, owner.id)

    assert changed.role == await role_of(member) == "admin,member"
    assert (await role_of(owner), await role_of(admin)) == ("owner", "admin")


async def test_an_apps_role_that_allows_more_is_not_an_admins_to_give_or_to_touch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(permissions, "_table", permissions._table)
    permissions.extend({"billing": ["purchase.refund"]})
    owner = await make_owner()
    admin, accountant = await make_member(owner, "admin"), await make_member(owner, "billing")

    with pytest.raises(NotPermitted):
        await members.change_roles(admin, admin.id, ["admin", "billing"])
    with pytest.raises(NotPermitted):
        await members.remove(admin, accountant.id)
    await members.change_roles(owner, admin.id, ["admin", "billing"])
    await members.remove(admin, accountant.id)


async def test_a_member_changes_nothing_of_others() -> None:
    owner = await make_owner()
    member, other = await make_member(owner), await make_member(owner)

    for asked in (
        members.change_roles(member, other.id, ["member"]),
        members.change_roles(member, member.id, ["admin"]),
        members.remove(member, other.id),
        organizations.update(member, name="Mine"),
        organizations.delete(member),
    ):
        with pytest.raises(NotPermitted):
            await asked
    with pytest.raises(OwnersOnly):
        await members.transfer_ownership(member, other.id)


async def test_a_role_that_nobody_defined_may_nothing_at_all() -> None:
    owner = await make_owner()
    editor = await make_member(owner, "editor")

    for asked in (members.list_members(editor), members.get(editor, editor.id), organizations.get(editor)):
        with pytest.raises(NotPermitted):
            await asked

    with pytest.raises(permissions.RolesInvalid):
        await members.change_roles(owner, editor.id, ["editor"])
    await members.leave(editor)


async def test_a_demoted_or_removed_actors_old_object_is_worth_nothing() -> None:
    owner = await make_owner()
    demoted, removed, member = [await make_member(owner, role) for role in ("admin", "admin", "member")]
    await members.change_roles(owner, demoted.id, ["member"])
    await members.remove(owner, removed.id)

    assert demoted.role == "admin"
    for actor, refusal in ((demoted, NotPermitted), (removed, OrganizationNotFound)):
        for asked in (
            members.change_roles(actor, member.id, ["admin"]),
            members.remove(actor, member.id),
            organizations.update(actor, name="Mine"),
        ):
            with pytest.raises(refusal):
                await asked
    for ask in (members.list_members, members.leave, organizations.get):
        with pytest.raises(OrganizationNotFound):
            await ask(removed)


async def test_an_actor_made_or_changed_by_hand_is_nobody() -> None:
    owner, other = await make_owner(), await make_owner()
    member = await make_member(owner)

    for actor in (
        Member(id=owner.id, organization_id=other.organization_id, user_id=owner.user_id, role="owner"),
        Member(id="made-up", organization_id=other.organization_id, user_id=owner.user_id, role="owner"),
        Member(id=other.id, organization_id=other.organization_id, user_id=owner.user_id, role="owner"),
    ):
        with pytest.raises(OrganizationNotFound):
            await organizations.delete(actor)
    member.role = "owner"
    with pytest.raises(NotPermitted):
        await organizations.delete(member)

    assert await Organization.all().count() == 2


async def test_the_last_owner_stays_an_owner() -> None:
    owner = await make_owner()
    await make_member(owner, "admin")
    await make_member(owner, "coowner")

    for asked in (
        members.leave(owner),
        members.remove(owner, owner.id),
        members.change_roles(owner, owner.id, ["admin"]),
    ):
        with pytest.raises(LastOwner):
            await asked

    assert await role_of(owner) == "owner"


async def test_an_owner_who_is_not_the_last_goes_by_themselves_or_by_another() -> None:
    owner = await make_owner()
    second, third = await make_member(owner, "owner,admin"), await make_member(owner, "owner")

    await members.change_roles(owner, third.id, ["member"])
    await members.remove(second, owner.id)

    assert await owners_of(second) == 1
    with pytest.raises(LastOwner):
        await members.leave(second)


async def test_ownership_is_handed_over_and_nobody_else_hands_it_over() -> None:
    owner = await make_owner()
    member = await make_member(owner)

    await members.transfer_ownership(owner, owner.id)
    assert await role_of(owner) == "owner"
    await members.transfer_ownership(owner, member.id)
    with pytest.raises(OwnersOnly):
        await members.transfer_ownership(owner, owner.id)

    assert (await role_of(owner), await role_of(member)) == ("admin", "owner")


async def _leave(one: Member, _: Member) -> None:
    await members.leave(one)


async def _demote(one: Member, other: Member) -> None:
    await members.change_roles(one, other.id, ["member"])


async def _remove(one: Member, other: Member) -> None:
    await members.remove(one, other.id)


async def _hand_over(one: Member, other: Member) -> None:
    await members.transfer_ownership(one, other.id)


@pytest.mark.parametrize("first", [_leave, _demote, _remove, _hand_over])
@pytest.mark.parametrize("second", [_leave, _demote, _remove])
async def test_of_two_owners_who_end_each_others_ownership_at_once_one_stays(
    first: Callable[[Member, Member], Awaitable[None]], second: Callable[[Member, Member], Awaitable[None]]
) -> None:
    for _ in range(15):
        one = await make_owner()
        other = await make_member(one, "owner")

        results = await asyncio.gather(first(one, other), second(other, one), return_exceptions=True)

        assert await owners_of(one) == 1
        assert {type(result) for result in results} <= {
            type(None),
            LastOwner,
            OwnersOnly,
            NotPermitted,
            OrganizationNotFound,
            MemberNotFound,
        }
        assert None in results


async def test_of_eight_owners_leaving_at_once_one_stays() -> None:
    first = await make_owner()
    owners = [first, *[await make_member(first, "owner") for _ in range(7)]]

    results = await asyncio.gather(*(members.leave(owner) for owner in owners), return_exceptions=True)

    assert results.count(None) == 7
    assert sum(isinstance(result, LastOwner) for result in results) == 1
    assert await owners_of(first) == 1


async def test_a_demotion_and_what_the_demoted_does_come_one_after_the_other() -> None:
    for _ in range(20):
        owner = await make_owner()
        admin, member = await make_member(owner, "admin"), await make_member(owner)

        demotion, deed = await asyncio.gather(
            members.change_roles(owner, admin.id, ["member"]),
            members.change_roles(admin, member.id, ["admin"]),
            return_exceptions=True,
        )

        assert isinstance(demotion, Member)
        assert isinstance(deed, NotPermitted) == (await role_of(member) == "member")
        events_in_order = [entry.subject_id for entry in (await audit.list_entries(limit=2)).items]
        if not isinstance(deed, NotPermitted):
            assert events_in_order == [admin.user_id, member.user_id]


async def test_who_is_a_member_already_stays_as_they_are() -> None:
    owner = await make_owner()

    again = await members.add(organization_id=owner.organization_id, user_id=owner.user_id, role="member")

    assert (again.id, again.role) == (owner.id, "owner")


async def test_of_eight_who_add_one_person_all_get_the_same_member() -> None:
    owner, user = await make_owner(), await make_user()

    added = await asyncio.gather(*(make_member(owner, user=user) for _ in range(8)))

    assert len({member.id for member in added}) == 1


async def test_a_full_organization_takes_nobody_also_when_eight_come_at_once() -> None:
    owner = await make_owner()
    people = [await make_user() for _ in range(8)]

    with overridden(members_per_organization=3):
        results = await asyncio.gather(*(make_member(owner, user=user) for user in people), return_exceptions=True)

    assert sum(isinstance(result, Member) for result in results) == 2
    assert sum(isinstance(result, OrganizationFull) for result in results) == 6
    assert await Member.all().count() == 3


async def test_nobody_joins_an_organization_that_is_not_there() -> None:
    user = await make_user()

    with pytest.raises(OrganizationNotFound):
        await members.add(organization_id="there-is-none", user_id=user.id, role="member")


async def test_nobody_who_is_not_there_joins() -> None:
    owner = await make_owner()

    with pytest.raises(UserNotFound):
        await members.add(organization_id=owner.organization_id, user_id="there-is-none", role="member")


@pytest.mark.parametrize("how", ["leave", "remove"])
async def test_whoever_goes_is_at_work_there_no_more_in_none_of_their_sessions(how: str) -> None:
    owner, elsewhere = await make_owner(), await make_owner()
    user = await make_user()
    member = await make_member(owner, user=user)
    await make_member(elsewhere, user=user)
    sessions = [(await make_session(user=user)).session for _ in range(3)]
    for session, organization_id in zip(
        sessions, (elsewhere.organization_id, *[owner.organization_id] * 2), strict=True
    ):
        await organizations.set_active(session_id=session.id, user_id=user.id, organization_id=organization_id)

    await (members.leave(member) if how == "leave" else members.remove(owner, member.id))

    active = [session.active_organization_id for session in await Session.filter(user_id=user.id).order_by("id")]
    assert active == [elsewhere.organization_id, None, None]
    assert (await users.get(user.id)).last_active_organization_id is None


async def test_what_is_done_to_others_is_in_the_audit_and_what_fails_is_not() -> None:
    owner = await make_owner()
    admin, member = await make_member(owner, "admin"), await make_member(owner)

    await members.change_roles(owner, member.id, ["admin"])
    await members.remove(admin, member.id)
    with pytest.raises(OwnersOnly):
        await members.remove(admin, owner.id)

    entries = (await audit.list_entries(organization_id=owner.organization_id)).items
    assert [(entry.action, entry.actor_id, entry.subject_id, entry.data) for entry in entries] == [
        ("member.remove", admin.user_id, member.user_id, {"role": "admin"}),
        ("member.change_roles", owner.user_id, member.user_id, {"before": "member", "after": "admin"}),
    ]


async def test_an_app_hears_of_who_joins_changes_and_leaves_after_the_commit() -> None:
    heard: list[events.Event] = []

    @events.on(events.Event)
    async def hear(event: events.Event) -> None:
        heard.append(event)

    try:
        owner = await make_owner()
        heard.clear()
        member = await make_member(owner)
        await make_member(owner, user=await User.get(id=member.user_id))
        await members.change_roles(owner, member.id, ["admin"])
        await members.leave(member)
        with pytest.raises(LastOwner):
            await members.leave(owner)
        with pytest.raises(ZeroDivisionError):
            async with database.transaction():
                await make_member(owner)
                raise ZeroDivisionError
    finally:
        events.forget(hear)

    where, who = owner.organization_id, member.user_id
    assert [event for event in heard if isinstance(event, MemberJoined | MemberLeft | RolesChanged)] == [
        MemberJoined(organization_id=where, member_id=member.id, user_id=who, role="member"),
        RolesChanged(organization_id=where, member_id=member.id, user_id=who, role="admin", by=owner.user_id),
        MemberLeft(organization_id=where, member_id=member.id, user_id=who, by=who),
    ]


async def test_several_are_at_work_at_once_and_not_while_the_members_change() -> None:
    owner = await make_owner()
    member = await make_member(owner)
    both = asyncio.Barrier(2)

    async def work(actor: Member) -> str:
        async with members.authority(actor, "ai_chat.create", shared=True) as current:
            if database.dialect() == "postgres":
                await both.wait()
            return current.id

    assert [*await asyncio.gather(work(owner), work(member))] == [owner.id, member.id]
    with pytest.raises(NotFound):
        async with members.authority(Member(id="a", organization_id="b", user_id="c", role="owner")):
            pytest.fail("nobody is at work there")


@pytest.mark.only("postgres")
async def test_a_removal_waits_for_what_the_member_is_doing() -> None:
    owner = await make_owner()
    member = await make_member(owner)
    begun = asyncio.Event()

    async def remove() -> None:
        await begun.wait()
        await members.remove(owner, member.id)

    removal = asyncio.create_task(remove())  # Before the transaction, or it would be in it.
    async with members.authority(member, "ai_chat.create", shared=True):
        begun.set()
        while not await fetch("SELECT 1 FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110  another connection's
            await asyncio.sleep(0.01)
        assert await Member.exists(id=member.id)
    await removal

    assert not await Member.exists(id=member.id)
