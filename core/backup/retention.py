"""Which archives may go: of each of the last hours, days, weeks and months the newest one is kept.

Nothing goes while it is in doubt whether there are good ones: as long as the newest archive's check failed, or the last
attempt to take one, the old ones are all there is. What this decides depends on nothing but its arguments.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from core.settings.backups import BackupKeep

_SAFETY = timedelta(days=7)


class Kept(NamedTuple):
    """An archive in the store."""

    name: str
    taken_at: datetime
    verified: bool | None = None
    """Whether its check succeeded; None when it was never checked."""
    is_safety_copy: bool = False


def to_remove(
    archives: Iterable[Kept], keep: BackupKeep, *, now: datetime, last_attempt_failed: bool = False
) -> list[str]:
    """The names of the archives that nobody needs any more, oldest first.

    Always kept are the newest, the newest that was verified, those dated in the future (some clock was wrong), and for
    seven days safety copies. One whose check failed stands for no hour or day, so it does not displace a good one.

    Args:
        archives: all there are.
        keep: for how many hours, days, weeks and months.
        now: the time, aware.
        last_attempt_failed: whether the last attempt to take one ended without an archive.
    """
    by_age = sorted(archives, key=lambda each: (each.taken_at, each.name), reverse=True)
    past = [each for each in by_age if each.taken_at <= now]
    future = by_age[: len(by_age) - len(past)]
    if last_attempt_failed or any(each.verified is False for each in (*future, *past[:1])):
        return []
    kept = {each.name for each in (*future, *past[:1])}
    kept.update(each.name for each in past if each.is_safety_copy and now - each.taken_at < _SAFETY)
    kept.update([each.name for each in by_age if each.verified][:1])
    candidates = [each for each in past if each.verified is not False and not each.is_safety_copy]
    for count, span in zip((keep.hourly, keep.daily, keep.weekly, keep.monthly), _SPANS, strict=True):
        newest: dict[object, str] = {}
        for each in candidates:
            newest.setdefault(span(each.taken_at.astimezone(UTC)), each.name)
        kept.update(list(newest.values())[:count])
    return [each.name for each in reversed(past) if each.name not in kept]


_SPANS: tuple[Callable[[datetime], object], ...] = (
    lambda moment: (moment.date(), moment.hour),
    lambda moment: moment.date(),
    lambda moment: moment.isocalendar()[:2],
    lambda moment: (moment.year, moment.month),
)
"""What two archives of the same hour, day, week or month have in common, in UTC."""
