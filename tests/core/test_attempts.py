import asyncio
from datetime import timedelta

import pytest

from core import attempts, clock
from models import Attempt

pytestmark = pytest.mark.usefixtures("db")

WINDOW = timedelta(minutes=15)


async def attempt(who: str = "ada@example.com", *, limit: int = 3) -> None:
    await attempts.count("sign-in", who, limit=limit, window=WINDOW)


async def test_what_is_too_often_is_refused_until_the_window_is_over() -> None:
    for _ in range(3):
        await attempt()

    with pytest.raises(attempts.AttemptsExhausted):
        await attempt()
    with clock.shifted(WINDOW):
        await attempt()


async def test_going_on_while_refused_does_not_make_the_wait_longer() -> None:
    for _ in range(3):
        await attempt()

    for minutes in range(15):
        with clock.shifted(timedelta(minutes=minutes)), pytest.raises(attempts.AttemptsExhausted):
            await attempt()
    with clock.shifted(WINDOW):
        await attempt()


async def test_of_twenty_at_once_only_as_many_pass_as_may() -> None:
    results = await asyncio.gather(*(attempt(limit=5) for _ in range(20)), return_exceptions=True)

    assert results.count(None) == 5
    assert sum(isinstance(result, attempts.AttemptsExhausted) for result in results) == 15


async def attempt_from(address: str, who: str) -> None:
    await attempts.count_in_turn(
        attempts.Limit("sign-in-address", address, 3, WINDOW), attempts.Limit("sign-in", who, 5, WINDOW)
    )


async def test_of_several_limits_the_first_that_refuses_keeps_an_attempt_from_the_others() -> None:
    for _ in range(3):
        await attempt_from("192.0.2.1", "ada@example.com")
    for _ in range(10):
        with pytest.raises(attempts.AttemptsExhausted):
            await attempt_from("192.0.2.1", "ada@example.com")

    await attempt_from("192.0.2.2", "ada@example.com")
    await attempt_from("192.0.2.2", "ada@example.com")
    with pytest.raises(attempts.AttemptsExhausted):
        await attempt_from("192.0.2.3", "ada@example.com")
    await attempt_from("192.0.2.3", "grace@example.com")


async def test_of_twenty_at_once_against_two_limits_only_as_many_pass_as_may() -> None:
    tries = [attempt_from(f"192.0.2.{number % 4}", "ada@example.com") for number in range(20)]

    results = await asyncio.gather(*tries, return_exceptions=True)

    assert results.count(None) == 5
    assert sum(isinstance(result, attempts.AttemptsExhausted) for result in results) == 15


async def test_everybody_and_everything_is_counted_apart() -> None:
    for _ in range(3):
        await attempt()

    await attempt("grace@example.com")
    await attempts.count("reset-password", "ada@example.com", limit=3, window=WINDOW)


async def test_a_success_begins_anew() -> None:
    for _ in range(3):
        await attempt()

    await attempts.forget("sign-in", "ada@example.com")

    await attempt()


async def test_who_tried_is_not_to_be_read_and_whatever_they_are_called_is_counted() -> None:
    await attempt("ada@example.com")
    await attempt("\0\ud800" + "x" * 100_000)

    assert "ada" not in str(await Attempt.all().values())
    assert await Attempt.all().count() == 2


async def test_windows_that_are_over_are_pruned() -> None:
    await attempt()
    with clock.shifted(WINDOW / 2):
        await attempt("grace@example.com")

    with clock.shifted(WINDOW):
        assert (await attempts.prune(dry_run=True)).rows == 1
        assert (await attempts.prune()).rows == 1
