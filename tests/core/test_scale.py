"""What docs/scale.md says of a partitioned table, on one."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import pytest

from core import clock, database, migrate, sessions
from core.crypto import tokens
from core.database.statements import fetch
from core.sessions import SessionInvalid, SessionNotFound
from core.sessions.principal import BY_PREVIOUS_TOKEN, BY_TOKEN
from core.settings import overridden
from core.settings.database_url import parse
from tests.factories import make_user
from tests.programs import ROOT

pytestmark = pytest.mark.only("postgres")

PARTITIONS = 16


@pytest.fixture
async def parted(empty_database: str) -> AsyncIterator[str]:
    """A database whose sessions are partitioned as the page says; its address."""
    (partition,) = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/scale.md").read_text(), re.DOTALL)
    async with database.connected(parse(empty_database), migrated=False):
        assert [name async for name in migrate.migrate()]
        await database.connection().execute_script(partition)
        yield empty_database


async def make_sessions(number: int) -> list[sessions.Issued]:
    """Sessions of one person, in many partitions."""
    user = await make_user()
    return [await sessions.create(user_id=user.id) for _ in range(number)]


@pytest.mark.usefixtures("parted")
async def test_sessions_live_in_partitions_as_in_one_table() -> None:
    first, second, third, *others = await make_sessions(20)
    user_id = first.session.user_id
    with overridden(session_touch_interval=timedelta(0)):
        assert (await sessions.authenticate(first.token)).session_id == first.session.id
    successor = await sessions.refresh(first.token)
    assert successor.session.id == first.session.id
    assert (await sessions.authenticate(first.token)).session_id == first.session.id
    assert (await sessions.authenticate(successor.token)).session_id == first.session.id
    assert len(await sessions.list_live(user_id=user_id)) == 20
    with clock.shifted(timedelta(minutes=1)), pytest.raises(SessionInvalid):
        await sessions.refresh(first.token)
    await sessions.revoke(session_id=second.session.id, user_id=user_id)
    with pytest.raises(SessionNotFound):
        await sessions.revoke(session_id=second.session.id, user_id=user_id)
    await sessions.revoke_token(third.token)
    assert await sessions.revoke_others(session_id=others[0].session.id, user_id=user_id) == 16
    assert await sessions.revoke_all(user_id=user_id) == 1


@pytest.mark.usefixtures("parted")
async def test_the_oldest_sessions_beyond_the_limit_end_in_whatever_partition_they_are() -> None:
    with overridden(sessions_per_user=3):
        made = await make_sessions(10)

    left = {session.id for session in await sessions.list_live(user_id=made[0].session.user_id)}
    assert left == {each.session.id for each in made[-3:]}


@pytest.mark.usefixtures("parted")
async def test_who_is_this_is_asked_of_one_partition() -> None:
    await make_sessions(50)
    await fetch("SET enable_seqscan = off")

    plan = await plan_of(BY_TOKEN)
    before = await plan_of(BY_PREVIOUS_TOKEN)

    assert len(re.findall(r"Index Scan using \S+ on session_\d+ ", plan)) == 1
    assert len(re.findall(r" on session_\d+ ", before)) == PARTITIONS


async def plan_of(statement: str) -> str:
    rows = await fetch(f"EXPLAIN {statement}", tokens.digest("nobody's"), clock.now())
    return "\n".join(row["QUERY PLAN"] for row in rows)


@pytest.mark.usefixtures("parted")
async def test_of_eight_racing_refreshes_those_told_to_try_again_get_the_winners_token_then() -> None:
    for issued in await make_sessions(10):
        results = await asyncio.gather(*(sessions.refresh(issued.token) for _ in range(8)), return_exceptions=True)

        assert all(isinstance(result, sessions.Issued | database.DatabaseBusy) for result in results)
        winners = {result.token for result in results if isinstance(result, sessions.Issued)}
        assert winners == {(await sessions.refresh(issued.token)).token}


async def test_the_clean_up_deletes_what_has_expired_and_passes_over_what_is_held(parted: str) -> None:
    made = await make_sessions(40)
    with clock.shifted(timedelta(days=8)):
        (live,) = await make_sessions(1)
        holder = await asyncpg.connect(parted)
        try:
            await holder.execute("BEGIN")
            await holder.fetch('SELECT 1 FROM "session" WHERE "id" = $1 FOR UPDATE', made[20].session.id)

            with overridden(purge_statement_timeout=timedelta(seconds=1)):
                purged = await sessions.purge_expired()
            left = {row["id"] for row in await fetch('SELECT "id" FROM "session"')}
        finally:
            await holder.close()
        again = await sessions.purge_expired()

        assert left == {made[20].session.id, live.session.id}, purged
        assert again.rows == 1
