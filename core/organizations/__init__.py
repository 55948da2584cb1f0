"""Organizations: groups of people, with an owner at least, who is the person who made it."""

from core.members import OrganizationNotFound
from core.organizations.active import set_active
from core.organizations.organization import (
    MetadataInvalid,
    OrganizationCreated,
    OrganizationDeleted,
    OrganizationUpdated,
    TooManyOrganizations,
    create,
    delete,
    find_by_slug,
    get,
    list_for_user,
    list_owned_alone,
    metadata,
    slug_available,
    update,
)
from core.organizations.slugs import SlugInvalid, SlugTaken

__all__ = [
    "MetadataInvalid",
    "OrganizationCreated",
    "OrganizationDeleted",
    "OrganizationNotFound",
    "OrganizationUpdated",
    "SlugInvalid",
    "SlugTaken",
    "TooManyOrganizations",
    "create",
    "delete",
    "find_by_slug",
    "get",
    "list_for_user",
    "list_owned_alone",
    "metadata",
    "set_active",
    "slug_available",
    "update",
]
