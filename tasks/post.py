"""Messages to the workers: sent at once, or not at all. What they are about stands in the database."""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from celery import Celery
from kombu import Producer

from core.errors import Unavailable

Result = TypeVar("Result")

_PATIENCE = 5
"""Seconds that the broker has for each answer. One that is frozen takes a connection and never answers."""
_SOON = 1.0
"""An error that takes longer than so many seconds is not the end of an old connection."""
_QUIET = 2.0
"""Seconds for which a broker that did not answer is not asked again."""


_NOT_FOUND = 404


class BrokerAway(Unavailable):
    """The broker does not answer."""


class Post:
    """Connections to the broker, one for each thread, kept for as long as they work."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._local = threading.local()
        self._away_until, self._why = 0.0, ""

    def send(self, name: str, message: dict[str, Any], **options: Any) -> None:  # noqa: ANN401  Celery's
        """Have the task of this name done.

        Raises:
            BrokerAway: there is nobody who would take the message.
        """
        _ = self._app.conf.broker_url  # Without one, Celery would fail while it registers the tasks, and forget them.
        task, options = self._app.tasks[name], {**options, "retry": False, "confirm_timeout": _PATIENCE}
        self._try(lambda producer: task.apply_async(kwargs=message, producer=producer, **options))

    def depth(self) -> dict[str, int]:
        """How many messages wait in each queue.

        Raises:
            BrokerAway: there is nobody who would know.
        """
        return self._try(lambda producer: {name: _waiting(producer, name) for name in self._app.amqp.queues})

    def _try(self, work: Callable[[Producer], Result]) -> Result:
        if time.monotonic() < self._away_until:
            raise _away(self._why)
        was_kept, began = self._kept is not None, time.monotonic()
        try:
            try:
                return work(self._producer())
            except Exception:
                if not was_kept or time.monotonic() - began > _SOON:
                    raise
                self.close()  # It may have been closed at the other end since.
                return work(self._producer())
        except Exception as error:
            self.close()
            self._away_until, self._why = time.monotonic() + _QUIET, type(error).__name__
            raise _away(self._why) from error

    @property
    def _kept(self) -> Producer | None:
        return getattr(self._local, "producer", None)

    def _producer(self) -> Producer:
        kept = self._kept
        if kept is None:
            # With retries it would wait here for as long as the broker is away.
            patience = {"max_retries": 0, "read_timeout": _PATIENCE, "write_timeout": _PATIENCE}
            connection = self._app.connection_for_write(transport_options=patience)
            kept = self._local.producer = self._app.amqp.Producer(connection, auto_declare=False)
        return kept

    def close(self) -> None:
        """Give this thread's connection up."""
        kept, self._local.producer = self._kept, None
        if kept is not None and kept.connection is not None:
            kept.connection.collect()


def _waiting(producer: Producer, queue: str) -> int:
    connection: Any = producer.connection
    with connection.channel() as channel:  # Its own: the answer that there is no such queue closes it.
        try:
            return int(channel.queue_declare(queue=queue, passive=True).message_count)
        except connection.channel_errors as error:
            if int(error.reply_code) == _NOT_FOUND:  # Nobody has sent or expected anything yet.
                return 0
            raise


def _away(why: str) -> BrokerAway:
    return BrokerAway(
        f"the broker does not answer ({why})",
        remedy="check that it runs, and REDIS_URL or BROKER_URL; it is tried again",
    )
