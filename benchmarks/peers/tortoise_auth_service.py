"""tortoise-auth with its database backend."""

import asyncio

from tortoise import Tortoise, connections
from tortoise_auth import AuthConfig, AuthService, configure
from tortoise_auth.models import AbstractUser
from tortoise_auth.tokens.database import DatabaseTokenBackend

from benchmarks.peers import turns

FILL = """
INSERT INTO tortoise_auth_access_tokens (token_hash, jti, user_id, created_at, expires_at, is_revoked)
SELECT encode(sha256(n::text::bytea), 'hex'), md5(n::text), '1', now(), now() + interval '1 day', false
FROM generate_series(1, $1::int) n
"""


class User(AbstractUser):
    """A person."""


async def main() -> None:
    """Fill, and take turns."""
    configure(AuthConfig(user_model="models.User", signing_secret="s" * 32))
    await Tortoise.init(
        db_url=turns.database_url("asyncpg") + "?maxsize=10",
        modules={"models": [__name__, "tortoise_auth.models"]},
    )
    await Tortoise.generate_schemas()
    user = await User.create(email=turns.EMAIL)
    backend = DatabaseTokenBackend()
    token = (await backend.create_tokens(str(user.pk))).access_token
    await connections.get("default").execute_query(FILL, [turns.sessions()])
    await connections.get("default").execute_query("ANALYZE")
    service = AuthService(backend=backend)

    async def who() -> object:
        return (await service.authenticate(token)).email

    await turns.take(who)


asyncio.run(main())
