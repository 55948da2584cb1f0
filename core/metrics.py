"""Numbers for Prometheus. They are read from the database when they are asked for, so any process can tell them; only
those of its own work (``core.measures``) are the process's.

A part that can't be read in time is left out, and ``stylobate_scrape_success`` says so: what is missing must not look
like what is fine.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from core import clock, jobs, measures
from core.database.pool import pool, replicas
from core.database.statements import fetch
from core.errors import Unavailable
from core.jobs import Job, Standing
from core.jobs.timetable import due_at
from core.patience import Lately, within
from models import Backup, JobState

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""What ``exposition()`` is."""

_log = logging.getLogger(__name__)

_BUDGET, _ALTOGETHER = 2.0, 5.0
"""Seconds that a part may take, and all of those that need the database: Prometheus waits for ten."""
_ANSWER = 1.5
"""Seconds in which a broker answers that is there."""
_MANY = 10_000
"""Where it would cost too much to count, so many stands for at least so many."""
_READ_TO_ITS_END = 2
_LONGEST_WAIT = timedelta(hours=12)
"""A mail is tried again before that. One that was sent is due for nothing until it is forgotten, days later."""

_CLEANED_UP = ("attempt", "mail", "purchaseEvent", "session", "verification")

_Read = Callable[[], Coroutine[None, None, list[Metric]]]

_COUNT = 'SELECT count(*) AS rows FROM (SELECT 1 FROM "{table}" WHERE {condition} LIMIT $1) AS counted'


async def exposition() -> bytes:
    """The numbers in Prometheus's text format, not older than a second. It does not raise."""
    return await _lately.told()


class _Collected(Collector):
    """Numbers that have been read. The registry of an app, if it has one, is its own."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


async def fresh() -> bytes:
    """The numbers of this moment, in the same format."""
    success = GaugeMetricFamily(
        "stylobate_scrape_success", "Whether this part of the numbers could be read.", labels=["part"]
    )
    found: list[Metric] = [success]

    async def read(parts: Mapping[str, _Read]) -> None:
        end = asyncio.get_running_loop().time() + _ALTOGETHER
        for name, part in parts.items():
            try:
                found.extend(await within(min(_BUDGET, end - asyncio.get_running_loop().time()), part()))
            except Exception as error:  # noqa: BLE001  whatever it is, the others are told
                _log.warning("no numbers of %s: %s", name, error or type(error).__name__)
                success.add_metric([name], 0)
            else:
                success.add_metric([name], 1)

    # The first time it imports what defines jobs: a second of work, which is on nobody's account.
    with suppress(Exception):
        await asyncio.to_thread(jobs.every)
    # One after the other, so that they take one connection out of the pool and not five.
    database = {"jobs": _jobs, "runs": _runs, "backups": _backups, "mails": _mails, "expired": _expired}
    await asyncio.gather(read({"process": _process}), read(database), read({"queues": _queues}))
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Collected(found))
    return generate_latest(registry)


_lately = Lately(fresh, seconds=1.0)


async def _process() -> list[Metric]:
    """What this process has counted. Behind one address there may be several, each with numbers of its own."""
    process = str(os.getpid())
    authentications = _histogram(
        "stylobate_authenticate_duration_seconds", "Time that it took to say whose a token is.", "outcome"
    )
    for outcome, times in measures.authentications.items():
        _add(authentications, times, outcome)
    statements = _histogram("stylobate_query_duration_seconds", "Time that statements took on their connection.")
    waits = _histogram("stylobate_pool_wait_seconds", "Time that connections were waited for.")
    _add(statements, measures.statements)
    _add(waits, measures.waits)
    replays = CounterMetricFamily(
        "stylobate_session_replays", "Sessions that ended because a token was used once more.", labels=["process"]
    )
    replays.add_metric([process], measures.replays.number)
    recalled = CounterMetricFamily(
        "stylobate_sessions_recalled", "Authentications that were answered from memory.", labels=["process"]
    )
    recalled.add_metric([process], measures.recalled.number)
    gauges = []
    it = pool()
    for name, about, number in (
        ("limit", "Connections that there may be.", it.limit),
        ("open", "Connections that there are.", it.open),
        ("in_use", "Connections at work.", it.in_use),
        ("waiting", "Statements and transactions that wait for a connection.", it.waiting),
    ):
        gauge = GaugeMetricFamily(f"stylobate_pool_{name}", about, labels=["process"])
        gauge.add_metric([process], number)
        gauges.append(gauge)
    return [*gauges, waits, statements, authentications, replays, recalled, *_replicas(process)]


def _replicas(process: str) -> list[Metric]:
    """Nothing where none is read from."""
    reads = CounterMetricFamily(
        "stylobate_reads", "Statements that a replica may answer, by who did.", labels=["process", "server"]
    )
    used = GaugeMetricFamily("stylobate_replica_used", "Whether it is read from.", labels=["process", "replica"])
    behind = GaugeMetricFamily(
        "stylobate_replica_behind_seconds", "How old its state may be.", labels=["process", "replica"]
    )
    for server, count in measures.reads.items():
        reads.add_metric([process, server], count.number)
    for name, seconds, why_not in replicas():
        used.add_metric([process, name], why_not is None)
        if seconds is not None:
            behind.add_metric([process, name], seconds)
    return [it for it in (reads, used, behind) if it.samples]


def _histogram(name: str, about: str, *labels: str) -> HistogramMetricFamily:
    return HistogramMetricFamily(name, about, labels=["process", *labels])


def _add(histogram: HistogramMetricFamily, times: measures.Times, *labels: str) -> None:
    bounds = [*(str(bound) for bound in measures.BOUNDS), "+Inf"]
    buckets = list(zip(bounds, times.counts, strict=True))
    histogram.add_metric([str(os.getpid()), *labels], buckets, times.seconds)


async def _jobs() -> list[Metric]:
    runs = CounterMetricFamily("stylobate_job_runs", "Runs that ended.", labels=["job", "outcome"])
    seconds = CounterMetricFamily("stylobate_job_duration_seconds", "Time that runs took.", labels=["job"])
    rows = CounterMetricFamily("stylobate_job_rows", "Rows that runs dealt with.", labels=["job"])
    succeeded_at = GaugeMetricFamily(
        "stylobate_job_last_success_timestamp_seconds", "When it last succeeded.", labels=["job"]
    )
    failures = GaugeMetricFamily(
        "stylobate_job_consecutive_failures", "Failures since the last success.", labels=["job"]
    )
    late = GaugeMetricFamily(
        "stylobate_job_late_seconds", "How long ago it should have begun; 0 when it is not due.", labels=["job"]
    )
    every, now = jobs.every(), clock.now()
    states = {state.id: state for state in await JobState.all()}
    for job in every:
        state = states.get(job.name) or JobState(id=job.name)
        runs.add_metric([job.name, "succeeded"], state.runs_succeeded)
        runs.add_metric([job.name, "failed"], state.runs_failed)
        seconds.add_metric([job.name], state.seconds)
        rows.add_metric([job.name], state.rows)
        failures.add_metric([job.name], state.failures)
        late.add_metric([job.name], _late(job, state, now).total_seconds())
        if state.succeeded_at:
            succeeded_at.add_metric([job.name], state.succeeded_at.timestamp())
    return [runs, seconds, rows, succeeded_at, failures, late]


def _late(job: Job, state: JobState, now: datetime) -> timedelta:
    standing = Standing(state.run_id, state.asked_at, state.started_at, state.succeeded_at, state.failures)
    running = state.run_id is not None and state.started_at is not None and now < state.started_at + job.limit
    due = due_at(job, standing, now)
    return timedelta() if running or due is None else max(now - due, timedelta())


async def _runs() -> list[Metric]:
    waiting = await _count("jobRun", """ "finishedAt" IS NULL AND "status" = 'waiting' """)
    return [_gauge("stylobate_job_runs_waiting", f"Runs that were asked for, at most {_MANY}.", waiting)]


async def _mails() -> list[Metric]:
    waiting = await _count("mail", """ "dueAt" <= $2 AND "status" = 'waiting' """, clock.now() + _LONGEST_WAIT)
    return [_gauge("stylobate_mails_waiting", f"Mails that are to be sent, at most {_MANY}.", waiting)]


async def _expired() -> list[Metric]:
    rows = GaugeMetricFamily(
        "stylobate_expired_rows", f"Rows that the clean-up has not come to, at most {_MANY}.", labels=["table"]
    )
    for table in _CLEANED_UP:
        rows.add_metric([table], await _count(table, '"expiresAt" <= $2', clock.now()))
    return [rows]


async def _count(table: str, condition: str, *arguments: object) -> int:
    rows: int = (await fetch(_COUNT.format(table=table, condition=condition), _MANY, *arguments))[0]["rows"]
    return rows


async def _backups() -> list[Metric]:
    taken = Backup.filter(error=None, size__not_isnull=True, is_safety_copy=False).order_by("-taken_at").limit(1)
    found: list[Metric] = []
    for backup in await taken.only("taken_at", "size"):
        found += [
            _gauge(
                "stylobate_backup_last_success_timestamp_seconds",
                "When the newest backup was taken.",
                backup.taken_at.timestamp(),
            ),
            _gauge("stylobate_backup_size_bytes", "How large the newest backup is.", backup.size or 0),
        ]
    proven = taken.filter(check_error=None, check_level__gte=_READ_TO_ITS_END)
    found += [
        _gauge(
            "stylobate_backup_last_verified_timestamp_seconds",
            "When the newest backup was taken that has been read to its end or restored since.",
            backup.taken_at.timestamp(),
        )
        for backup in await proven.only("taken_at")
    ]
    return found


async def _queues() -> list[Metric]:
    messages = GaugeMetricFamily("stylobate_queue_messages", "Messages that wait for a worker.", labels=["queue"])
    about = "Whether the broker answers."
    try:
        async with asyncio.timeout(_ANSWER):
            depths = await jobs.queue_depths()
    except (Unavailable, TimeoutError):
        return [_gauge("stylobate_broker_up", about, 0)]
    for queue, depth in depths.items():
        messages.add_metric([queue], depth)
    return [_gauge("stylobate_broker_up", about, 1), messages]


def _gauge(name: str, about: str, value: float) -> Metric:
    gauge = GaugeMetricFamily(name, about)
    gauge.add_metric([], value)
    return gauge
