"""Sign-ins that wait for a code. Each is a verification; where the database is shared, another row counts the codes."""

from datetime import timedelta

from core import clock, verifications
from core.better_auth import verifications as shared
from core.two_factor.devices import SECOND_STEP
from models import Verification


async def begin(*, user_id: str, lifetime: timedelta) -> str:
    """Let a sign-in wait for a code, and return its token."""
    issued = await verifications.issue(purpose=SECOND_STEP, value=user_id, lifetime=lifetime)
    if verifications.is_shared(SECOND_STEP):
        counter = shared.stored(shared.attempts(issued.token))
        await verifications.write(identifier=counter, value="0", lifetime=lifetime)
    return issued.token


async def find(token: str) -> str | None:
    """The id of the person whose sign-in waits."""
    return await verifications.find(purpose=SECOND_STEP, token=token)


async def count(token: str, *, limit: int) -> bool:
    """Count a code where the other side does, and say whether there may be one more.

    One UPDATE finds the number as it was read, or it is read again. Before version 1.7 nothing is counted there.
    """
    if not verifications.is_shared(SECOND_STEP):
        return True
    while True:
        counter = await Verification.filter(identifier__in=_counters(token), expires_at__gt=clock.now()).first()
        if counter is None:
            return True
        tried = int(counter.value) if counter.value.isdecimal() else limit
        if tried >= limit:
            return False
        if await Verification.filter(id=counter.id, value=counter.value).update(value=str(tried + 1)):
            return True


async def end(token: str, *, user_id: str) -> None:
    """Use a sign-in up. Of many at once, one does.

    Raises:
        VerificationInvalid: there is none any more.
    """
    await verifications.consume(purpose=SECOND_STEP, token=token, value=user_id)
    if verifications.is_shared(SECOND_STEP):
        await Verification.filter(identifier__in=_counters(token)).delete()


def _counters(token: str) -> list[str]:
    return shared.either(shared.attempts(token))
