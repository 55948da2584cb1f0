"""Celery's settings, read when they are first needed. Each says why it is not Celery's default."""

from datetime import timedelta

from core.settings import settings
from tasks.timetable import LONGEST, entries

broker_url = settings().broker.get_secret_value()

# An app's own jobs, besides ours.
imports = settings().job_modules

# The name of Celery's own queue is the same in every project that shares a broker.
task_default_queue = "stylobate"

# A job is done when it has been done, not when somebody began: the job of a worker that is killed is given out again.
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1

# Nobody reads results; what a job did stands in the log.
task_ignore_result = True
result_backend = None

# The coroutine is cancelled first (tasks.bridge). This is for one that does not let itself be.
task_time_limit = int((LONGEST + timedelta(minutes=1)).total_seconds())

# On SIGQUIT a running job has this long to end, then it is given back. (SIGTERM waits for it however long it takes.)
worker_soft_shutdown_timeout = 20.0

broker_connection_retry_on_startup = True
broker_connection_timeout = 5
broker_transport_options = (
    {
        # After this long Redis takes a job for lost: longer than the longest, or it would run twice.
        "visibility_timeout": int((LONGEST + timedelta(minutes=10)).total_seconds()),
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
        "retry_policy": {"timeout": 5},
    }
    if broker_url.startswith("redis")
    else {}
)

# Local time has an hour that comes twice and one that never comes.
timezone = "UTC"
enable_utc = True

# The default keeps a file of its own; whether a job is late, the database knows.
beat_scheduler = "celery.beat:Scheduler"
beat_schedule = entries

worker_log_format = "%(asctime)s %(levelname)s %(message)s"
worker_task_log_format = worker_log_format
beat_log_format = worker_log_format
worker_redirect_stdouts = False
