import asyncio
import base64
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis
from kombu import pools

from core import database, jobs
from core.local.valkey import Valkey
from core.settings import overridden
from tasks.app import app
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
    celery: Any = app
    read, module = dict(vars(celery)), sys.modules.pop("tasks.celeryconfig", None)
    vars(celery).pop("amqp", None)
    celery._conf = celery._pool = None
    try:
        with overridden(redis_url=url, broker_url=None):
            assert celery.conf.broker_url == url
            yield
    finally:
        pools.reset()
        vars(celery).clear()
        vars(celery).update(read)
        sys.modules.pop("tasks.celeryconfig", None)
        if module is not None:
            sys.modules["tasks.celeryconfig"] = module


async def published() -> None:
    """Wait until everything that was asked for so far has been tried: the thread takes one after the other."""
    await asyncio.get_running_loop().run_in_executor(jobs._thread, time.monotonic)


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
async def test_a_job_that_is_asked_for_reaches_the_queue_with_its_arguments(valkey: Valkey) -> None:
    await jobs.enqueue("sessions.purge_expired")
    await jobs.enqueue("mail.send", mail_id="0192-ä", retries=3)
    await published()

    assert messages(valkey) == [
        ("sessions.purge_expired", {}),
        ("mail.send", {"mail_id": "0192-ä", "retries": 3}),
    ]


@pytest.mark.usefixtures("broker")
async def test_it_is_asked_for_after_the_commit_and_not_before(valkey: Valkey) -> None:
    async with database.transaction():
        async with database.transaction():
            await jobs.enqueue("sessions.purge_expired")
        await published()
        assert messages(valkey) == []
    await published()

    assert messages(valkey) == [("sessions.purge_expired", {})]


@pytest.mark.usefixtures("broker")
async def test_what_was_rolled_back_asks_for_nothing(valkey: Valkey) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await jobs.enqueue("sessions.purge_expired")
            raise ZeroDivisionError
    await published()

    assert messages(valkey) == []


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
    assert "the timetable makes up for it" in caplog.text
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


def test_a_program_without_a_broker_goes_on_and_says_what_was_not_asked_for(tmp_path: Path) -> None:
    program = (
        "import asyncio; from core import jobs; asyncio.run(jobs.enqueue('sessions.purge_expired', user_id='ada'))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
    )

    assert done.stdout == ""
    assert done.stderr.startswith("sessions.purge_expired was not published (SettingsInvalid)")
    assert "ada" not in done.stderr


def test_a_job_is_known_by_its_name_with_what_it_does_and_when() -> None:
    job = jobs.get("sessions.purge_expired")

    assert job in jobs.every()
    assert job.about == "Forget sessions that nobody can use any more."
    assert job.schedule == "7 * * * *"
    with pytest.raises(jobs.JobNotFound):
        jobs.get("sessions.nothing")


async def test_whoever_publishes_is_told_the_name_and_the_arguments_and_an_app_may_bring_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(jobs, "_publishers", list(jobs._publishers))

    jobs.publish_with(lambda name, arguments: told.append((name, arguments)))
    await jobs.enqueue("app.greet", user_id="ada")
    await published()

    assert told == [("app.greet", {"user_id": "ada"})]
