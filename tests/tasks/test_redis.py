"""Redis killed, frozen and emptied under the workers: messages are lost, and nothing else."""

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis

from core import clock
from core.local.valkey import Valkey
from models import JobRun, JobState, Mail
from tests.programs import beat, run_code, until, worker
from tests.smtp_server import smtp_server
from tests.tasks.asking import ask, make_it_due, marks

pytestmark = pytest.mark.usefixtures("db", "surroundings")

NUMBER = 300

SEND = """
import asyncio, sys
from core import database, mail

async def main():
    async with database.connected():
        for number in range(int(sys.argv[1])):
            await mail.send(to=f"person{number}@example.com", template="reset_password", link="https://app.example/r")

asyncio.run(main())
"""

FROZEN = """
import asyncio, time
from core import database, jobs

async def main():
    async with database.connected():
        longest, last = 0.0, time.monotonic()
        await jobs.enqueue("tests.mark", what="frozen")
        for _ in range(100):
            await asyncio.sleep(0.01)
            longest, last = max(longest, time.monotonic() - last), time.monotonic()
        print("the loop waited for a second or more:", longest >= 1)

began = time.monotonic()
asyncio.run(main())
"""


@pytest.fixture
def server(folder: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    """One of this test alone."""
    with Valkey(folder / request.node.name, durable=False) as server:
        monkeypatch.setenv("REDIS_URL", server.url())
        yield server


async def none_left(number: int) -> bool:
    done = await JobRun.filter(job="tests.mark", status="succeeded").count()
    return done == number


async def test_redis_killed_and_emptied_again_and_again_under_load_loses_no_job(server: Valkey) -> None:
    async with worker("--concurrency=2") as program, beat():
        await program.until("ready.")
        asking = asyncio.create_task(ask(*(("tests.mark", {"what": f"{number}"}) for number in range(NUMBER))))
        for _ in range(3):
            await asyncio.sleep(0.5)  # Whatever they are doing then.
            server.kill()
            server.start()
        await asking

        # The messages that were lost are missed after minutes.
        await make_it_due()
        await until(lambda: none_left(NUMBER), seconds=60)

    assert Counter(await marks()) == Counter(f"{number}" for number in range(NUMBER))


async def test_mails_whose_messages_are_lost_between_commit_and_publishing_are_sent(server: Valkey) -> None:
    async with smtp_server() as post, worker(SMTP_URL=f"smtp://127.0.0.1:{post.port}") as program, beat() as other:
        await program.until("mail.send_waiting: 0 sent, 0 postponed, 0 failed")
        server.kill()
        said = await run_code(SEND, "5")
        await other.until("no worker can be reminded: the broker does not answer")
        assert post.received == []
        server.start()

        # A minute later.
        await JobState.filter(id="mail.send_waiting").update(started_at=clock.now() - timedelta(minutes=2))
        await until(lambda: all_sent(5))

    assert "mail.send_waiting was not published (BrokerAway); beat makes up for it" in said
    assert Counter(recipient for recipient, _ in post.received) == Counter(
        f"person{number}@example.com" for number in range(5)
    )


async def all_sent(number: int) -> bool:
    return await Mail.filter(status="sent").count() == number


async def test_a_frozen_redis_does_not_hold_up_who_asks_for_a_job(server: Valkey) -> None:
    assert server._process is not None
    server._process.send_signal(signal.SIGSTOP)

    said = await run_code(FROZEN)

    assert "the loop waited for a second or more: False" in said
    assert "tests.mark was not published (BrokerAway)" in said
    assert await JobRun.filter(job="tests.mark", status="waiting").count() == 1
    server._process.send_signal(signal.SIGCONT)


async def test_a_message_that_comes_twice_does_its_job_once(server: Valkey) -> None:
    await ask(("tests.mark", {"what": "it"}))
    client = redis.Redis.from_url(server.url())
    (message,) = client.lrange("stylobate", 0, -1)
    client.lpush("stylobate", message, message)

    async with worker("--concurrency=2"):
        await ask(("tests.mark", {"what": "the next"}))
        await until(lambda: none_left(2))

    assert sorted(await marks()) == ["it", "the next"]
