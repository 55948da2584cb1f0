"""The app's life is the database's: open before the first request, closed after the last.

An app whose database is not in order does not start. ASGI has a message for that, which Starlette fills with a
traceback; what the operator needs is one line, and a server prints either.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import database, tracing
from core.errors import Unavailable


@asynccontextmanager
async def lifespan(app: object) -> AsyncIterator[None]:  # noqa: ARG001  an ASGI lifespan is given its app
    """Keep the database open while the app lives. One of your own can go around it: ``async with web.lifespan(app)``.

    Raises:
        Unavailable: it can't be opened, or is not migrated. With ``install(app)`` the server says so in one line.
    """
    tracing.setup("stylobate-app")
    try:
        async with database.connected():
            yield
    finally:
        await asyncio.to_thread(tracing.shutdown)


class OneLine:
    """ASGI middleware that lets the server say in one line why the app does not start."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on but the reason of a failed start."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return

        async def shortened(message: Message) -> None:
            problem = sys.exception()  # Starlette sends the message while it handles what was raised.
            if message["type"] == "lifespan.startup.failed" and isinstance(problem, Unavailable):
                message = {**message, "message": f"{problem}; {problem.remedy}"}
            await send(message)

        await self._app(scope, receive, shortened)
