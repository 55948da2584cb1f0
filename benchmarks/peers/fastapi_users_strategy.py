"""fastapi-users with its database strategy, as its documentation sets it up on SQLAlchemy and asyncpg."""

import asyncio
import uuid

from fastapi_users import BaseUserManager, UUIDIDMixin, schemas
from fastapi_users.authentication.strategy.db import DatabaseStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from fastapi_users_db_sqlalchemy.access_token import (
    SQLAlchemyAccessTokenDatabase,
    SQLAlchemyBaseAccessTokenTableUUID,
)
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

from benchmarks.peers import turns

FILL = """
INSERT INTO accesstoken (token, user_id, created_at)
SELECT md5(n::text), (SELECT id FROM "user"), now() FROM generate_series(1, :rows) n
"""


class Base(DeclarativeBase):
    """All tables."""


class User(SQLAlchemyBaseUserTableUUID, Base):
    """A person."""


class AccessToken(SQLAlchemyBaseAccessTokenTableUUID, Base):
    """A session."""


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    """What the documentation has every app derive."""


engine = create_async_engine(turns.database_url("postgresql+asyncpg"))
session_maker = async_sessionmaker(engine, expire_on_commit=False)


def parts(session: AsyncSession) -> tuple[DatabaseStrategy[User, uuid.UUID, AccessToken], UserManager]:
    """What its dependencies make for every request."""
    strategy = DatabaseStrategy(SQLAlchemyAccessTokenDatabase(session, AccessToken), lifetime_seconds=3600)
    return strategy, UserManager(SQLAlchemyUserDatabase(session, User))


async def main() -> None:
    """Fill, and take turns."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with session_maker() as session:
        strategy, manager = parts(session)
        user = await manager.create(schemas.BaseUserCreate(email=turns.EMAIL, password=turns.PASSWORD))
        token = await strategy.write_token(user)
        await session.execute(text(FILL), {"rows": turns.sessions()})
        await session.execute(text("ANALYZE"))
        await session.commit()

    async def who() -> str | None:
        async with session_maker() as session:
            strategy, manager = parts(session)
            user = await strategy.read_token(token, manager)
            return user.email if user and user.is_active else None

    await turns.take(who)


asyncio.run(main())
