from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backup.retention import Kept, to_remove
from core.settings.backups import BackupKeep

NOW = datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NONE = BackupKeep(hourly=0, daily=0, weekly=0, monthly=0)

SPANS: dict[str, Callable[[datetime], str]] = {
    "hourly": lambda moment: moment.strftime("%Y-%m-%d %H"),
    "daily": lambda moment: moment.strftime("%Y-%m-%d"),
    "weekly": lambda moment: moment.strftime("%G week %V"),
    "monthly": lambda moment: moment.strftime("%Y-%m"),
}


def archive(
    ago: timedelta, name: str | None = None, *, verified: bool | None = True, is_safety_copy: bool = False
) -> Kept:
    return Kept(name or f"{ago}", NOW - ago, verified, is_safety_copy)


def removed(archives: list[Kept], keep: BackupKeep = NONE, *, last_attempt_failed: bool = False) -> set[str]:
    return set(to_remove(archives, keep, now=NOW, last_attempt_failed=last_attempt_failed))


def test_without_archives_none_goes() -> None:
    assert removed([]) == set()


def test_a_year_of_hourly_archives_comes_down_to_those_asked_for() -> None:
    archives = [archive(HOUR * number) for number in range(24 * 365)]

    going = removed(archives, BackupKeep())

    left = [each.taken_at for each in archives if each.name not in going]
    assert len(left) <= 24 + 7 + 5 + 12
    assert left[:24] == [NOW - HOUR * number for number in range(24)]
    # Of each day the last one; the youngest two are among the hours already.
    assert [moment.isoformat()[:13] for moment in left[24:30]] == [
        "2026-11-21T23",
        "2026-11-20T23",
        "2026-11-19T23",
        "2026-11-18T23",
        "2026-11-17T23",
        "2026-11-15T23",
    ]
    assert left[-1].isoformat()[:13] == "2025-12-31T23"


def test_hours_without_an_archive_do_not_count() -> None:
    archives = [archive(DAY * number) for number in range(10)]

    assert removed(archives, BackupKeep(hourly=4, daily=0, weekly=0, monthly=0)) == {
        f"{DAY * number}" for number in range(4, 10)
    }


def test_days_begin_at_midnight_in_greenwich_wherever_it_was_taken() -> None:
    west = timezone(timedelta(hours=-8))
    before, after = datetime(2026, 11, 22, 15, 59, tzinfo=west), datetime(2026, 11, 22, 16, 1, tzinfo=west)

    going = removed([Kept("before", before), Kept("after", after)], BackupKeep(hourly=0, daily=2, weekly=0, monthly=0))

    assert going == set()


def test_a_week_at_the_turn_of_the_year_is_one_week() -> None:
    new_year = datetime(2026, 1, 1, 12, tzinfo=UTC)
    archives = [Kept("old", new_year - DAY), Kept("new", new_year), Kept("newest", NOW)]

    assert removed(archives, BackupKeep(hourly=0, daily=0, weekly=9, monthly=0)) == {"old"}


def test_the_newest_and_the_newest_good_one_stay_when_nothing_is_to_be_kept() -> None:
    archives = [
        archive(HOUR, "newest", verified=None),
        archive(2 * HOUR, "unknown", verified=None),
        archive(3 * HOUR, "good"),
        archive(4 * HOUR, "old"),
    ]

    assert removed(archives) == {"unknown", "old"}


def test_nothing_goes_while_the_newest_can_not_be_trusted() -> None:
    archives = [archive(HOUR, verified=False), *(archive(DAY * number) for number in range(1, 9))]

    assert removed(archives) == set()


def test_nothing_goes_after_an_attempt_that_failed() -> None:
    archives = [archive(DAY * number) for number in range(9)]

    assert removed(archives, last_attempt_failed=True) == set()


def test_a_bad_archive_does_not_displace_a_good_one_of_its_day() -> None:
    archives = [archive(HOUR, "newest"), archive(DAY, "bad", verified=False), archive(DAY + HOUR, "good")]

    assert removed(archives, BackupKeep(hourly=0, daily=2, weekly=0, monthly=0)) == {"bad"}


def test_an_archive_from_the_future_stays_and_stands_for_no_day() -> None:
    archives = [archive(-DAY, "tomorrow"), archive(HOUR, "newest"), archive(DAY, "old"), archive(2 * DAY, "older")]

    assert removed(archives, BackupKeep(hourly=0, daily=2, weekly=0, monthly=0)) == {"older"}


def test_nothing_goes_while_one_from_the_future_can_not_be_trusted() -> None:
    archives = [archive(-DAY, verified=False), archive(HOUR), archive(DAY)]

    assert removed(archives) == set()


def test_a_safety_copy_stays_for_a_week_and_displaces_nothing() -> None:
    archives = [
        archive(HOUR, "newest"),
        archive(DAY, "young copy", is_safety_copy=True),
        archive(DAY + HOUR, "of that day"),
        archive(7 * DAY, "old copy", is_safety_copy=True),
    ]

    assert removed(archives, BackupKeep(hourly=0, daily=9, weekly=9, monthly=9)) == {"old copy"}


def test_the_oldest_goes_first() -> None:
    archives = [archive(DAY * number, f"{number}") for number in (3, 1, 4, 2)]

    assert to_remove(archives, NONE, now=NOW) == ["4", "3", "2"]


AGES = st.one_of(
    st.integers(-3, 100).map(lambda hours: HOUR * hours),
    st.integers(0, 800).map(lambda days: DAY * days),
    st.timedeltas(min_value=-DAY, max_value=400 * DAY),
)
ARCHIVES = st.lists(
    st.builds(
        Kept,
        name=st.just(""),
        taken_at=AGES.map(lambda ago: NOW - ago),
        verified=st.sampled_from([True, True, None, False]),
        is_safety_copy=st.sampled_from([False, False, False, True]),
    ),
    max_size=60,
).map(lambda found: [each._replace(name=f"{number}") for number, each in enumerate(found)])
KEEPS = st.builds(
    BackupKeep,
    hourly=st.integers(0, 30),
    daily=st.integers(0, 10),
    weekly=st.integers(0, 6),
    monthly=st.integers(0, 14),
)


@given(ARCHIVES, KEEPS)
def test_a_second_run_removes_nothing(archives: list[Kept], keep: BackupKeep) -> None:
    going = removed(archives, keep)

    assert removed([each for each in archives if each.name not in going], keep) == set()


@given(ARCHIVES, KEEPS, st.randoms(use_true_random=False))
def test_the_order_in_which_they_are_listed_does_not_matter(
    archives: list[Kept], keep: BackupKeep, chance: Random
) -> None:
    shuffled = list(archives)
    chance.shuffle(shuffled)

    assert to_remove(shuffled, keep, now=NOW) == to_remove(archives, keep, now=NOW)


@given(ARCHIVES, KEEPS)
def test_the_newest_good_one_always_stays(archives: list[Kept], keep: BackupKeep) -> None:
    good = sorted((each.taken_at, each.name) for each in archives if each.verified)

    assert not good or good[-1][1] not in removed(archives, keep)


@given(ARCHIVES, KEEPS)
def test_no_more_stay_than_were_asked_for(archives: list[Kept], keep: BackupKeep) -> None:
    going = removed(archives, keep)
    trusted = not any(each.verified is False for each in archives)

    left = [
        each
        for each in archives
        if each.name not in going
        and each.taken_at <= NOW
        and not (each.is_safety_copy and NOW - each.taken_at < 7 * DAY)
    ]

    assert not trusted or len(left) <= keep.hourly + keep.daily + keep.weekly + keep.monthly + 2


@pytest.mark.parametrize("span", SPANS.keys())
@given(ARCHIVES, KEEPS)
def test_of_each_span_the_newest_stays(span: str, archives: list[Kept], keep: BackupKeep) -> None:
    going = removed(archives, keep)
    usable = [each for each in archives if each.verified is not False and not each.is_safety_copy]
    past = sorted((each for each in usable if each.taken_at <= NOW), key=lambda each: (each.taken_at, each.name))
    newest = {SPANS[span](each.taken_at): each.name for each in past}

    wanted = [newest[each] for each in sorted(newest, reverse=True)[: getattr(keep, span)]]

    assert not going & set(wanted)


@given(ARCHIVES, KEEPS)
def test_to_keep_more_never_removes_more(archives: list[Kept], keep: BackupKeep) -> None:
    more = BackupKeep(**{name: number + 1 for name, number in keep})

    assert removed(archives, more) <= removed(archives, keep)
