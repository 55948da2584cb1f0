"""Who is asking: the session's token in its cookie or as a bearer, and what it opens.

Over https the cookie has the prefix ``__Host-``: a browser takes it only from this very host and over TLS, so that a
neighbouring subdomain can't sign a visitor in as somebody else. Whether it is https, the request says; behind a proxy,
start uvicorn with ``--proxy-headers`` and ``--forwarded-allow-ips``.
"""

from typing import Annotated, TypedDict

from fastapi import Depends
from starlette.requests import HTTPConnection
from starlette.responses import Response

from core import sessions, users
from core.sessions import Principal, SessionInvalid
from core.settings import settings
from models import User

_COOKIE = "session_token"
_COOKIE_SECURE = f"__Host-{_COOKIE}"


def session_token(request: HTTPConnection) -> str | None:
    """The token that came with a request: the cookie's, else the bearer's. Whether it is valid is not asked."""
    token = request.cookies.get(_COOKIE_SECURE)
    if token is None and not request.url.is_secure:
        token = request.cookies.get(_COOKIE)
    if token is None:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        token = credentials.strip() if scheme.lower() == "bearer" else None
    return token or None


async def _current_session(request: HTTPConnection) -> Principal:
    token = session_token(request)
    if token is None:
        raise SessionInvalid
    return await sessions.authenticate(token)


CurrentSession = Annotated[Principal, Depends(_current_session)]
"""A valid session, or SessionInvalid."""


async def _current_user(session: CurrentSession) -> User:
    user = await users.find(session.user_id)
    if user is None:  # Deleted since the line before.
        raise SessionInvalid
    return user


CurrentUser = Annotated[User, Depends(_current_user)]
"""The person of a valid session, or SessionInvalid."""


def set_session_cookie(response: Response, token: str, *, secure: bool) -> None:
    """Let a browser keep the token.

    The cookie lasts as long as a session can at the most. When the session really ends is the database's to say, and
    moves with every use.

    Args:
        response: what is sent back.
        token: the session's.
        secure: whether the request came over https: ``request.url.is_secure``.
    """
    response.set_cookie(
        _COOKIE_SECURE if secure else _COOKIE,
        token,
        max_age=int(settings().session_lifetime_limit.total_seconds()),
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response, *, secure: bool) -> None:
    """Let a browser forget the token; ``secure`` as in ``set_session_cookie``."""
    response.delete_cookie(_COOKIE_SECURE if secure else _COOKIE, secure=secure, httponly=True, samesite="lax")


class Client(TypedDict):
    """Where a request came from, in the words of ``authentication.sign_in(..., **client(request))``."""

    ip_address: str | None
    user_agent: str | None


def client(request: HTTPConnection) -> Client:
    """Where a request came from. Behind a proxy the address is the visitor's only with ``--proxy-headers``."""
    return Client(
        ip_address=request.client.host if request.client else None, user_agent=request.headers.get("user-agent")
    )
