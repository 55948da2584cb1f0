"""What is said of statements when ``STYLOBATE_SLOW_QUERY`` is set, by a program that does what people do."""

import json

import pytest

from tests.programs import run_code

PASSWORD, EMAIL = "correct horse hunter2", "ada.lovelace@example.org"

STORY = f"""
import asyncio
from core import authentication, correlation, database, logs, sessions
from core.crypto import tokens
from core.database.statements import fetch

async def main():
    logs.configure()
    async with database.connected():
        with correlation.bound("request-1"):
            ada = await authentication.sign_up(name="Ada", email="{EMAIL}", password="{PASSWORD}")
            await sessions.authenticate(ada.token)
            successor = await sessions.refresh(ada.token)
            bea = await authentication.sign_in(email="{EMAIL}", password="{PASSWORD}")
            await sessions.revoke_token(bea.token)
            try:
                await fetch("SELECT 1 FROM nowhere WHERE it = 'in plain'")
            except Exception:
                pass
        secrets = [ada.token, successor.token, bea.token]
    print(*secrets, *map(tokens.digest, secrets))

asyncio.run(main())
"""  # noqa: S608  it is a program


async def told(**environment: str) -> tuple[list[dict[str, object]], list[str]]:
    """The lines of the log, and what must not be in any."""
    said = await run_code(STORY, STYLOBATE_LOG_FORMAT="json", **environment)
    *lines, secrets = said.splitlines()
    return [json.loads(line) for line in lines], [*secrets.split(), EMAIL, PASSWORD, "hunter2"]


@pytest.fixture(autouse=True)
async def nobody_is_there(db: None) -> None:
    """Ada signs up in each."""


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
async def test_statements_are_told_with_their_time_and_id_and_nobodys_secrets(level: str) -> None:
    lines, secrets = await told(STYLOBATE_SLOW_QUERY="PT0S", STYLOBATE_LOG_LEVEL=level)

    queries = [line for line in lines if line["logger"] == "core.database.queries"]
    texts = [str(query["event"]) for query in queries]
    assert any('FROM "session" s JOIN "user" u' in text for text in texts)
    assert any(text.startswith('INSERT INTO "user"') for text in texts)
    assert "SELECT 1 FROM nowhere WHERE it = '?'" in texts
    assert all(isinstance(query["seconds"], float) and query["seconds"] >= 0 for query in queries)
    assert "request-1" in {query.get("correlation_id") for query in queries}
    everything = json.dumps(lines)
    assert len(secrets) == 9
    assert [secret for secret in secrets if secret in everything] == []


@pytest.mark.parametrize("limit", ["PT1H", ""], ids=["not-so-long", "not-set"])
async def test_nothing_is_told_of_statements_that_do_not_take_so_long(limit: str) -> None:
    lines, _ = await told(STYLOBATE_SLOW_QUERY=limit)

    assert [line for line in lines if line["logger"] == "core.database.queries"] == []


async def test_a_statement_of_any_length_is_one_short_line(dialect: str) -> None:
    marks = [f"${number}" if dialect == "postgres" else "?" for number in range(1, 901)]
    code = f"""
import asyncio
from core import database, logs

async def main():
    logs.configure()
    async with database.connected():
        await database.connection().execute_query("SELECT 1\\n WHERE 1 IN ({", ".join(marks)})", [7] * 900)

asyncio.run(main())
"""
    said = await run_code(code, STYLOBATE_SLOW_QUERY="PT0S")

    (line,) = [line for line in said.splitlines() if "SELECT 1 WHERE 1 IN" in line]
    assert len(line) < 2_100
    assert " ... seconds=" in line
