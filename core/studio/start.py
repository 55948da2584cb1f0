"""The start page: what an operator wants to see first. Each part has its own time, and is missing when that is up."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from core import clock, jobs, statistics
from core.database import dialect
from core.database.statements import fetch
from core.errors import Refusal, Unavailable
from core.jobs import Standing
from core.jobs.timetable import due_at
from core.studio.patience import within
from core.studio.walking import total
from models import Backup, JobRun, Session, User

_BUDGET = 3.0
"""Seconds that a part may take."""
_DAYS = 30
_MANY = 10_000
_SHOWN = 8
_CLEANED_UP = ("session", "verification", "attempt", "mail", "purchaseEvent")
_RESTORED = 3

_DAY = {"postgres": """to_char("{column}", 'YYYY-MM-DD')""", "sqlite": 'substr("{column}", 1, 10)'}
_PER_DAY = 'SELECT {day} AS day, count(*) AS rows FROM "{table}" WHERE "{column}" > $1 {condition} GROUP BY 1'
_WAITING = 'SELECT count(*) AS rows FROM (SELECT 1 FROM "{table}" WHERE "expiresAt" <= $1 LIMIT $2) AS counted'


class Part(NamedTuple):
    """A part of the page: what it shows, or why it shows nothing."""

    shown: Any = None
    missing: str | None = None


class Days(NamedTuple):
    """Numbers for each of the last 30 days, the oldest first."""

    days: list[date]
    numbers: list[int]
    altogether: str

    @property
    def plot(self) -> list[list[int]]:
        """For the chart: seconds since 1970, and the numbers."""
        epoch = date(1970, 1, 1)
        return [[(day - epoch).days * 86_400 for day in self.days], self.numbers]


class ShownJob(NamedTuple):
    """A job, as the page shows it."""

    name: str
    about: str
    schedule: str | None
    last_run: datetime | None
    last_success: datetime | None
    next_run: datetime | None
    running: bool
    late: bool
    failures: int


class Backups(NamedTuple):
    """The newest backup, the newest that was proven, and the newest that failed, if it is newer than both."""

    newest: Backup | None
    proven: Backup | None
    failed: Backup | None


async def parts() -> dict[str, Part]:
    """Everything on the page, by name."""
    asked: dict[str, Callable[[], Awaitable[object]]] = {
        "people": _people,
        "sessions": _sessions,
        "expired": _expired,
        "jobs": every_job,
        "failed": _failed,
        "backups": _backups,
        "slow": _slow,
        "tables": _tables,
    }
    found = await asyncio.gather(*(_in_time(part) for part in asked.values()))
    return dict(zip(asked, found, strict=True))


async def _in_time(part: Callable[[], Awaitable[object]]) -> Part:
    try:
        async with within(_BUDGET):
            return Part(await part())
    except TimeoutError:
        return Part(missing=f"it took longer than {_BUDGET:g} s")
    except (Unavailable, Refusal) as error:
        return Part(missing=str(error))


async def _per_day(table: str, column: str, altogether: str, condition: str = "", *arguments: object) -> Days:
    today = clock.now().date()
    days = [today - timedelta(days=ago) for ago in range(_DAYS - 1, -1, -1)]
    since = datetime.combine(days[0], datetime.min.time(), clock.now().tzinfo)
    statement = _PER_DAY.format(
        day=_DAY[dialect()].format(column=column), table=table, column=column, condition=condition
    )
    counted = {row["day"]: row["rows"] for row in await fetch(statement, since, *arguments)}
    return Days(days, [counted.get(day.isoformat(), 0) for day in days], altogether)


async def _people() -> Days:
    altogether = await total(User.all(), everything=True)
    return await _per_day("user", "createdAt", f"Altogether: {altogether}")


async def _sessions() -> Days:
    now = clock.now()
    altogether = await total(Session.filter(expires_at__gt=now), everything=False)
    return await _per_day("session", "lastUsedAt", f"Now: {altogether}", 'AND "expiresAt" > $2', now)


async def _expired() -> dict[str, int]:
    now = clock.now()
    return {table: (await fetch(_WAITING.format(table=table), now, _MANY))[0]["rows"] for table in _CLEANED_UP}


async def every_job() -> list[ShownJob]:
    """Every job, and how it stands: those that fail first, then those that are late."""
    # In a thread: the first time it imports what defines jobs.
    every, now = await asyncio.to_thread(jobs.every), clock.now()
    known = await jobs.standings()
    late = {it.job for it in await jobs.late()}
    shown = []
    for job in every:
        standing = known.get(job.name, Standing())
        shown.append(
            ShownJob(
                job.name,
                job.about,
                job.schedule,
                standing.started_at,
                standing.succeeded_at,
                due_at(job, standing, now),
                standing.run_id is not None,
                job.name in late,
                standing.failures,
            )
        )
    return sorted(shown, key=lambda it: (-it.failures, not it.late, it.name))


async def _failed() -> list[JobRun]:
    return await jobs.history(failed=True, limit=5)


async def _backups() -> Backups:
    taken = Backup.filter(error=None, removed_at=None, is_safety_copy=False).order_by("-taken_at")
    newest = await taken.first()
    proven = await taken.filter(check_error=None, check_level=_RESTORED).first()
    bad = await Backup.exclude(error=None, check_error=None).order_by("-taken_at").first()
    failed = bad if bad and (proven is None or bad.taken_at > proven.taken_at) else None
    return Backups(newest, proven, failed)


async def _slow() -> Any:  # noqa: ANN401  what statistics tells
    return await statistics.slow_queries(limit=_SHOWN)


async def _tables() -> Any:  # noqa: ANN401  what statistics tells
    return (await statistics.tables())[:_SHOWN]
