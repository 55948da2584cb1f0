import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core import accounts, admin, audit, authentication, clock, events, sessions, users
from core.settings import overridden, settings
from core.text import TextInvalid
from models import AuditEntry, Session, User
from tests.factories import make_session, make_user

pytestmark = pytest.mark.usefixtures("db")

DAY = timedelta(days=1)
PASSWORD = "correct horse battery staple"


async def make_admin(*, name: str = "Root", roles: str = "admin") -> User:
    user = await make_user(name=name)
    await User.filter(id=user.id).update(role=roles)
    return await users.get(user.id)


async def actions() -> list[str]:
    return [entry.action for entry in (await audit.list_entries()).items]


Act = Callable[[str, str], Awaitable[Any]]

ACTS: dict[str, Act] = {
    "list_users": lambda actor, _: admin.list_users(actor_id=actor),
    "list_sessions": lambda actor, user: admin.list_sessions(actor_id=actor, user_id=user),
    "ban": lambda actor, user: admin.ban(actor_id=actor, user_id=user, reason="spam"),
    "unban": lambda actor, user: admin.unban(actor_id=actor, user_id=user),
    "set_roles": lambda actor, user: admin.set_roles(actor_id=actor, user_id=user, roles=["user"]),
    "impersonate": lambda actor, user: admin.impersonate(actor_id=actor, user_id=user),
    "revoke_session": lambda actor, user: admin.revoke_session(actor_id=actor, user_id=user, session_id="x"),
    "revoke_sessions": lambda actor, user: admin.revoke_sessions(actor_id=actor, user_id=user),
    "set_password": lambda actor, user: admin.set_password(actor_id=actor, user_id=user, password=PASSWORD),
    "create_user": lambda actor, _: admin.create_user(actor_id=actor, name="New", email="new@example.com"),
    "delete_user": lambda actor, user: admin.delete_user(actor_id=actor, user_id=user),
}
ON_SOMEBODY = [name for name in ACTS if name not in {"list_users", "list_sessions", "create_user"}]
ON_OTHERS = ["ban", "impersonate", "set_password", "delete_user"]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    "standing",
    [
        {"role": None},
        {"role": "user"},
        {"role": "administrator,superadmin"},
        {"role": "admin", "banned": True},
        {"role": "user,admin", "banned": True, "ban_expires": datetime(2999, 1, 1, tzinfo=UTC)},
    ],
    ids=["nothing", "user", "nearly", "banned", "banned for a while"],
)
async def test_who_is_no_administrator_has_no_power_and_leaves_no_trace(act: str, standing: dict[str, Any]) -> None:
    actor, victim = await make_user(), await make_session()
    await User.filter(id=actor.id).update(**standing)

    with pytest.raises(admin.NotAdministrator):
        await ACTS[act](actor.id, victim.session.user_id)

    assert await sessions.authenticate(victim.token)
    assert await User.all().count() == 2
    assert await actions() == []


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("actor_id", ["", "nobody", "x" * 5_000])
async def test_an_id_of_nobody_has_no_power(act: str, actor_id: str) -> None:
    victim = await make_user()

    with pytest.raises(admin.NotAdministrator):
        await ACTS[act](actor_id, victim.id)


@pytest.mark.parametrize("act", ON_SOMEBODY)
async def test_nothing_can_be_done_to_somebody_who_does_not_exist(act: str) -> None:
    root = await make_admin()

    with pytest.raises(users.UserNotFound):
        await ACTS[act](root.id, "nobody")

    assert await actions() == []


@pytest.mark.parametrize("act", ON_OTHERS)
async def test_an_administrator_does_not_turn_against_themselves_or_another(act: str) -> None:
    root, other = await make_admin(), await make_admin(roles="user,admin")

    with pytest.raises(admin.OnOneself):
        await ACTS[act](root.id, root.id)
    with pytest.raises(admin.OnAdministrator):
        await ACTS[act](root.id, other.id)

    assert await actions() == []
    assert await User.filter(banned=True).count() == 0


async def test_one_of_many_roles_is_enough_and_a_ban_that_is_over_takes_nothing_away() -> None:
    root, victim = await make_admin(roles="editor,admin"), await make_user()
    await User.filter(id=root.id).update(banned=True, ban_expires=clock.now() - DAY)

    banned = await admin.ban(actor_id=root.id, user_id=victim.id, reason="spam")

    assert banned.banned


async def test_a_ban_ends_all_sessions_and_says_why_and_by_whom() -> None:
    root, victim = await make_admin(), await make_session()
    until = clock.now() + DAY

    await admin.ban(actor_id=root.id, user_id=victim.session.user_id, reason="  spam ", until=until)

    stored = await users.get(victim.session.user_id)
    assert (stored.banned, stored.ban_reason, stored.ban_expires) == (True, "spam", until)
    assert await Session.filter(user_id=victim.session.user_id).count() == 0
    (entry,) = (await audit.list_entries(subject_id=victim.session.user_id)).items
    assert (entry.action, entry.actor_id) == ("user.ban", root.id)
    assert entry.data == {"reason": "spam", "until": until.isoformat()}


async def test_who_is_let_in_again_can_sign_in_and_twice_is_no_error() -> None:
    root = await make_admin()
    up = await authentication.sign_up(name="Ada", email="ada@example.com", password=PASSWORD)
    await admin.ban(actor_id=root.id, user_id=up.user.id, reason="spam")
    with pytest.raises(authentication.Banned):
        await authentication.sign_in(email="ada@example.com", password=PASSWORD)

    for _ in range(2):
        user = await admin.unban(actor_id=root.id, user_id=up.user.id)

    assert user.banned is False
    assert user.ban_reason is None
    assert user.ban_expires is None
    assert await authentication.sign_in(email="ada@example.com", password=PASSWORD)
    assert await actions() == ["user.unban", "user.ban"]


@pytest.mark.parametrize("reason", ["", " ", "\0", "\ud800", "x" * 501])
async def test_a_ban_needs_a_reason_that_can_be_stored(reason: str) -> None:
    root, victim = await make_admin(), await make_user()

    with pytest.raises(TextInvalid):
        await admin.ban(actor_id=root.id, user_id=victim.id, reason=reason)

    assert not (await users.get(victim.id)).banned


@pytest.mark.parametrize("until", [datetime(2020, 1, 1, tzinfo=UTC), datetime(2999, 1, 1)])  # noqa: DTZ001  on purpose
async def test_a_ban_ends_in_the_future_at_a_time_with_its_zone(until: datetime) -> None:
    root, victim = await make_admin(), await make_user()

    with pytest.raises(admin.BanInvalid):
        await admin.ban(actor_id=root.id, user_id=victim.id, reason="spam", until=until)


async def test_bans_whose_end_is_past_are_lifted_in_batches_and_others_are_not() -> None:
    root = await make_admin()
    for days in (1, 1, 1, 1, 1, 3, None):
        victim = await make_user()
        until = None if days is None else clock.now() + days * DAY
        await admin.ban(actor_id=root.id, user_id=victim.id, reason="spam", until=until)
    told: list[users.UserChanged] = []

    @events.on(users.UserChanged)
    async def hear(event: users.UserChanged) -> None:
        told.append(event)

    with clock.shifted(2 * DAY), overridden(purge_batch=2):
        would = await admin.lift_bans(dry_run=True)
        lifted = await admin.lift_bans()
        again = await admin.lift_bans()
    events.forget(hear)

    assert (would.rows, str(would)) == (5, "5 bans would be lifted")
    assert (lifted.rows, str(lifted), again.rows) == (5, "5 bans lifted", 0)
    assert len({event.user_id for event in told}) == 5
    assert await User.filter(banned=True).count() == 2
    assert await User.filter(banned=False, ban_reason__isnull=False).count() == 0


async def test_of_eight_that_lift_bans_each_ban_is_lifted_by_one() -> None:
    for _ in range(20):
        user = await make_user()
        await User.filter(id=user.id).update(banned=True, ban_expires=clock.now() - DAY)

    with overridden(purge_batch=3):
        lifted = await asyncio.gather(*(admin.lift_bans() for _ in range(8)))

    assert sum(each.rows for each in lifted) == 20
    assert await User.filter(banned=True).count() == 0


async def test_of_two_administrators_who_demote_each_other_one_remains() -> None:
    one, two = await make_admin(), await make_admin()

    results = await asyncio.gather(
        admin.set_roles(actor_id=one.id, user_id=two.id, roles=[]),
        admin.set_roles(actor_id=two.id, user_id=one.id, roles=[]),
        return_exceptions=True,
    )

    assert sum(isinstance(result, admin.NotAdministrator) for result in results) == 1
    assert await User.filter(role="admin").count() == 1


async def test_of_eight_administrators_who_resign_at_once_one_remains() -> None:
    people = [await make_admin() for _ in range(8)]

    results = await asyncio.gather(
        *(admin.set_roles(actor_id=user.id, user_id=user.id, roles=["user"]) for user in people),
        return_exceptions=True,
    )

    assert sum(isinstance(result, User) for result in results) == 7
    assert sum(isinstance(result, admin.LastAdministrator) for result in results) == 1
    assert await User.filter(role="admin").count() == 1


async def test_who_resigns_and_who_is_demoted_at_once_leave_one() -> None:
    for _ in range(5):
        one, two, three = [await make_admin() for _ in range(3)]

        results = await asyncio.gather(
            admin.set_roles(actor_id=one.id, user_id=two.id, roles=[]),
            admin.set_roles(actor_id=two.id, user_id=two.id, roles=[]),
            admin.set_roles(actor_id=three.id, user_id=one.id, roles=[]),
            admin.set_roles(actor_id=three.id, user_id=three.id, roles=[]),
            admin.set_roles(actor_id=two.id, user_id=three.id, roles=[]),
            return_exceptions=True,
        )

        refusals = (admin.NotAdministrator, admin.LastAdministrator)
        assert all(isinstance(result, (User, *refusals)) for result in results)
        assert await User.filter(role="admin").count() >= 1
        await User.all().delete()


async def test_the_last_administrator_may_have_other_roles_too_but_not_resign_while_the_only_other_is_banned() -> None:
    root, other = await make_admin(), await make_admin()
    await User.filter(id=other.id).update(banned=True)

    with pytest.raises(admin.LastAdministrator):
        await admin.set_roles(actor_id=root.id, user_id=root.id, roles=["editor"])
    kept = await admin.set_roles(actor_id=root.id, user_id=root.id, roles=["editor", "admin", "editor"])

    assert kept.role == "editor,admin"
    (entry,) = (await audit.list_entries(action="user.set_roles")).items
    assert entry.data == {"before": "admin", "after": "editor,admin"}


@pytest.mark.parametrize(
    "roles", [[""], ["Admin"], ["admin,admin"], ["a b"], ["x" * 33], ["\0"], ["\ud800"], [f"r{n}" for n in range(9)]]
)
async def test_what_can_not_be_a_role_is_refused(roles: list[str]) -> None:
    root, somebody = await make_admin(), await make_user()

    with pytest.raises(admin.RoleInvalid):
        await admin.set_roles(actor_id=root.id, user_id=somebody.id, roles=roles)
    with pytest.raises(admin.RoleInvalid):
        await admin.create_user(actor_id=root.id, name="New", email="new@example.com", roles=roles)


async def test_who_is_demoted_acts_in_nobodys_name_any_more() -> None:
    root, other, victim = await make_admin(), await make_admin(), await make_session()
    visit = await admin.impersonate(actor_id=other.id, user_id=victim.session.user_id)

    await admin.set_roles(actor_id=root.id, user_id=other.id, roles=[])

    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(visit.token)
    assert await sessions.authenticate(victim.token)


async def test_nobody_acts_in_the_name_of_a_new_administrator() -> None:
    root, other, victim = await make_admin(), await make_admin(), await make_session()
    visit = await admin.impersonate(actor_id=other.id, user_id=victim.session.user_id)

    await admin.set_roles(actor_id=root.id, user_id=victim.session.user_id, roles=["admin"])

    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(visit.token)
    assert (await sessions.authenticate(victim.token)).role == "admin"


async def test_acting_in_somebodys_name_lasts_an_hour_however_much_it_is_used_and_is_not_shown() -> None:
    root, victim = await make_admin(), await make_session()
    user_id = victim.session.user_id

    visit = await admin.impersonate(actor_id=root.id, user_id=user_id, ip_address="198.51.100.7", user_agent="Safari")

    principal = await sessions.authenticate(visit.token)
    assert (principal.user_id, principal.impersonated_by) == (user_id, root.id)
    assert [session.id for session in await sessions.list_live(user_id=user_id)] == [victim.session.id]
    assert [each.id for each in await admin.list_sessions(actor_id=root.id, user_id=user_id)] == [victim.session.id]
    with clock.shifted(settings().impersonation_lifetime - timedelta(minutes=1)):
        assert (await sessions.authenticate(visit.token)).expires_at == visit.session.expires_at
        later = await sessions.refresh(visit.token)
    with clock.shifted(settings().impersonation_lifetime), pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(later.token)
    (entry,) = (await audit.list_entries(actor_id=root.id)).items
    assert (entry.action, entry.subject_id, entry.ip_address) == ("user.impersonate", user_id, "198.51.100.7")


async def test_acting_in_somebodys_name_ends_none_of_their_sessions() -> None:
    root, victim = await make_admin(), await make_session()

    with overridden(sessions_per_user=1):
        for _ in range(3):
            await admin.impersonate(actor_id=root.id, user_id=victim.session.user_id)
        assert await sessions.authenticate(victim.token)
        await make_session(user=await users.get(victim.session.user_id))

    assert await Session.filter(impersonated_by=root.id).count() == 3
    assert await Session.filter(impersonated_by__isnull=True).count() == 1


async def test_a_session_in_another_name_does_not_lead_to_the_next() -> None:
    root, victim, third = await make_admin(), await make_user(), await make_user()
    visit = await admin.impersonate(actor_id=root.id, user_id=victim.id)

    principal = await sessions.authenticate(visit.token)
    with pytest.raises(admin.NotAdministrator):
        await admin.impersonate(actor_id=principal.user_id, user_id=third.id)


async def test_going_back_to_ones_own_name_ends_that_session_alone() -> None:
    root, victim = await make_admin(), await make_session()
    mine = await make_session(user=root)
    visit = await admin.impersonate(actor_id=root.id, user_id=victim.session.user_id)

    for token in (mine.token, victim.token, "", "a\0b", "\ud800"):
        with pytest.raises(admin.NotImpersonating):
            await admin.stop_impersonating(token)
    results = await asyncio.gather(*(admin.stop_impersonating(visit.token) for _ in range(8)), return_exceptions=True)

    assert results.count(None) == 1
    assert sum(isinstance(result, admin.NotImpersonating) for result in results) == 7
    assert await sessions.authenticate(mine.token)
    assert await sessions.authenticate(victim.token)
    assert await actions() == ["user.stop_impersonating", "user.impersonate"]


async def test_an_administrator_ends_one_session_of_a_person_or_all() -> None:
    root, user = await make_admin(), await make_user()
    one, two, three = [await make_session(user=user) for _ in range(3)]
    strangers = await make_session()

    await admin.revoke_session(actor_id=root.id, user_id=user.id, session_id=one.session.id)
    with pytest.raises(sessions.SessionNotFound):
        await admin.revoke_session(actor_id=root.id, user_id=user.id, session_id=strangers.session.id)
    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(one.token)
    assert await sessions.authenticate(two.token)

    assert await admin.revoke_sessions(actor_id=root.id, user_id=user.id) == 2
    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(three.token)
    assert await sessions.authenticate(strangers.token)
    assert await actions() == ["user.revoke_sessions", "user.revoke_session"]


async def test_a_new_password_ends_all_sessions_and_stands_nowhere() -> None:
    root = await make_admin()
    up = await authentication.sign_up(name="Ada", email="ada@example.com", password="the old password")

    await admin.set_password(actor_id=root.id, user_id=up.user.id, password=PASSWORD)

    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(up.token)
    assert await authentication.sign_in(email="ada@example.com", password=PASSWORD)
    with pytest.raises(authentication.CredentialsInvalid):
        await authentication.sign_in(email="ada@example.com", password="the old password")
    assert PASSWORD not in str(await AuditEntry.all().values())
    with pytest.raises(accounts.PasswordInvalid):
        await admin.set_password(actor_id=root.id, user_id=up.user.id, password="short")


async def test_an_administrator_adds_people_with_roles_and_a_password_or_without() -> None:
    root = await make_admin()

    ada = await admin.create_user(
        actor_id=root.id,
        name="Ada",
        email="Ada@example.com",
        password=PASSWORD,
        roles=["editor", "admin"],
        email_verified=True,
    )
    grace = await admin.create_user(actor_id=root.id, name="Grace", email="grace@example.com")

    stored = await users.get(ada.id)
    assert (stored.role, stored.email_verified) == ("editor,admin", True)
    assert await authentication.sign_in(email="ada@example.com", password=PASSWORD)
    assert (await users.get(grace.id)).role == "user"
    with pytest.raises(authentication.CredentialsInvalid):
        await authentication.sign_in(email="grace@example.com", password=PASSWORD)
    with pytest.raises(users.EmailTaken):
        await admin.create_user(actor_id=root.id, name="Ada", email="ADA@example.com")
    assert await actions() == ["user.create", "user.create"]


async def test_an_administrator_deletes_a_person_and_the_row_that_says_so_knows_no_more_than_the_id() -> None:
    root, user = await make_admin(), await make_user(name="Ada", email="ada@example.com")
    await admin.ban(actor_id=root.id, user_id=user.id, reason="Ada was rude")

    await admin.delete_user(actor_id=root.id, user_id=user.id)

    assert await users.find(user.id) is None
    entries = (await audit.list_entries(subject_id=user.id)).items
    assert [(entry.action, entry.actor_id) for entry in entries] == [("user.erase", root.id), ("user.ban", root.id)]
    assert not any(entry.data for entry in entries)


async def test_people_are_found_by_how_their_address_name_or_username_begins_in_any_case() -> None:
    root = await make_admin()
    ada = await make_user(name="Ada Lovelace", email="countess@example.com")
    grace = await make_user(name="Grace Hopper", email="ADA-fan@example.com")
    alan = await make_user(name="Alan Turing", email="alan@example.com")
    await users.set_username(alan.id, username="ADA_not")
    await make_user(name="Not Ada", email="not-ada@example.com")

    async def found(query: str) -> list[str]:
        return [user.id for user in (await admin.list_users(actor_id=root.id, query=query)).items]

    assert await found("aDa") == [alan.id, grace.id, ada.id]
    assert await found("  ada_") == [alan.id]
    assert await found("ada l") == [ada.id]
    assert await found("%") == []
    assert await found("nobody") == []
    assert len(await found("")) == len(await found("   ")) == 5
    for query in ("\0", "a\0", "\ud800", "x" * 201):
        with pytest.raises(TextInvalid):
            await found(query)


async def test_people_are_listed_by_role_and_by_whether_they_are_banned_at_this_moment() -> None:
    root, editor = await make_admin(), await make_admin(roles="writer,editor,reader")
    plain, longer = await make_user(), await make_admin(roles="editors")
    banned, over = await make_user(), await make_user()
    await User.filter(id=banned.id).update(banned=True)
    await User.filter(id=over.id).update(banned=True, ban_expires=clock.now() - DAY)
    await User.filter(id=plain.id).update(banned=None)

    async def listed(**narrowed: Any) -> list[str]:
        return [user.id for user in (await admin.list_users(actor_id=root.id, **narrowed)).items]

    for role in ("writer", "editor", "reader"):
        assert await listed(role=role) == [editor.id]
    assert await listed(role="admin") == [root.id]
    assert await listed(role="user") == [over.id, banned.id, plain.id]
    assert await listed(banned=True) == [banned.id]
    assert await listed(banned=False) == [over.id, longer.id, plain.id, editor.id, root.id]
    assert await listed(banned=True, role="admin") == []


async def test_a_long_list_comes_in_pages() -> None:
    root = await make_admin()
    for _ in range(4):
        await make_user()

    first = await admin.list_users(actor_id=root.id, limit=3)
    second = await admin.list_users(actor_id=root.id, limit=3, after=first.after)

    assert [len(first.items), len(second.items), second.after] == [3, 2, None]
    assert len({user.id for user in [*first.items, *second.items]}) == 5


async def test_two_administrators_who_act_on_each_others_people_at_once_do_not_wait_for_each_other_for_ever() -> None:
    one, two = await make_admin(), await make_admin()
    people = [await make_user() for _ in range(6)]

    async with asyncio.timeout(20):
        await asyncio.gather(
            *(admin.ban(actor_id=one.id, user_id=user.id, reason="spam") for user in people),
            *(admin.revoke_sessions(actor_id=two.id, user_id=user.id) for user in reversed(people)),
            *(admin.revoke_sessions(actor_id=two.id, user_id=one.id) for _ in range(4)),
            *(admin.revoke_sessions(actor_id=one.id, user_id=two.id) for _ in range(4)),
        )

    assert await User.filter(banned=True).count() == 6
