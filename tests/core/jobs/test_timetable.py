"""What is due, worked out from when it last began."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import clock, jobs
from core.database.statements import fetch
from core.jobs import registry, timetable
from core.jobs.timetable import Standing, backoff, due_at
from core.settings import SettingsInvalid, overridden

HOURLY, DAILY, MINUTELY = "7 * * * *", "27 3 * * *", "* * * * *"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def nothing() -> None:
    """Do nothing."""


def job(schedule: str | None, *, name: str = "tests.nothing", retries: int = 3) -> jobs.Job:
    return jobs.Job(name, "", nothing, schedule, timedelta(minutes=5), retries)


@pytest.fixture(autouse=True)
def on_the_dot() -> Iterator[None]:
    with overridden(job_jitter=timedelta()):
        yield


def test_what_never_began_is_due_at_once() -> None:
    assert due_at(job(DAILY), Standing(), NOON) == NOON


def test_what_began_is_due_at_its_next_time() -> None:
    assert due_at(job(HOURLY), Standing(started_at=NOON), NOON) == NOON.replace(minute=7)


def test_what_was_missed_for_days_is_due_once() -> None:
    missed = Standing(started_at=NOON - timedelta(days=9))

    due = due_at(job(DAILY), missed, NOON)
    assert due is not None
    assert due < NOON
    begun_again = due_at(job(DAILY), Standing(started_at=NOON), NOON)
    assert begun_again == datetime(2026, 3, 2, 3, 27, tzinfo=UTC)


def test_what_is_only_done_when_asked_for_is_never_due() -> None:
    assert due_at(job(None), Standing(), NOON) is None
    assert due_at(job(None), Standing(run_id="dead", failures=1, started_at=NOON), NOON) is None


def test_a_setting_says_other_times_or_none() -> None:
    began = Standing(started_at=NOON)

    with overridden(job_schedules={"tests.nothing": "*/10 * * * *"}):
        assert due_at(job(DAILY), began, NOON) == NOON + timedelta(minutes=10)
    with overridden(job_schedules={"tests.nothing": "never"}):
        assert due_at(job(DAILY), Standing(), NOON) is None


def test_a_clock_that_was_set_back_stops_nothing() -> None:
    tomorrow = Standing(started_at=NOON + timedelta(days=1))

    assert due_at(job(HOURLY), tomorrow, NOON) == NOON


def test_what_was_asked_for_while_it_ran_is_due_again() -> None:
    asked = Standing(started_at=NOON, asked_at=NOON + timedelta(seconds=1))

    assert due_at(job(DAILY), asked, NOON) == NOON + timedelta(seconds=1)
    assert due_at(job(DAILY), asked._replace(started_at=NOON + timedelta(seconds=2)), NOON + timedelta(minutes=1)) == (
        datetime(2026, 3, 2, 3, 27, tzinfo=UTC)
    )


def test_what_failed_is_tried_again_after_longer_and_longer_and_then_at_its_time() -> None:
    waits = []
    for failures in range(1, 5):
        due = due_at(job(DAILY), Standing(started_at=NOON, failures=failures), NOON)
        assert due is not None
        waits.append(due - NOON)

    assert waits[:3] == [timedelta(seconds=30), timedelta(minutes=1), timedelta(minutes=2)]
    assert waits[3] > timedelta(hours=15)


def test_a_failed_job_of_the_minute_does_not_wait_longer_than_its_next_time() -> None:
    assert due_at(job(MINUTELY), Standing(started_at=NOON, failures=3), NOON) == NOON + timedelta(minutes=1)


def test_what_seems_to_run_is_looked_after_in_case_it_died() -> None:
    assert due_at(job(DAILY), Standing(started_at=NOON, run_id="maybe"), NOON) == NOON + timedelta(seconds=30)


def test_what_dies_again_and_again_is_left_until_its_next_time() -> None:
    deadly = Standing(started_at=NOON, run_id="maybe", failures=3)

    assert due_at(job(DAILY), deadly, NOON) == datetime(2026, 3, 2, 3, 27, tzinfo=UTC)


@given(st.integers(1, 10_000))
def test_no_wait_is_longer_than_an_hour_or_shorter_than_the_one_before(failures: int) -> None:
    assert backoff(failures) <= backoff(failures + 1) <= timedelta(hours=1)


@given(
    began=st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  the zone follows
    line=st.sampled_from([MINUTELY, HOURLY, DAILY, "0 0 1 * *", "*/5 8-18 * * 1-5"]),
    longest=st.integers(0, 7_200),
)
def test_jitter_comes_after_the_time_and_before_the_next_and_is_the_same_for_all(
    began: datetime, line: str, longest: int
) -> None:
    with overridden(job_jitter=timedelta(seconds=longest)):
        due = due_at(job(line), Standing(started_at=began), began)
        again = due_at(job(line), Standing(started_at=began), began)

    slot = job(line).following(began)
    assert due is not None
    assert due == again
    assert slot <= due <= slot + timedelta(seconds=longest)
    assert due < job(line).following(slot)


def test_jitter_is_another_for_each_job_and_time() -> None:
    with overridden(job_jitter=timedelta(minutes=10)):
        offsets = {
            due_at(job(HOURLY, name=name), Standing(started_at=NOON + timedelta(hours=hour)), NOON)
            for name in ("one", "other")
            for hour in range(-5, 0)
        }

    assert len({(due.minute, due.second, due.microsecond) for due in offsets if due}) == 10


@pytest.mark.parametrize("line", ["", "7", "* * * *", "61 * * * *", "0 0 30 2 *", "seven * * * *", "@hourly please"])
def test_a_line_that_is_no_time_is_refused_where_it_is_written(line: str) -> None:
    with pytest.raises(ValueError, match="crontab"):
        registry.register(job(line))


@pytest.mark.parametrize(
    ("schedules", "complaint"),
    [
        ({"sessions.nothing": HOURLY}, "no job 'sessions.nothing'"),
        ({"sessions.purge_expired": "hourly"}, "'hourly' is no crontab line"),
    ],
)
def test_a_setting_that_can_not_be_meant_is_refused(schedules: dict[str, str], complaint: str) -> None:
    with overridden(job_schedules=schedules), pytest.raises(SettingsInvalid, match=complaint):
        jobs.every()


def test_a_job_is_known_by_its_name_with_what_it_does_and_when() -> None:
    purge = jobs.get("sessions.purge_expired")

    assert purge in jobs.every()
    assert purge.about == "Forget sessions that nobody can use any more."
    assert purge.schedule == HOURLY
    with pytest.raises(jobs.JobNotFound):
        jobs.get("sessions.nothing")


@pytest.mark.usefixtures("db")
async def test_a_job_is_named_until_somebody_began_with_it() -> None:
    assert "mail.prune" in {reminder.job for reminder in await jobs.reminders()}
    assert "mail.prune" in {reminder.job for reminder in await jobs.reminders()}

    await jobs.run_scheduled("mail.prune")

    assert "mail.prune" not in {reminder.job for reminder in await jobs.reminders()}


@pytest.mark.usefixtures("db")
async def test_a_run_that_nobody_began_is_named_after_a_minute_and_then_every_five() -> None:
    run_id = await jobs.enqueue("tests.absent", why="its message was lost")

    named = []
    for minute in range(12):
        with clock.shifted(timedelta(minutes=minute, seconds=1)):
            named += [minute for reminder in await jobs.reminders() if reminder.run_id == run_id]

    assert named == [1, 6, 11]


@pytest.mark.usefixtures("db")
async def test_of_two_who_look_at_once_one_names_a_run() -> None:
    for number in range(20):
        await jobs.enqueue("tests.absent", number=number)

    with clock.shifted(timedelta(minutes=2)):
        looks = [await jobs.reminders() for _ in range(2)]

    assert [len([reminder for reminder in look if reminder.run_id]) for look in looks] == [20, 0]


@pytest.mark.usefixtures("db")
async def test_what_is_late_is_said_with_the_time_at_which_it_should_have_begun() -> None:
    await jobs.run_scheduled("sessions.purge_expired")
    assert await jobs.late() == []

    with clock.shifted(timedelta(hours=3)):
        (late,) = await jobs.late()

    assert late.job == "sessions.purge_expired"
    assert clock.now() < late.due_at <= clock.now() + timedelta(hours=1)


@pytest.mark.usefixtures("db")
@pytest.mark.only("sqlite")
async def test_looking_costs_the_same_however_much_was_done() -> None:
    plans = await fetch(f"EXPLAIN QUERY PLAN {timetable._OVERDUE}", clock.now(), clock.now(), 500)

    assert not [plan for plan in plans if str(plan["detail"]) == "SCAN jobRun"]
