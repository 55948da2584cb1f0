"""Reads from real streaming replicas, which are paused, killed, frozen and swapped for something else."""

import asyncio
import logging
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from tortoise.queryset import QuerySet

from core import database, measures, members, metrics, migrate, readiness, sessions, users, web
from core.database import DatabaseUnreachable
from core.database.pool import replicas
from core.database.postgres import PostgresClient
from core.database.reading import caller, is_plain
from core.database.replica import UNSEEN
from core.database.replicas import examined
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.sessions import SessionInvalid
from core.settings import PostgresUrl, overridden
from core.settings.database_url import parse
from models import Member, Session, User
from tasks.bridge import Bridge
from tests.companies import make_member, make_owner
from tests.core.doctor.looking import found
from tests.factories import make_session, make_user
from tests.programs import until
from tests.standby import Standby

pytestmark = pytest.mark.only("postgres")

_OLD = "PT1H"
"""A replica that may be an hour behind is used while it is paused: what it lacks can be seen to be lacking."""


@pytest.fixture(scope="module")
def binaries(request: pytest.FixtureRequest) -> Path | None:
    given: Path | None = request.config.getoption("--postgres-bin")
    return given


@pytest.fixture(scope="module")
async def primary(folder: Path, binaries: Path | None, environment: None) -> AsyncIterator[Postgres]:
    with Postgres(folder / "primary", binaries=binaries) as server:
        for name in ("stylobate", "another"):
            server.create_database(name)
        with overridden(database_url=parse(server.url())):
            async with database.connected(migrated=False):
                assert [name async for name in migrate.migrate()]
        yield server
    server.erase()


@pytest.fixture(scope="module")
def one(folder: Path, binaries: Path | None, primary: Postgres) -> Iterator[Standby]:
    with Standby(folder / "one", primary, binaries=binaries) as server:
        yield server
    server.erase()


@pytest.fixture(scope="module")
def two(folder: Path, binaries: Path | None, primary: Postgres) -> Iterator[Standby]:
    with Standby(folder / "two", primary, binaries=binaries) as server:
        yield server
    server.erase()


def url_of(server: Postgres, name: str = "stylobate") -> PostgresUrl:
    url = parse(server.url(name))
    assert isinstance(url, PostgresUrl)
    return url


@asynccontextmanager
async def opened(primary: Postgres, *urls: PostgresUrl, lag: str = "PT30S") -> AsyncIterator[None]:
    """The program's database, and its replicas, which are looked after but perhaps not used yet.

    They may be half a minute behind, as they are for a moment when the tests' machine is busy.
    """
    with overridden(database_url=url_of(primary), database_replica_urls=urls, replica_lag=lag):
        async with database.connected():
            assert not await where(), "nothing is known of a replica at the first read"
            yield


async def where() -> int | None:
    """The port of the replica that answers at this moment; None for the primary."""
    with database.one_caller():
        async with database.reading():
            return await _answering()


async def _answering() -> int | None:
    (row,) = await fetch("SELECT pg_is_in_recovery() AS replica, current_setting('port')::int AS port")
    return int(row["port"]) if row["replica"] else None


async def on_primary() -> bool:
    return await where() is None


async def on_replica(rows: QuerySet[Any]) -> bool:
    """Whether a replica answers, and has these."""
    with database.one_caller():
        async with database.reading():
            return await rows.exists() and await _answering() is not None


def used(*urls: PostgresUrl) -> Callable[[], Awaitable[bool]]:
    """Whether each of them is read from."""

    async def each() -> bool:
        return {await where() for _ in urls} == {url.port for url in urls}

    return each


async def ask(server: Postgres, statement: str, name: str = "stylobate") -> Any:
    connection = await asyncpg.connect(server.url(name))
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@asynccontextmanager
async def paused(server: Standby) -> AsyncIterator[None]:
    """It receives what the primary writes, and does not show it."""

    async def is_paused() -> bool:
        return bool(await ask(server, "SELECT pg_get_wal_replay_pause_state() = 'paused'"))

    await ask(server, "SELECT pg_wal_replay_pause()")
    try:
        await until(is_paused)
        yield
    finally:
        await ask(server, "SELECT pg_wal_replay_resume()")


# Where a read goes


async def test_what_shows_something_is_read_from_the_replica_and_counted(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url):
        user = await make_user()
        await until(used(url))
        name = f"127.0.0.1:{url.port}/stylobate"
        before = measures.reads[name].number

        with database.one_caller():
            async with database.reading():
                found = await User.get(id=user.id)

        assert found.email == user.email
        assert found.created_at == user.created_at
        assert measures.reads[name].number == before + 1
        assert (
            f'stylobate_replica_used{{process="{os.getpid()}",replica="{name}"}} 1.0'
            in (await metrics.fresh()).decode()
        )


async def test_outside_of_a_reading_block_the_primary_answers(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url):
        await until(used(url))

        assert await _answering() is None


async def test_a_transaction_reads_from_the_primary(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url):
        await until(used(url))

        with database.one_caller():
            async with database.reading(), database.transaction():
                inside = await _answering()

        assert inside is None


@pytest.mark.parametrize(
    ("statement", "plain"),
    [
        ("SELECT 1", True),
        ('\n  select "id" FROM "user" WHERE "name" = $1', True),
        ('SELECT "updatedAt" FROM "user"', True),
        ('SELECT 1 FROM "user" FOR UPDATE', False),
        ('SELECT 1 FROM "user" FOR NO KEY UPDATE', False),
        ('SELECT 1 FROM "user" for  share', False),
        ('SELECT 1 FROM "user" FOR KEY SHARE SKIP LOCKED', False),
        ('SELECT 1 INTO "more"', False),
        ("SELECT nextval('numbers')", False),
        ("SELECT pg_try_advisory_lock(1)", False),
        ("SELECT 1; DELETE FROM x", False),
        ("WITH gone AS (DELETE FROM x RETURNING 1) SELECT * FROM gone", False),
        ("SELECTED", False),
        ("DELETE FROM x", False),
    ],
)
def test_only_a_select_that_changes_and_locks_nothing_is_plain(statement: str, *, plain: bool) -> None:
    assert is_plain(statement) is plain


async def test_what_a_replica_refuses_is_asked_of_the_primary(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url):
        await until(used(url))

        with database.one_caller():
            async with database.reading():
                (row,) = await fetch("SELECT txid_current() AS number")

        assert row["number"] > 0
        assert await where() == url.port, "the replica is as good as before"


async def test_several_take_turns_and_one_block_keeps_to_one(primary: Postgres, one: Standby, two: Standby) -> None:
    urls = url_of(one), url_of(two)
    async with opened(primary, *urls):
        await until(used(*urls))

        with database.one_caller():
            async with database.reading():
                within = {await _answering() for _ in range(4)}
            async with database.reading():
                within_next = {await _answering() for _ in range(4)}

        assert len(within) == len(within_next) == 1
        assert within != within_next


async def test_an_exhausted_replica_is_not_waited_for(primary: Postgres, one: Standby) -> None:
    url = replace(url_of(one), pool_size=1)
    async with opened(primary, url):
        await until(used(url))

        async with long_read(one):
            began = time.monotonic()

            assert await on_primary()
            assert time.monotonic() - began < 0.25


# Who must not be shown the past


async def test_own_writes_are_seen_at_once_and_by_ones_tasks(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url, lag=_OLD):
        await until(used(url))
        async with paused(one):
            with database.one_caller():
                user = await make_user()  # in a transaction
                async with database.reading():
                    mine = await User.get_or_none(id=user.id)
                async with asyncio.TaskGroup() as group:
                    child = group.create_task(_find(user.id))
            theirs = await _find_as_another(user.id)
            with database.one_caller():
                await fetch('UPDATE "user" SET "name" = $1 WHERE "id" = $2', "Another", user.id)  # in none
                renamed = await _find(user.id)

        assert mine is not None
        assert child.result() is not None
        assert theirs is None, "else the replica was not behind, and this test shows nothing"
        assert renamed is not None
        assert renamed.name == "Another"


async def test_what_ones_task_has_written_is_seen_at_once(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url, lag=_OLD):
        await until(used(url))
        async with paused(one):
            with database.one_caller():
                async with asyncio.TaskGroup() as group:
                    child = group.create_task(make_user())
                found = await _find(child.result().id)

        assert found is not None


async def test_what_nobody_in_particular_has_written_is_seen_in_the_whole_process(
    primary: Postgres, one: Standby
) -> None:
    url = url_of(one)
    async with opened(primary, url, lag=_OLD):
        await until(used(url))
        async with paused(one):
            child = asyncio.create_task(make_user())

            found = await _find((await child).id)

        assert found is not None


async def test_once_the_replica_has_it_own_writes_are_read_there(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url):
        await until(used(url))

        with database.one_caller():
            user = await make_user()

            async def arrived() -> bool:
                async with database.reading():
                    return await _answering() is not None

            assert not await arrived()
            await until(arrived)
            async with database.reading():
                found, port = await User.get_or_none(id=user.id), await _answering()

        assert found is not None
        assert port == url.port


async def test_a_decision_is_the_primarys_also_in_a_reading_block(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url, lag=_OLD):
        issued = await make_session()

        await until(lambda: on_replica(Session.filter(id=issued.session.id)))
        async with paused(one):
            await sessions.revoke(session_id=issued.session.id, user_id=issued.session.user_id)
            with database.one_caller():
                async with database.reading():
                    listed = await sessions.list_live(user_id=issued.session.user_id)
                    with pytest.raises(SessionInvalid):
                        await sessions.authenticate(issued.token)

        assert [session.id for session in listed] == [issued.session.id], "else the replica was not behind"


async def test_who_was_removed_can_not_act_also_in_a_reading_block(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url, lag=_OLD):
        owner = await make_owner()
        removed = await make_member(owner)
        who = {"user_id": removed.user_id, "organization_id": removed.organization_id}
        rows = Member.filter(id=removed.id)
        await until(lambda: on_replica(rows))
        async with paused(one):
            await members.remove(owner, removed.id)
            with database.one_caller():
                async with database.reading():
                    still_there = await rows.exists()
                    with pytest.raises(members.OrganizationNotFound):
                        await members.acting(**who)
                    with pytest.raises(members.OrganizationNotFound):
                        await members.require(removed)
                    there_afterwards = await rows.exists()

        assert still_there, "else the replica was not behind"
        assert there_afterwards, "the block goes on as it was"


async def test_a_job_is_a_caller_of_its_own(primary: Postgres, one: Standby) -> None:
    async def whose() -> object:
        return caller()

    with overridden(database_url=url_of(primary), database_replica_urls=(url_of(one),)):
        bridge = Bridge()
        try:
            first, second = [await asyncio.to_thread(bridge.run, whose) for _ in range(2)]
        finally:
            await asyncio.to_thread(bridge.close)

    assert len({id(first), id(second), id(caller())}) == 3


async def _find(user_id: str) -> User | None:
    async with database.reading():
        return await User.get_or_none(id=user_id)


async def _find_as_another(user_id: str) -> User | None:
    with database.one_caller():
        return await _find(user_id)


# Which replicas are left out


async def test_one_that_is_paused_is_left_out_in_time_and_comes_back(
    primary: Postgres, one: Standby, caplog: pytest.LogCaptureFixture
) -> None:
    url = url_of(one)
    caplog.set_level(logging.INFO, "core.database.replicas")
    async with opened(primary, url, lag="PT1S"):
        await until(used(url))
        async with paused(one):
            await make_user()
            since = time.monotonic()

            await until(on_primary)
            assert time.monotonic() - since < 1.5
            await until(lambda: _said(caplog, "is used", "is left out: it is more than 1 s behind"))

        await until(lambda: _said(caplog, "is used", "is left out: it is more than 1 s behind", "is used"))
        await until(used(url))


async def test_no_reader_has_an_error_when_one_is_killed_and_it_is_used_again_after_its_restart(
    primary: Postgres, one: Standby
) -> None:
    url = url_of(one)
    async with opened(primary, url):
        user = await make_user()
        await until(used(url))
        reads, stop = 0, asyncio.Event()

        async def reader() -> None:
            nonlocal reads
            while not stop.is_set():
                await _find_there(user.id)
                reads += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(reader())
            await asyncio.to_thread(one.kill)
            enough = reads + 500
            await until(lambda: _so(reads > enough))
            assert await on_primary()
            await asyncio.to_thread(one.start)
            await until(used(url))
            stop.set()


async def test_one_that_is_frozen_holds_no_reader_up_for_long(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url):
        user = await make_user()
        await until(used(url))
        longest, stop = 0.0, asyncio.Event()

        async def reader() -> None:
            nonlocal longest
            while not stop.is_set():
                began = time.monotonic()
                await _find_there(user.id)
                longest = max(longest, time.monotonic() - began)

        async with asyncio.TaskGroup() as group:
            for _ in range(8):
                group.create_task(reader())
            with one.frozen():
                await until(on_primary)
                await until(lambda: _left_out("127.0.0.1"))
                assert await on_primary()
            await until(used(url))
            stop.set()

        assert longest < 1.5


_LONG_THERE = """
    SELECT pg_is_in_recovery() AS replica, (SELECT count(*) FROM "auditEntry") AS entries,
        pg_sleep(CASE WHEN pg_is_in_recovery() THEN 60 ELSE 0 END)
"""
"""A statement that would never end on a replica."""


@asynccontextmanager
async def long_read(server: Standby) -> AsyncIterator["asyncio.Task[bool]"]:
    """Somebody who reads from it, and is at it. What they say is whether the replica answered."""

    async def read() -> bool:
        with database.one_caller():
            async with database.reading():
                (row,) = await fetch(_LONG_THERE)
        return bool(row["replica"])

    task = asyncio.create_task(read())
    try:
        await until(lambda: _sleeping(server))
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        with suppress(OSError):  # It would notice at the end of its sleep that nobody is there any more.
            await ask(server, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")


async def _sleeping(server: Postgres) -> int:
    return int(await ask(server, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"))


async def test_who_waits_for_one_that_is_killed_is_answered_by_the_primary(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url):
        await until(used(url))
        async with long_read(one) as reading:
            await asyncio.to_thread(one.kill)

            assert not await reading
        await asyncio.to_thread(one.start)


async def test_who_waits_for_one_that_is_frozen_is_answered_by_the_primary(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url):
        await until(used(url))
        async with long_read(one) as reading:
            with one.frozen():
                began = time.monotonic()

                assert not await reading
                assert time.monotonic() - began < 1.5


async def test_a_conflict_with_what_is_replayed_is_no_readers_error(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    await ask(one, "ALTER SYSTEM SET max_standby_streaming_delay = 0")
    await ask(one, "SELECT pg_reload_conf()")
    async with opened(primary, url):
        await until(used(url))
        async with long_read(one) as reading:
            async with database.transaction():
                await fetch('LOCK TABLE "auditEntry" IN ACCESS EXCLUSIVE MODE')

            assert not await reading
        await until(used(url))
    await ask(one, "ALTER SYSTEM RESET max_standby_streaming_delay")
    await ask(one, "SELECT pg_reload_conf()")


async def test_the_primarys_restart_is_survived(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url, lag="PT1S"):
        await until(used(url))

        await asyncio.to_thread(primary.stop)
        with pytest.raises(DatabaseUnreachable):
            while True:  # as long as the replica is near enough, nobody notices
                await where()
        await asyncio.to_thread(primary.start)

        await until(used(url))


async def test_an_address_of_several_servers_is_not_read_from(primary: Postgres, one: Standby, two: Standby) -> None:
    there = url_of(one)
    async with behind_one_address(there) as (url, lead_to), opened(primary, url):
        await until(used(there))
        async with long_read(one) as reading:
            lead_to(url_of(two))

            assert await on_primary()
            assert await _left_out("its address leads to several servers")
            assert not reading.done()


@asynccontextmanager
async def behind_one_address(
    first: PostgresUrl,
) -> AsyncIterator[tuple[PostgresUrl, Callable[[PostgresUrl], None]]]:
    """An address that leads to a server, and the way to let new connections lead to another one."""
    target = first

    def lead_to(other: PostgresUrl) -> None:
        nonlocal target
        target = other

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(target.host, target.port)
        await asyncio.gather(pump(reader, there[1]), pump(there[0], writer))

    server = await asyncio.start_server(pass_on, "127.0.0.1", 0)
    async with server:
        yield replace(first, port=server.sockets[0].getsockname()[1]), lead_to


async def test_another_primary_is_no_replica(primary: Postgres, postgres: Postgres, database_url: str) -> None:
    other = url_of(postgres, "stylobate_test")
    async with opened(primary, other):
        await until(lambda: _left_out("it is no replica"))

        assert await on_primary()


async def test_a_replica_of_another_database_is_not_read_from(primary: Postgres, one: Standby) -> None:
    other = url_of(one, "another")
    async with opened(primary, other):
        await until(lambda: _left_out("it is not a replica of this database"))

        assert await on_primary()


async def test_a_replica_of_another_cluster_is_not_read_from(
    primary: Postgres, postgres: Postgres, database_url: str, folder: Path, binaries: Path | None
) -> None:
    with Standby(folder / "foreign", postgres, binaries=binaries) as foreign:
        url = url_of(foreign, "postgres")
        async with opened(primary, url):
            await until(lambda: _left_out("it is not a replica of this database"))

            assert await on_primary()
    foreign.erase()
    await ask(postgres, "SELECT pg_drop_replication_slot('foreign')", "postgres")


async def test_after_a_failover_only_who_follows_the_new_primary_is_read_from(
    primary: Postgres, one: Standby, folder: Path, binaries: Path | None
) -> None:
    with (
        Standby(folder / "promoted", primary, binaries=binaries) as promoted,
        Standby(folder / "follower", promoted, binaries=binaries) as follower,
    ):
        follows, follows_not = url_of(follower), url_of(one)
        await ask(promoted, "SELECT pg_promote()")
        await ask(primary, "SELECT pg_logical_emit_message(true, '-', repeat('-', 500000))")
        async with opened(promoted, follows_not, follows):
            await until(lambda: _reads(follows))
            await until(_is_judged)

            # It has all positions of the new primary, and with what comes now it will be in the midst of them.
            await ask(promoted, "SELECT pg_logical_emit_message(true, '-', repeat('-', 499000))")
            answered = {await where() for _ in range(50)}

            assert follows_not.port not in answered
            assert replicas()[0].why_not == "it is not known to follow this primary since its promotion"
    follower.erase()
    promoted.erase()
    await ask(primary, "SELECT pg_drop_replication_slot('promoted')")


async def _is_judged() -> bool:
    return replicas()[0].why_not != UNSEEN


async def _reads(url: PostgresUrl) -> bool:
    return await where() == url.port


async def test_one_that_can_not_be_reached_costs_nothing(primary: Postgres, one: Standby) -> None:
    url, nobody = url_of(one), replace(url_of(one), port=1)
    async with opened(primary, nobody, url):
        await until(used(url))

        (away, there) = replicas()

        assert "can't be reached" in str(away.why_not)
        assert there.why_not is None


async def test_the_operator_is_told_of_one_that_is_left_out(primary: Postgres, one: Standby, two: Standby) -> None:
    there, away = url_of(one), replace(url_of(two), port=1)
    with overridden(database_url=url_of(primary), database_replica_urls=(there,)):
        assert [(it.name, it.ok) for it in await readiness.worries()][-1] == ("replicas", True)
        assert "replica-left-out" not in await found("replicas")
    with overridden(database_url=url_of(primary), database_replica_urls=(there, away)):
        worry = (await readiness.worries())[-1]
        (finding,) = await found("replicas")

    assert not worry.ok
    assert worry.what.startswith("127.0.0.1:1/stylobate: ")
    assert finding == "replica-left-out"


async def test_a_log_that_ends_with_a_page_does_not_keep_the_replica_out(primary: Postgres, one: Standby) -> None:
    seen: list[str | None] = []

    async def undisturbed() -> bool:
        """The server may write something by itself at any time; then it shows nothing."""
        await until(lambda: _fill_the_page(primary))
        seen[:] = [standing.why_not for standing in await examined(seconds=5)]
        return await _is_page_full(primary)

    with overridden(database_url=url_of(primary), database_replica_urls=(url_of(one),)):
        await until(undisturbed)

    assert seen == [None]


async def _fill_the_page(server: Postgres) -> bool:
    """Write up to the end of a page of the log, if nobody else writes at the same time."""
    for rest, overhead in ((160, 55), (0, 52)):  # of a message that is long, and of one that is short
        room = 8192 - int(await ask(server, "SELECT (pg_current_wal_insert_lsn() - '0/0') % 8192"))
        size = max(room - rest - overhead, 0)
        await ask(server, f"SELECT pg_logical_emit_message(false, '-', repeat('-', {size}))")
    await until(lambda: ask(server, "SELECT pg_current_wal_flush_lsn() > pg_current_wal_insert_lsn() - 48"))
    return await _is_page_full(server)


async def _is_page_full(server: Postgres) -> bool:
    return bool(await ask(server, "SELECT pg_current_wal_insert_lsn() - pg_current_wal_lsn() = 24"))


async def test_while_replicas_come_and_go_nobody_is_shown_the_past(
    primary: Postgres, one: Standby, two: Standby
) -> None:
    urls = url_of(one), url_of(two)
    async with opened(primary, *urls, lag="PT1S"):
        people = [await make_user(name="0") for _ in range(8)]
        await until(used(*urls))
        measures.reads.clear()
        names = [f"127.0.0.1:{url.port}/stylobate" for url in urls]
        wrong: list[tuple[int, int]] = []
        done = asyncio.Event()

        async def write_and_read(user_id: str) -> None:
            with database.one_caller():
                for number in range(1, 21):
                    await fetch('UPDATE "user" SET "name" = $1 WHERE "id" = $2', str(number), user_id)
                    for _ in range(20):
                        async with database.reading():
                            (name,) = await User.filter(id=user_id).values_list("name", flat=True)
                        wrong.extend([(number, int(str(name)))] if int(str(name)) != number else ())
                        await asyncio.sleep(0.02)

        async def pause_by_turns() -> None:
            for server in cycle((one, two)):
                async with paused(server):
                    with suppress(TimeoutError):
                        async with asyncio.timeout(1.5):
                            await done.wait()
                if done.is_set():
                    break

        async with asyncio.TaskGroup() as group:
            group.create_task(pause_by_turns())
            await asyncio.gather(*(write_and_read(user.id) for user in people))
            done.set()

    assert wrong == []
    assert all(measures.reads[name].number > 0 for name in names), "else nothing was read from them"


# What it costs, and what is left


async def test_who_never_reads_in_a_block_connects_to_no_replica(primary: Postgres, one: Standby) -> None:
    with overridden(database_url=url_of(primary), database_replica_urls=(url_of(one),)):
        async with database.connected():
            await make_user()

            assert await _connections(one) == 0
            assert replicas() == []


async def test_another_database_that_is_opened_has_no_replicas(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url):
        await until(used(url))

        async with database.connected(url_of(primary)):
            assert replicas() == []
            assert await on_primary()


async def test_readers_may_be_cancelled_anywhere(primary: Postgres, one: Standby) -> None:
    url = replace(url_of(one), pool_size=2)
    async with opened(primary, url):
        user = await make_user()
        await until(used(url))

        for steps in range(60):
            readers = [asyncio.create_task(_find_there(user.id)) for _ in range(3)]
            for _ in range(steps):
                await asyncio.sleep(0)
            for reader in readers:
                reader.cancel()
            await asyncio.gather(*readers, return_exceptions=True)
        async with long_read(one), long_read(one):
            assert await on_primary(), "both connections are in use"

        await until(lambda: _so(_connections_in_use() == 0))
        await until(used(url))


@pytest.mark.parametrize("frozen", [False, True])
async def test_at_the_end_every_connection_is_closed(primary: Postgres, one: Standby, *, frozen: bool) -> None:
    url = url_of(one)
    async with AsyncExitStack() as stack:
        async with opened(primary, url):
            await until(used(url))
            if frozen:
                stack.enter_context(one.frozen())
            tasks, began = asyncio.all_tasks(), time.monotonic()

        assert time.monotonic() - began < 2
        assert asyncio.all_tasks() <= tasks
    await until(lambda: _nobody_is_connected(primary, one))


async def _nobody_is_connected(*servers: Postgres) -> bool:
    return sum([await _connections(server) for server in servers]) == 0


async def _connections(server: Postgres) -> int:
    return int(await ask(server, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'stylobate'"))


def _connections_in_use() -> int:
    client = database.connection()
    assert isinstance(client, PostgresClient)
    assert client.replicas is not None
    return sum(replica._taken for replica in client.replicas._replicas)


# Over HTTP

app = FastAPI()
web.install(app)


@app.post("/name")
async def rename(user: web.CurrentUser, name: str) -> None:
    await users.rename(user.id, name=name)


@app.get("/name")
@database.reading()
async def shown_name(here: web.CurrentSession) -> str | None:
    return (await User.get(id=here.user_id)).name


def browser(token: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", cookies={"session_token": token})


async def test_the_next_request_of_a_browser_sees_what_it_wrote(primary: Postgres, one: Standby) -> None:
    url = url_of(one)
    async with opened(primary, url, lag=_OLD):
        issued = await make_session(user=await make_user(name="Old"))

        await until(lambda: on_replica(Session.filter(id=issued.session.id)))
        async with paused(one), browser(issued.token) as mine, browser(issued.token) as another:
            before = await mine.get("/name")
            written = await mine.post("/name", params={"name": "New"})
            after = await mine.get("/name")
            elsewhere = await another.get("/name")

    assert "set-cookie" not in before.headers, "it wrote nothing"
    assert written.status_code == 200
    assert written.headers["set-cookie"] == "wrote=1; HttpOnly; Max-Age=3602; Path=/; SameSite=lax"
    assert after.json() == "New"
    assert before.json() == elsewhere.json() == "Old", "else the replica was not behind"


async def test_a_session_that_ended_is_refused_also_where_the_page_is_read_from_a_replica(
    primary: Postgres, one: Standby
) -> None:
    url = url_of(one)
    async with opened(primary, url, lag=_OLD):
        issued = await make_session()
        await until(used(url))
        async with paused(one), browser(issued.token) as another:
            await sessions.revoke_all(user_id=issued.session.user_id)

            answer = await another.get("/name")

    assert answer.status_code == 401


async def test_without_replicas_no_answer_says_who_wrote(db: None) -> None:
    issued = await make_session()

    async with browser(issued.token) as mine:
        answer = await mine.post("/name", params={"name": "New"})

    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


async def _find_there(user_id: str) -> None:
    found = await _find_as_another(user_id)
    assert found is not None


async def _so(condition: bool) -> bool:  # noqa: FBT001
    return condition


async def _said(caplog: pytest.LogCaptureFixture, *lines: str) -> bool:
    return tuple(record.getMessage().partition("/stylobate ")[2] for record in caplog.records) == lines


async def _left_out(why: str | None) -> bool:
    (standing,) = replicas()
    return standing.why_not is None if why is None else why in str(standing.why_not)
