"""Asking for a job. Nothing here waits for a broker."""

import asyncio
import contextvars
import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from core import clock, correlation, database
from core.database.statements import fetch
from core.jobs.registry import load
from models.base import new_id

_log = logging.getLogger(__name__)

Publisher = Callable[[str, dict[str, Any]], object]
Measure = Callable[[], dict[str, int]]

_publishers: list[Publisher] = []
_measures: list[Measure] = []
_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jobs")
"""Publishing blocks, for seconds when the broker is away, so it is never done on the event loop."""

_HEAD_START = timedelta(minutes=1)
"""What a message has before it is taken for lost."""

_PROMISE = """
    INSERT INTO "jobRun"
        ("id", "job", "arguments", "trigger", "status", "attempt", "dueAt", "correlationId", "createdAt")
    VALUES ($1, $2, $3, 'asked', 'waiting', 0, $4, $5, $6)
"""


def publish_with(publisher: Publisher) -> None:
    """Say how a job's name and its message reach a worker; it is called in a thread of its own."""
    _publishers[:] = [publisher]


def measure_with(measure: Measure) -> None:
    """Say how many messages wait in each queue; it is called in a thread of its own."""
    _measures[:] = [measure]


async def queue_depths() -> dict[str, int]:
    """How many messages wait for a worker, by queue.

    Raises:
        Unavailable: the broker does not answer, or none is set.
    """

    def measured() -> dict[str, int]:
        load()
        return {queue: depth for measure in _measures for queue, depth in measure().items()}

    return await asyncio.get_running_loop().run_in_executor(_thread, measured)


async def enqueue(name: str, **arguments: Any) -> str:  # noqa: ANN401  whatever JSON takes
    """Have a worker do a job soon after the commit, and do it again until it succeeds or has failed often enough.

    It is a row in the current transaction: it is done if and only if that commits, whatever happens to the broker. The
    arguments are stored in plain.

    Returns:
        The id of the run, for ``history``.
    """
    run_id, now = new_id(), clock.now()
    await fetch(_PROMISE, run_id, name, json.dumps(arguments), now + _HEAD_START, correlation.current(), now)
    await _after_commit(name, {"run_id": run_id})
    return run_id


async def remind(name: str) -> None:
    """Have a worker do a job of the timetable soon after the commit, instead of at its next time.

    For a job that looks for rows which are there already, such as mail to be sent. The message may be lost; then the
    timetable makes up for it.
    """
    await _after_commit(name, {"asked_at": clock.now().isoformat()})


async def _after_commit(name: str, message: dict[str, Any]) -> None:
    async def hand_over() -> None:
        context = contextvars.copy_context()  # A trace goes on in the worker.
        asyncio.get_running_loop().run_in_executor(_thread, context.run, _publish, name, message)

    await database.after_commit(hand_over)


def _publish(name: str, message: dict[str, Any]) -> None:
    try:
        load()
        for publisher in _publishers:
            publisher(name, message)
    except Exception as error:  # noqa: BLE001  whatever is wrong with the broker, beat makes up for it
        _log.warning("%s was not published (%s); beat makes up for it", name, type(error).__name__)
