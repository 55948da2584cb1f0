"""Background work on mail."""

from core import mail
from core.expiry import Purged
from core.mail import Delivered
from tasks.app import job


@job("mail.send_waiting", schedule="* * * * *")
async def send_waiting_mail() -> Delivered:
    """Deliver the mails that are due."""
    return await mail.deliver_waiting()


@job("mail.prune", schedule="27 3 * * *")
async def prune_mail(*, dry_run: bool = False) -> Purged:
    """Forget mails that were sent or given up long ago."""
    return await mail.prune(dry_run=dry_run)
