import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core import clock, database, events, purchases, users
from core.errors import Invalid
from core.purchases import Change, PurchaseChanged, Status
from core.settings import settings
from models import Member, Organization, Purchase, PurchaseEvent, PurchaseType
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("db")

DAY = timedelta(days=1)
BEGINNING = datetime(2026, 3, 1, 12, tzinfo=UTC)

_numbers = count(1)


def change(**values: Any) -> Change:
    """An active subscription, as of now and for a month, of whom the values say."""
    number = next(_numbers)
    usual: dict[str, Any] = {
        "event_id": f"evt_{number}",
        "provider": "stripe",
        "occurred_at": clock.now(),
        "type": PurchaseType.SUBSCRIPTION,
        "customer_id": "cus_1",
        "subscription_id": f"sub_{number}",
        "price_id": "price_pro",
        "status": Status.ACTIVE,
        "current_period_end": clock.now() + 30 * DAY,
    }
    return Change(**usual | values)


async def recorded(**values: Any) -> Purchase:
    purchase = await purchases.record(change(**values))
    assert purchase is not None
    return purchase


async def make_organization(*, members: int = 0) -> Organization:
    organization = await Organization.create(name="Acme", slug=f"acme-{next(_numbers)}")
    for _ in range(members):
        user = await make_user()
        await Member.create(organization_id=organization.id, user_id=user.id, role="member")
    return organization


async def state(subscription_id: str) -> dict[str, Any]:
    """All that the provider has a say in."""
    rows = await Purchase.filter(subscription_id=subscription_id).values()
    assert len(rows) == 1
    return {
        name: value
        for name, value in rows[0].items()
        if name not in {"id", "subscription_id", "created_at", "updated_at"}
    }


@contextmanager
def heard() -> Iterator[list[PurchaseChanged]]:
    changes: list[PurchaseChanged] = []

    async def listen(event: PurchaseChanged) -> None:
        changes.append(event)

    events.on(PurchaseChanged)(listen)
    yield changes
    events.forget(listen)


async def test_a_purchase_is_what_the_provider_told() -> None:
    user = await make_user()
    told = change(user_id=user.id, product_id="prod_pro", seats=5)

    purchase = await purchases.record(told)

    assert purchase is not None
    assert (purchase.user_id, purchase.organization_id) == (user.id, None)
    assert (purchase.type, purchase.status, purchase.seats) == (PurchaseType.SUBSCRIPTION, "active", 5)
    assert (purchase.subscription_id, purchase.customer_id) == (told.subscription_id, "cus_1")
    assert (purchase.product_id, purchase.price_id) == ("prod_pro", "price_pro")
    assert purchase.current_period_end == told.current_period_end
    assert purchase.last_event_at == told.occurred_at


async def test_what_is_told_again_changes_nothing() -> None:
    user = await make_user()
    told = change(user_id=user.id)
    await purchases.record(told)
    before = await Purchase.all().values()

    with clock.shifted(DAY), heard() as changes:
        again = await purchases.record(told)
        other = await purchases.record(replace(told, status=Status.EXPIRED, occurred_at=told.occurred_at + DAY))

    assert (again, other) == (None, None)
    assert await Purchase.all().values() == before
    assert changes == []


async def test_two_providers_may_call_different_events_the_same() -> None:
    user = await make_user()

    for provider in ("stripe", "paddle"):
        assert await purchases.record(change(user_id=user.id, event_id="1", provider=provider))

    assert await Purchase.all().count() == 2


async def test_of_eight_that_tell_one_event_one_is_heard() -> None:
    user = await make_user()
    told = change(user_id=user.id)

    with heard() as changes:
        results = await asyncio.gather(*(purchases.record(told) for _ in range(8)))

    assert results.count(None) == 7
    assert await Purchase.all().count() == 1
    assert await PurchaseEvent.all().count() == 1
    assert len(changes) == 1


async def test_eight_events_at_once_leave_one_row_the_latest_state_and_an_unbroken_story() -> None:
    user = await make_user()
    story = [
        change(
            user_id=user.id, subscription_id="sub", occurred_at=BEGINNING + number * DAY, status=status, seats=number
        )
        for number, status in enumerate(list(Status)[:8])
    ]

    with heard() as changes:
        await asyncio.gather(*(purchases.record(told) for told in story))

    assert (await state("sub"))["seats"] == 7
    # Each change begins where another ended.
    follows = {each.before: each.after for each in changes}
    assert len(follows) == len(changes)
    status: str | None = None
    for _ in changes:
        status = follows[status]
    assert status == story[-1].status


async def test_an_earlier_event_never_overwrites_a_later_state() -> None:
    user = await make_user()
    await recorded(user_id=user.id, subscription_id="sub", occurred_at=BEGINNING + DAY, status=Status.CANCELED)

    with heard() as changes:
        late = await purchases.record(change(user_id=user.id, subscription_id="sub", occurred_at=BEGINNING))

    assert late is not None
    assert (late.status, late.last_event_at) == ("canceled", BEGINNING + DAY)
    assert changes == []


async def test_of_one_moment_the_later_status_counts() -> None:
    user = await make_user()
    for number, statuses in enumerate([(Status.INCOMPLETE, Status.ACTIVE), (Status.ACTIVE, Status.INCOMPLETE)]):
        for status in statuses:
            await recorded(user_id=user.id, subscription_id=f"sub_{number}", occurred_at=BEGINNING, status=status)

        assert (await state(f"sub_{number}"))["status"] == "active"


MOMENTS = st.sampled_from([BEGINNING, BEGINNING + timedelta(milliseconds=500)])
DIFFERENT: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(Status),
    "seats": st.sampled_from([0, 1]),
    "current_period_end": st.sampled_from([BEGINNING, BEGINNING + timedelta(microseconds=1)]),
    "price_id": st.sampled_from(["B", "ä"]),
    "product_id": st.just("p"),
    "customer_id": st.just("cus_2"),
    "type": st.just(PurchaseType.ONE_TIME),
    "owner": st.just("organization_id"),
}


@st.composite
def stories(draw: st.DrawFn, name: str) -> list[dict[str, Any]]:
    """Events of two moments that differ in this, and perhaps in one thing more: many of a moment in one alone."""
    names = {name} | draw(st.sets(st.sampled_from(sorted(DIFFERENT)), max_size=1))
    different = {name: DIFFERENT[name] for name in sorted(names)}
    return draw(st.lists(st.fixed_dictionaries({"occurred_at": MOMENTS}, optional=different), min_size=2, max_size=6))


@pytest.mark.parametrize("name", DIFFERENT)
@hypothesis_settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(data=st.data())
async def test_whatever_order_and_however_often_the_end_is_the_same(name: str, data: st.DataObject) -> None:
    story = data.draw(stories(name))
    owners = {"user_id": (await make_user()).id, "organization_id": (await make_organization()).id}
    number = next(_numbers)

    def told(name: str) -> list[Change]:
        return [
            change(
                event_id=f"{name}-{number}-{place}",
                subscription_id=f"{name}-{number}",
                **{"current_period_end": None} | {key: value for key, value in values.items() if key != "owner"},
                **{values.get("owner", "user_id"): owners[values.get("owner", "user_id")]},
            )
            for place, values in enumerate(story)
        ]

    sorted_once = sorted(told("sorted"), key=lambda it: it.occurred_at)
    again = data.draw(st.lists(st.sampled_from(told("shuffled")), max_size=5))
    shuffled = data.draw(st.permutations([*told("shuffled"), *again]))
    for each in [*sorted_once, *shuffled]:
        await purchases.record(each)

    assert await state(f"shuffled-{number}") == await state(f"sorted-{number}")


async def test_what_another_program_wrote_is_replaced_by_the_first_event() -> None:
    user = await make_user()
    await Purchase.create(
        user_id=user.id,
        type="SUBSCRIPTION",
        customer_id="cus",
        subscription_id="sub",
        product_id="p",
        status="on_trial",
    )

    with heard() as changes:
        purchase = await recorded(user_id=user.id, subscription_id="sub", occurred_at=BEGINNING)

    assert (purchase.status, purchase.last_event_at) == ("active", BEGINNING)
    assert [(each.before, each.after) for each in changes] == [("on_trial", "active")]


async def test_subscribers_hear_whose_purchase_went_from_what_to_what() -> None:
    organization = await make_organization()
    with heard() as changes:
        purchase = await recorded(organization_id=organization.id, subscription_id="sub", occurred_at=BEGINNING)
        await recorded(
            organization_id=organization.id,
            subscription_id="sub",
            occurred_at=BEGINNING + DAY,
            status=Status.PAST_DUE,
        )

    assert changes == [
        PurchaseChanged(
            purchase_id=purchase.id, user_id=None, organization_id=organization.id, before=before, after=after
        )
        for before, after in [(None, "active"), ("active", "past_due")]
    ]


async def test_a_failed_transaction_leaves_the_event_to_be_told_again() -> None:
    user = await make_user()
    told = change(user_id=user.id)

    with heard() as changes, pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await purchases.record(told)
            raise ZeroDivisionError

    assert changes == []
    assert await purchases.record(told) is not None


@pytest.mark.parametrize("owner", ["user_id", "organization_id"])
async def test_nobody_unknown_purchases_anything_and_the_event_is_not_taken_for_told(owner: str) -> None:
    told = change(**{owner: "nobody"})

    for _ in range(2):
        with pytest.raises(purchases.OwnerNotFound):
            await purchases.record(told)

    assert await Purchase.all().count() == await PurchaseEvent.all().count() == 0


async def test_a_subscription_is_not_handed_to_somebody_unknown() -> None:
    user = await make_user()
    await recorded(user_id=user.id, subscription_id="sub", occurred_at=BEGINNING)

    with pytest.raises(purchases.OwnerNotFound):
        await purchases.record(change(user_id="nobody", subscription_id="sub"))

    assert (await state("sub"))["user_id"] == user.id


BAD: dict[str, dict[str, Any]] = {
    "no owner": {"user_id": None},
    "two owners": {"organization_id": "o"},
    "nothing bought": {"price_id": None},
    "a subscription without id": {"subscription_id": None},
    "a time without zone": {"occurred_at": datetime(2026, 3, 1)},  # noqa: DTZ001  the point of it
    "an end without zone": {"current_period_end": datetime(2026, 3, 1)},  # noqa: DTZ001  the same
    "no such time": {"occurred_at": datetime.max.replace(tzinfo=timezone(-DAY / 2))},
    "a status of nobody's": {"status": "cancelled"},
    "a type of nobody's": {"type": "GIFT"},
    "seats below none": {"seats": -1},
    "seats without end": {"seats": 10**12},
    "no event id": {"event_id": " "},
    "an overlong event id": {"event_id": "e" * 223},
    "an overlong provider": {"provider": "p" * 33},
    "an overlong customer": {"customer_id": "c" * 256},
    "NUL": {"subscription_id": "sub\0"},
    "half a pair": {"product_id": "\ud800"},
    "an overlong owner": {"user_id": "u" * 10_000},
}


@pytest.mark.parametrize("what", BAD)
async def test_what_can_not_have_happened_is_refused(what: str) -> None:
    user = await make_user()

    with pytest.raises(Invalid) as refused:
        await purchases.record(change(**{"user_id": user.id} | BAD[what]))

    assert len(str(refused.value)) < 100
    assert await PurchaseEvent.all().count() == 0


async def test_the_longest_ids_fit() -> None:
    user = await make_user()

    purchase = await recorded(
        user_id=user.id,
        event_id="e" * 222,
        provider="p" * 32,
        customer_id="c" * 255,
        type=PurchaseType.ONE_TIME,
        subscription_id=None,
    )

    assert len(purchase.subscription_id or "") == 255


async def test_a_single_payment_is_one_row_also_when_it_is_refunded() -> None:
    user = await make_user()
    paid = {"user_id": user.id, "type": PurchaseType.ONE_TIME, "subscription_id": "pi_1", "current_period_end": None}

    await recorded(**paid, occurred_at=BEGINNING)
    plan = await purchases.active_plan(user_id=user.id)
    await recorded(**paid, occurred_at=BEGINNING + DAY, status=Status.CANCELED)

    assert plan is not None
    assert (plan.type, plan.until) == (PurchaseType.ONE_TIME, None)
    assert await purchases.active_plan(user_id=user.id) is None
    assert await Purchase.all().count() == 1


async def test_single_payments_without_an_id_are_as_many_as_their_events_also_after_these_were_forgotten() -> None:
    user = await make_user()
    paid = [change(user_id=user.id, type=PurchaseType.ONE_TIME, subscription_id=None) for _ in range(2)]

    for told in [*paid, *paid]:
        await purchases.record(told)
    await PurchaseEvent.all().delete()
    for told in paid:
        await purchases.record(told)

    assert await Purchase.all().count() == 2


async def test_the_plan_says_what_was_bought_for_how_many_and_until_when() -> None:
    organization = await make_organization()
    told = change(organization_id=organization.id, product_id="prod", seats=3, status=Status.CANCELING)
    await purchases.record(told)

    plan = await purchases.active_plan(organization_id=organization.id)

    assert plan is not None
    assert (plan.product_id, plan.price_id, plan.seats) == ("prod", "price_pro", 3)
    assert plan.until == told.current_period_end
    assert plan.until is not None
    assert plan.until.utcoffset() == timedelta()
    assert plan.cancelled_at_period_end


STANDING = {
    # Status: whether it counts within its period, just after it, and after the grace.
    Status.INCOMPLETE: (False, False, False),
    Status.TRIALING: (True, True, False),
    Status.ACTIVE: (True, True, False),
    Status.PAST_DUE: (True, False, False),
    Status.UNPAID: (False, False, False),
    Status.PAUSED: (False, False, False),
    Status.CANCELING: (True, False, False),
    Status.CANCELED: (False, False, False),
    Status.EXPIRED: (False, False, False),
}


@pytest.mark.parametrize("status", Status)
async def test_whether_a_subscription_counts(status: Status) -> None:
    user = await make_user()
    told = change(user_id=user.id, status=status)
    await purchases.record(told)

    counts = []
    for later in (29 * DAY, 30 * DAY, 30 * DAY + purchases.GRACE):
        with clock.shifted(later):
            counts.append(await purchases.active_plan(user_id=user.id) is not None)

    assert tuple(counts) == STANDING[status]


@pytest.mark.parametrize(
    ("kind", "status", "counts"),
    [
        ("SUBSCRIPTION", "active", True),
        ("SUBSCRIPTION", "past_due", False),
        ("SUBSCRIPTION", "canceling", False),
        ("SUBSCRIPTION", "on_trial", False),
        ("SUBSCRIPTION", None, False),
        ("ONE_TIME", None, True),
        ("ONE_TIME", "active", True),
        ("ONE_TIME", "canceled", False),
    ],
)
async def test_of_what_another_program_wrote_without_an_end_only_the_certain_counts(
    kind: str,
    status: str | None,
    counts: bool,  # noqa: FBT001  a row of the table
) -> None:
    user = await make_user()
    await Purchase.create(user_id=user.id, type=kind, customer_id="cus", product_id="p", status=status)

    plan = await purchases.active_plan(user_id=user.id)

    assert (plan is not None) == counts


async def test_a_pass_for_some_days_ends_with_them() -> None:
    user = await make_user()
    await recorded(user_id=user.id, type=PurchaseType.ONE_TIME, current_period_end=clock.now() + DAY)

    assert await purchases.active_plan(user_id=user.id)
    with clock.shifted(DAY):
        assert await purchases.active_plan(user_id=user.id) is None


async def test_of_several_the_subscription_in_the_best_standing_is_the_plan_then_the_newest() -> None:
    user = await make_user()
    expected = []
    for values in (
        {"type": PurchaseType.ONE_TIME, "current_period_end": None},
        {"status": Status.PAST_DUE},
        {"status": Status.CANCELING},
        {"status": Status.TRIALING},
        {"status": Status.ACTIVE},
        {"status": Status.ACTIVE},
    ):
        purchase = await recorded(user_id=user.id, **values)
        expected.append(purchase.id)
        await recorded(user_id=user.id, type=PurchaseType.ONE_TIME, status=Status.CANCELED)
        plan = await purchases.active_plan(user_id=user.id)
        assert plan is not None
        assert plan.purchase_id == purchase.id


async def test_nobody_has_somebody_elses_plan() -> None:
    ada, eve, organization = await make_user(), await make_user(), await make_organization()
    await recorded(user_id=ada.id)

    owners: list[dict[str, Any]] = [
        {"user_id": eve.id},
        {"organization_id": organization.id},
        {"organization_id": ada.id},
    ]
    for owner in owners:
        assert await purchases.active_plan(**owner) is None
        assert (await purchases.list_purchases(**owner)).items == []


@pytest.mark.parametrize("owner", [{}, {"user_id": "u", "organization_id": "o"}])
async def test_whose_is_said_exactly_once(owner: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        await purchases.active_plan(**owner)
    with pytest.raises(TypeError):
        await purchases.list_purchases(**owner)


async def test_all_purchases_are_listed_newest_first_and_in_pages() -> None:
    user = await make_user()
    made = [(await recorded(user_id=user.id, status=Status.EXPIRED)).id for _ in range(3)]

    first = await purchases.list_purchases(user_id=user.id, limit=2)
    second = await purchases.list_purchases(user_id=user.id, limit=2, after=first.after)

    assert [purchase.id for purchase in [*first.items, *second.items]] == made[::-1]
    assert second.after is None


async def test_members_take_seats() -> None:
    organization = await make_organization(members=2)
    assert await purchases.seats_left(organization.id) == 0

    for seats, left in ((3, 1), (2, 0), (1, 0), (None, None)):
        await recorded(organization_id=organization.id, subscription_id="sub", seats=seats)
        assert await purchases.seats_left(organization.id) == left

    assert await purchases.seats_left("unknown") == 0


async def test_what_was_not_renewed_ends_after_the_grace_and_says_so() -> None:
    user = await make_user()
    lapsing = [Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.CANCELING]
    for status in Status:
        await recorded(user_id=user.id, subscription_id=status.value, status=status)
    await recorded(user_id=user.id, subscription_id="later", current_period_end=clock.now() + 31 * DAY)
    await recorded(user_id=user.id, subscription_id="endless", current_period_end=None)
    await recorded(user_id=user.id, subscription_id="pass", type=PurchaseType.ONE_TIME)

    with clock.shifted(30 * DAY + purchases.GRACE - timedelta(minutes=1)):
        assert (await purchases.end_lapsed()).rows == 0
    with clock.shifted(30 * DAY + purchases.GRACE + timedelta(minutes=1)), heard() as changes:
        would = await purchases.end_lapsed(dry_run=True)
        ended = await purchases.end_lapsed()
        again = await purchases.end_lapsed()

    assert (would.rows, str(would)) == (4, "4 subscriptions would be ended")
    assert (ended.rows, str(ended), again.rows) == (4, "4 subscriptions ended", 0)
    assert sorted((each.before, each.after) for each in changes) == sorted((it.value, "expired") for it in lapsing)
    assert {each.user_id for each in changes} == {user.id}
    statuses = {purchase.subscription_id: purchase.status for purchase in await Purchase.all()}
    for status in Status:
        assert statuses[status.value] == ("expired" if status in lapsing else status.value)
    assert statuses["later"] == statuses["endless"] == statuses["pass"] == "active"


async def test_many_end_in_batches_and_two_at_once_end_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purchases.lapsing, "_BATCH", 3)
    user = await make_user()
    for _ in range(20):
        await recorded(user_id=user.id)

    with clock.shifted(60 * DAY), heard() as changes:
        ended = await asyncio.gather(purchases.end_lapsed(), purchases.end_lapsed())

    assert sum(each.rows for each in ended) == 20
    assert len({each.purchase_id for each in changes}) == len(changes) == 20
    assert await Purchase.filter(status="expired").count() == 20


async def test_a_renewal_that_comes_late_brings_it_back() -> None:
    user = await make_user()
    await recorded(user_id=user.id, subscription_id="sub")

    with clock.shifted(60 * DAY):
        await purchases.end_lapsed()
        await recorded(user_id=user.id, subscription_id="sub")

        assert await purchases.active_plan(user_id=user.id)


async def test_events_are_forgotten_and_told_again_change_nothing_either() -> None:
    user = await make_user()
    first = change(user_id=user.id, subscription_id="sub", occurred_at=BEGINNING)
    second = replace(first, event_id="second", occurred_at=BEGINNING + DAY, status=Status.PAUSED)
    for told in (first, second):
        await purchases.record(told)

    with clock.shifted(settings().purchase_event_retention - DAY):
        assert (await purchases.prune_events()).rows == 0
    with clock.shifted(settings().purchase_event_retention):
        assert (await purchases.prune_events(dry_run=True)).rows == 2
        assert (await purchases.prune_events()).rows == 2
        before = await state("sub")
        for told in (second, first):
            await purchases.record(told)

    assert await state("sub") == before


async def test_purchases_go_with_their_owner() -> None:
    user = await make_user()
    await recorded(user_id=user.id)

    await users.delete(user.id)

    assert await Purchase.all().count() == 0
