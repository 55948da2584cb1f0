import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import Depends, FastAPI, HTTPException
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from core import clock, database, jobs, mail, metrics, sessions, web
from core.database.pool import pool
from core.database.statements import fetch
from core.local.valkey import Valkey
from core.settings import PostgresUrl, overridden, settings
from core.settings.database_url import parse
from models import Backup, JobRun, JobState, Session
from tests.factories import make_session
from tests.programs import running, until

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

Told = dict[tuple[str, ...], float]


def parsed(text: str) -> Told:
    """The numbers by their name and the values of their labels."""
    families = list(text_string_to_metric_families(text))
    return {(it.name, *it.labels.values()): it.value for family in families for it in family.samples}


async def told() -> Told:
    return parsed((await metrics.fresh()).decode())


LABELS = {"job", "le", "outcome", "part", "process", "queue", "replica", "server", "table"}


@pytest.mark.usefixtures("db")
async def test_what_a_job_did_is_counted() -> None:
    gone = await make_session()
    await Session.filter(id=gone.session.id).update(expires_at=clock.now())
    before = clock.now().timestamp()

    await jobs.run_now("sessions.purge_expired")
    await jobs.run_now("sessions.purge_expired")

    found, name = await told(), "sessions.purge_expired"
    assert found["stylobate_job_runs_total", name, "succeeded"] == 2
    assert found["stylobate_job_runs_total", name, "failed"] == 0
    assert found["stylobate_job_rows_total", name] == 1
    assert found["stylobate_job_duration_seconds_total", name] > 0
    assert found["stylobate_job_last_success_timestamp_seconds", name] >= before
    assert found["stylobate_job_consecutive_failures", name] == 0
    assert found["stylobate_job_late_seconds", name] == 0


@pytest.mark.usefixtures("db")
async def test_a_job_that_never_ran_has_done_nothing_and_never_succeeded() -> None:
    found = await told()

    assert found["stylobate_job_runs_total", "audit.prune", "succeeded"] == 0
    assert ("stylobate_job_last_success_timestamp_seconds", "audit.prune") not in found


@pytest.mark.usefixtures("db")
async def test_a_job_that_nobody_does_is_late_and_one_that_is_being_done_is_not() -> None:
    began = clock.now() - timedelta(hours=3)
    await JobState.create(id="sessions.purge_expired", started_at=began, succeeded_at=began)
    await JobState.create(id="verifications.prune", started_at=clock.now() - timedelta(minutes=4), run_id="a run")

    found = await told()

    assert 3_600 < found["stylobate_job_late_seconds", "sessions.purge_expired"] < 3 * 3_600
    assert found["stylobate_job_late_seconds", "verifications.prune"] == 0


@pytest.mark.usefixtures("db")
async def test_what_waits_is_counted() -> None:
    before = await told()
    gone = await make_session()
    await Session.filter(id=gone.session.id).update(expires_at=clock.now())
    await mail.send(to="ada@example.com", template="verify_email")
    await JobRun.create(job="audit.prune", status="waiting", trigger="asked")

    found = await told()

    assert before["stylobate_expired_rows", "session"] == 0
    assert found["stylobate_expired_rows", "session"] == 1
    assert found["stylobate_mails_waiting",] == 1
    assert found["stylobate_job_runs_waiting",] == 1


@pytest.mark.usefixtures("db")
async def test_the_newest_backup_counts_and_the_newest_that_was_proven() -> None:
    async def take(name: str, hour: int, **fields: Any) -> None:
        await Backup.create(name=name, store="here", taken_at=NOON + timedelta(hours=hour), **fields)

    assert not [name for name, *_ in await told() if "backup" in name]

    await take("proven", 1, size=100, check_level=3)
    await take("only its checksum", 2, size=200, check_level=1)
    await take("damaged", 3, size=300, check_level=3, check_error="it does not open")
    await take("failed", 4, error="no space")
    await take("before a restore", 5, size=500, is_safety_copy=True)
    found = await told()

    assert found["stylobate_backup_last_success_timestamp_seconds",] == (NOON + timedelta(hours=3)).timestamp()
    assert found["stylobate_backup_size_bytes",] == 300
    assert found["stylobate_backup_last_verified_timestamp_seconds",] == (NOON + timedelta(hours=1)).timestamp()


@pytest.mark.usefixtures("db")
async def test_the_names_are_as_prometheus_wants_them() -> None:
    await jobs.run_now("audit.prune")

    families = list(text_string_to_metric_families((await metrics.fresh()).decode()))

    assert len(families) > 10
    for family in families:
        assert family.name.startswith("stylobate_")
        assert family.documentation.endswith(".")
        assert family.type in {"counter", "gauge", "histogram"}
        assert family.name.endswith("_seconds") or family.type != "histogram"
        for sample in family.samples:
            assert sample.name.endswith("_total") == (family.type == "counter")
            assert set(sample.labels) <= LABELS


@pytest.mark.only("postgres")
@pytest.mark.usefixtures("db")
async def test_what_can_not_be_read_in_time_is_missing_and_the_rest_is_told() -> None:
    url = settings().database
    assert isinstance(url, PostgresUrl)
    blocker = await asyncpg.connect(
        host=url.host, port=url.port, user=url.user, password=url.password, database=url.database
    )
    try:
        async with blocker.transaction():
            await blocker.execute('LOCK TABLE "mail" IN ACCESS EXCLUSIVE MODE')
            found = await told()
    finally:
        await blocker.close()

    assert found["stylobate_scrape_success", "mails"] == 0
    assert ("stylobate_mails_waiting",) not in found
    assert found["stylobate_scrape_success", "jobs"] == 1
    assert found["stylobate_scrape_success", "queues"] == 1
    assert ("stylobate_job_runs_total", "audit.prune", "failed") in found
    assert (await told())["stylobate_mails_waiting",] == 0


PROCESS = str(os.getpid())


async def counted(name: str, work: Callable[[], Awaitable[object]], *labels: str) -> dict[str, float]:
    """By how much a histogram of this process grows: how many, in which time, and how many took longest."""
    before = await told()
    await work()
    after = await told()
    return {
        what: after[key] - before[key]
        for what, key in {
            "count": (f"{name}_count", *labels, PROCESS),
            "seconds": (f"{name}_sum", *labels, PROCESS),
            "within ten": (f"{name}_bucket", "10.0", *labels, PROCESS),
        }.items()
    }


@pytest.mark.usefixtures("db")
async def test_a_statement_is_counted_with_its_time_inside_a_transaction_too() -> None:
    async def nothing() -> None:
        pass

    async def three() -> None:
        await fetch("SELECT 1")
        async with database.transaction():
            await fetch("SELECT 1")  # Its commit is the third.

    own = await counted("stylobate_query_duration_seconds", nothing)
    grown = await counted("stylobate_query_duration_seconds", three)
    waited = await counted("stylobate_pool_wait_seconds", three)

    assert grown["count"] - own["count"] == 3
    assert grown["seconds"] > 0
    assert waited["count"] >= 2


@pytest.mark.usefixtures("db")
async def test_who_was_recognised_is_counted_by_the_outcome() -> None:
    signed_in = await make_session()

    async def refused() -> None:
        with pytest.raises(sessions.SessionInvalid):
            await sessions.authenticate("nobody's")

    name = "stylobate_authenticate_duration_seconds"
    ok = await counted(name, lambda: sessions.authenticate(signed_in.token), "ok")
    invalid = await counted(name, refused, "invalid")
    none = await counted(name, refused, "ok")

    assert [each["count"] for each in (ok, invalid, none)] == [1, 1, 0]
    assert (ok["within ten"], ok["seconds"] > 0) == (1, True)


@pytest.mark.usefixtures("db")
async def test_a_session_whose_token_was_used_once_more_is_counted() -> None:
    token = (await make_session()).token
    before = await told()

    await sessions.refresh(token)
    with clock.shifted(timedelta(minutes=1)), pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(token)

    key = ("stylobate_session_replays_total", PROCESS)
    assert (await told())[key] - before[key] == 1


@pytest.mark.usefixtures("db")
async def test_the_pool_says_who_works_and_who_waits(dialect: str) -> None:
    found = await told()
    held, end = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with database.transaction():
            held.set()
            await end.wait()

    small = parse(os.environ["DATABASE_URL"] + "?pool_size=1&pool_timeout=600" * (dialect == "postgres"))
    async with database.connected(small):
        before = pool()
        holding = asyncio.create_task(hold())
        await held.wait()
        waiting = asyncio.create_task(fetch("SELECT 1"))
        await until(lambda: asyncio.sleep(0, pool().waiting))
        meanwhile = pool()
        end.set()
        await asyncio.gather(holding, waiting)
        after = pool()

    assert found["stylobate_pool_limit", PROCESS] == (20 if dialect == "postgres" else 1)
    assert found["stylobate_pool_in_use", PROCESS] <= found["stylobate_pool_open", PROCESS]
    assert found["stylobate_pool_waiting", PROCESS] == 0
    assert (before.limit, before.in_use, before.waiting) == (1, 0, 0)
    assert (meanwhile.open, meanwhile.in_use, meanwhile.waiting) == (1, 1, 1)
    assert (after.in_use, after.waiting) == (0, 0)


@pytest.mark.usefixtures("db")
async def test_jobs_that_can_not_be_found_take_nothing_else_with_them() -> None:
    with overridden(job_modules=("nowhere",)):
        found = await told()

    assert found["stylobate_scrape_success", "jobs"] == 0
    assert found["stylobate_mails_waiting",] == 0


@pytest.mark.usefixtures("db")
async def test_everybody_who_asks_at_once_is_told_the_same() -> None:
    first, second = await asyncio.gather(metrics.exposition(), metrics.exposition())

    assert first is second


async def asked(*, redis_url: str) -> Told:
    """What ``core.web:metrics_app`` says as a program of its own."""
    async with running("uvicorn", "core.web:metrics_app", "--port=0", REDIS_URL=redis_url) as program:
        place = (await program.until("running on ")).partition("running on ")[2].split()[0]
        async with httpx.AsyncClient(base_url=place) as client:
            answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == metrics.CONTENT_TYPE
    return parsed(answer.text)


@pytest.mark.usefixtures("db")
async def test_it_is_a_program_of_its_own_that_also_asks_the_broker(valkey: Valkey) -> None:
    found = await asked(redis_url=valkey.url())

    assert found["stylobate_broker_up",] == 1
    assert found["stylobate_queue_messages", "stylobate"] >= 0
    assert found["stylobate_job_runs_waiting",] == 0


@pytest.mark.usefixtures("db")
async def test_a_broker_that_is_away_is_said_to_be() -> None:
    found = await asked(redis_url="redis://127.0.0.1:1/0")

    assert found["stylobate_broker_up",] == 0
    assert ("stylobate_queue_messages", "stylobate") not in found
    assert found["stylobate_job_runs_waiting",] == 0


@pytest.mark.usefixtures("db")
async def test_an_app_says_who_may_ask_and_keeps_its_own_numbers() -> None:
    async def only_prometheus(key: str = "") -> None:
        if key != "the key":
            raise HTTPException(403)

    own = [family.name for family in REGISTRY.collect()]
    app = FastAPI()
    app.include_router(web.metrics(), dependencies=[Depends(only_prometheus)])

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
        refused, answer = await client.get("/metrics"), await client.get("/metrics", params={"key": "the key"})

    assert (refused.status_code, answer.status_code) == (403, 200)
    assert answer.headers["cache-control"] == "no-store"
    assert "stylobate_job_runs_total" in answer.text
    assert [family.name for family in REGISTRY.collect()] == own
    assert "/metrics" not in app.openapi()["paths"]
