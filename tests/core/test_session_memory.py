"""Principals that a process remembers, and how quickly it forgets them."""

import asyncio
import json
import random
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from core import admin, clock, database, measures, members, migrate, organizations, sessions, users
from core.crypto import tokens
from core.database import alone
from core.database.channel import PATIENCE
from core.database.statements import fetch
from core.errors import Unavailable
from core.local.postgres import Postgres
from core.sessions import Issued, SessionInvalid, remembering
from core.settings import PostgresUrl, overridden, settings
from core.settings.database_url import parse
from models import Member, Session, User
from tests.companies import make_member, make_owner
from tests.factories import make_session, make_user
from tests.programs import ROOT, running, until
from tests.tcp import wire

DAY = timedelta(days=1)


@pytest.fixture
async def remembered(db: None) -> AsyncIterator[None]:
    """A process that remembers sessions."""
    with overridden(session_cache=1_000):
        issued = await make_session()
        await until(lambda: recalled(issued.token))
        yield
    remembering.memory.lose()


async def recalled(token: str) -> bool:
    """Whether the answer comes from memory."""
    before = measures.recalled.number
    await sessions.authenticate(token)
    return measures.recalled.number > before


async def refused(token: str) -> bool:
    try:
        await sessions.authenticate(token)
    except SessionInvalid:
        return True
    return False


async def known(*, user: User | None = None) -> Issued:
    """A session that is remembered."""
    issued = await make_session(user=user)
    await until(lambda: recalled(issued.token))
    return issued


pytestmark = pytest.mark.only("postgres")


async def test_what_is_remembered_is_not_asked_for_again(remembered: None) -> None:
    issued = await make_session()
    asked = await sessions.authenticate(issued.token)
    await until(lambda: recalled(issued.token))
    statements = measures.statements.counts[-1]

    again = await sessions.authenticate(issued.token)

    assert again == asked
    assert measures.statements.counts[-1] == statements


async def test_nothing_is_remembered_unless_it_is_switched_on(remembered: None) -> None:
    issued = await known()

    with overridden(session_cache=0):
        assert not await recalled(issued.token)


@pytest.mark.parametrize(
    "end",
    [
        lambda it: sessions.revoke(session_id=it.session.id, user_id=it.session.user_id),
        lambda it: sessions.revoke_all(user_id=it.session.user_id),
        lambda it: sessions.revoke_token(it.token),
        lambda it: users.delete(it.session.user_id),
        lambda it: User.filter(id=it.session.user_id).update(banned=True),
        lambda it: Session.filter(id=it.session.id).update(expires_at=clock.now() - DAY),
        lambda it: Session.filter(id=it.session.id).update(token="another"),
        lambda _: fetch('TRUNCATE "session"'),
        lambda _: fetch('TRUNCATE "user" CASCADE'),
    ],
)
async def test_whatever_ends_a_session_ends_the_memory_of_it(
    remembered: None, end: Callable[[Issued], Awaitable[object]]
) -> None:
    issued = await known()

    await end(issued)

    await until(lambda: refused(issued.token), seconds=PATIENCE)


async def test_another_programs_delete_counts_as_well(remembered: None) -> None:
    issued = await known()
    url = settings().database
    assert isinstance(url, PostgresUrl)

    async with alone.connected(url) as theirs:
        await theirs.execute('DELETE FROM "session" WHERE "id" = $1', issued.session.id)

    await until(lambda: refused(issued.token), seconds=PATIENCE)


async def test_what_is_different_about_a_person_is_seen(remembered: None) -> None:
    boss, user = await make_user(), await make_user(name="Ada")
    await User.filter(id=boss.id).update(role="admin")
    issued = await known(user=user)

    async def is_now(**expected: object) -> bool:
        here = await sessions.authenticate(issued.token)
        return all(getattr(here, name) == value for name, value in expected.items())

    await users.rename(user.id, name="Ada King")
    await until(lambda: is_now(name="Ada King"), seconds=PATIENCE)
    await admin.set_roles(actor_id=boss.id, user_id=user.id, roles=["support"])
    await until(lambda: is_now(role="support"), seconds=PATIENCE)

    owner = await make_owner()
    member = await make_member(owner, user=user)
    place = {"session_id": issued.session.id, "user_id": user.id}
    await organizations.set_active(**place, organization_id=owner.organization_id)
    await until(lambda: is_now(member_id=member.id, member_role="member"), seconds=PATIENCE)
    await Member.filter(id=member.id).update(role="admin")
    await until(lambda: is_now(member_role="admin"), seconds=PATIENCE)
    await members.remove(owner, member_id=member.id)
    await until(lambda: is_now(member_id=None, active_organization_id=None), seconds=PATIENCE)


async def test_an_exchanged_token_is_not_taken_from_memory(remembered: None) -> None:
    issued = await known()

    successor = await sessions.refresh(issued.token)

    async def asked() -> bool:
        return not await recalled(issued.token)

    await until(asked, seconds=PATIENCE)
    with clock.shifted(timedelta(minutes=1)), pytest.raises(SessionInvalid):
        await sessions.authenticate(issued.token)
    await until(lambda: refused(successor.token), seconds=PATIENCE)


async def test_it_ends_by_itself_and_its_use_is_written_down(remembered: None) -> None:
    issued = await known()
    interval = settings().session_touch_interval

    with clock.shifted(interval * 2):
        assert not await recalled(issued.token)
        await database.settled()
    with clock.shifted(settings().session_lifetime + interval * 3):
        assert await refused(issued.token)

    used = (await Session.get(id=issued.session.id)).last_used_at
    assert used is not None
    assert used >= issued.session.created_at + interval * 2


async def test_inside_a_transaction_the_transaction_is_asked(remembered: None) -> None:
    issued = await known()

    with suppress(ZeroDivisionError):
        async with database.transaction():
            await sessions.revoke_token(issued.token)
            assert await refused(issued.token)
            raise ZeroDivisionError

    assert not await refused(issued.token)


async def test_another_database_that_is_open_inside_is_asked_itself(remembered: None, empty_database: str) -> None:
    issued = await known()

    async with database.connected(parse(empty_database), migrated=False):
        assert [name async for name in migrate.migrate()]
        assert await refused(issued.token)

    assert await recalled(issued.token)


@pytest.mark.parametrize(("said", "kept"), [("user {}", False), ("*", False), ("user somebody else", True)])
async def test_an_answer_is_not_remembered_that_is_older_than_what_was_heard_of_it(
    remembered: None, said: str, *, kept: bool
) -> None:
    issued = await known()
    here = await sessions.authenticate(issued.token)

    with remembering.asking() as question:
        remembering.memory.hear(said.format(here.user_id))
        remembering.keep(question, "stored", here, until=clock.now() + DAY)

    assert (remembering.recall("stored", clock.now()) is not None) is kept
    assert remembering.memory._questions == set()


async def test_no_more_are_remembered_than_allowed_and_the_last_used_stay(remembered: None) -> None:
    with overridden(session_cache=3):
        issued = [await make_session() for _ in range(4)]
        for it in issued[:3]:
            await until(partial(recalled, it.token))
        await sessions.authenticate(issued[0].token)
        await until(lambda: recalled(issued[3].token))

        assert len(remembering.memory) == 3
        assert await recalled(issued[0].token)
        assert not await recalled(issued[1].token)


async def test_what_is_forgotten_leaves_nothing_behind(remembered: None) -> None:
    issued = [await known() for _ in range(5)]

    for it in issued:
        await sessions.revoke_token(it.token)
        await until(partial(refused, it.token), seconds=PATIENCE)
    remembering.memory.hear("user nobody")
    left = len(remembering.memory)

    assert left <= 1  # the fixture's
    assert len(remembering.memory._about) == 2 * left


async def heard_of(change: Callable[[], Awaitable[object]]) -> list[str]:
    """What the channel said of a change."""
    url = settings().database
    assert isinstance(url, PostgresUrl)
    said: list[str] = []
    async with alone.connected(url) as connection:
        await connection.add_listener("stylobate_sessions", lambda *it: said.append(str(it[3])))
        await change()
        await connection.execute("SELECT 1")
    return said


async def test_using_and_purging_sessions_is_not_told(db: None) -> None:
    for _ in range(3):
        issued = await make_session()
        await Session.filter(id=issued.session.id).update(expires_at=clock.now() - DAY)
    live = await make_session()

    async def change() -> None:
        with clock.shifted(timedelta(hours=1)):
            await sessions.authenticate(live.token)
            await database.settled()
        assert (await sessions.purge_expired()).rows == 3

    assert await heard_of(change) == []


async def test_very_many_at_once_are_told_as_everything(db: None) -> None:
    user = await make_user()
    ends = clock.now() + DAY
    await Session.bulk_create([Session(user_id=user.id, token=f"t{n}", expires_at=ends) for n in range(1_000)])

    said = await heard_of(lambda: sessions.revoke_all(user_id=user.id))

    assert (len(said), said[-1]) == (101, "*")


async def test_a_server_that_is_started_anew_loses_nothing(remembered: None, postgres: Postgres) -> None:
    issued, other = await known(), await known()

    postgres.stop()
    postgres.start()
    async with alone.connected(settings().database) as theirs:  # type: ignore[arg-type]  # it is PostgreSQL's
        await theirs.execute('DELETE FROM "session" WHERE "id" = $1', issued.session.id)

    assert await gone_or_back(issued.token)
    await until(lambda: recalled(other.token))


async def gone_or_back(token: str) -> bool:
    while True:
        try:
            return await refused(token)
        except Unavailable:
            await asyncio.sleep(0)


async def test_where_the_triggers_are_switched_off_nothing_is_remembered(
    remembered: None, caplog: pytest.LogCaptureFixture
) -> None:
    issued = await known()
    await fetch('ALTER TABLE "user" DISABLE TRIGGER USER')
    try:
        await fetch("""
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT 1' AND pid <> pg_backend_pid()
        """)

        async def told() -> bool:
            return "stylobate db migrate" in caplog.text

        await until(told)
        assert not await recalled(issued.token)
    finally:
        await fetch('ALTER TABLE "user" ENABLE TRIGGER USER')
    await until(lambda: recalled(issued.token))


async def test_of_ten_thousand_revocations_none_is_accepted_later_than_the_bound(folder: Path, tmp_path: Path) -> None:
    """Three processes ask all the time, while their channels are cut off for a while and the server is restarted."""
    issued = [tokens.new() for _ in range(10_000)]
    (tmp_path / "tokens").write_text(json.dumps(issued))
    with Postgres(folder / "restarted", durable=False) as server:
        server.create_database("sessions")
        url = parse(server.url("sessions"))
        assert isinstance(url, PostgresUrl)
        await fill(url, issued)
        async with AsyncExitStack() as stack:
            cable = await stack.enter_async_context(wire(url.host, url.port))
            environment = {
                "DATABASE_URL": server.url("sessions") + "?pgbouncer=true",
                "DIRECT_DATABASE_URL": server.url("sessions").replace(f":{url.port}/", f":{cable.port}/"),
                "STYLOBATE_SESSION_CACHE": "20000",
            }
            asking = [
                await stack.enter_async_context(
                    running(
                        "tests.core.asking_who", str(tmp_path / "tokens"), str(tmp_path / name), cwd=ROOT, **environment
                    )
                )
                for name in ("first", "second", "third")
            ]
            for program in asking:
                await program.until("remembers")

            random.shuffle(issued)
            committed = await revoked(url, issued[:4_000])
            cable.cut()
            committed |= await revoked(url, issued[4_000:6_000])
            await asyncio.sleep(PATIENCE)  # Long enough that whoever is cut off has to have noticed.
            cable.mend()
            committed |= await revoked(url, issued[6_000:8_000])
            server.stop()
            server.start()
            committed |= await revoked(url, issued[8_000:])

            await asyncio.sleep(PATIENCE)  # So that whoever accepts one too late gets to do so.
            for program in asking:
                program.send(signal.SIGTERM)
            assert [await program.ended() for program in asking] == [0, 0, 0]
        server.erase()

    for name in ("first", "second", "third"):
        told = json.loads((tmp_path / name).read_text())
        assert told["recalled"] > 1_000
        late = {token: at - committed[token] for token, at in told["accepted"].items()}
        assert max(late.values()) <= PATIENCE


async def fill(url: PostgresUrl, issued: list[str]) -> None:
    async with database.connected(url, migrated=False):
        assert [name async for name in migrate.migrate()]
        user, ends = await make_user(), clock.now() + DAY
        rows = [Session(user_id=user.id, token=tokens.digest(it), expires_at=ends) for it in issued]
        await Session.bulk_create(rows, batch_size=1_000)


async def revoked(url: PostgresUrl, issued: list[str]) -> dict[str, float]:
    """End them one by one, and say when each was over."""
    committed: dict[str, float] = {}

    async def revoke(some: list[str]) -> None:
        async with alone.connected(url) as theirs:
            for token in some:
                await theirs.execute('DELETE FROM "session" WHERE "token" = $1', tokens.digest(token))
                committed[token] = time.monotonic()

    await asyncio.gather(*(revoke(issued[start::4]) for start in range(4)))
    return committed
