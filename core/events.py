"""Events: what happened, for an app that wants to do something about it.

::

    @events.on(UserCreated)
    async def welcome(event: UserCreated) -> None: ...

An event is a frozen dataclass that stands beside the function that publishes it. It is delivered in this process, after
the commit, to everybody who asked for its class or a class above it. A subscriber that fails is logged and hinders
neither the others nor the caller. What must happen even if the process dies is a row and a job, not a subscriber.
"""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from core import database

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened."""


E = TypeVar("E", bound=Event)
Subscriber = Callable[[E], Awaitable[object]]

_subscribers: dict[type[Event], list[Callable[[Any], Awaitable[object]]]] = {}


def on(kind: type[E]) -> Callable[[Subscriber[E]], Subscriber[E]]:
    """Have a coroutine function called with every event of this kind."""

    def subscribe(subscriber: Subscriber[E]) -> Subscriber[E]:
        _subscribers.setdefault(kind, []).append(subscriber)
        return subscriber

    return subscribe


def forget(subscriber: Callable[[Any], Awaitable[object]]) -> None:
    """Take a subscription back."""
    for subscribers in _subscribers.values():
        if subscriber in subscribers:
            subscribers.remove(subscriber)


async def publish(event: Event) -> None:
    """Tell the subscribers, after the commit."""

    async def deliver() -> None:
        for kind in type(event).__mro__:
            for subscriber in list(_subscribers.get(kind, ())):
                try:
                    await subscriber(event)
                except Exception:  # noqa: BLE001  what was done is committed, whatever the app makes of it
                    _log.exception("%s: %r failed", type(event).__name__, subscriber)

    if _subscribers:
        await database.after_commit(deliver)
