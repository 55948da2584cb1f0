"""The gate: who may come in, and from where. It stands before everything, also before static files.

Any page that is open in the browser can send requests to 127.0.0.1, and any name can be made to mean it (DNS
rebinding). So whoever asks must have our cookie, call us by our own address and come from our own pages.
"""

import asyncio
import hmac
import logging
import time
from base64 import b64encode
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.crypto import tokens
from core.studio.patience import within

_log = logging.getLogger(__name__)

_SAFE = frozenset({"GET", "HEAD"})
_UPSTREAMS = "applyColumnVisibility()"
"""The one handler that starlette-admin writes into an attribute of its list page."""
_POLICY = "; ".join(
    (
        "default-src 'none'",
        # Whatever a row holds, only what our templates say is run. The hash is that of the handler above.
        "script-src 'self' 'nonce-{nonce}'",
        f"script-src-attr 'unsafe-hashes' 'sha256-{b64encode(sha256(_UPSTREAMS.encode()).digest()).decode()}'",
        # starlette-admin and its editors set styles in attributes.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_ALWAYS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<link rel="icon" href="data:,">{head}
<body style="font:16px system-ui;max-width:36rem;margin:15vh auto;padding:0 1rem"><h1>{title}</h1><p>{text}</p></body>
</html>"""


class Gate:
    """ASGI middleware around the studio.

    Args:
        app: the studio.
        port: where it listens: it is called ``127.0.0.1:port`` or ``localhost:port`` and nothing else.
        lifetime: seconds in which the link works, once.
        budget: seconds that a page may take until it begins.
    """

    def __init__(self, app: ASGIApp, *, port: int, lifetime: float = 120.0, budget: float = 10.0) -> None:
        self._app, self._budget = app, budget
        self._hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})
        self._cookie, self._session = f"stylobate_studio_{port}", tokens.new()
        self._key: str | None = tokens.new()
        self._ends = time.monotonic() + lifetime
        self.link = f"http://127.0.0.1:{port}/enter?key={self._key}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what may not come in; pass on the rest, and say how its answer is to be taken."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        nonce = tokens.new()
        scope.setdefault("state", {})["nonce"] = nonce
        headers = _headers(nonce, is_static=scope["path"].startswith("/static/"))
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, _Guarded(send, headers))
            return
        try:
            async with within(self._budget) as limit:
                answer = _Guarded(send, headers, limit)
                await self._app(scope, receive, answer)
        except Exception:
            if not limit.expired():
                raise
            await _too_slow(self._budget)(scope, receive, _Guarded(send, headers))

    def _refused(self, scope: Scope) -> Response | None:
        """The answer to who may not come in, or comes in now."""
        headers = Headers(scope=scope)
        host, origin, site = headers.get("host", ""), headers.get("origin"), headers.get("sec-fetch-site")
        if host not in self._hosts:
            return _page(421, "Not here", "The studio answers to its own address only, the one of its link.")
        if scope["path"] == "/enter" and scope["method"] == "GET":
            return self._entered(scope)
        # Under our referrer policy a form of ours is sent by "null", and by ourselves, which no page can feign.
        ours = {None, f"http://{host}"} | ({"null"} if site == "same-origin" else set())
        if origin not in ours or site not in {None, "none", "same-origin"}:
            return _page(403, "Not from there", "This was sent by another site's page.")
        if scope["method"] not in _SAFE and origin is None:
            return _page(403, "Not like that", "What changes something is sent by a page of the studio.")
        if not self._has_cookie(headers):
            return _page(401, "Not yet", "Open the link that <code>stylobate studio</code> has printed.")
        return None

    def _entered(self, scope: Scope) -> Response:
        key = QueryParams(scope["query_string"]).get("key", "")
        good = self._key is not None and time.monotonic() < self._ends
        if not good or not hmac.compare_digest(key.encode(), (self._key or "").encode()):
            return _page(
                403, "No way in", "This link was used before, or is too old. Start <code>stylobate studio</code> again."
            )
        self._key = None
        # Not a redirect: after a click elsewhere it would still be the other site's, and come without the cookie.
        answer = _page(200, "Welcome", '<a href="/">Go on</a>', head='<meta http-equiv="refresh" content="0;url=/">')
        answer.set_cookie(self._cookie, self._session, httponly=True, samesite="strict", path="/")
        return answer

    def _has_cookie(self, headers: Headers) -> bool:
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self._cookie)
        except CookieError:
            return False
        return morsel is not None and hmac.compare_digest(morsel.value.encode(), self._session.encode())


def _headers(nonce: str, *, is_static: bool) -> dict[str, str]:
    return {
        **_ALWAYS,
        "Cache-Control": "private, no-cache" if is_static else "no-store",
        "Content-Security-Policy": _POLICY.format(nonce=nonce),
    }


class _Guarded:
    """``send``, with the headers that every answer of ours has.

    Once an answer begins it may take its time. One that begins too late, while its question is being taken back, is
    not sent.
    """

    def __init__(self, send: Send, headers: dict[str, str], limit: asyncio.Timeout | None = None) -> None:
        self._send, self._headers, self._limit = send, headers, limit

    async def __call__(self, message: Message) -> None:
        if self._limit is not None and self._limit.expired():
            return
        if message["type"] == "http.response.start":
            if self._limit is not None:
                self._limit.reschedule(None)
            MutableHeaders(raw=message.setdefault("headers", [])).update(self._headers)
        await self._send(message)


def _page(status: int, title: str, text: str, *, head: str = "") -> Response:
    return HTMLResponse(_PAGE.format(title=title, text=text, head=head), status)


def _too_slow(budget: float) -> Response:
    _log.warning("a page was given up after %g s", budget)
    return _page(
        503,
        "Too slow",
        f"The database did not answer within {budget:g} s, so the question was taken back. Ask for less: filter by a"
        " column that has an index (an id, an email address, a person) rather than search through everything, or sort"
        " by the id.",
    )
