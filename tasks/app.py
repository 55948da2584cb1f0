"""The Celery app, and ``@job``, which makes a coroutine function a task of it. Only this package knows Celery."""

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

from billiard import current_process
from celery import Celery
from celery.signals import (
    setup_logging,
    worker_init,
    worker_process_init,
    worker_process_shutdown,
    worker_shutdown,
)

from core import database, heartbeat, jobs, logs, tracing
from core.errors import Unavailable
from tasks.bridge import Bridge
from tasks.post import Post

_log = logging.getLogger("stylobate.worker")

app = Celery("stylobate")
app.config_from_object("tasks.celeryconfig")

QUICK, LONG = "stylobate", "stylobate.long"
"""The queues: for what takes minutes at the most, and for what may take hours."""

LONGEST = timedelta(minutes=5)
"""How long a job may take when it does not say. One that may take longer goes to the queue for long work."""

_GRACE = timedelta(minutes=1)
"""What a coroutine has to end after it was cancelled. Then Celery kills its process."""

bridge = Bridge()
post = Post(app)

Function = TypeVar("Function", bound=Callable[..., Awaitable[object]])


def job(
    name: str,
    *,
    schedule: str | None = None,
    limit: timedelta = LONGEST,
    retries: int = 3,
    family: str | None = None,
) -> Callable[[Function], Function]:
    """Do this by itself, by the timetable or when it is asked for.

    Args:
        name: its noun and verb, ``sessions.purge_expired``.
        schedule: when, as a crontab line in UTC: minute, hour, day of the month, month, day of the week. A time that
            nobody was there for is made up for, once. None: only when ``jobs.enqueue`` asks for it.
        limit: how long it may take; then it is cancelled.
        retries: how often it is tried again when it fails, after 30 seconds, a minute, two ...
        family: jobs of one family take turns. Without it, a job waits for itself alone.
    """

    def registered(function: Function) -> Function:
        about = (function.__doc__ or "").partition("\n")[0]
        jobs.register(jobs.Job(name, about, function, schedule, limit, retries, family))

        def perform(run_id: str | None = None, asked_at: str | None = None) -> None:
            worker = perform_task.request.hostname
            try:
                if run_id is not None:
                    bridge.run(partial(jobs.run_asked, run_id, worker=worker))
                else:
                    bridge.run(partial(jobs.run_scheduled, name, asked_at=asked_at, worker=worker))
            except Unavailable as error:  # It stays due.
                _log.warning("%s could not be done: %s", name, error)

        perform_task = app.task(
            name=name,
            queue=QUICK if limit <= LONGEST else LONG,
            time_limit=int((limit + _GRACE).total_seconds()),
        )(perform)
        return function

    return registered


def queue_of(name: str) -> str:
    """Where the messages of a job wait."""
    return QUICK if jobs.get(name).limit <= LONGEST else LONG


jobs.publish_with(post.send)
jobs.measure_with(post.depth)


@setup_logging.connect
def _log_our_way(**_: object) -> None:
    logs.configure()
    for chatty in ("celery.app.trace", "celery.worker.strategy"):  # Each job says in one line what it did.
        logging.getLogger(chatty).setLevel(logging.WARNING)


@worker_init.connect
def check(**_: object) -> None:
    """Refuse to start where no job could succeed, and say why."""

    async def look() -> None:
        async with database.connected():
            jobs.every()

    try:
        asyncio.run(look())
    except Unavailable as error:
        raise SystemExit(f"It can't start: {error}. Remedy: {error.remedy}") from None


@worker_process_init.connect
def _begin(**_: object) -> None:
    tracing.setup("stylobate-worker")
    if current_process().name != "MainProcess":  # In a pool of one process the signals are Celery's.
        signal.signal(signal.SIGTERM, _give_back)


def _give_back(number: int, _: object) -> None:
    """Celery's soft shutdown is over: the running job is cancelled, so that another worker can have it at once."""
    bridge.close()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


@worker_process_shutdown.connect
def _close(**_: object) -> None:
    bridge.close()


@worker_shutdown.connect
def _end(**_: object) -> None:
    bridge.close()
    heartbeat.stop("worker")
