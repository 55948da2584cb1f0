"""fastapi-fullauth on SQLAlchemy and asyncpg: its dependencies ``current_token_payload`` and ``current_user``.

It looks up no session: the token is a JWT, its person is read, and what was revoked stands in the process's memory.
"""

import asyncio

from fastapi_fullauth import FullAuth, FullAuthConfig
from fastapi_fullauth.adapters import SQLAlchemyAdapter
from fastapi_fullauth.dependencies.current_user import current_token_payload, current_user
from fastapi_fullauth.models.sqlalchemy import RefreshTokenMixin, UserMixin
from fastapi_fullauth.types import CreateUserSchema
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from benchmarks.peers import turns

FILL = """
INSERT INTO fullauth_refresh_tokens (id, token, user_id, family_id, expires_at, revoked, created_at)
SELECT gen_random_uuid(), md5(n::text), (SELECT id FROM fullauth_users), md5(n::text), now() + interval '1 day', false,
    now()
FROM generate_series(1, :rows) n
"""


class Base(DeclarativeBase):
    """All tables."""


class User(UserMixin, Base):
    """A person."""


class RefreshToken(RefreshTokenMixin, Base):
    """A session."""


async def main() -> None:
    """Fill, and take turns."""
    engine = create_async_engine(turns.database_url("postgresql+asyncpg"))
    session_maker = async_sessionmaker(engine, expire_on_commit=False)
    adapter = SQLAlchemyAdapter(session_maker, user_model=User, refresh_token_model=RefreshToken)
    auth = FullAuth(adapter=adapter, config=FullAuthConfig(SECRET_KEY="s" * 32))
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    user = await adapter.create_user(CreateUserSchema(email=turns.EMAIL, password=turns.PASSWORD), None)
    async with engine.begin() as connection:
        await connection.execute(text(FILL), {"rows": turns.sessions()})
        await connection.execute(text("ANALYZE"))
    token = auth.token_engine.create_access_token(str(user.id), expire_seconds=86_400)

    async def who() -> object:
        payload = await current_token_payload(auth, token)
        return (await current_user(auth, payload)).email

    await turns.take(who)


asyncio.run(main())
