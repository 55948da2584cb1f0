"""Making, finding, changing and deleting organizations."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tortoise.exceptions import IntegrityError

from core import audit, clock, database, members, paging, permissions
from core.database.statements import fetch
from core.errors import Conflict, Invalid
from core.events import Event, publish
from core.members import OrganizationNotFound
from core.organizations import slugs
from core.organizations.slugs import SlugTaken
from core.paging import Page
from core.permissions import OWNER
from core.settings import settings
from core.text import cleaned
from core.users import UserNotFound
from models import Member, Organization
from models.base import new_id

_NAME, _LOGO = 200, 2_048
_METADATA = 16 * 1024


class TooManyOrganizations(Conflict):
    """You own as many organizations as one can."""


class MetadataInvalid(Invalid):
    """Metadata is a JSON object of at most 16 KiB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationCreated(Event):
    """There is a new organization, and its owner."""

    organization_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationUpdated(Event):
    """An organization has another name, slug, logo or other metadata."""

    organization_id: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationDeleted(Event):
    """An organization and all that was its own is gone."""

    organization_id: str
    by: str


async def create(
    *,
    user_id: str,
    name: str,
    slug: str | None = None,
    logo: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Organization:
    """Make an organization with this person as its owner.

    Args:
        user_id: the owner.
        name: what people call it.
        slug: its name in an address; one is made of the name unless it is given.
        logo: where its picture is.
        metadata: whatever an app wants to keep with it.

    Raises:
        TextInvalid, SlugInvalid, MetadataInvalid: the input can't be stored.
        SlugTaken: another has the slug that was given. Of many at once, one gets it.
        TooManyOrganizations: the person owns ``organizations_per_user`` of them.
        UserNotFound: there is no such person.
    """
    values = _checked(name=name, slug=slug, logo=logo, metadata=metadata)
    async with database.transaction():
        await _refuse_too_many(user_id)
        organization_id = await _insert(values)
        await members.add(organization_id=organization_id, user_id=user_id, role=OWNER)
        await publish(OrganizationCreated(organization_id=organization_id, by=user_id))
        return await Organization.get(id=organization_id)


def _checked(
    *, name: str | None, slug: str | None, logo: str | None, metadata: Mapping[str, Any] | None
) -> dict[str, str | None]:
    """What is given, as it is stored."""
    values: dict[str, str | None] = {}
    if name is not None:
        values["name"] = cleaned(name, what="a name", longest=_NAME)
    if slug is not None:
        values["slug"] = slugs.checked(slug)
    if logo is not None:
        values["logo"] = cleaned(logo, what="a logo", longest=_LOGO) if logo else None
    if metadata is not None:
        values["metadata"] = _written(metadata)
    return values


def _written(metadata: Mapping[str, Any]) -> str:
    try:
        # With escapes, so that whatever is in it can be stored.
        text = json.dumps(dict(metadata), allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):
        raise MetadataInvalid from None
    if len(text) > _METADATA:
        raise MetadataInvalid
    return text


async def _refuse_too_many(user_id: str) -> None:
    """Hold the person, so that of many they make at once none is one too many."""
    statement = 'SELECT 1 FROM "user" WHERE "id" = $1'
    if database.dialect() == "postgres":
        statement += " FOR NO KEY UPDATE"
    if not await fetch(statement, user_id):
        raise UserNotFound
    if len(await _owned(user_id)) >= settings().organizations_per_user:
        raise TooManyOrganizations


async def _owned(user_id: str) -> list[str]:
    rows = await Member.filter(user_id=user_id, role__contains=OWNER).order_by("organization_id")
    return [row.organization_id for row in rows if OWNER in permissions.split(row.role)]


async def _insert(values: dict[str, str | None]) -> str:
    organization_id = new_id()
    given = values.get("slug")
    # The end of a UUIDv7 is chance.
    tried = [given] if given else slugs.candidates(values["name"] or "", ending=organization_id[-12:])
    for slug in tried:
        if await fetch(
            """
            INSERT INTO "organization" ("id", "name", "slug", "logo", "metadata", "createdAt")
            VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT ("slug") DO NOTHING RETURNING "id"
            """,
            organization_id,
            values["name"],
            slug,
            values.get("logo"),
            values.get("metadata"),
            clock.now(),
        ):
            return organization_id
    raise SlugTaken


async def get(actor: Member) -> Organization:
    """The actor's organization.

    Raises:
        OrganizationNotFound, NotPermitted: see ``members.require``.
    """
    await members.require(actor, "organization.read")
    organization = await Organization.get_or_none(id=actor.organization_id)
    if organization is None:  # Deleted since the line before.
        raise OrganizationNotFound
    return organization


async def find_by_slug(slug: str, *, user_id: str) -> Organization | None:
    """The organization with this slug, if the person belongs to it."""
    return await Organization.get_or_none(slug=slug, members__user_id=user_id)


async def slug_available(slug: str) -> bool:
    """Whether nobody has this slug. Somebody may have taken it by the time it is used.

    Raises:
        SlugInvalid: it can't be one.
    """
    return not await Organization.exists(slug=slugs.checked(slug))


async def list_for_user(*, user_id: str, after: str | None = None, limit: int = 50) -> Page[Organization]:
    """The organizations that a person belongs to, the newest first."""
    return await paging.page(Organization.filter(members__user_id=user_id), after=after, limit=limit)


async def list_owned_alone(*, user_id: str) -> list[Organization]:
    """The organizations whose only owner this person is, and which would have none without them.

    In a transaction they are held, so that it stays true until its end.
    """
    alone = []
    for organization_id in await _owned(user_id):
        try:
            await members.hold(organization_id)
        except OrganizationNotFound:  # Deleted while it was waited for.
            continue
        owners = [
            member.user_id
            for member in await Member.filter(organization_id=organization_id, role__contains=OWNER)
            if OWNER in permissions.split(member.role)
        ]
        if owners == [user_id]:
            alone.append(organization_id)
    return await Organization.filter(id__in=alone).order_by("-id") if alone else []


async def update(
    actor: Member,
    *,
    name: str | None = None,
    slug: str | None = None,
    logo: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Organization:
    """Change what is given of the actor's organization; what is None stays. An empty logo takes it away.

    Raises:
        TextInvalid, SlugInvalid, MetadataInvalid: the input can't be stored.
        SlugTaken: another has the slug.
        OrganizationNotFound, NotPermitted: see ``members.require``.
    """
    values = _checked(name=name, slug=slug, logo=logo, metadata=metadata)
    try:
        async with members.authority(actor, "organization.update") as current:
            if values:
                await Organization.filter(id=current.organization_id).update(**values)
                await audit.record(
                    "organization.update",
                    actor_id=current.user_id,
                    subject_id=current.organization_id,
                    organization_id=current.organization_id,
                    changed=sorted(values),
                )
                await publish(OrganizationUpdated(organization_id=current.organization_id, by=current.user_id))
            return await Organization.get(id=current.organization_id)
    except IntegrityError:
        raise SlugTaken from None


def metadata(organization: Organization) -> dict[str, Any]:
    """What an app keeps with an organization. What another program wrote there and is no JSON object is nothing."""
    try:
        found = json.loads(organization.metadata or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


async def delete(actor: Member) -> None:
    """Delete the actor's organization with everything that is its own. By default only an owner may.

    Raises:
        OrganizationNotFound, NotPermitted: see ``members.require``.
    """
    async with members.authority(actor, "organization.delete") as current:
        now = clock.now()
        # Neither is a foreign key. They are found by their people, since the column itself has no index.
        await fetch(
            """
            UPDATE "user" SET "lastActiveOrganizationId" = NULL, "updatedAt" = $1 WHERE "lastActiveOrganizationId" = $2
                AND "id" IN (SELECT "userId" FROM "member" WHERE "organizationId" = $2)
            """,
            now,
            current.organization_id,
        )
        await fetch(
            """
            UPDATE "session" SET "activeOrganizationId" = NULL, "updatedAt" = $1 WHERE "activeOrganizationId" = $2
                AND "userId" IN (SELECT "userId" FROM "member" WHERE "organizationId" = $2)
            """,
            now,
            current.organization_id,
        )
        await audit.record(
            "organization.delete",
            actor_id=current.user_id,
            subject_id=current.organization_id,
            organization_id=current.organization_id,
        )
        await Organization.filter(id=current.organization_id).delete()
        await publish(OrganizationDeleted(organization_id=current.organization_id, by=current.user_id))
