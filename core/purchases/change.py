"""What a provider tells, in words that are no provider's own."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from core.errors import Invalid
from core.text import cleaned
from models import PurchaseType
from models.base import KEY

_PROVIDER, _EVENT_ID = 32, KEY - 33
_SEATS = 1_000_000

Word = TypeVar("Word", bound=StrEnum)


class Status(StrEnum):
    """How a purchase stands, in the order in which one thing follows from another."""

    INCOMPLETE = "incomplete"
    """The first payment is not made yet."""
    TRIALING = "trialing"
    ACTIVE = "active"
    """Paid for. A single payment is active, too, until it is refunded."""
    PAST_DUE = "past_due"
    """A renewal is not paid; the provider tries again."""
    UNPAID = "unpaid"
    """A renewal is not paid, and the provider has given up trying."""
    PAUSED = "paused"
    CANCELING = "canceling"
    """Paid for, and not to be renewed."""
    CANCELED = "canceled"
    """Ended by somebody; a single payment: refunded."""
    EXPIRED = "expired"
    """Ended by itself."""


class ChangeInvalid(Invalid):
    """This can't have happened to a purchase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a provider says has happened: how the purchase has stood from then on, and whose it is.

    It is a whole state and not a difference: what is None is unknown or does not apply from then on. A single payment
    is told apart by the id of the payment in ``subscription_id``; without one, each event is a payment of its own.
    """

    event_id: str
    provider: str
    occurred_at: datetime
    type: PurchaseType
    customer_id: str
    status: Status
    subscription_id: str | None = None
    product_id: str | None = None
    price_id: str | None = None
    seats: int | None = None
    current_period_end: datetime | None = None
    user_id: str | None = None
    organization_id: str | None = None


def checked(change: Change) -> Change:
    """The change with its words as they are stored and its times in UTC.

    Raises:
        ChangeInvalid, TextInvalid: something about it is missing, or can't be.
    """
    if (change.user_id is None) == (change.organization_id is None):
        raise ChangeInvalid("a purchase is a person's or an organization's")
    if change.product_id is None and change.price_id is None:
        raise ChangeInvalid("a purchase names a product or a price")
    if change.type == PurchaseType.SUBSCRIPTION and change.subscription_id is None:
        raise ChangeInvalid("a subscription has an id")
    if change.seats is not None and not 0 <= change.seats <= _SEATS:
        raise ChangeInvalid(f"a purchase has 0 to {_SEATS} seats")
    ends = change.current_period_end
    return replace(
        change,
        event_id=cleaned(change.event_id, what="an event's id", longest=_EVENT_ID),
        provider=cleaned(change.provider, what="a provider", longest=_PROVIDER),
        occurred_at=_aware(change.occurred_at),
        type=_known(PurchaseType, change.type),
        customer_id=cleaned(change.customer_id, what="a customer's id", longest=KEY),
        status=_known(Status, change.status),
        current_period_end=None if ends is None else _aware(ends),
        subscription_id=_cleaned(change.subscription_id, what="a subscription's id"),
        product_id=_cleaned(change.product_id, what="a product's id"),
        price_id=_cleaned(change.price_id, what="a price's id"),
        user_id=_cleaned(change.user_id, what="a person's id"),
        organization_id=_cleaned(change.organization_id, what="an organization's id"),
    )


def _cleaned(text: str | None, *, what: str) -> str | None:
    return None if text is None else cleaned(text, what=what, longest=KEY)


def _known(words: type[Word], word: Word) -> Word:
    try:
        return words(word)  # A plain text may be one of them, too.
    except ValueError:
        raise ChangeInvalid(f"nobody knows such a {words.__name__.lower()}") from None


def _aware(time: datetime) -> datetime:
    if time.tzinfo is None:
        raise ChangeInvalid("a time has a zone")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ChangeInvalid("no such time") from None
