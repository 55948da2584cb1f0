"""Looking at everything, and mending what can be mended. One thing that is wrong keeps nobody from seeing the next."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from itertools import chain
from typing import NamedTuple

from tortoise.exceptions import BaseORMException

from core import migrate, progress
from core.database.migrated import require_migrated
from core.doctor import backups, configuration, connection, disk, indexes, plain, rows, schema, server, work
from core.doctor.finding import LEVELS, Check, Finding, Kind, NothingToSee
from core.errors import Refusal, Unavailable
from core.settings import SettingsInvalid, settings

CHECKS: tuple[Check, ...] = (
    *connection.CHECKS,
    *server.CHECKS,
    *schema.CHECKS,
    *indexes.CHECKS,
    *rows.CHECKS,
    *plain.CHECKS,
    *work.CHECKS,
    *backups.CHECKS,
    *configuration.CHECKS,
    *disk.CHECKS,
)
KINDS: tuple[Kind, ...] = tuple(dict.fromkeys(chain.from_iterable(check.finds for check in CHECKS)))

_BUDGET = 60.0
"""Seconds that a look may take: counting in a table of many millions does."""

_WRONG = (Unavailable, Refusal, BaseORMException, OSError)


class Unseen(NamedTuple):
    """What was not looked at, and why."""

    subject: str
    why: str


class Report(NamedTuple):
    """What is wrong, the worst first, and what is not known."""

    findings: list[Finding]
    unseen: list[Unseen]


class Mended(NamedTuple):
    """What became of a finding that can be mended: ``did`` is what was done, ``failed`` why it could not be."""

    name: str
    what: str
    did: str | None = None
    failed: str | None = None


async def examine(checks: Sequence[Check] = CHECKS) -> Report:
    """Look at everything, or at some of it. Nothing is changed by it, but for a database to try things out in."""
    report = Report([], [])
    about = [check for check in checks if check.only in {None, _dialect()}]
    looks = _Looks(report, len(about))
    for check in about:
        if check.needs == "nothing":
            await looks.look(check)
    rest = [check for check in about if check.needs != "nothing"]
    try:
        async with AsyncExitStack() as stack:
            if rest:
                await stack.enter_async_context(connection.opened())
            while rest:
                await looks.look(rest[0])
                del rest[0]
    except _WRONG as error:  # It can't be opened, or it went away.
        report.unseen.extend(Unseen(check.subject, str(error)) for check in rest)
    report.findings.sort(key=lambda it: LEVELS.index(it.level))
    return report


def _dialect() -> str | None:
    try:
        return settings().database.dialect
    except SettingsInvalid:
        return None


class _Looks:
    """One look after the other, and how far it is."""

    def __init__(self, report: Report, total: int) -> None:
        self._report, self._total, self._done = report, total, 0

    async def look(self, check: Check) -> None:
        """Add what it finds to the report, or why it could not look."""
        progress.tell(done=self._done, total=self._total, unit="looks")
        self._done += 1
        try:
            async with asyncio.timeout(_BUDGET):
                if check.needs == "schema":
                    await require_migrated()
                async for finding in check.look():
                    self._report.findings.append(finding)
        except NothingToSee as error:
            self._report.unseen.append(Unseen(check.subject, str(error)))
        except TimeoutError:
            self._report.unseen.append(Unseen(check.subject, f"it took longer than {_BUDGET:.0f} s"))
        except Exception as error:  # noqa: BLE001  whatever it is, the others are looked at
            self._report.unseen.append(Unseen(check.subject, str(error) or type(error).__name__))


async def mend(findings: Sequence[Finding]) -> list[Mended]:
    """Mend what can be mended without losing anything, on ``direct_database``, whose role may change the schema.

    Raises:
        Unavailable: the database can't be opened.
    """
    mended = []
    curable = [finding for finding in findings if finding.fix]
    async with AsyncExitStack() as stack:
        if curable:
            await stack.enter_async_context(migrate.opened())
        for number, finding in enumerate(curable, start=1):
            assert finding.fix is not None  # noqa: S101  those that have one
            try:
                mended.append(Mended(finding.name, finding.what, did=await finding.fix()))
            except _WRONG as error:
                mended.append(Mended(finding.name, finding.what, failed=str(error)))
            progress.tell(done=number, total=len(curable), unit="mended")
    return mended
