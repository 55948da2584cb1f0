"""Purchases: what was paid for, as the payment provider tells it.

Providers tell a thing twice, and the later before the earlier. So each event has a row of its own, by which it is
known when it is told again, and the state it brings replaces only an older one: in whatever order the events arrive,
and however often, the purchase ends up the same. docs/decisions/0012 says how events of one moment are ordered.
"""

from core.purchases.change import Change, ChangeInvalid, Status
from core.purchases.lapsing import Ended, end_lapsed, prune_events
from core.purchases.plans import GRACE, Plan, active_plan, list_purchases, seats_left
from core.purchases.recording import OwnerNotFound, PurchaseChanged, record

__all__ = [
    "GRACE",
    "Change",
    "ChangeInvalid",
    "Ended",
    "OwnerNotFound",
    "Plan",
    "PurchaseChanged",
    "Status",
    "active_plan",
    "end_lapsed",
    "list_purchases",
    "prune_events",
    "record",
    "seats_left",
]
