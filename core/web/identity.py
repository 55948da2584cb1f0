"""Who is asking: the session's token in its cookie or as a bearer, what it opens, and where it is a member."""

from collections.abc import Awaitable, Callable
from typing import Annotated, TypedDict

from fastapi import Depends, Path, Security
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection
from starlette.responses import Response

from core import members, sessions, users
from core.better_auth import cookies as shared
from core.errors import Forbidden
from core.sessions import Principal, SessionInvalid
from core.settings import settings
from core.web.cookies import CACHE, DONT_REMEMBER, SESSION
from models import Member, User
from models.base import KEY


def session_token(request: HTTPConnection) -> str | None:
    """The token that came with a request: the cookie's, else the bearer's. Whether it is valid is not asked.

    Where the database is shared, a bearer may come signed, as better-auth's clients keep it.
    """
    token = SESSION.of(request)
    if token is None:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        token = credentials.strip() if scheme.lower() == "bearer" else None
        if token and "." in token and settings().sharing:
            token = shared.read(token)
    return token or None


class _Session(SecurityBase):
    """How a description of the API says that a session is needed."""

    scheme_name = "session"
    model = HTTPBearer(description="The token of a session. A browser that has it as a cookie needs nothing else.")

    async def __call__(self, request: HTTPConnection) -> str | None:
        return session_token(request)


async def _current_session(
    token: Annotated[str | None, Security(_Session())], request: HTTPConnection, response: Response
) -> Principal:
    if token is None:
        raise SessionInvalid
    here = await sessions.authenticate(token)
    if here.extended and settings().sharing and SESSION.of(request) == token:
        set_session_cookie(response, token, secure=request.url.is_secure)
    return here


CurrentSession = Annotated[Principal, Depends(_current_session)]
"""A valid session, or SessionInvalid."""


async def _current_user(session: CurrentSession) -> User:
    user = await users.find(session.user_id)
    if user is None:  # Deleted since the line before.
        raise SessionInvalid
    return user


CurrentUser = Annotated[User, Depends(_current_user)]
"""The person of a valid session, or SessionInvalid."""


class NotInAnothersName(Forbidden):
    """Nobody may do this in another's name."""


async def _oneself(session: CurrentSession) -> Principal:
    if session.impersonated_by is not None:
        raise NotInAnothersName
    return session


Oneself = Annotated[Principal, Depends(_oneself)]
"""A valid session of the person themselves; NotInAnothersName if it is an administrator's in their name."""


def acting(permission: str | None = None) -> Callable[..., Awaitable[Member]]:
    """A dependency: the person as a member of the organization that the path names as ``organization_id``.

    ::

        @app.get("/organizations/{organization_id}/report")
        async def report(actor: Annotated[Member, Depends(web.acting("report.read"))]) -> ...: ...

    It refuses with SessionInvalid, OrganizationNotFound or NotPermitted. What core does with ``actor`` asks once more.

    Args:
        permission: what for; None for what every member may, or what core asks for itself.
    """

    async def member(session: CurrentSession, organization_id: Annotated[str, Path(max_length=KEY)]) -> Member:
        actor = await members.acting(user_id=session.user_id, organization_id=organization_id)
        return await members.require(actor, permission)

    return member


CurrentMember = Annotated[Member, Depends(acting())]
"""The person as a member of the path's ``organization_id``, or SessionInvalid or OrganizationNotFound."""


def set_session_cookie(response: Response, token: str, *, secure: bool, remember: bool = True) -> None:
    """Let a browser keep the token.

    The cookie lasts as long as a session can at the most. When the session really ends is the database's to say, and
    moves with every use. Where the database is shared it is better-auth's cookie, which lasts for a
    ``session_lifetime`` and is sent again when the session is extended.

    Args:
        response: what is sent back.
        token: the session's.
        secure: whether the request came over https: ``request.url.is_secure``.
        remember: whether it is kept when the browser is closed. If not, better-auth does not extend the session.
    """
    if not settings().sharing:
        SESSION.set(response, token, lifetime=settings().session_lifetime_limit if remember else None, secure=secure)
        return
    SESSION.set(response, token, lifetime=settings().session_lifetime if remember else None, secure=secure)
    CACHE.clear(response, secure=secure)
    if remember:
        DONT_REMEMBER.clear(response, secure=secure)
    else:
        DONT_REMEMBER.set(response, "true", lifetime=None, secure=secure)


def is_remembered(request: HTTPConnection) -> bool:
    """Whether the session of a request's cookie is one that better-auth extends."""
    return not (settings().sharing and DONT_REMEMBER.of(request))


def clear_session_cookie(response: Response, *, secure: bool) -> None:
    """Let a browser forget the token; ``secure`` as in ``set_session_cookie``."""
    SESSION.clear(response, secure=secure)
    if settings().sharing:
        CACHE.clear(response, secure=secure)
        DONT_REMEMBER.clear(response, secure=secure)


class Client(TypedDict):
    """Where a request came from, in the words of ``authentication.sign_in(..., **client(request))``."""

    ip_address: str | None
    user_agent: str | None


def client(request: HTTPConnection) -> Client:
    """Where a request came from. Behind a proxy the address is the visitor's only with ``--proxy-headers``."""
    return Client(
        ip_address=request.client.host if request.client else None, user_agent=request.headers.get("user-agent")
    )
