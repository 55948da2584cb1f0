"""Whether what the house stands on is there: for whoever sends it requests, and for whoever looks after it.

Ready is who can do what is asked of it now. Restart what is not alive; what is alive and not ready waits for something
else, and a restart does not bring that back. No text here holds a secret, but some name hosts.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any, NamedTuple

from tortoise.context import TortoiseContext, get_current_context

from core import clock, database, jobs
from core.database import replicas
from core.database.migrated import applied, migration_files, require_migrated
from core.database.pool import pool
from core.database.statements import fetch, moment
from core.errors import Unavailable
from core.patience import Lately, within
from core.settings import settings

_log = logging.getLogger(__name__)

_BUDGET = 2.0
"""Seconds that the pool, the database and its migrations may take each."""
_BROKER = 3.0
"""The same for the broker, which is asked at the same time. One that refuses is tried again, for two."""
_CLOSING = 0.2
_READ_TO_ITS_END = 2

_VERIFIES = "backups.verify"
_LAST_PROVEN = """
    SELECT "takenAt" FROM "backup"
    WHERE "error" IS NULL AND "checkError" IS NULL AND "checkLevel" >= $1 AND NOT "isSafetyCopy"
    ORDER BY "takenAt" DESC LIMIT 1
"""


class Check(NamedTuple):
    """What was asked, whether it is well, how long the answer took, what it was, and what to do if it is not well."""

    name: str
    ok: bool
    seconds: float
    what: str
    remedy: str | None = None

    def described(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {**self._asdict(), "seconds": round(self.seconds, 4)}


class NotReady(Unavailable):
    """Something that is needed does not answer, or not in time."""


class JobsLate(Unavailable):
    """Jobs should have begun, and did not."""


class BackupsOld(Unavailable):
    """The last proven backup is from too long ago, or there is none."""


class ReplicaLeftOut(Unavailable):
    """A replica is not read from."""


async def checks() -> tuple[Check, ...]:
    """What is needed to do any work: pool, database, migrations, broker. Not older than a second; it does not raise."""
    return await _lately.told()


async def fresh() -> tuple[Check, ...]:
    """The same of this moment.

    A process without an open database opens one for it, and has no pool to be asked about.
    """
    # The first time it imports what defines jobs: a second of work, which is on nobody's account.
    with suppress(Exception):
        if _has_broker():
            await asyncio.to_thread(jobs.every)
    stored, broker = await asyncio.gather(_storage(), _tried("broker", _broker))
    return *stored, broker


async def worries() -> tuple[Check, ...]:
    """What somebody should look after while all goes on: jobs that are late, backups that are old or unproven, replicas
    that nobody reads from.
    """
    found = await _tried("jobs", _jobs), await _tried("backups", _backups)
    return (*found, await _tried("replicas", _replicas)) if settings().database_replica_urls else found


def all_well(found: Iterable[Check]) -> bool:
    """Whether nothing is wrong."""
    return all(check.ok for check in found)


_missing: frozenset[str] = frozenset()
"""What was not well when it was asked last."""


async def _watched() -> tuple[Check, ...]:
    """Log what has changed: whoever asks every few seconds needs no line each time."""
    global _missing  # noqa: PLW0603  it is the process's
    found = await fresh()
    missing = frozenset(check.name for check in found if not check.ok)
    for check in found:
        if check.name in missing - _missing:
            _log.warning("not ready: %s: %s; %s", check.name, check.what, check.remedy)
    if _missing and not missing:
        _log.warning("ready again")
    _missing = missing
    return found


_lately = Lately(_watched, seconds=1.0)


async def _storage() -> list[Check]:
    """The pool, the database through it, and its migrations. What fails is not waited for again by those behind it."""
    found: list[Check] = []
    apart = get_current_context() is None
    if not apart:
        found.append(await _tried("pool", _pool))
        # Then whether the database is there can be found out beside it.
        apart = not found[0].ok
    there = await _tried("database", lambda: within(_BUDGET, _answers(apart=apart)))
    found.append(there)
    if there.ok:
        found.append(await _tried("migrations", lambda: within(_BUDGET, _migrated(apart=apart))))
    else:
        remedy = "see to the database first"
        found.append(Check("migrations", ok=False, seconds=0, what="not asked: no database", remedy=remedy))
    return found


async def _tried(name: str, ask: Callable[[], Awaitable[str]]) -> Check:
    began, ok, remedy = time.monotonic(), False, None
    try:
        what, ok = await ask(), True
    except Unavailable as error:
        what, remedy = str(error), error.remedy
    except TimeoutError:
        what, remedy = f"no answer within {_BUDGET:g} s", "check whether it is frozen or overloaded"
    except Exception as error:  # noqa: BLE001  whatever it is, it is not well
        _log.exception("%s could not be asked", name)
        what, remedy = f"it could not be asked ({type(error).__name__})", "read the log: it says where"
    return Check(name, ok, time.monotonic() - began, what, remedy)


async def _pool() -> str:
    """Take a connection, and give it back. That none could be made is not the pool's fault."""

    async def borrow() -> None:
        async with database.connection().acquire_connection():
            pass

    had = False
    with suppress(Exception):
        await within(_BUDGET, borrow())
        had = True
    now = pool()
    if had or not now.is_exhausted:
        return f"{now.in_use} of {now.limit} connections in use, {now.waiting} waiting"
    raise NotReady(
        f"all {now.limit} connections were in use for {_BUDGET:g} s",
        remedy="look for transactions that stay open, or raise pool_size in DATABASE_URL",
    )


async def _answers(*, apart: bool) -> str:
    async with _open(apart=apart):
        await database.connection().execute_query("SELECT 1")
    return "it answers"


async def _migrated(*, apart: bool) -> str:
    async with _open(apart=apart):
        known, had = [file.name for file in migration_files(database.dialect())], await applied()
        if not set(known) <= set(had):
            await require_migrated()
    # While a newer version is rolled out, this one goes on working.
    ahead = len(set(had) - set(known))
    return f"{ahead} more are applied than this program knows" if ahead else "all are applied"


@asynccontextmanager
async def _open(*, apart: bool) -> AsyncIterator[None]:
    """Have the database open for this alone, also if it does not answer: then what is asked of it says so."""
    if not apart:
        yield
        return
    with TortoiseContext() as context:
        # Its own `init` would set the models up anew, which are those of the whole process and at work elsewhere.
        await context.connections._init(database.configuration()["connections"], create_db=False)  # noqa: SLF001
        try:
            yield
        finally:
            # A server that is frozen does not say goodbye. What was opened is closed all the same.
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSING):
                    await context.close_connections()


async def _broker() -> str:
    if not _has_broker():
        return "not asked: none is set"
    jobs.every()
    try:
        depths = await within(_BROKER, _depths())
    except TimeoutError:
        raise NotReady(
            f"the broker gave no answer within {_BROKER:g} s", remedy="check whether it is frozen or overloaded"
        ) from None
    if not depths:
        return "not asked: no module of STYLOBATE_JOB_MODULES knows it"
    return f"it answers; messages: {', '.join(f'{depth} in {queue}' for queue, depth in depths.items())}"


def _has_broker() -> bool:
    return (settings().broker_url or settings().redis_url) is not None


async def _depths() -> dict[str, int]:
    return await jobs.queue_depths()


async def _jobs() -> str:
    await asyncio.to_thread(jobs.every)  # It may be the first time here.
    late = await within(_BUDGET, _late(apart=get_current_context() is None))
    if late:
        names = ", ".join(f"{it.job} since {_minute(it.due_at)}" for it in sorted(late, key=lambda it: it.due_at))
        raise JobsLate(f"late: {names}", remedy="see that beat and a worker run, and what they do")
    return "none is late"


async def _late(*, apart: bool) -> list[jobs.Late]:
    async with _open(apart=apart):
        return await jobs.late()


async def _backups() -> str:
    if not any(job.name == _VERIFIES and job.schedule for job in await asyncio.to_thread(jobs.every)):
        return f"not asked: {_VERIFIES} has no time"
    taken = await within(_BUDGET, _last_proven(apart=get_current_context() is None))
    remedy = "`stylobate backup list` shows what there is, `stylobate jobs history` why there is no more"
    if taken is None:
        raise BackupsOld("no backup has been proven yet", remedy=remedy)
    if clock.now() - taken > settings().backup_age_limit:
        raise BackupsOld(f"the last proven backup is from {_minute(taken)}", remedy=remedy)
    return f"the last proven one is from {_minute(taken)}"


async def _last_proven(*, apart: bool) -> datetime | None:
    async with _open(apart=apart):
        rows = await fetch(_LAST_PROVEN, _READ_TO_ITS_END)
    return moment(rows[0]["takenAt"]) if rows else None


async def _replicas() -> str:
    found = await replicas.examined(seconds=_BUDGET)
    if out := [f"{each.name}: {each.why_not}" for each in found if each.why_not]:
        raise ReplicaLeftOut(
            "; ".join(out), remedy="docs/operations.md, Read replicas; meanwhile the primary answers what it should"
        )
    return f"{len(found)} can be read from"


def _minute(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"
