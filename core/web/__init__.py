"""The door for FastAPI apps: the database for the app's life, who is asking, and refusals as HTTP.

::

    app = FastAPI(lifespan=web.lifespan)
    web.install(app)


    @app.get("/me")
    async def me(user: web.CurrentUser) -> str:
        return user.name

Endpoints for all the flows come ready, too, all of them or some: ``app.include_router(web.router(), prefix="/api")``.

HTTP is known here and nowhere below: what an endpoint does is a call into ``core``, and what that raises is answered
here, once.
"""

from core.web.answers import install
from core.web.caching import cached_session
from core.web.health import health, health_app
from core.web.identity import (
    Client,
    CurrentMember,
    CurrentSession,
    CurrentUser,
    NotInAnothersName,
    Oneself,
    acting,
    clear_session_cookie,
    client,
    session_token,
    set_session_cookie,
)
from core.web.metrics import metrics, metrics_app
from core.web.origin import BodyInvalid, OriginRefused
from core.web.routes import router
from core.web.startup import lifespan

__all__ = [
    "BodyInvalid",
    "Client",
    "CurrentMember",
    "CurrentSession",
    "CurrentUser",
    "NotInAnothersName",
    "Oneself",
    "OriginRefused",
    "acting",
    "cached_session",
    "clear_session_cookie",
    "client",
    "health",
    "health_app",
    "install",
    "lifespan",
    "metrics",
    "metrics_app",
    "router",
    "session_token",
    "set_session_cookie",
]
