"""The Celery app, and ``@job``, which makes a coroutine function a task of it.

Nothing outside this package knows Celery, and nothing in it but this file knows what it takes to run one.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from celery import Celery
from celery.schedules import BaseSchedule
from celery.signals import after_setup_logger, worker_init, worker_process_shutdown, worker_ready, worker_shutdown

from core import database, jobs
from core.errors import Unavailable
from tasks.bridge import Bridge
from tasks.timetable import LONGEST, entries

_log = logging.getLogger("stylobate.jobs")

app = Celery("stylobate")
app.config_from_object("tasks.celeryconfig")

_bridge = Bridge()

Function = TypeVar("Function", bound=Callable[..., Awaitable[object]])


def job(
    name: str, *, schedule: BaseSchedule | None = None, limit: timedelta = LONGEST
) -> Callable[[Function], Function]:
    """Do this by itself, by the timetable or when it is asked for.

    Args:
        name: its noun and verb, ``sessions.purge_expired``.
        schedule: when, as a ``crontab(...)`` in UTC. A time that no worker was there for is made up for by the next.
            None: only when ``jobs.enqueue`` asks for it.
        limit: how long it may take, ``LONGEST`` at the most; then it is cancelled.
    """

    def registered(function: Function) -> Function:
        def perform(**arguments: Any) -> None:  # noqa: ANN401  whatever JSON takes
            _log.info("%s: %s", name, _bridge.run(partial(function, **arguments), seconds=limit.total_seconds()))

        app.task(name=name)(perform)
        if schedule is not None:
            # One that waited so long that the next is due need not be done.
            entries[name] = {"task": name, "schedule": schedule, "options": {"expires": LONGEST.total_seconds()}}
        about = (function.__doc__ or "").partition("\n")[0]
        when = str(schedule).removeprefix("<crontab: ").partition(" (")[0] if schedule else None
        jobs.register(jobs.Job(name=name, about=about, schedule=when, run=function))
        return function

    return registered


def _publish(name: str, arguments: dict[str, Any]) -> None:
    """Send a message, at once or not at all: retries would hold the thread for as long as the broker is away."""
    with app.connection_for_write(transport_options={"max_retries": 0}) as connection:
        app.send_task(name, kwargs=arguments, connection=connection, retry=False)


jobs.publish_with(_publish)


@worker_init.connect
def _check_the_house(**_: object) -> None:
    """Refuse to start where no job could succeed, and say why."""

    async def check() -> None:
        async with database.connected():
            pass

    try:
        asyncio.run(check())
    except Unavailable as error:
        raise SystemExit(f"The worker can't start: {error}. Remedy: {error.remedy}") from None


@worker_ready.connect
def _catch_up(**_: object) -> None:
    """Do now what nobody was there to do. A job that finds nothing to do costs a query."""
    for entry in entries.values():
        app.send_task(entry["task"], **entry["options"])


@worker_process_shutdown.connect
@worker_shutdown.connect
def _close(**_: object) -> None:
    _bridge.close()


@after_setup_logger.connect
def _quieten(**_: object) -> None:
    """One line for each job is enough."""
    for name in ("celery.worker.strategy", "celery.app.trace"):
        logging.getLogger(name).setLevel(logging.WARNING)
