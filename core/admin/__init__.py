"""Admin: what the people who run the product may do to those who use it.

Every act takes the ``actor_id`` of an administrator. Whether they are one is asked of the database in the transaction
of the act, with their row held, so whoever was banned or demoted a moment ago has no power; and the act leaves an audit
row in the same transaction. Administrators are out of each other's reach but for their sessions and roles: who is to be
banned, impersonated or deleted is demoted first, and so somebody always remains (``set_roles``). Reading leaves no row.

There is no way in for the first one: ``UPDATE "user" SET "role" = 'admin' WHERE "email" = …``.
"""

from core.admin.authority import NotAdministrator, OnAdministrator, OnOneself, require
from core.admin.bans import BanInvalid, Lifted, ban, lift_bans, unban
from core.admin.people import (
    LastAdministrator,
    RoleInvalid,
    create_user,
    delete_user,
    list_users,
    set_password,
    set_roles,
)
from core.admin.visits import (
    NotImpersonating,
    impersonate,
    list_sessions,
    revoke_session,
    revoke_sessions,
    stop_impersonating,
)

__all__ = [
    "BanInvalid",
    "LastAdministrator",
    "Lifted",
    "NotAdministrator",
    "NotImpersonating",
    "OnAdministrator",
    "OnOneself",
    "RoleInvalid",
    "ban",
    "create_user",
    "delete_user",
    "impersonate",
    "lift_bans",
    "list_sessions",
    "list_users",
    "require",
    "revoke_session",
    "revoke_sessions",
    "set_password",
    "set_roles",
    "stop_impersonating",
    "unban",
]
