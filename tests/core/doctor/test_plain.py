import base64
import os

from core import accounts, database
from core.accounts.sealed import ACCESS, sealed
from core.database.statements import fetch
from core.settings import overridden
from tests.core.doctor.looking import found
from tests.factories import make_session, make_user

OF_BETTER_AUTH = f"{'0' * 32}:{'a' * 128}"


async def test_tokens_of_sessions_that_are_no_digests_are_found(clean: None) -> None:
    async with database.connected():
        await make_session()
        plain = await make_session()
        kept = await found("sessions")
        await fetch('UPDATE "session" SET "token" = $1 WHERE "id" = $2', "Vjk2u" * 6 + "xy", plain.session.id)
    there = await found("sessions")

    assert kept == {}
    assert (there["sessions-plain"].level, there["sessions-plain"].what[:10]) == ("error", "1 sessions")
    assert "Vjk2u" not in str(there)


async def test_where_the_database_is_shared_they_are_plain_by_design(clean: None) -> None:
    async with database.connected():
        issued = await make_session()
        await fetch('UPDATE "session" SET "token" = $1 WHERE "id" = $2', "x" * 32, issued.session.id)
    with overridden(sharing="better-auth", better_auth_secret=os.urandom(32).hex()):
        there = await found("sessions")

    assert there["sessions-plain"].level == "info"
    assert "by design" in there["sessions-plain"].what


async def test_a_providers_tokens_in_plain_are_found_and_sealed_ones_are_not(clean: None) -> None:
    google, github, refreshing = "ya29.a0AfH6SMBx-abc_" + "d" * 60, "gho_" + "a" * 36, "1//0g" + "b" * 70 + ".c"
    async with database.connected():
        for ours in (google, github, refreshing):
            row = await store_account()
            await fetch('UPDATE "account" SET "accessToken" = $1 WHERE "id" = $2', sealed(ours, row, ACCESS), row)
        await store_account(access_token=os.urandom(60).hex())
        await store_account(access_token="$ba$2$" + os.urandom(60).hex())
        kept = await found("OAuth tokens")
        for plain in (google, github, refreshing):
            await store_account(access_token=plain)
        there = await found("OAuth tokens")
        with overridden(sharing="better-auth", better_auth_secret=os.urandom(32).hex()):
            shared = await found("OAuth tokens")

    assert kept == {}
    assert (there["oauth-tokens-plain"].level, shared["oauth-tokens-plain"].level) == ("warning", "info")
    assert there["oauth-tokens-plain"].what == "3 accounts have an accessToken that is not sealed"


async def test_a_password_that_is_no_hash_is_found_and_every_hash_is_known(clean: None) -> None:
    async with database.connected():
        for number, stored in enumerate(
            (
                await accounts.hash_password("correct horse"),
                OF_BETTER_AUTH,
                "$2b$12$" + "a" * 53,
                "pbkdf2_sha256$600000$salt$" + base64.b64encode(bytes(32)).decode(),
            )
        ):
            await store_account(password=stored, number=number)
        kept = await found("passwords")
        await store_account(password="hunter2:and more", number=9)
        there = await found("passwords")

    assert kept == {}
    assert there["passwords-plain"].what.startswith("1 accounts have a password that is no hash")


async def store_account(*, number: int = 0, access_token: str | None = None, password: str | None = None) -> str:
    """A row as another program may have left it."""
    user = await make_user()
    await fetch(
        """
        INSERT INTO "account"
            ("id", "userId", "providerId", "accountId", "accessToken", "password", "createdAt", "updatedAt")
        VALUES ($1, $1, $2, $1, $3, $4, '2030-01-01', '2030-01-01')
        """,
        user.id,
        f"provider{number}",
        access_token,
        password,
    )
    return str(user.id)
