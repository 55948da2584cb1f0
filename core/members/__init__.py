"""Members: who belongs to an organization, and what they may do there.

Authority is an argument. What happens inside an organization takes ``actor: Member``, had only from ``acting``, and the
organization it happens in is the actor's, so there is no way to name another.
"""

from core.members.membership import (
    LastOwner,
    MemberJoined,
    MemberLeft,
    MemberNotFound,
    OrganizationFull,
    RolesChanged,
    add,
    change_roles,
    get,
    leave,
    list_members,
    remove,
    transfer_ownership,
)
from core.members.standing import (
    NotPermitted,
    OrganizationNotFound,
    OwnersOnly,
    acting,
    authority,
    hold,
    require,
    require_cover,
)

__all__ = [
    "LastOwner",
    "MemberJoined",
    "MemberLeft",
    "MemberNotFound",
    "NotPermitted",
    "OrganizationFull",
    "OrganizationNotFound",
    "OwnersOnly",
    "RolesChanged",
    "acting",
    "add",
    "authority",
    "change_roles",
    "get",
    "hold",
    "leave",
    "list_members",
    "remove",
    "require",
    "require_cover",
    "transfer_ownership",
]
