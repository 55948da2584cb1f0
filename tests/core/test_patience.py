import asyncio

import pytest

from core.patience import Lately, within


async def test_what_is_done_in_time_is_told() -> None:
    async def work() -> int:
        return 7

    assert await within(60, work()) == 7


async def test_an_error_is_the_one_that_it_was() -> None:
    async def work() -> None:
        raise LookupError("not here")

    with pytest.raises(LookupError, match="not here"):
        await within(60, work())


async def test_what_does_not_let_itself_be_cancelled_is_not_waited_for() -> None:
    cancelled, end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            await end.wait()
            ended.set()
            raise LookupError from None  # Nobody hears it, and nothing is logged.

    with pytest.raises(TimeoutError):
        await within(0.01, work())

    await cancelled.wait()
    assert not ended.is_set()
    end.set()
    await ended.wait()


async def test_who_is_cancelled_while_waiting_takes_the_work_along() -> None:
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    waiting = asyncio.create_task(within(60, work()))
    await begun.wait()
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    await cancelled.wait()


class Finding:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = asyncio.Event()

    async def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        await self.may_answer.wait()
        return number


async def test_of_many_who_ask_at_once_one_finds_out() -> None:
    finding = Finding()
    lately = Lately(finding, seconds=0)

    asking = [asyncio.create_task(lately.told()) for _ in range(8)]
    await asyncio.sleep(0)
    finding.may_answer.set()

    assert await asyncio.gather(*asking) == [1] * 8


@pytest.mark.parametrize(("seconds", "second"), [(0, 2), (3_600, 1)], ids=["old", "fresh"])
async def test_what_is_old_is_found_out_again(seconds: float, second: int) -> None:
    finding = Finding()
    finding.may_answer.set()
    lately = Lately(finding, seconds=seconds)

    assert (await lately.told(), await lately.told()) == (1, second)


async def test_one_who_goes_away_takes_the_answer_from_nobody() -> None:
    finding = Finding()
    lately = Lately(finding, seconds=0)
    first, second = asyncio.create_task(lately.told()), asyncio.create_task(lately.told())
    await asyncio.sleep(0)

    first.cancel()
    await asyncio.sleep(0)
    finding.may_answer.set()

    assert await second == 1
