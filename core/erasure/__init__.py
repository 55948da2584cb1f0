"""Erasure: what a person may ask for by law, all that is known of them, and that it be forgotten (GDPR 15, 17, 20).

``PARTS`` says of every column of every table that knows people whether it is theirs to see. A test walks the tables, so
that a new one can't be forgotten. What is deleted, what stays and why, says docs/decisions/0015.
"""

from core.erasure.copying import export, stream
from core.erasure.forgetting import OnlyOwner, SubscriptionRunning, erase, hold
from core.erasure.parts import NOBODYS, PARTS, Part

__all__ = ["NOBODYS", "PARTS", "OnlyOwner", "Part", "SubscriptionRunning", "erase", "export", "hold", "stream"]
