"""The example, as Stripe meets it: over HTTP, from a server process of its own."""

import asyncio
import hmac
import json
import random
import time
from collections.abc import AsyncIterator
from hashlib import sha256
from itertools import count
from typing import Any

import httpx
import pytest

from core import clock, purchases
from models import Purchase, PurchaseEvent
from tests.factories import make_user
from tests.programs import running

pytestmark = pytest.mark.usefixtures("db")

SECRET = "whsec_for_this_test"
MONTH = 30 * 24 * 3600

_numbers = count(1)


@pytest.fixture(scope="module")
async def server(migrated: None) -> AsyncIterator[str]:
    """The example, in a process that was never at a loss."""
    arguments = ("uvicorn", "examples.stripe_webhook:app", "--port=0", "--no-access-log")
    async with running(*arguments, STYLOBATE_STRIPE_WEBHOOK_SECRET=SECRET) as program:
        line = await program.until("running on http://")
        yield line.partition("running on ")[2].split()[0]
        assert "Exception in ASGI application" not in program.said
        assert SECRET not in program.said


@pytest.fixture
async def stripe(server: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server, timeout=20) as http:
        yield http


def signature(payload: bytes, *, at: float | None = None, secret: str = SECRET) -> str:
    moment = int(time.time() if at is None else at)
    return f"t={moment},v1={hmac.digest(secret.encode(), b'%d.' % moment + payload, sha256).hex()}"


async def tell(http: httpx.AsyncClient, event: object, *, header: str | None = None) -> httpx.Response:
    payload = event if isinstance(event, bytes) else json.dumps(event).encode()
    headers = {"stripe-signature": signature(payload) if header is None else header}
    return await http.post("/webhooks/stripe", content=payload, headers=headers)


def event(kind: str, told: dict[str, Any], *, created: int | None = None) -> dict[str, Any]:
    return {
        "id": f"evt_{next(_numbers)}",
        "object": "event",
        "type": kind,
        "created": int(time.time()) if created is None else created,
        "data": {"object": told},
    }


def subscription(what: str, owner: dict[str, str], *, created: int | None = None, **values: Any) -> dict[str, Any]:
    """An event of a subscription as of API 2025-03-31 and later."""
    item = {
        "price": {"id": "price_pro", "product": "prod_pro"},
        "quantity": 3,
        "current_period_end": int(time.time()) + MONTH,
    }
    usual = {
        "id": "sub_1",
        "customer": "cus_1",
        "status": "active",
        "cancel_at_period_end": False,
        "cancel_at": None,
        "items": {"data": [item]},
        "metadata": owner,
    }
    return event(f"customer.subscription.{what}", usual | values, created=created)


def payment(owner: dict[str, str], kind: str = "completed", **values: Any) -> dict[str, Any]:
    usual = {
        "id": "cs_1",
        "mode": "payment",
        "payment_status": "paid",
        "payment_intent": "pi_1",
        "customer": None,
        "metadata": owner | {"product_id": "prod_once"},
    }
    return event(f"checkout.session.{kind}", usual | values)


async def test_a_subscription_begins_is_cancelled_and_ends(stripe: httpx.AsyncClient) -> None:
    user = await make_user()
    owner, now = {"user_id": user.id}, int(time.time())

    begun = await tell(stripe, subscription("created", owner, created=now - 9, status="incomplete"))
    assert begun.json() == {"recorded": True}
    assert await purchases.active_plan(user_id=user.id) is None

    await tell(stripe, subscription("updated", owner, created=now - 8))
    plan = await purchases.active_plan(user_id=user.id)
    assert plan is not None
    assert (plan.product_id, plan.price_id, plan.seats) == ("prod_pro", "price_pro", 3)
    assert plan.until is not None
    assert abs(plan.until.timestamp() - now - MONTH) < 60

    await tell(stripe, subscription("updated", owner, created=now - 7, cancel_at_period_end=True))
    plan = await purchases.active_plan(user_id=user.id)
    assert plan is not None
    assert plan.cancelled_at_period_end

    await tell(stripe, subscription("deleted", owner, created=now - 6, status="canceled"))
    assert await purchases.active_plan(user_id=user.id) is None
    assert [purchase.status for purchase in await Purchase.all()] == ["canceled"]


async def test_the_period_is_found_where_older_versions_have_it_and_a_day_to_end_on_counts(
    stripe: httpx.AsyncClient,
) -> None:
    user = await make_user()
    owner, now = {"user_id": user.id}, int(time.time())
    items = {"data": [{"price": {"id": "price_pro", "product": "prod_pro"}}]}

    await tell(stripe, subscription("created", owner, created=now - 9, items=items, current_period_end=now + 5))
    first = await Purchase.get()
    await tell(stripe, subscription("updated", owner, created=now - 8, items=items, cancel_at=now + 500))
    second = await Purchase.get()

    assert first.current_period_end is not None
    assert (first.current_period_end.timestamp(), first.seats) == (now + 5, None)
    assert second.current_period_end is not None
    assert (second.current_period_end.timestamp(), second.status) == (now + 500, "canceling")


async def test_a_single_payment_is_a_purchase_once_it_is_paid(stripe: httpx.AsyncClient) -> None:
    user = await make_user()
    owner = {"user_id": user.id}

    unpaid = await tell(stripe, payment(owner, payment_status="unpaid"))
    assert (unpaid.status_code, unpaid.json(), await Purchase.all().count()) == (200, {"recorded": False}, 0)
    await tell(stripe, payment(owner, "async_payment_succeeded"))

    plan = await purchases.active_plan(user_id=user.id)
    assert plan is not None
    assert (plan.product_id, plan.until) == ("prod_once", None)
    purchase = await Purchase.get()
    assert (purchase.subscription_id, purchase.customer_id) == ("pi_1", "cs_1")


async def test_replayed_shuffled_and_all_at_once_the_end_is_the_same(stripe: httpx.AsyncClient) -> None:
    user = await make_user()
    owner, now = {"user_id": user.id}, int(time.time())
    story = [
        subscription("created", owner, created=now - 50, status="incomplete"),
        *(subscription("updated", owner, created=now - 50 + n, status="past_due") for n in range(0, 40, 5)),
        subscription("updated", owner, created=now - 1),
        subscription("deleted", owner, created=now - 1, status="canceled"),
    ]
    retold = story * 2
    random.shuffle(retold)

    answers = await asyncio.gather(*(tell(stripe, each) for each in retold))

    assert {answer.status_code for answer in answers} == {200}
    assert sum(answer.json()["recorded"] for answer in answers) == len(story)
    assert [purchase.status for purchase in await Purchase.all()] == ["canceled"]
    assert await PurchaseEvent.all().count() == len(story)


async def refused(stripe: httpx.AsyncClient, payload: bytes, header: str) -> None:
    answer = await tell(stripe, payload, header=header)

    assert answer.status_code == 400
    assert len(answer.content) < 200
    assert await PurchaseEvent.all().count() == 0


HEADERS = [
    "",
    "t=",
    "v1=",
    "t=1,v1=",
    "t={now}",
    "t={now},v1=",
    "t={now},v1=00",
    "t={now},v1=é",
    "t=-1,v1=0",
    ",=,,t,v1",
]


@pytest.mark.parametrize("header", [*HEADERS, f"t={'9' * 5_000},v1=0", "t=٣,v1=0", "v1=0," * 500])
async def test_a_header_that_signs_nothing_is_refused(stripe: httpx.AsyncClient, header: str) -> None:
    payload = json.dumps(payment({"user_id": (await make_user()).id})).encode()

    answer = await stripe.post(
        "/webhooks/stripe",
        content=payload,
        headers={b"stripe-signature": header.replace("{now}", str(int(time.time()))).encode()},
    )

    assert answer.status_code == 400
    assert await PurchaseEvent.all().count() == 0


async def test_without_a_header_nothing_is_heard(stripe: httpx.AsyncClient) -> None:
    answer = await stripe.post("/webhooks/stripe", content=b"{}")

    assert answer.status_code == 400


@pytest.mark.parametrize("seconds", [-3_600, -310, 310])
async def test_an_old_signature_and_one_of_the_future_are_refused(stripe: httpx.AsyncClient, seconds: int) -> None:
    payload = json.dumps(payment({"user_id": (await make_user()).id})).encode()

    await refused(stripe, payload, signature(payload, at=time.time() + seconds))


async def test_what_was_changed_on_the_way_is_refused(stripe: httpx.AsyncClient) -> None:
    user, eve = await make_user(), await make_user()
    payload = json.dumps(payment({"user_id": user.id})).encode()
    signed = signature(payload)

    await refused(stripe, payload.replace(user.id.encode(), eve.id.encode()), signed)
    await refused(stripe, payload + b" ", signed)
    await refused(stripe, b"", signed)
    later = f"t={int(signed[2:12]) + 1}{signed[12:]}"
    await refused(stripe, payload, later)
    await refused(stripe, payload, signed.replace("v1=", "v0="))
    await refused(stripe, payload, signed[:-1])


@pytest.mark.parametrize("secret", ["", "whsec_of_another", SECRET + "x"])
async def test_what_somebody_else_has_signed_is_refused(stripe: httpx.AsyncClient, secret: str) -> None:
    payload = json.dumps(payment({"user_id": (await make_user()).id})).encode()

    await refused(stripe, payload, signature(payload, secret=secret))


async def test_while_a_secret_is_exchanged_one_of_two_signatures_is_enough(stripe: httpx.AsyncClient) -> None:
    payload = json.dumps(payment({"user_id": (await make_user()).id})).encode()
    moment, _, good = signature(payload).partition(",")

    for header in (f"{moment},v1={'0' * 64},{good},v0=1", f"{good}, v1={'0' * 64}, {moment}"):
        assert (await tell(stripe, payload, header=header)).status_code == 200

    assert await PurchaseEvent.all().count() == 1


async def test_what_is_not_about_us_is_answered_and_forgotten(stripe: httpx.AsyncClient) -> None:
    nobody = {"user_id": "nobody"}
    both = {"user_id": (await make_user()).id, "organization_id": "o"}
    for each in (
        event("invoice.paid", {"id": "in_1"}),
        {"id": "evt_0", "type": "v2.core.something", "created": 0},
        subscription("trial_will_end", nobody),
        subscription("updated", {}),
        subscription("updated", both),
        subscription("updated", nobody),
        payment(both, mode="subscription", payment_intent=None),
        payment({}),
    ):
        answer = await tell(stripe, each)

        assert (answer.status_code, answer.json()) == (200, {"recorded": False})
    assert await PurchaseEvent.all().count() == await Purchase.all().count() == 0


UNREADABLE = [
    b"",
    b"{",
    b"[]",
    b"null",
    b"\xff",
    *(
        b'{"type": "customer.subscription.updated"%s}' % it
        for it in (b"", b', "data": {"object": null}', b', "data": {"object": {"items": {"data": []}}}')
    ),
]


@pytest.mark.parametrize("payload", UNREADABLE)
async def test_what_is_signed_but_can_not_be_read_is_told_again(stripe: httpx.AsyncClient, payload: bytes) -> None:
    await refused(stripe, payload, signature(payload))


async def test_a_payment_for_nothing_is_refused_for_people_to_see(stripe: httpx.AsyncClient) -> None:
    user = await make_user()

    answer = await tell(stripe, payment({}, metadata={"user_id": user.id}))

    assert (answer.status_code, answer.json()["error"]) == (422, "ChangeInvalid")


async def test_ten_megabytes_are_not_read_to_their_end(stripe: httpx.AsyncClient) -> None:
    payload = b"x" * 10_000_000

    answer = await tell(stripe, payload)
    user = await make_user()
    after = await tell(stripe, payment({"user_id": user.id}))

    assert answer.status_code == 413
    assert after.json() == {"recorded": True}
    assert clock.now() > (await Purchase.get()).created_at


async def test_without_a_secret_nothing_is_believed(migrated: None) -> None:
    async with running("uvicorn", "examples.stripe_webhook:app", "--port=0") as program:
        line = await program.until("running on http://")
        async with httpx.AsyncClient(base_url=line.partition("running on ")[2].split()[0]) as http:
            answer = await tell(http, b"{}", header=signature(b"{}", secret=""))

    assert answer.status_code == 503
    assert "STYLOBATE_STRIPE_WEBHOOK_SECRET is not set" in program.said
