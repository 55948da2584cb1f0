"""The door for FastAPI apps: the database for the app's life, who is asking, and refusals as HTTP.

::

    app = FastAPI(lifespan=web.lifespan)
    web.install(app)


    @app.get("/me")
    async def me(user: web.CurrentUser) -> str:
        return user.name

HTTP is known here and nowhere below: what an endpoint does is a call into ``core``, and what that raises is answered
here, once.
"""

from core.web.answers import install
from core.web.identity import (
    Client,
    CurrentSession,
    CurrentUser,
    clear_session_cookie,
    client,
    session_token,
    set_session_cookie,
)
from core.web.startup import lifespan

__all__ = [
    "Client",
    "CurrentSession",
    "CurrentUser",
    "clear_session_cookie",
    "client",
    "install",
    "lifespan",
    "session_token",
    "set_session_cookie",
]
