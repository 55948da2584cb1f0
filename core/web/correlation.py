"""The id of a request: the one that a proxy gave it, or a new one. The answer has it, and so has each line of the log.

A person who reports what went wrong can be asked for it, and with it the request, its jobs and their lines are found.
"""

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import correlation
from models.base import new_id

HEADER = "X-Request-ID"
_TAKEN = "stylobate.request_id"


class Correlation:
    """ASGI middleware: everything that a request leads to belongs to its id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the request its id. One from outside that could be anything else is not taken, and not sent back."""
        if scope["type"] not in {"http", "websocket"} or _TAKEN in scope:  # or an app within this one has it, too
            await self._app(scope, receive, send)
            return
        request_id = scope[_TAKEN] = correlation.accepted(Headers(scope=scope).get(HEADER)) or new_id()

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            with correlation.bound(request_id):
                await self._app(scope, receive, told)
        except Exception:
            # The server logs it, in this task, which ends with the request: that line is the one to be found.
            correlation.bind(request_id)
            raise


def correlate(app: Starlette) -> None:
    """Put it around all other middleware, also Starlette's own, which answers with 500 what nobody has caught."""
    inner = app.build_middleware_stack

    def stack() -> ASGIApp:
        return Correlation(inner())

    app.build_middleware_stack = stack  # type: ignore[method-assign]
