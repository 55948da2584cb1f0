"""Requests that another site's page sends with our visitor's cookies: they are refused.

A browser says where a request comes from, and no page can make it lie: ``Sec-Fetch-Site`` in all of today's, ``Origin``
in older ones. What says neither is no browser, and brings only cookies that it was given. A bearer token is put into a
request by a program that knows it, so those are not asked.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import Forbidden, Invalid, Refusal
from core.settings import settings
from core.web.cookies import SESSION

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_PORTS = {"http": 80, "https": 443}
_SCHEMES = {"ws": "http", "wss": "https"}

_Origin = tuple[str, str, int | None]


class OriginRefused(Forbidden):
    """This was sent from another site's page."""


class BodyInvalid(Invalid):
    """A body is JSON, and says so: Content-Type: application/json."""


def check_origin(request: HTTPConnection) -> None:
    """Refuse what another site's page has sent. Our own pages are at the request's host or at ``base_url``.

    Raises:
        OriginRefused: it was.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if origin is not None and _origin(origin) == _origin(settings().base_url) is not None:
        return
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise OriginRefused
    elif origin is not None and (_origin(origin) is None or _origin(origin) != _origin(str(request.url))):
        raise OriginRefused


def is_unsafe(request: HTTPConnection) -> bool:
    """Whether it may change something. A WebSocket does, and is not kept from other sites by the browser."""
    return request.scope["type"] == "websocket" or request.scope["method"] not in _SAFE


async def same_origin(request: HTTPConnection) -> None:
    """A dependency: refuse unsafe requests of other sites, also without a cookie, and bodies that a form can send.

    Without a cookie: else a page could sign its visitor in under another's name, and read later what they do there.

    Raises:
        OriginRefused, BodyInvalid: it is one.
    """
    if not is_unsafe(request):
        return
    # Basic credentials, unlike a bearer, are put in by the browser.
    if SESSION.of(request) is not None or not request.headers.get("authorization", "").lower().startswith("bearer "):
        check_origin(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise BodyInvalid


class SameOrigin:
    """ASGI middleware: where our session's cookie is, nothing unsafe comes from another site."""

    def __init__(self, app: ASGIApp, answered: Callable[[Refusal], Response]) -> None:
        self._app, self._answered = app, answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused; pass on the rest."""
        if scope["type"] in {"http", "websocket"}:
            request = HTTPConnection(scope)
            if is_unsafe(request) and SESSION.of(request) is not None:
                try:
                    check_origin(request)
                except OriginRefused as refused:
                    await self._answered(refused)(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def _origin(address: str) -> _Origin | None:
    """Scheme, host and port, in the one form in which they can be compared; None for what has none, such as null."""
    try:
        parts = urlsplit(address)
        scheme = _SCHEMES.get(parts.scheme, parts.scheme)
        port = parts.port or _PORTS.get(scheme)
    except ValueError:
        return None
    return (scheme, parts.hostname, port) if scheme in _PORTS and parts.hostname else None
