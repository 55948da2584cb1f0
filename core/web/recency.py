"""Where reads may come from replicas: who has written something sees it, also in their next request.

Within a request the database knows what it wrote. The next one of the same browser may reach another process, so the
answer brings a cookie that lasts a little longer than a replica may be behind. Whoever keeps no cookies may find a list
as it was before, for as long as a replica may be behind.
"""

from datetime import timedelta

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import database
from core.settings import settings
from core.web.cookies import Cookie

_WROTE = Cookie("wrote")
_MORE = timedelta(seconds=2)
"""A cookie's time is in whole seconds, cut off."""


class Recency:
    """ASGI middleware: a request is one caller, and so is the next one of the same browser if it follows at once."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep what it writes apart from what others write, and let its answer say that it wrote."""
        if scope["type"] not in {"http", "websocket"} or not settings().database_replica_urls:
            await self._app(scope, receive, send)
            return
        request = HTTPConnection(scope)
        with database.one_caller() as caller:
            if _WROTE.of(request):
                caller.wrote()  # Before it came here, so at this moment it is long done.
            before = caller.wrote_at

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start" and caller.wrote_at != before:
                    answer = Response()
                    lifetime = settings().replica_lag + _MORE
                    _WROTE.set(answer, "1", lifetime=lifetime, secure=request.url.is_secure)
                    MutableHeaders(scope=message).append("set-cookie", answer.headers["set-cookie"])
                await send(message)

            await self._app(scope, receive, told)
