"""Organizations, and their address."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from core import organizations
from core.paging import Page
from core.web.identity import CurrentMember, CurrentSession
from core.web.routes.fields import Address, After, Body, Id, Limit, Listed, Name, Shown
from models import Organization

router = APIRouter()
inside = APIRouter(prefix="/organizations/{organization_id}")

Slug = Annotated[str, Field(max_length=63)]


class Founding(Body):
    """A new organization. Its slug is made of its name unless it is given."""

    name: Name
    slug: Slug | None = None
    logo: Address | None = None
    metadata: dict[str, Any] | None = None


class OrganizationChange(Body):
    """What is to be another; what is left out or null stays. An empty logo takes it away."""

    name: Name | None = None
    slug: Slug | None = None
    logo: Address | None = None
    metadata: dict[str, Any] | None = None


class Group(Shown):
    """An organization."""

    id: str
    name: str
    slug: str
    logo: str | None
    created_at: datetime


class Details(Group):
    """An organization with what the app keeps with it."""

    metadata: dict[str, Any]


class Available(Shown):
    """Whether nobody has it."""

    available: bool


@router.get("/organizations", response_model=Listed[Group])
async def list_organizations(here: CurrentSession, after: After = None, limit: Limit = 50) -> Page[Organization]:
    """My organizations, the newest first."""
    return await organizations.list_for_user(user_id=here.user_id, after=after, limit=limit)


@router.post("/organizations", status_code=201)
async def create_organization(body: Founding, here: CurrentSession) -> Details:
    """Make one, and be its owner."""
    return _details(await organizations.create(user_id=here.user_id, **body.model_dump()))


@inside.get("")
async def get_organization(actor: CurrentMember) -> Details:
    """One of mine."""
    return _details(await organizations.get(actor))


@inside.patch("")
async def update_organization(body: OrganizationChange, actor: CurrentMember) -> Details:
    """Change it."""
    return _details(await organizations.update(actor, **body.model_dump()))


@inside.delete("", status_code=204)
async def delete_organization(actor: CurrentMember) -> None:
    """Delete it with everything that is its own."""
    await organizations.delete(actor)


@router.get("/slugs/{slug}")
async def slug_available(slug: Id, here: CurrentSession) -> Available:  # noqa: ARG001  not for strangers
    """Whether an organization could have this slug."""
    return Available(available=await organizations.slug_available(slug))


def _details(organization: Organization) -> Details:
    return Details(
        id=organization.id,
        name=organization.name,
        slug=organization.slug,
        logo=organization.logo,
        created_at=organization.created_at,
        metadata=organizations.metadata(organization),
    )
