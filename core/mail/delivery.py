"""Delivering what waits: claimed in small batches, handed over outside any transaction, and written down one by one."""

import json
import logging
import time
from collections import Counter, deque
from datetime import timedelta
from typing import NamedTuple

from core import clock
from core.crypto import sealing
from core.crypto.sealing import Unsealable
from core.mail import compose, outbox, smtp
from core.mail.compose import Letter, NotComposable
from core.mail.folder import Folder
from core.mail.outbox import Claimed
from core.mail.smtp import Away, Connection, NotNow, Refused
from core.settings import SettingsInvalid, settings

_log = logging.getLogger(__name__)

_BATCH = 20
_LONGEST = 200.0
"""Seconds after which a run takes no more; the next one does."""
_MARGIN = timedelta(seconds=smtp.LONGEST + 15)
"""What must be left of a claim to begin with a letter."""


class Delivered(NamedTuple):
    """What a run did: how many mails were handed over, put off until later, and given up."""

    sent: int
    postponed: int
    failed: int

    def __str__(self) -> str:
        """As a report to read."""
        return f"{self.sent:,} sent, {self.postponed:,} postponed, {self.failed:,} failed"


async def deliver_waiting() -> Delivered:
    """Deliver the mails that are due. Any number of workers may do so at once.

    What fails for now (nobody answers, a code of 4xx) is tried again later. What the server refuses for good, and what
    can't be composed, is given up: its row says why.

    Raises:
        SettingsInvalid: SMTP_URL or ``mail_from`` can't be used, or there is no key. Nothing is lost.
    """
    began = time.monotonic()
    counted: Counter[str] = Counter()
    while time.monotonic() - began < _LONGEST:
        batch = deque(await outbox.claim(_BATCH))
        if not batch:
            break
        try:
            if not await _deliver(batch, counted):
                break
        finally:
            await outbox.release(batch)
    return Delivered(sent=counted["sent"], postponed=counted["postponed"], failed=counted["failed"])


def _transport() -> Connection | Folder:
    """Where letters go.

    Raises:
        SettingsInvalid: they can't go anywhere.
    """
    limits = settings()
    sender = compose.sender()
    if not limits.secrets:
        raise SettingsInvalid("STYLOBATE_SECRETS is not set", remedy="set it to the keys that the app has")
    if limits.smtp_url is None:
        return Folder()
    return Connection(smtp.parsed(limits.smtp_url.get_secret_value()), name=sender.domain)


async def _deliver(batch: deque[Claimed], counted: Counter[str]) -> bool:
    """Deliver a batch, and say whether it makes sense to go on. What is left in it was not tried."""
    async with _transport() as transport:
        while batch and batch[0].claimed_until - clock.now() > _MARGIN:
            mail = batch.popleft()
            try:
                await transport.send(_letter(mail))
            except (NotComposable, Refused) as error:
                await outbox.mark_failed(mail, str(error))
                _log.warning("mail %s (%s) is given up: %s", mail.id, mail.template, error)
                counted["failed"] += 1
            except Away as error:
                _log.warning("no mail goes out: %s", error)
                for each in (mail, *batch):
                    counted[await _later(each, str(error))] += 1
                batch.clear()
                return False
            except NotNow as error:
                counted[await _later(mail, str(error))] += 1
            except Exception as error:  # noqa: BLE001  ours or a template's; the others go out all the same
                _log.exception("mail %s (%s) did not go out", mail.id, mail.template)
                counted[await _later(mail, type(error).__name__)] += 1
            else:
                await outbox.mark_sent(mail)
                counted["sent"] += 1
    return True


async def _later(mail: Claimed, error: str) -> str:
    if await outbox.postpone(mail, error):
        return "postponed"
    _log.warning("mail %s (%s) is given up, it would come too late: %s", mail.id, mail.template, error)
    return "failed"


def _letter(mail: Claimed) -> Letter:
    try:
        payload = sealing.unseal(mail.payload, purpose=outbox.purpose(mail.id))
    except Unsealable:
        raise NotComposable("what was sealed for it does not open: its key is not in STYLOBATE_SECRETS") from None
    return compose.letter(
        mail_id=mail.id,
        recipient=mail.recipient,
        template=mail.template,
        locale=mail.locale,
        context=json.loads(payload),
        created_at=mail.created_at,
    )
