"""Celery's settings, read when they are first needed. Each says why it is not Celery's default."""

from datetime import timedelta

from kombu import Queue

from core.settings import settings
from tasks.app import LONG, LONGEST, QUICK

broker_url = settings().broker.get_secret_value()
_rabbit = broker_url.startswith(("amqp", "pyamqp"))

# An app's own jobs, besides ours.
imports = settings().job_modules

# Celery's own name for its queue is the same in every project that shares a broker.
task_default_queue = QUICK
# RabbitMQ keeps a quorum queue on disk and on several machines. Redis has no such choice.
_arguments = {"x-queue-type": "quorum"} if _rabbit else {}
task_queues = [Queue(name, routing_key=name, queue_arguments=_arguments) for name in (QUICK, LONG)]
# A queue that is none of these is a slip of the pen.
task_create_missing_queues = False

# A job is done when it has been done, not when somebody began: the job of a worker that is killed is given out again.
task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1

# Nobody reads results; what a job did stands in jobRun.
task_ignore_result = True
result_backend = None

# On SIGQUIT a running job has this long to end, then it is given back. (SIGTERM waits for it however long it takes.)
worker_soft_shutdown_timeout = 20.0

# Whatever happens to the broker: go on with what runs, and come back.
worker_consumer = "tasks.consumer:Listener"
broker_connection_retry_on_startup = True
broker_channel_error_retry = True
worker_cancel_long_running_tasks_on_connection_loss = False
broker_connection_timeout = 5
# RabbitMQ hangs up on a client that is silent for so long, and the other way round.
broker_heartbeat = 30
broker_transport_options = (
    {"confirm_publish": True}
    if _rabbit
    else {
        # After this long Redis takes a message for lost: longer than the quick jobs take. A long one is given out again
        # while it runs, and refused by its lock.
        "visibility_timeout": int((LONGEST + timedelta(minutes=10)).total_seconds()),
        "socket_timeout": 5,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        # A connection that died without a word is missed after so many seconds, and a second.
        "health_check_interval": 10,
    }
)

# `celery inspect` and `control` ask a process that may be stuck; signals, the heartbeat and jobRun do better. Their
# queues are of a kind that RabbitMQ gives up.
worker_enable_remote_control = False

# Local time has an hour that comes twice and one that never comes.
timezone = "UTC"
enable_utc = True

beat_scheduler = "tasks.beat:DueJobs"

worker_redirect_stdouts = False
