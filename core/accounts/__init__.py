"""Accounts: the ways in. The password and identities at other providers stand in one table.

A provider's tokens are stored sealed, and leave this package only through ``access_token``.
"""

from core.accounts.access import AccessLost, access_token
from core.accounts.exchange import GrantRefused, Tokens
from core.accounts.identities import (
    AccountLinked,
    AccountNotFound,
    AccountTaken,
    AccountUnlinked,
    LastWayIn,
    Linked,
    find_owner,
    link,
    list_accounts,
    unlink,
)
from core.accounts.password import (
    CREDENTIAL,
    PasswordInvalid,
    find_by_password,
    hash_password,
    set_password,
    store_password,
    verify_password,
)
from core.accounts.providers import Provider, ProviderUnknown, provider
from core.accounts.requests import ProviderUnavailable

__all__ = [
    "CREDENTIAL",
    "AccessLost",
    "AccountLinked",
    "AccountNotFound",
    "AccountTaken",
    "AccountUnlinked",
    "GrantRefused",
    "LastWayIn",
    "Linked",
    "PasswordInvalid",
    "Provider",
    "ProviderUnavailable",
    "ProviderUnknown",
    "Tokens",
    "access_token",
    "find_by_password",
    "find_owner",
    "hash_password",
    "link",
    "list_accounts",
    "provider",
    "set_password",
    "store_password",
    "unlink",
    "verify_password",
]
