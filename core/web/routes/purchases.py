"""What was paid for, by a person or by an organization."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends

from core import purchases
from core.paging import Page
from core.web.identity import CurrentSession, acting
from core.web.routes.fields import After, Limit, Listed, Shown
from models import Member, Purchase, PurchaseType

router = APIRouter(prefix="/me")
inside = APIRouter(prefix="/organizations/{organization_id}")

_Reader = Annotated[Member, Depends(acting("purchase.read"))]


class Bought(Shown):
    """A subscription or a single payment."""

    id: str
    type: PurchaseType
    product_id: str | None
    price_id: str | None
    status: str | None
    seats: int | None
    current_period_end: datetime | None
    created_at: datetime


class Plan(Shown):
    """What can be used at this moment, because it is paid for."""

    purchase_id: str
    type: PurchaseType
    product_id: str | None
    price_id: str | None
    status: str | None
    seats: int | None
    until: datetime | None
    cancelled_at_period_end: bool


@router.get("/purchases", response_model=Listed[Bought])
async def list_my_purchases(here: CurrentSession, after: After = None, limit: Limit = 50) -> Page[Purchase]:
    """All that I have ever purchased, the newest first."""
    return await purchases.list_purchases(user_id=here.user_id, after=after, limit=limit)


@router.get("/plan", response_model=Plan | None)
async def get_my_plan(here: CurrentSession) -> purchases.Plan | None:
    """What I may use; null for nothing that is paid for."""
    return await purchases.active_plan(user_id=here.user_id)


@inside.get("/purchases", response_model=Listed[Bought])
async def list_purchases(actor: _Reader, after: After = None, limit: Limit = 50) -> Page[Purchase]:
    """All that it has ever purchased, the newest first."""
    return await purchases.list_purchases(organization_id=actor.organization_id, after=after, limit=limit)


@inside.get("/plan", response_model=Plan | None)
async def get_plan(actor: _Reader) -> purchases.Plan | None:
    """What it may use; null for nothing that is paid for."""
    return await purchases.active_plan(organization_id=actor.organization_id)
