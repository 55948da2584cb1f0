import asyncio
import base64
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import redis
from kombu import pools

from core import clock, correlation, database, jobs
from core.jobs import asking
from core.local.valkey import Valkey
from core.settings import overridden
from tasks.app import app
from tasks.post import Post
from tests.programs import ROOT

pytestmark = pytest.mark.usefixtures("db")

QUEUE = "stylobate"


@pytest.fixture
def broker(valkey: Valkey) -> Iterator[None]:
    redis.Redis.from_url(valkey.url()).flushall()
    with publishing_to(valkey.url()):
        yield


@contextmanager
def publishing_to(url: str) -> Iterator[None]:
    """Have this process send messages to another broker for a while. Celery reads its settings once."""
    _forget_settings()
    try:
        with overridden(redis_url=url, broker_url=None), pytest.MonkeyPatch.context() as patch:
            patch.setattr(asking, "_publishers", [Post(app).send])  # Without a connection to the one before.
            assert app.conf.broker_url == url
            yield
    finally:
        _forget_settings()


def _forget_settings() -> None:
    celery: Any = app
    sys.modules.pop("tasks.celeryconfig", None)
    vars(celery).pop("amqp", None)
    celery._conf = celery._pool = None
    pools.reset()


async def published() -> None:
    """Wait until everything that was asked for so far has been tried: the thread takes one after the other."""
    await asyncio.get_running_loop().run_in_executor(asking._thread, time.monotonic)


def messages(valkey: Valkey) -> list[tuple[str, dict[str, Any]]]:
    """The names and the arguments in the queue, as a worker would read them, the first first."""
    raw: Any = redis.Redis.from_url(valkey.url()).lrange(QUEUE, 0, -1)
    found = []
    for text in reversed(raw):
        message = json.loads(text)
        _, arguments, _ = json.loads(base64.b64decode(message["body"]))
        found.append((message["headers"]["task"], arguments))
    return found


@pytest.mark.usefixtures("broker")
async def test_what_is_asked_for_is_a_row_and_its_message_names_it(valkey: Valkey) -> None:
    run_id = await jobs.enqueue("sessions.purge_expired", what="0192-ä", retries=3)
    await published()

    (run,) = await jobs.history()
    assert (run.id, run.status, run.trigger) == (run_id, "waiting", "asked")
    assert run.arguments == {"what": "0192-ä", "retries": 3}
    assert messages(valkey) == [("sessions.purge_expired", {"run_id": run_id})]


@pytest.mark.usefixtures("broker")
async def test_a_reminder_is_a_message_and_no_row(valkey: Valkey) -> None:
    before = clock.now()

    await jobs.remind("sessions.purge_expired")
    await published()

    assert await jobs.history() == []
    ((name, message),) = messages(valkey)
    assert name == "sessions.purge_expired"
    assert before <= datetime.fromisoformat(message["asked_at"]) <= clock.now()


@pytest.mark.usefixtures("broker")
async def test_it_belongs_to_the_request_that_asked_for_it() -> None:
    with correlation.bound("request-7"):
        await jobs.enqueue("sessions.purge_expired")
    await published()

    assert [run.correlation_id for run in await jobs.history()] == ["request-7"]


@pytest.mark.usefixtures("broker")
async def test_it_is_asked_for_after_the_commit_and_not_before(valkey: Valkey) -> None:
    async with database.transaction():
        async with database.transaction():
            run_id = await jobs.enqueue("sessions.purge_expired")
        await published()
        assert messages(valkey) == []
    await published()

    assert messages(valkey) == [("sessions.purge_expired", {"run_id": run_id})]


@pytest.mark.usefixtures("broker")
async def test_what_was_rolled_back_asks_for_nothing(valkey: Valkey) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await jobs.enqueue("sessions.purge_expired")
            raise ZeroDivisionError
    await published()

    assert messages(valkey) == []
    assert await jobs.history() == []


@asynccontextmanager
async def silence() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """The URL of a broker that takes a connection and never answers, until the event is set."""
    enough = asyncio.Event()

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await enough.wait()
        writer.close()

    server = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        yield f"redis://:the-password@127.0.0.1:{server.sockets[0].getsockname()[1]}/0", enough
    finally:
        enough.set()
        server.close()


async def test_a_broker_that_does_not_answer_holds_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    async with silence() as (url, enough):
        with publishing_to(url):
            began = time.monotonic()
            await jobs.enqueue("sessions.purge_expired", user_id="of-ada")
            turns = 0
            while time.monotonic() - began < 0.3:
                await asyncio.sleep(0)
                turns += 1
            assert turns > 20
            assert "was not published" not in caplog.text

            enough.set()
            await published()

    assert "sessions.purge_expired was not published" in caplog.text
    assert "beat makes up for it" in caplog.text
    assert "the-password" not in caplog.text
    assert "of-ada" not in caplog.text


async def test_a_broker_that_is_away_is_no_error_and_gets_the_next_when_it_is_back(
    valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    async with silence() as (away, _):
        pass  # Nobody listens there any more.

    with publishing_to(away):
        async with database.transaction():
            await jobs.enqueue("sessions.purge_expired")
        await published()
    assert caplog.text.count("was not published") == 1

    redis.Redis.from_url(valkey.url()).flushall()
    with publishing_to(valkey.url()):
        await jobs.enqueue("sessions.purge_expired")
        await published()
    assert len(messages(valkey)) == 1


def test_a_program_without_a_broker_goes_on_and_says_what_was_not_asked_for(database_url: str, tmp_path: Path) -> None:
    program = """
import asyncio
from core import clock, correlation, database, jobs
async def ask():
    async with database.connected():
        await jobs.enqueue("sessions.purge_expired", user_id="ada")
asyncio.run(ask())
"""

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "DATABASE_URL": database_url},
    )

    assert done.stdout == ""
    assert done.stderr.startswith("sessions.purge_expired was not published (")
    assert "ada" not in done.stderr


async def test_an_app_may_bring_its_own_way_of_publishing(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(asking, "_publishers", list(asking._publishers))

    jobs.publish_with(lambda name, message: told.append((name, message)))
    run_id = await jobs.enqueue("app.greet", user_id="ada")
    await published()

    assert told == [("app.greet", {"run_id": run_id})]
