"""Verifying an address: no row, but a token that is signed (a JWT, HS256) and says whose address it is."""

import json
from datetime import datetime, timedelta
from typing import NamedTuple

from core.better_auth.secrets import current_secret

_LONGEST = 4_096


class Address(NamedTuple):
    """What a link says. Older versions name no user."""

    email: str
    user_id: str | None


def make(*, email: str, user_id: str, now: datetime, lifetime: timedelta) -> str:
    """A token for a link to an address."""
    from joserfc import jws  # noqa: PLC0415  it brings cryptography, which takes long to import
    from joserfc.jwk import OctKey  # noqa: PLC0415  the same

    issued = int(now.timestamp())
    claims = {"email": email, "userId": user_id, "iat": issued, "exp": issued + int(lifetime.total_seconds())}
    payload = json.dumps(claims, ensure_ascii=False, separators=(",", ":"))
    return jws.serialize_compact({"alg": "HS256"}, payload, OctKey.import_key(current_secret()))


def read(token: str, *, now: datetime) -> Address | None:
    """What a token says, if it is signed, not over, and for verifying an address (and not for changing one)."""
    from joserfc import jwt  # noqa: PLC0415  as above
    from joserfc.errors import JoseError  # noqa: PLC0415  as above
    from joserfc.jwk import OctKey  # noqa: PLC0415  as above

    if len(token) > _LONGEST:
        return None
    try:
        claims = jwt.decode(token, OctKey.import_key(current_secret()), algorithms=["HS256"]).claims
    except (JoseError, ValueError, TypeError, RecursionError):
        return None
    email, user_id, ends = claims.get("email"), claims.get("userId"), claims.get("exp")
    if not isinstance(email, str) or not isinstance(user_id, str | None) or not isinstance(ends, int):
        return None
    if claims.get("updateTo") is not None or ends <= now.timestamp():
        return None
    return Address(email, user_id)
