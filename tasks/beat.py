"""Beat: it asks the database what is due, and reminds the workers. Any number may run; one of them acts.

Whoever holds the lock is the one. It keeps no file and has no memory that matters: what was missed, lost or given back
is due, so it is sent, by whichever beat looks next.
"""

import asyncio
import atexit
import logging
import time
from typing import Any

from celery.beat import Scheduler

from core import database, heartbeat, jobs, tracing
from core.database import Held
from core.errors import Unavailable
from core.jobs import JobNotFound, Reminder
from tasks.app import LONGEST, bridge, check, post, queue_of
from tasks.post import BrokerAway

_log = logging.getLogger("stylobate.beat")

_LOOK = 1.0
_EXPIRES = 3_600.0
"""A message that waited in line for so many seconds is dropped by the worker."""
_LOST_AFTER = 10.0
"""One that nobody began with, and that does not wait in line either, is sent again after so many."""
_AGAIN = LONGEST.total_seconds()
"""And in any case after so many."""
_LONG_LINE = 1_000
"""A line of so many messages is not made longer: no worker comes, or it will be a while until one looks."""


class DueJobs(Scheduler):
    """Celery's beat with our idea of what is due."""

    def setup_schedule(self) -> None:
        """Compete for the lock, from now on."""
        check()
        atexit.register(_end)
        tracing.setup("stylobate-beat")
        self._leads = False
        self._trouble = ""
        self._unsent: list[Reminder] = []
        self._sent: dict[str, tuple[object, float]] = {}
        bridge.spawn(self._lead)

    async def _lead(self) -> None:
        while True:
            try:
                async with database.exclusive("beat"):
                    self._leads = True
                    _log.info("this beat is the one")
                    await asyncio.Event().wait()
            except Held:
                pass
            except Unavailable as error:
                _log.warning("no beat can act: %s", error)
            finally:
                self._leads = False
            await asyncio.sleep(_LOOK)

    def tick(self, *_: Any, **__: Any) -> float:  # noqa: ANN401  Celery's
        """Look once, send what should be sent, and say in how many seconds to look again."""
        trouble, broker = "", True
        try:
            if self._leads:
                self._remind()
        except (Unavailable, TimeoutError) as error:
            trouble, broker = str(error) or "the database takes too long", not isinstance(error, BrokerAway)
        self._say(trouble)
        self._show(broker=broker)
        return _LOOK

    def _remind(self) -> None:
        lines = post.depth()
        if not self._unsent:
            self._unsent = bridge.run(jobs.reminders, seconds=30)
        while self._unsent:
            self._send(self._unsent[-1], lines)
            self._unsent.pop()  # If it was not sent, it is the first of the next time.

    def _send(self, reminder: Reminder, lines: dict[str, int]) -> None:
        try:
            line = lines[queue_of(reminder.job)]
        except JobNotFound as error:  # A newer app asked for it, or an older one.
            _log.warning("%s; who asked for it?", error)
            return
        if line >= _LONG_LINE:
            return
        if reminder.run_id is not None:
            post.send(reminder.job, {"run_id": reminder.run_id})
            return
        known, sent = self._sent.get(reminder.job, (None, 0.0))
        if known == reminder.since and sent > time.monotonic() - (_AGAIN if line else _LOST_AFTER):
            return
        post.send(reminder.job, {}, expires=_EXPIRES)
        self._sent[reminder.job] = reminder.since, time.monotonic()
        _log.debug("%s is due", reminder.job)

    def _say(self, trouble: str) -> None:
        """Say once what is wrong, and that it is over."""
        if trouble != self._trouble:
            if trouble:
                _log.warning("no worker can be reminded: %s", trouble)
            else:
                _log.info("workers can be reminded again")
        self._trouble = trouble

    def _show(self, *, broker: bool) -> None:
        try:
            heartbeat.beat("beat", broker=broker, leads=self._leads)
        except Unavailable as error:
            _log.warning("%s; %s", error, error.remedy)

    def close(self) -> None:
        """Nothing: Celery calls this in the middle of whatever a signal interrupts. See ``_end``."""

    @property
    def info(self) -> str:
        """What beat prints about itself when it starts."""
        return ""


def _end() -> None:
    """Let another one have the lock."""
    bridge.close()
    heartbeat.stop("beat")
