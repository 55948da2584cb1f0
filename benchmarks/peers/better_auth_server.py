"""better-auth-server, the Python port of better-auth, on SQLAlchemy and asyncpg: ``load_session``.

With ``cached`` as its second argument it answers out of its cookie.
"""

import asyncio
import json
import sys

from better_auth import BetterAuth, EmailAndPassword, SessionOptions
from better_auth.adapters.sqlalchemy import SQLAlchemyAdapter
from better_auth.config import CookieCache
from better_auth.types import AuthRequest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.peers import turns

FILL = """
INSERT INTO "session" ("id", "token", "userId", "expiresAt", "createdAt", "updatedAt")
SELECT md5(n::text), md5(n::text), (SELECT "id" FROM "user"), now() + interval '7 days', now(), now()
FROM generate_series(1, :rows) n
"""


async def main() -> None:
    """Fill, and take turns."""
    engine = create_async_engine(turns.database_url("postgresql+asyncpg"))
    adapter = SQLAlchemyAdapter(engine)
    auth = BetterAuth(
        secret="s" * 32,
        base_url="http://localhost:8000",
        adapter=adapter,
        email_and_password=EmailAndPassword(enabled=True),
        session=SessionOptions(cookie_cache=CookieCache(enabled="cached" in sys.argv, max_age=3600)),
    )
    await adapter.create_tables()
    body = json.dumps({"name": "Ada", "email": turns.EMAIL, "password": turns.PASSWORD}).encode()
    headers = {"content-type": "application/json", "origin": "http://localhost:8000"}
    answer = await auth.handle(AuthRequest("POST", "/sign-up/email", headers, body=body))
    cookies = [value.partition(";")[0] for name, value in answer.headers if name.lower() == "set-cookie"]
    cookie = "; ".join(it for it in cookies if not it.endswith("="))
    async with engine.begin() as connection:
        await connection.execute(text(FILL), {"rows": turns.sessions()})
        await connection.execute(text("ANALYZE"))

    async def who() -> object:
        found = await auth.load_session(AuthRequest("GET", "/get-session", {"cookie": cookie}))
        return found and found["user"]["email"]

    await turns.take(who)


asyncio.run(main())
