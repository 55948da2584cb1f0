import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import pytest
import redis

from core import clock, jobs, mail
from core.local.valkey import Valkey
from models import Mail
from tests.programs import ROOT, Program, running
from tests.smtp_server import SmtpServer, smtp_server

pytestmark = pytest.mark.usefixtures("db")

MAILS = 12

SEND = """
import asyncio
from core import database, mail

async def main():
    async with database.connected():
        await mail.send(to="ada@example.com", template="reset_password", link="https://app.example/reset")

asyncio.run(main())
"""


@pytest.fixture
def broker(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> redis.Redis:
    """An empty broker."""
    client = redis.Redis.from_url(valkey.url())
    client.flushall()
    monkeypatch.setenv("REDIS_URL", valkey.url())
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return client


def worker(server: SmtpServer) -> AbstractAsyncContextManager[Program]:
    return running(
        *("celery", "--quiet", "-A", "tasks", "worker", "--concurrency=1", "--loglevel=INFO"),
        *("--without-gossip", "--without-mingle"),
        SMTP_URL=f"smtp://127.0.0.1:{server.port}",
    )


async def promise(number: int) -> None:
    """In this process, which has no broker: the message is lost."""
    await mail.send(to=f"person{number}@example.com", template="reset_password", link="https://app.example/reset")


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = 30) -> None:
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  no event tells
            await asyncio.sleep(0.02)


async def all_sent() -> bool:
    return not await Mail.filter(status="waiting").count()


@pytest.mark.usefixtures("broker")
async def test_a_mail_that_the_core_sends_is_delivered_at_once() -> None:
    async with smtp_server() as server, worker(server) as program:
        await program.until("mail.send_waiting: 0 sent, 0 postponed, 0 failed")  # At its start it looks once.

        await in_an_app(SEND)
        await program.until("mail.send_waiting: 1 sent, 0 postponed, 0 failed")

    assert server.mail_for("ada@example.com")["Subject"] == "Choose a new password"
    assert (await Mail.get()).status == "sent"


async def in_an_app(code: str) -> None:
    """Run it in a process of its own, which has a broker."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=ROOT)
    assert await process.wait() == 0


@pytest.mark.usefixtures("broker")
async def test_of_a_worker_killed_in_a_batch_every_mail_arrives_and_only_the_one_in_flight_twice() -> None:
    for number in range(MAILS):
        await promise(number)

    async with smtp_server() as server:
        server.delay_after = 0.2
        async with worker(server) as program:
            await until(lambda: arrived(server, 5))
            program.kill_all()
            await program.ended()
        in_flight = server.received[-1][0]
        sent = {row.recipient for row in await Mail.filter(status="sent")}
        assert {recipient for recipient, _ in server.received} - {in_flight} == sent
        assert await Mail.filter(status="waiting", claimed_until__isnull=False).count() == MAILS - len(sent)

        # Two minutes later the claim of the dead is over.
        await Mail.filter(status="waiting").update(due_at=clock.now())
        server.delay_after = 0
        async with worker(server) as program:
            await until(all_sent)

    arrivals = Counter(recipient for recipient, _ in server.received)
    assert arrivals == Counter(f"person{number}@example.com" for number in range(MAILS)) + Counter([in_flight])
    one, other = server.mails_for(in_flight)
    assert one["Message-ID"] == other["Message-ID"]


async def arrived(server: SmtpServer, number: int) -> bool:
    return len(server.received) >= number


async def test_a_mail_whose_message_is_lost_is_sent_by_the_timetable(broker: redis.Redis) -> None:
    async with smtp_server() as server, worker(server) as program:
        await program.until("mail.send_waiting: 0 sent, 0 postponed, 0 failed")
        await promise(1)
        broker.flushall()

        await in_an_app("from tasks import celery; celery.send_task('mail.send_waiting')")  # As beat does.
        await program.until("mail.send_waiting: 1 sent, 0 postponed, 0 failed")

    assert server.mail_for("person1@example.com")


def test_the_timetable_looks_for_mails_every_minute() -> None:
    timetable = {job.name: job.schedule for job in jobs.every()}

    assert timetable["mail.send_waiting"] == "* * * * *"
    assert timetable["mail.prune"] == "27 3 * * *"
