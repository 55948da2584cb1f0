"""Secrets that are stored in plain, so that whoever reads the database, or a copy of it, has them."""

from collections.abc import AsyncIterator

from core.crypto.passwords import kinds
from core.database import dialect
from core.database.statements import fetch
from core.doctor.finding import Check, Finding, Kind
from core.settings import settings

SESSIONS_PLAIN = Kind(
    "sessions-plain", "error", "Whoever reads the table, or a backup of it, is signed in as everybody in it."
)
OAUTH_PLAIN = Kind(
    "oauth-tokens-plain", "warning", "Whoever reads the table acts in people's names at Google, GitHub and the like."
)
PASSWORDS_PLAIN = Kind(
    "passwords-plain", "error", "Whoever reads the table has people's passwords, here and wherever else they use them."
)

_MANY = 10_000
"""Where it would cost too much to count, so many stands for at least so many."""

_COUNT = 'SELECT count(*) AS rows FROM (SELECT 1 FROM "{table}" WHERE {condition} LIMIT $1) AS counted'

_NO_DIGEST = {
    "postgres": """ "token" !~ '^[0-9a-f]{64}$' """,
    "sqlite": """ length("token") <> 64 OR "token" GLOB '*[^0-9a-f]*' """,
}
_DIGEST = {
    "postgres": """UPDATE "session" SET "token" = encode(sha256(convert_to("token", 'UTF8')), 'hex')"""
    """ WHERE "token" !~ '^[0-9a-f]{64}$', which keeps people signed in here""",
    "sqlite": """DELETE FROM "session" WHERE length("token") <> 64, which signs these people out""",
}
# Ours is "1." and base64; better-auth's is hexadecimal, or "$ba$", a version and that.
_SEALED = {
    "postgres": (""" "{column}" !~ $2 """, r"^(\d+\.[\w-]{50,}=*|(\$ba\$\d+\$)?([0-9a-f]{2}){40,})$"),
    "sqlite": (
        """ "{column}" NOT GLOB $2 AND "{column}" NOT GLOB $3 AND "{column}" NOT GLOB $4
            AND (length("{column}") < 80 OR "{column}" GLOB '*[^0-9a-f]*') """,
        *(f"{digits}.{'[A-Za-z0-9_-]' * 50}*" for digits in ("[0-9]", "[0-9][0-9]")),
        "$ba$[0-9]*$*",
    ),
}
_TOKENS = ("accessToken", "refreshToken", "idToken")
# What is ours or better-auth's is told apart there; of the rest the forms are too many for SQL.
_OTHERS = """
    SELECT "id", "password" FROM "account"
    WHERE "id" > $1 AND "password" NOT LIKE $2 AND "password" NOT LIKE $3 ORDER BY "id" LIMIT $4
"""
_USUAL = ("$argon2id$%", f"{'_' * 32}:{'_' * 128}")


async def _sessions() -> AsyncIterator[Finding]:
    if some := await _counted("session", _NO_DIGEST[dialect()]):
        shared = settings().sharing is not None
        yield SESSIONS_PLAIN.found(
            f"{some} sessions have a token that is no digest"
            + (", by design: better-auth reads it so, and STYLOBATE_SHARING is set" if shared else ""),
            mend="nothing, as long as the database is shared" if shared else _DIGEST[dialect()],
            level="info" if shared else None,
        )


async def _oauth() -> AsyncIterator[Finding]:
    for column in _TOKENS:
        unsealed, *forms = _SEALED[dialect()]
        if some := await _counted("account", unsealed.format(column=column), *forms):
            shared = settings().sharing is not None and settings().sharing_oauth_tokens == "plain"
            yield OAUTH_PLAIN.found(
                f"{some} accounts have an {column} that is not sealed"
                + (", by design: better-auth reads it so, and STYLOBATE_SHARING is set" if shared else ""),
                mend="set account.encryptOAuthTokens there and STYLOBATE_SHARING_OAUTH_TOKENS=sealed here"
                if shared
                else f"each is sealed at its next use; where that should not be waited for, set {column} to NULL, and"
                " the people sign in at the provider again",
                level="info" if shared else None,
            )


async def _passwords() -> AsyncIterator[Finding]:
    some, last = 0, ""
    while rows := await fetch(_OTHERS, last, *_USUAL, _MANY):
        some += sum(kinds.find(row["password"]) is None for row in rows)
        last = rows[-1]["id"]
    if some:
        yield PASSWORDS_PLAIN.found(
            f"{some:,} accounts have a password that is no hash, or none that is known here",
            mend='UPDATE "account" SET "password" = NULL for these, and have the people reset it;'
            " look for what has written it",
        )


async def _counted(table: str, condition: str, *arguments: str) -> str:
    """How many there are, in words; nothing when there are none."""
    rows: int = (await fetch(_COUNT.format(table=table, condition=condition), _MANY, *arguments))[0]["rows"]
    return f"at least {rows:,}" if rows == _MANY else f"{rows:,}" if rows else ""


CHECKS = (
    Check("sessions", _sessions, (SESSIONS_PLAIN,), "schema"),
    Check("OAuth tokens", _oauth, (OAUTH_PLAIN,), "schema"),
    Check("passwords", _passwords, (PASSWORDS_PLAIN,), "schema"),
)
