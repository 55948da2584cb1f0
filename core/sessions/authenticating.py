"""Whose token is this? Every request asks."""

from dataclasses import replace
from datetime import datetime
from time import perf_counter

from core import clock, measures
from core.crypto import tokens
from core.database.statements import first, moment
from core.sessions.exchanging import replayed
from core.sessions.principal import BY_PREVIOUS_TOKEN, BY_TOKEN, Principal, SessionInvalid, principal
from core.sessions.remembering import keep, listen, recall
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
    heard = listen()
    row = await first(BY_TOKEN, stored, now)
    current = row is not None
    if row is None:
        row = await first(BY_PREVIOUS_TOKEN, stored, now)
        if row is None or await replayed(stored, row["rotatedAt"]):
            raise SessionInvalid
    use = used(row, now)
    if use is not None:
        await write_down(use)
    ends = use.ends if use else moment(row["expiresAt"])
    here = principal(row, ends=ends)
    if current and heard is not None:
        # The database is asked again when the next use is to be written down.
        again = (now if use else moment(row["lastUsedAt"])) + settings().session_touch_interval
        keep(stored, replace(here, extended=False), until=min(ends, again), heard=heard)
    return here
