"""Jobs: work that is done by itself. Here is what they are and what was done; ``tasks`` brings Celery to it.

A job is a coroutine function that may be run again at any time: after a crash it will be. It takes ids and small
values, never rows or secrets. What it returns is its report: a ``NamedTuple`` of numbers whose text a person can read.

The database is the truth, and a message only wakes a worker up. What is due by the timetable follows from when it last
began (``jobState``); what is asked for with ``enqueue`` is a row of ``jobRun`` in the asking transaction. Whatever was
not begun, or begun and not ended, beat finds there and sends again. And a run holds a lock that dies with it, so that a
message that comes twice does nothing twice.
"""

from core.jobs.asking import enqueue, measure_with, publish_with, queue_depths, remind
from core.jobs.history import history, prune
from core.jobs.registry import Job, JobNotFound, every, get, register
from core.jobs.running import Done, NoDryRun, Skipped, preview, run_asked, run_now, run_scheduled
from core.jobs.timetable import Late, Reminder, Standing, late, reminders, standings

__all__ = [
    "Done",
    "Job",
    "JobNotFound",
    "Late",
    "NoDryRun",
    "Reminder",
    "Skipped",
    "Standing",
    "enqueue",
    "every",
    "get",
    "history",
    "late",
    "measure_with",
    "preview",
    "prune",
    "publish_with",
    "queue_depths",
    "register",
    "remind",
    "reminders",
    "run_asked",
    "run_now",
    "run_scheduled",
    "standings",
]
