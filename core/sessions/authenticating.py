"""Whose token is this? Every request asks."""

from datetime import datetime
from time import perf_counter

from core import clock, measures
from core.crypto import tokens
from core.database.statements import first, moment
from core.sessions.exchanging import replayed
from core.sessions.principal import BY_PREVIOUS_TOKEN, BY_TOKEN, Principal, Row, SessionInvalid, principal
from core.sessions.remembering import asking, keep, recall
from core.sessions.using import used, write_down
from core.settings import settings


async def authenticate(token: str) -> Principal:
    """Say whose token this is.

    Raises:
        SessionInvalid: nobody's: unknown, expired, revoked, or of a person who is banned.
    """
    began, outcome = perf_counter(), "failed"
    try:
        stored = tokens.stored_session(token)
        now = clock.now()
        here = recall(stored, now) or await _asked(stored, now)
    except SessionInvalid:
        outcome = "invalid"
        raise
    else:
        outcome = "ok"
        return here
    finally:
        measures.authentications[outcome].add(perf_counter() - began)


async def _asked(stored: str, now: datetime) -> Principal:
    """What the database says."""
    with asking() as question:
        current = await first(BY_TOKEN, stored, now)
        row = current or await _exchanged(stored, now)
        use = used(row, now)
        ends = use.ends if use else moment(row["expiresAt"])
        here = principal(row, ends=ends)
        # The database is asked again when the next use is to be written down.
        again = (now if use else moment(row["lastUsedAt"])) + settings().session_touch_interval
        if current:
            keep(question, stored, here, until=min(ends, again))
    if use is not None:
        await write_down(use)
    return here


async def _exchanged(stored: str, now: datetime) -> Row:
    """The session of a token that was exchanged a moment ago. It may not be remembered: used once more, it ends it."""
    row = await first(BY_PREVIOUS_TOKEN, stored, now)
    if row is None or await replayed(stored, row["rotatedAt"]):
        raise SessionInvalid
    return row
