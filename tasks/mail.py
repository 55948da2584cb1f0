"""Background work on mail."""

from celery.schedules import crontab

from core import mail
from core.expiry import Purged
from core.mail import Delivered
from tasks.app import job


@job("mail.send_waiting", schedule=crontab())
async def send_waiting_mail() -> Delivered:
    """Deliver the mails that are due."""
    return await mail.deliver_waiting()


@job("mail.prune", schedule=crontab(hour="3", minute="27"))
async def prune_mail() -> Purged:
    """Forget mails that were sent or given up long ago."""
    return await mail.prune()
