from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from core import database, events

pytestmark = pytest.mark.usefixtures("db")


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened(events.Event):
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Other(events.Event):
    pass


@pytest.fixture
def heard() -> Iterator[list[events.Event]]:
    heard: list[events.Event] = []

    @events.on(Happened)
    async def hear(event: Happened) -> None:
        heard.append(event)

    yield heard
    events.forget(hear)


async def test_an_event_is_delivered_after_the_commit(heard: list[events.Event]) -> None:
    async with database.transaction():
        await events.publish(Happened(what="a change"))
        assert heard == []

    assert heard == [Happened(what="a change")]


async def test_what_was_rolled_back_did_not_happen(heard: list[events.Event]) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await events.publish(Happened(what="a change"))
            raise ZeroDivisionError

    assert heard == []


async def test_only_what_was_asked_for_is_delivered(heard: list[events.Event]) -> None:
    await events.publish(Other())

    assert heard == []


async def test_who_asks_for_a_class_hears_of_the_classes_below_it() -> None:
    everything: list[events.Event] = []

    @events.on(events.Event)
    async def hear(event: events.Event) -> None:
        everything.append(event)

    await events.publish(Other())
    await events.publish(Happened(what="x"))
    events.forget(hear)
    await events.publish(Other())

    assert everything == [Other(), Happened(what="x")]


async def test_a_subscriber_that_fails_is_logged_and_hinders_nobody(
    heard: list[events.Event], caplog: pytest.LogCaptureFixture
) -> None:
    @events.on(Happened)
    async def fail(event: Happened) -> None:
        raise ZeroDivisionError

    await events.publish(Happened(what="x"))
    events.forget(fail)

    assert heard == [Happened(what="x")]
    assert "Happened" in caplog.text
