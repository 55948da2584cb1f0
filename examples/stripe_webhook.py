"""Stripe tells what was paid, and the core keeps it.

Run it from the project's root with STYLOBATE_STRIPE_WEBHOOK_SECRET set: ``uvicorn examples.stripe_webhook:app``. On a
laptop, ``stripe listen --forward-to 127.0.0.1:8000/webhooks/stripe`` brings the events and says the secret.

Whose a purchase is, Stripe hands back out of the metadata that the checkout was made with: ``user_id`` or
``organization_id``, for a subscription in ``subscription_data.metadata``; a single payment also needs ``product_id``.
"""

import hmac
import json
import logging
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from fastapi import FastAPI, HTTPException, Request

from core import clock, purchases, web
from core.errors import Unavailable
from core.purchases import Change, Status
from core.settings import settings
from models import PurchaseType

_log = logging.getLogger(__name__)

TOLERANCE = 300
"""Seconds that a signature is good for."""
LARGEST = 1024 * 1024
"""Bytes of an event at the most."""

STATUS = {
    "incomplete": Status.INCOMPLETE,
    "incomplete_expired": Status.EXPIRED,
    "trialing": Status.TRIALING,
    "active": Status.ACTIVE,
    "past_due": Status.PAST_DUE,
    "unpaid": Status.UNPAID,
    "paused": Status.PAUSED,
    "canceled": Status.CANCELED,
}
SUBSCRIPTION_EVENTS = {
    f"customer.subscription.{what}" for what in ("created", "updated", "deleted", "paused", "resumed")
}
# Some ways to pay take days: then the checkout is completed unpaid, and the payment succeeds later.
PAYMENT_EVENTS = {"checkout.session.completed", "checkout.session.async_payment_succeeded"}

app = FastAPI(title="What Stripe tells", lifespan=web.lifespan)
web.install(app)


@app.post("/webhooks/stripe")
async def hear(request: Request) -> dict[str, bool]:
    """Take in an event. What is answered with 200 Stripe does not tell again; anything else it repeats for days."""
    payload = await read(request)
    if not is_signed(payload, request.headers.get("stripe-signature", "")):
        raise HTTPException(400, "The signature is missing, wrong or too old.")
    try:
        change = understood(json.loads(payload))
    except (AttributeError, KeyError, IndexError, TypeError, ValueError):
        # It is from Stripe, and written otherwise than we expect. Their dashboard shows it as failed, and so it is.
        raise HTTPException(400, "This event can't be read.") from None
    if change is None:
        return {"recorded": False}
    try:
        return {"recorded": await purchases.record(change) is not None}
    except purchases.OwnerNotFound:
        _log.warning("an event of a purchase whose owner is gone: %s", change.event_id)
        return {"recorded": False}


async def read(request: Request) -> bytes:
    """The body as it came, since the signature is over its bytes; no more of it than an event may have."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise HTTPException(413, "An event is never this large.")
    return bytes(body)


def is_signed(payload: bytes, header: str) -> bool:
    """Whether Stripe has signed this, and lately."""
    secret = settings().stripe_webhook_secret
    if secret is None:
        raise Unavailable("STYLOBATE_STRIPE_WEBHOOK_SECRET is not set", remedy="copy it from Stripe's dashboard")
    # The ``stripe`` package does the same: Webhook.construct_event.
    parts = [part.strip().partition("=") for part in header.split(",")]
    time = next((value for name, _, value in parts if name == "t"), "")
    if not re.fullmatch("[0-9]{1,12}", time) or abs(clock.now().timestamp() - int(time)) > TOLERANCE:
        return False
    expected = hmac.digest(secret.get_secret_value().encode(), time.encode() + b"." + payload, sha256).hex().encode()
    # While a secret is being exchanged there are two signatures.
    return any([hmac.compare_digest(expected, value.encode()) for name, _, value in parts if name == "v1"])  # noqa: C419


def understood(event: dict[str, Any]) -> Change | None:
    """The event in the core's words; None when it is not about a purchase of ours."""
    if event["type"] not in SUBSCRIPTION_EVENTS | PAYMENT_EVENTS:
        return None
    told = event["data"]["object"]
    metadata = told.get("metadata") or {}
    if event["type"] in SUBSCRIPTION_EVENTS:
        item = told["items"]["data"][0]
        status = STATUS[told["status"]]
        # It ends by choice, with the period or on a day; until then it is paid for.
        ends = told.get("cancel_at") if status in {Status.ACTIVE, Status.TRIALING} else None
        if ends or (status in {Status.ACTIVE, Status.TRIALING} and told.get("cancel_at_period_end")):
            status = Status.CANCELING
        # Since 2025-03-31 the period is the item's.
        ends = ends or item.get("current_period_end") or told.get("current_period_end")
        what = {
            "type": PurchaseType.SUBSCRIPTION,
            "subscription_id": told["id"],
            "product_id": item["price"]["product"],
            "price_id": item["price"]["id"],
            "status": status,
            "seats": item.get("quantity"),
            "current_period_end": ends and datetime.fromtimestamp(ends, UTC),
        }
    elif told["mode"] == "payment" and told["payment_status"] != "unpaid":
        what = {
            "type": PurchaseType.ONE_TIME,
            "subscription_id": told.get("payment_intent") or told["id"],
            "product_id": metadata.get("product_id"),
            "status": Status.ACTIVE,
        }
    else:
        return None
    owner = {name: metadata[name] for name in ("user_id", "organization_id") if metadata.get(name)}
    if len(owner) != 1:
        _log.warning("an event that does not say whose it is: %s", event["id"])
        return None
    return Change(
        event_id=event["id"],
        provider="stripe",
        occurred_at=datetime.fromtimestamp(event["created"], UTC),
        customer_id=told.get("customer") or told["id"],
        **what,
        **owner,
    )
