"""Whose token is this? Every request asks."""

from time import perf_counter

from core import clock, measures
from core.crypto import tokens
from core.database.statements import first, moment
from core.sessions.exchanging import replayed
from core.sessions.principal import BY_PREVIOUS_TOKEN, BY_TOKEN, Principal, SessionInvalid, principal
from core.sessions.using import used, write_down


async def authenticate(token: str) -> Principal:
    """Say whose token this is.

    Raises:
        SessionInvalid: nobody's: unknown, expired, revoked, or of a person who is banned.
    """
    began, outcome = perf_counter(), "failed"
    try:
        stored = tokens.stored_session(token)
        now = clock.now()
        row = await first(BY_TOKEN, stored, now)
        if row is None:
            row = await first(BY_PREVIOUS_TOKEN, stored, now)
            if row is None or await replayed(stored, row["rotatedAt"]):
                outcome = "invalid"
                raise SessionInvalid
        use = used(row, now)
        if use is not None:
            await write_down(use)
        here = principal(row, ends=use.ends if use else moment(row["expiresAt"]))
        outcome = "ok"
        return here
    finally:
        measures.authentications[outcome].add(perf_counter() - began)
