import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from core import clock, database, measures, migrate, organizations, sessions, users
from core.crypto import tokens
from core.settings import overridden, settings
from core.settings.database_url import parse
from models import Member, Session, User
from tests.companies import make_owner
from tests.factories import make_session, make_user

pytestmark = pytest.mark.usefixtures("db")

DAY = timedelta(days=1)
GRACE = timedelta(seconds=10)


async def test_a_session_says_whose_it_is() -> None:
    user = await make_user(name="Ada", email="ada@example.com")
    issued = await make_session(user=user)

    principal = await sessions.authenticate(issued.token)

    assert principal.user_id == user.id
    assert principal.session_id == issued.session.id
    assert (principal.name, principal.email, principal.role) == ("Ada", "ada@example.com", "user")
    assert principal.expires_at == issued.session.expires_at
    assert principal.expires_at.utcoffset() == timedelta()


async def test_the_token_is_nowhere_in_the_row() -> None:
    issued = await make_session()

    row = (await Session.filter(id=issued.session.id).values())[0]

    assert issued.token not in str(row)
    assert row["token"] == tokens.digest(issued.token)


@pytest.mark.parametrize("token", ["", "a", "a" * 42, "a" * 44, "a" * 100_000, "a\0b", "\ud800", "' OR 1=1 --"])
async def test_a_token_that_never_was_one_is_refused(token: str) -> None:
    await make_session()

    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(token)
    with pytest.raises(sessions.SessionInvalid):
        await sessions.refresh(token)
    await sessions.revoke_token(token)

    assert await Session.all().count() == 1


async def test_the_stored_digest_is_no_token() -> None:
    issued = await make_session()

    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(issued.session.token)


async def test_a_session_ends_when_it_is_not_used() -> None:
    issued = await make_session()

    with clock.shifted(settings().session_lifetime), pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(issued.token)


async def test_a_used_session_goes_on_up_to_its_limit() -> None:
    issued = await make_session()
    limit = issued.session.created_at + settings().session_lifetime_limit

    days = 0
    with pytest.raises(sessions.SessionInvalid):
        while True:
            days += 6
            with clock.shifted(days * DAY):
                principal = await sessions.authenticate(issued.token)
                await database.settled()
                assert principal.expires_at <= limit

    assert days * DAY >= settings().session_lifetime_limit
    assert (days - 6) * DAY < settings().session_lifetime_limit


async def test_use_is_written_down_once_per_interval() -> None:
    issued = await make_session()
    interval = settings().session_touch_interval

    with clock.shifted(interval / 2):
        await sessions.authenticate(issued.token)
        await database.settled()
    early = await Session.get(id=issued.session.id)
    with clock.shifted(interval * 2):
        await sessions.authenticate(issued.token)
        await database.settled()
    late = await Session.get(id=issued.session.id)

    assert early.last_used_at == issued.session.last_used_at
    assert late.last_used_at is not None
    assert late.last_used_at >= issued.session.created_at + interval * 2
    assert late.updated_at == late.last_used_at
    assert late.expires_at == late.last_used_at + settings().session_lifetime


async def test_a_session_in_somebody_elses_name_is_not_extended_and_not_listed() -> None:
    issued = await make_session()
    await Session.filter(id=issued.session.id).update(impersonated_by="admin")

    with clock.shifted(DAY):
        principal = await sessions.authenticate(issued.token)
        listed = await sessions.list_live(user_id=issued.session.user_id)

    assert principal.impersonated_by == "admin"
    assert principal.expires_at == issued.session.expires_at
    assert listed == []


async def test_a_ban_ends_sessions_at_once_and_only_while_it_lasts() -> None:
    issued = await make_session()
    await User.filter(id=issued.session.user_id).update(banned=True, ban_expires=clock.now() + DAY)

    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(issued.token)
    with clock.shifted(2 * DAY):
        assert (await sessions.authenticate(issued.token)).session_id == issued.session.id

    await User.filter(id=issued.session.user_id).update(ban_expires=None)
    with clock.shifted(2 * DAY), pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(issued.token)


async def test_of_eight_racing_refreshes_one_exchanges_and_all_get_the_same_successor() -> None:
    issued = await make_session()

    refreshed = await asyncio.gather(*(sessions.refresh(issued.token) for _ in range(8)))

    assert len({token for _, token in refreshed}) == 1
    successor = refreshed[0].token
    assert successor != issued.token
    assert len(successor) == len(issued.token) == tokens.LENGTH
    assert (await sessions.authenticate(successor)).session_id == issued.session.id
    assert await Session.filter(token=tokens.digest(successor)).count() == 1


async def test_an_exchanged_token_works_during_the_grace_and_not_after() -> None:
    issued = await make_session()
    successor = (await sessions.refresh(issued.token)).token

    with clock.shifted(GRACE / 2):
        assert (await sessions.authenticate(issued.token)).session_id == issued.session.id
        assert (await sessions.refresh(issued.token)).token == successor


@pytest.mark.parametrize("use", [sessions.authenticate, sessions.refresh])
async def test_an_exchanged_token_that_comes_late_ends_the_session_for_both(
    use: object, caplog: pytest.LogCaptureFixture
) -> None:
    issued = await make_session()
    successor = (await sessions.refresh(issued.token)).token

    with clock.shifted(2 * GRACE):
        with pytest.raises(sessions.SessionInvalid):
            await use(issued.token)  # type: ignore[operator]
        with pytest.raises(sessions.SessionInvalid):
            await sessions.authenticate(successor)

    assert await Session.all().count() == 0
    assert "used again" in caplog.text
    assert issued.token not in caplog.text


async def test_what_the_database_knows_does_not_lead_to_the_next_token() -> None:
    issued = await make_session()
    successor = (await sessions.refresh(issued.token)).token

    row = (await Session.filter(id=issued.session.id).values())[0]

    assert successor not in str(row)
    for stored in (row["token"], row["previous_token"], row["rotation_salt"]):
        assert tokens.successor(stored, row["rotation_salt"]) != successor


async def test_a_person_ends_one_of_their_sessions_and_nobody_elses() -> None:
    mine, theirs = await make_session(), await make_session()

    await sessions.revoke(session_id=mine.session.id, user_id=mine.session.user_id)
    with pytest.raises(sessions.SessionNotFound):
        await sessions.revoke(session_id=theirs.session.id, user_id=mine.session.user_id)

    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(mine.token)
    assert await sessions.authenticate(theirs.token)


async def test_a_person_ends_all_sessions_but_this_one() -> None:
    user = await make_user()
    here, there, elsewhere = [await make_session(user=user) for _ in range(3)]
    stranger = await make_session()

    ended = await sessions.revoke_others(session_id=here.session.id, user_id=user.id)

    assert ended == 2
    assert [session.id for session in await sessions.list_live(user_id=user.id)] == [here.session.id]
    assert await sessions.authenticate(stranger.token)
    for gone in (there, elsewhere):
        with pytest.raises(sessions.SessionInvalid):
            await sessions.authenticate(gone.token)


async def test_a_person_ends_all_sessions() -> None:
    user = await make_user()
    for _ in range(3):
        await make_session(user=user)
    await make_session()

    assert await sessions.revoke_all(user_id=user.id) == 3
    assert await Session.all().count() == 1


async def test_the_list_shows_where_and_when_each_was_used_last_used_first() -> None:
    user = await make_user()
    first = await make_session(user=user)
    await sessions.create(user_id=user.id, ip_address="198.51.100.7", user_agent="Safari")
    with clock.shifted(DAY):
        await sessions.authenticate(first.token)
        await database.settled()

        listed = await sessions.list_live(user_id=user.id)

    assert [(session.ip_address, session.user_agent) for session in listed] == [
        ("203.0.113.9", "Firefox"),
        ("198.51.100.7", "Safari"),
    ]


async def test_what_a_browser_says_of_itself_is_cut_to_what_can_be_stored() -> None:
    user = await make_user()

    issued = await sessions.create(user_id=user.id, ip_address="::1\0\ud800", user_agent="x" * 10_000)

    stored = await Session.get(id=issued.session.id)
    assert stored.ip_address == "::1"
    assert stored.user_agent == "x" * 512


async def test_the_oldest_sessions_beyond_the_cap_end() -> None:
    user = await make_user()
    with overridden(sessions_per_user=3):
        issued = [await make_session(user=user) for _ in range(5)]

    live = {session.id for session in await sessions.list_live(user_id=user.id)}

    assert live == {each.session.id for each in issued[2:]}


async def test_a_session_of_a_deleted_person_is_over() -> None:
    issued = await make_session()

    await users.delete(issued.session.user_id)

    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(issued.token)


async def test_a_principal_says_what_it_is_in_the_active_organization() -> None:
    user = await make_user()
    issued = await make_session(user=user)
    member = await make_owner(user=user)

    nowhere = await sessions.authenticate(issued.token)
    await organizations.set_active(
        session_id=issued.session.id, user_id=user.id, organization_id=member.organization_id
    )
    there = await sessions.authenticate(issued.token)
    await Member.filter(id=member.id).delete()
    gone = await sessions.authenticate(issued.token)

    assert (nowhere.active_organization_id, nowhere.member_id, nowhere.member_role) == (None, None, None)
    assert (there.active_organization_id, there.member_id) == (member.organization_id, member.id)
    assert there.member_role == "owner"
    assert (gone.member_id, gone.member_role) == (None, None)


async def test_whoever_asks_does_not_wait_for_the_use_to_be_written() -> None:
    issued = await make_session()

    with clock.shifted(DAY):
        principal = await sessions.authenticate(issued.token)
        asked = measures.statements.counts[-1]
        await database.settled()
        wrote = measures.statements.counts[-1] - asked

    assert principal.extended
    assert wrote == 1
    assert (await Session.get(id=issued.session.id)).expires_at == principal.expires_at


async def test_of_many_uses_at_once_one_is_written() -> None:
    issued = await make_session()

    with clock.shifted(DAY):
        began = measures.statements.counts[-1]
        await asyncio.gather(*(sessions.authenticate(issued.token) for _ in range(20)))
        await database.settled()
        statements = measures.statements.counts[-1] - began

    assert 21 <= statements <= 25


async def test_a_use_inside_a_transaction_is_written_after_it_and_not_when_it_fails() -> None:
    issued = await make_session()

    with clock.shifted(DAY), suppress(ZeroDivisionError):
        async with database.transaction():
            await sessions.authenticate(issued.token)
            raise ZeroDivisionError
    await database.settled()
    failed = await Session.get(id=issued.session.id)
    with clock.shifted(DAY):
        async with database.transaction():
            await sessions.authenticate(issued.token)
            inside = await Session.get(id=issued.session.id)
        await database.settled()

    assert failed.last_used_at == inside.last_used_at == issued.session.last_used_at
    written = (await Session.get(id=issued.session.id)).last_used_at
    assert written is not None
    assert written >= issued.session.created_at + DAY


async def test_a_closing_database_waits_for_what_was_deferred(empty_database: str) -> None:
    url = parse(empty_database)
    async with database.connected(url, migrated=False):
        assert [name async for name in migrate.migrate()]
        issued = await make_session()
        with clock.shifted(DAY):
            principal = await sessions.authenticate(issued.token)

    async with database.connected(url):
        assert (await Session.get(id=issued.session.id)).expires_at == principal.expires_at


async def test_who_has_more_sessions_than_a_statement_can_name_signs_in() -> None:
    user = await make_user()
    many = [Session(user_id=user.id, token=f"t{n}", expires_at=clock.now() + DAY) for n in range(40_000)]
    await Session.bulk_create(many, batch_size=1_000)

    issued = await sessions.create(user_id=user.id)

    assert await Session.filter(user_id=user.id).count() == settings().sessions_per_user
    assert (await sessions.authenticate(issued.token)).user_id == user.id


@pytest.mark.only("sqlite")
async def test_on_a_database_that_tells_of_nothing_nothing_is_remembered() -> None:
    issued = await make_session()

    with overridden(session_cache=10):
        for _ in range(3):
            await sessions.authenticate(issued.token)
        await sessions.revoke_token(issued.token)
        with pytest.raises(sessions.SessionInvalid):
            await sessions.authenticate(issued.token)

    assert measures.recalled.number == 0
