"""What must be known when a browser comes back from a provider: a verification, single use and ten minutes.

It is sealed. Where the database is shared it has the other side's form, so that either side can finish what one began.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core import clock, users, verifications
from core.crypto import sealing
from core.settings import settings

PURPOSE = "oauth-state"
LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What was begun. The other side does not say at which provider, and asks for a nonce only where it must."""

    provider: str | None
    issuer: str | None
    verifier: str
    nonce: str | None
    redirect_uri: str
    redirect_to: str
    user_id: str | None


async def keep(begun: Begun) -> str:
    """Keep it, and return the state that goes to the provider.

    Raises:
        UserNotFound: the person to link to is gone.
        SettingsInvalid: there is no key to seal with.
    """
    if verifications.is_shared(PURPOSE):
        value = json.dumps(await _as_theirs(begun))
    else:
        plain = {name: getattr(begun, name) for name in Begun.__slots__}
        value = sealing.seal(json.dumps(plain), purpose=PURPOSE)
    return (await verifications.issue(purpose=PURPOSE, value=value, lifetime=LIFETIME)).token


async def use_up(state: str, *, redirect_uri: str) -> Begun:
    """Use it up; ``redirect_uri`` is where the browser came back to.

    Raises:
        VerificationInvalid: it is not there, or not any more.
    """
    value = await verifications.consume(purpose=PURPOSE, token=state)
    if not value.startswith("{"):
        return Begun(**json.loads(sealing.unseal(value, purpose=PURPOSE)))
    try:
        return _of_theirs(json.loads(value), redirect_uri)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise verifications.VerificationInvalid from None


async def _as_theirs(begun: Begun) -> dict[str, Any]:
    value: dict[str, Any] = {
        "callbackURL": settings().base_url.rstrip("/") + begun.redirect_to,
        "codeVerifier": begun.verifier,
        "expiresAt": int((clock.now() + LIFETIME).timestamp() * 1000),
        "provider": begun.provider,
        "issuer": begun.issuer,
    }
    if begun.nonce is not None:
        value["idTokenNonce"] = begun.nonce
    if begun.user_id is not None:
        user = await users.get(begun.user_id)
        value["link"] = {"email": user.email, "userId": user.id}
    return value


def _of_theirs(value: dict[str, Any], redirect_uri: str) -> Begun:
    goes_to = str(value["callbackURL"]).removeprefix(settings().base_url.rstrip("/"))
    # To another site of the application's it does not go from here.
    here = goes_to.startswith("/") and not goes_to.startswith("//") and "\\" not in goes_to and goes_to.isprintable()
    link = value.get("link")
    return Begun(
        provider=value.get("provider"),
        issuer=value.get("issuer"),
        verifier=str(value["codeVerifier"]),
        nonce=value.get("idTokenNonce"),
        redirect_uri=redirect_uri,
        redirect_to=goes_to if here else "/",
        user_id=str(link["userId"]) if link else None,
    )
