from collections import Counter
from datetime import timedelta

import pytest
import redis

from core import clock, jobs, mail
from models import JobState, Mail
from tests.programs import beat, run_code, until, worker
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


def sending_to(server: SmtpServer) -> str:
    return f"smtp://127.0.0.1:{server.port}"


async def promise(number: int) -> None:
    """In this process, which has no broker: the message is lost."""
    await mail.send(to=f"person{number}@example.com", template="reset_password", link="https://app.example/reset")


async def all_sent() -> bool:
    return not await Mail.filter(status="waiting").count()


@pytest.mark.usefixtures("broker")
async def test_a_mail_that_the_core_sends_is_delivered_without_beat() -> None:
    async with smtp_server() as server, worker(SMTP_URL=sending_to(server)) as program:
        await run_code(SEND)
        await program.until("mail.send_waiting: 1 sent, 0 postponed, 0 failed")

    assert server.mail_for("ada@example.com")["Subject"] == "Choose a new password"
    assert (await Mail.get()).status == "sent"


@pytest.mark.usefixtures("broker")
async def test_of_a_worker_killed_in_a_batch_every_mail_arrives_and_only_the_one_in_flight_twice() -> None:
    for number in range(MAILS):
        await promise(number)

    async with smtp_server() as server, beat():
        server.delay_after = 0.2
        async with worker(SMTP_URL=sending_to(server)) as program:
            await until(lambda: arrived(server, 5))
            program.kill_all()
            await program.ended()
        in_flight = server.received[-1][0]
        sent = {row.recipient for row in await Mail.filter(status="sent")}
        assert {recipient for recipient, _ in server.received} - {in_flight} == sent
        assert await Mail.filter(status="waiting", claimed_until__isnull=False).count() == MAILS - len(sent)

        # Two minutes later the claim of the dead is over.
        await Mail.filter(status="waiting").update(due_at=clock.now())
        await JobState.filter(id="mail.send_waiting").update(started_at=clock.now() - timedelta(minutes=2))
        server.delay_after = 0
        async with worker(SMTP_URL=sending_to(server)):
            await until(all_sent)

    arrivals = Counter(recipient for recipient, _ in server.received)
    assert arrivals == Counter(f"person{number}@example.com" for number in range(MAILS)) + Counter([in_flight])
    one, other = server.mails_for(in_flight)
    assert one["Message-ID"] == other["Message-ID"]


async def arrived(server: SmtpServer, number: int) -> bool:
    return len(server.received) >= number


async def test_a_mail_whose_message_is_lost_is_sent_by_the_timetable(broker: redis.Redis) -> None:
    await run_code(SEND)
    broker.flushall()

    async with smtp_server() as server, worker(SMTP_URL=sending_to(server)) as program, beat():
        await program.until("mail.send_waiting: 1 sent, 0 postponed, 0 failed")

    assert server.mail_for("ada@example.com")


def test_the_timetable_looks_for_mails_every_minute() -> None:
    timetable = {job.name: job.schedule for job in jobs.every()}

    assert timetable["mail.send_waiting"] == "* * * * *"
    assert timetable["mail.prune"] == "27 3 * * *"
