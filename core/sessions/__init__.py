"""Sessions: who is signed in, from where, until when.

The token is the whole proof, is shown once, and is stored as a digest. Using a session moves its end (rolling expiry)
up to a limit counted from its beginning. ``refresh`` exchanges the token: the old one works for a few seconds more, for
requests under way and other tabs, and whoever uses it later has copied it, or was copied from. Then the session ends.

Where the database is shared, the token is stored as it is and never exchanged, because the other side has it, too.
"""

from core.sessions.authenticating import authenticate
from core.sessions.ending import purge_expired, revoke, revoke_all, revoke_others, revoke_token
from core.sessions.exchanging import refresh
from core.sessions.issuing import Issued, create
from core.sessions.listing import list_live
from core.sessions.principal import Principal, SessionInvalid, SessionNotFound

__all__ = [
    "Issued",
    "Principal",
    "SessionInvalid",
    "SessionNotFound",
    "authenticate",
    "create",
    "list_live",
    "purge_expired",
    "refresh",
    "revoke",
    "revoke_all",
    "revoke_others",
    "revoke_token",
]
