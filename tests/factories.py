"""People and what belongs to them, made by the core itself."""

from itertools import count

from core import sessions, users
from models import User

_numbers = count(1)


async def make_user(*, name: str = "Ada Lovelace", email: str | None = None) -> User:
    return await users.create(name=name, email=email or f"person{next(_numbers)}@example.com")


async def make_session(*, user: User | None = None) -> sessions.Issued:
    user = user or await make_user()
    return await sessions.create(user_id=user.id, ip_address="203.0.113.9", user_agent="Firefox")
