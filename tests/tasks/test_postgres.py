"""PostgreSQL goes away in the middle of a job, and comes back."""

import asyncio
from pathlib import Path

import pytest
import redis

from core import database, migrate
from core.local.postgres import Postgres
from core.settings.database_url import parse
from tests.programs import beat, until, worker
from tests.tasks.asking import ask, ended, is_left, make_it_due, marks

pytestmark = pytest.mark.only("postgres")


async def test_a_job_that_loses_the_database_is_done_again_when_it_is_back(
    folder: Path, broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Postgres(folder / "postgres-restarted", durable=True)
    with server:
        server.create_database("stylobate")
        monkeypatch.setenv("DATABASE_URL", server.url("stylobate"))
        where = parse(server.url("stylobate"))
        async with database.connected(where, migrated=False):
            assert [name async for name in migrate.migrate()]
        async with worker() as program, beat() as other:
            async with database.connected(where):
                await ask(("tests.take_time", {"what": "it", "seconds": 4}))
                await until(lambda: is_left("it began"))
            await asyncio.to_thread(server.kill)
            await other.until("no beat can act")
            await asyncio.to_thread(server.start)

            async with database.connected(where):
                await make_it_due()
                await until(lambda: ended("tests.take_time"))
                (run,) = await ended("tests.take_time")
                assert run.status == "succeeded"
                assert await marks() == ["it began", "it began", "it ended"]
            assert "Traceback" not in other.said
            assert program.process.returncode is None
    server.erase()
