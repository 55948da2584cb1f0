"""How a worker listens to its broker: for ever, by itself, and showing that it is alive."""

import logging
from collections.abc import Callable
from typing import Any

from celery.worker.consumer import Consumer
from celery.worker.state import maybe_shutdown
from kombu import Connection
from kombu.message import Message

from core import heartbeat
from core.errors import Unavailable

_log = logging.getLogger("stylobate.worker")

_SHOWN_EVERY = 10.0
_ALONE = dict.fromkeys(("without_gossip", "without_mingle", "without_heartbeat"), True)
"""What workers tell each other nobody needs: the database says what is to be done, and who does it."""


class Listener(Consumer):
    """Celery's, with a patience that does not end, and with a heartbeat."""

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401  Celery's
        options["worker_options"] = {**(options.get("worker_options") or {}), **_ALONE}
        super().__init__(*args, **options)
        self._showing: Any = None

    def ensure_connected(self, conn: Connection) -> Connection:
        """Connect, sooner or later. Celery's own waits for half a minute between its tries, and gives up."""

        def failed(error: Exception, seconds: float) -> None:
            _log.error("%s can't be reached (%s); trying again in %.0f s", conn.as_uri(), type(error).__name__, seconds)

        def meanwhile() -> None:
            maybe_shutdown()
            _show(broker=False)

        _show(broker=False)
        return conn.ensure_connection(failed, interval_start=1, interval_step=1, interval_max=5, callback=meanwhile)

    def call_soon(self, p: Callable[..., Any], *args: Any, **options: Any) -> Any:  # noqa: ANN401  Celery's
        """Do something at the next turn of the loop.

        When an acknowledgement does not get through, Celery's own says so and goes on. Then the message counts as being
        worked on for ever, no other one is asked for, and the connection is never found to be dead.
        """
        message = getattr(p, "__self__", None)
        if isinstance(message, Message) and _connection_of(message) is self.connection:
            log, _ignored_errors, *rest = args
            args = (log, (), *rest)
        return super().call_soon(p, *args, **options)

    def on_ready(self) -> None:
        """It has a connection, and begins to listen."""
        super().on_ready()
        if self._showing is not None:
            self._showing.cancel()
        self._showing = self.timer.call_repeatedly(_SHOWN_EVERY, _show, kwargs={"broker": True})
        _show(broker=True)


def _connection_of(message: Message) -> object:
    transport = getattr(message.channel, "connection", None)
    return getattr(transport, "client", None)


def _show(*, broker: bool) -> None:
    try:
        heartbeat.beat("worker", broker=broker)
    except Unavailable as error:
        _log.warning("%s; %s", error, error.remedy)
