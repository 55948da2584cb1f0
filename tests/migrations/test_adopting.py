"""Adopting what a better-auth application made, while it goes on working."""

import json
import re
from collections.abc import AsyncIterator

import pytest

from core import database, migrate, sessions, users
from core.database import alone
from core.database.statements import fetch
from core.migrate import adopting
from core.migrate.adopting import AlreadyOurs, NotAdoptable
from core.sessions import remembering
from core.settings import PostgresUrl
from core.settings.database_url import parse
from tests.programs import ROOT, run

THEIRS = (ROOT / "tests/data/better-auth.sql").read_text()
ENUM = """
    CREATE TYPE "PurchaseType" AS ENUM ('SUBSCRIPTION', 'ONE_TIME');
    CREATE TABLE "purchase" ("id" text PRIMARY KEY, "organizationId" text REFERENCES "organization" ON DELETE CASCADE,
        "userId" text REFERENCES "user" ON DELETE CASCADE, "type" "PurchaseType" NOT NULL, "customerId" text NOT NULL,
        "subscriptionId" text UNIQUE, "productId" text NOT NULL, "status" text,
        "createdAt" timestamp NOT NULL DEFAULT now(), "updatedAt" timestamp);
"""
GENERATIONS = {
    "better-auth": THEIRS,
    "drizzle": THEIRS.replace("timestamptz", "timestamp") + ENUM,
    "older": re.sub(r', "(aaguid" text|lockedUntil" timestamptz)', "", THEIRS)
    + 'ALTER TABLE "invitation" DROP COLUMN "createdAt"; ALTER TABLE "user" ADD COLUMN "theirs" text NOT NULL;'
    + 'CREATE UNIQUE INDEX "member_user_org_idx" ON "member" ("userId", "organizationId");',
}
PERSON = """
    INSERT INTO "user" ("id", "name", "email", "emailVerified", "createdAt", "updatedAt")
    VALUES ($1, 'Ada', $1 || '@example.com', true, now(), now())
"""

pytestmark = pytest.mark.only("postgres")


@pytest.fixture(params=GENERATIONS)
async def theirs(empty_database: str, request: pytest.FixtureRequest) -> AsyncIterator[PostgresUrl]:
    url = parse(empty_database)
    assert isinstance(url, PostgresUrl)
    async with migrate.opened(url):
        await database.connection().execute_script(GENERATIONS[request.param])
        if request.param == "older":
            await fetch(PERSON.replace('"updatedAt")', '"updatedAt", "theirs")').replace("now())", "now(), 'x')"), "a")
        else:
            await fetch(PERSON, "a")
        yield url


async def test_the_plan_changes_nothing(theirs: PostgresUrl) -> None:
    before = await fetch("SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2")

    planned = await adopting.plan(theirs)

    assert 'CREATE TABLE "jobRun"' in "\n".join(planned.statements)
    assert any('"expiresAt"' in index for index in planned.indexes)
    assert before == await fetch("SELECT table_name, column_name FROM information_schema.columns ORDER BY 1, 2")


async def test_it_becomes_ours_and_nothing_of_theirs_goes_or_changes(theirs: PostgresUrl) -> None:
    described = (
        "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    )
    before = await fetch(described)

    adoption = await adopting.adopt(theirs)

    assert adoption.left
    after = await fetch(described)
    assert [column for column in before if column not in after] == []
    assert (await fetch('SELECT "name" FROM "user"')) == [{"name": "Ada"}]
    async with database.connected(theirs):
        made = await users.create(name="Grace", email="grace@example.com")
        issued = await sessions.create(user_id=made.id)
        assert (await sessions.authenticate(issued.token)).user_id == made.id
    async with alone.connected(theirs) as connection:
        await remembering.ready(connection)  # All that tells of a session's end is there.
    with pytest.raises(AlreadyOurs):
        await adopting.adopt(theirs)


async def test_their_application_still_writes_what_it_wrote(theirs: PostgresUrl) -> None:
    await adopting.adopt(theirs)

    columns = await fetch("""
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL
    """)
    required = {(row["table_name"], row["column_name"]) for row in columns}
    made = set(re.findall(r'CREATE TABLE "(\w+)"', THEIRS))
    written = {
        (table, column)
        for table, body in re.findall(r'CREATE TABLE "(\w+)" \((.*)\);', THEIRS)
        for column in re.findall(r'"(\w+)" (?:text|integer|boolean|timestamptz)', body)
    }
    assert {it for it in required if it[0] in made} <= written
    assert len(made) == 9


async def test_what_was_begun_is_ended_by_the_next_run(theirs: PostgresUrl) -> None:
    planned = await adopting.plan(theirs)
    for statement in (*planned.statements, planned.indexes[0], planned.indexes[1]):
        await fetch(statement)
    await fetch("UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass($1)", name(planned.indexes[0]))

    again = await adopting.adopt(theirs)

    assert (again.statements, again.indexes) == ([], [planned.indexes[0], *planned.indexes[2:]])
    assert await fetch("SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid") == []


def name(index: str) -> str:
    return index.split(" CONCURRENTLY ")[1].split(" ON ", maxsplit=1)[0]


@pytest.mark.parametrize("theirs", ["better-auth"], indirect=True)
async def test_two_accounts_at_one_provider_are_to_be_put_right_first(theirs: PostgresUrl) -> None:
    for key in ("1", "2"):
        await fetch(
            'INSERT INTO "account" ("id", "accountId", "providerId", "userId", "createdAt", "updatedAt")'
            " VALUES ($1, 'same', 'github', 'a', now(), now())",
            key,
        )

    with pytest.raises(NotAdoptable, match="two rows of account have the same"):
        await adopting.adopt(theirs)


async def test_another_database_is_none_of_such_an_application(empty_database: str) -> None:
    url = parse(empty_database)
    assert isinstance(url, PostgresUrl)
    async with migrate.opened(url):
        with pytest.raises(NotAdoptable, match="no table user"):
            await adopting.plan(url)


@pytest.mark.parametrize("theirs", ["drizzle"], indirect=True)
async def test_the_command_shows_it_first_and_then_does_it(theirs: PostgresUrl, empty_database: str) -> None:
    code, output = await run("core.cli", "db", "adopt", "--plan", "--json", DATABASE_URL=empty_database)
    assert (code, set(json.loads(output))) == (0, {"statements", "indexes", "left"}), output
    assert (await run("core.cli", "db", "status", DATABASE_URL=empty_database))[0] == 1

    code, output = await run("core.cli", "db", "adopt", DATABASE_URL=empty_database)
    assert (code, output.splitlines()[-1]) == (0, "-- adopted"), output
    assert (await run("core.cli", "db", "status", DATABASE_URL=empty_database))[0] == 0
    assert "No upgrade items found" in (await run("aerich", "upgrade", DATABASE_URL=empty_database))[1]
