import pytest
from tortoise.exceptions import IntegrityError

from core import doctor
from core.settings import DatabaseUrl
from tests.core.doctor.looking import do, every, found, mended

ONLY_POSTGRES = pytest.mark.only("postgres")

# On SQLite a constraint goes only with its table.
WITHOUT = {
    "postgres": (
        'ALTER TABLE "twoFactor" DROP CONSTRAINT "twoFactor_userId_key"',
        'ALTER TABLE "twoFactor" DROP CONSTRAINT "twoFactor_userId_fkey"',
    ),
    "sqlite": (
        'CREATE TABLE "bare" AS SELECT * FROM "twoFactor"',
        'DROP TABLE "twoFactor"',
        'ALTER TABLE "bare" RENAME TO "twoFactor"',
    ),
}
ROWS = """
    INSERT INTO "verification" ("id", "identifier", "value", "expiresAt")
    SELECT value, value, value, '2030-01-01' FROM {source}
"""
SOURCE = {
    "postgres": "(SELECT number::text AS value FROM generate_series(1, {rows}) AS number) AS numbers",
    "sqlite": "(WITH RECURSIVE n (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT {rows}) SELECT * FROM n)",
}


async def test_a_dropped_index_is_found_and_made_anew_under_its_name(own: DatabaseUrl) -> None:
    await do('DROP INDEX "idx_session_expires_0c93a9"', 'DROP INDEX "idx_aiChatMessa_chatId_bae443"')

    there = await every("indexes")

    assert [finding.name for finding in there] == ["index-missing", "index-missing"]
    assert await mended("indexes", "schema") == {}


async def test_an_index_of_another_name_does_as_well(own: DatabaseUrl) -> None:
    await do('DROP INDEX "idx_session_userId_407f5e"', 'CREATE INDEX "theirs" ON "session" ("userId", "expiresAt")')

    assert await found("indexes") == {}


async def test_a_unique_constraint_and_a_foreign_key_that_are_gone_are_found(own: DatabaseUrl, dialect: str) -> None:
    await do(*WITHOUT[dialect])

    there = await found("indexes", "foreign keys")

    assert there.keys() == {"unique-missing", "foreign-key-missing"}
    assert there["unique-missing"].what == "twoFactor has no index on userId that keeps it unique"
    assert there["foreign-key-missing"].what == "twoFactor.userId does not refer to user by a foreign key"


@ONLY_POSTGRES
async def test_an_index_that_was_never_finished_is_made_anew_once_nothing_is_twice(own: DatabaseUrl) -> None:
    await do(
        ROWS.format(source="(VALUES ('1'), ('2')) AS two (value)"),
        """UPDATE "verification" SET "identifier" = 'same'""",
    )
    with pytest.raises(IntegrityError):
        await do('CREATE UNIQUE INDEX CONCURRENTLY "ours" ON "verification" ("identifier")')

    there = await found("indexes")
    (failed,) = await doctor.mend(list(there.values()))
    await do("""DELETE FROM "verification" WHERE "id" = '2'""")

    assert there.keys() == {"index-invalid"}
    assert failed.failed
    assert await mended("indexes") == {}


@ONLY_POSTGRES
async def test_what_a_rebuilding_that_failed_left_is_dropped(own: DatabaseUrl) -> None:
    await do(
        ROWS.format(source="(VALUES ('1'), ('2')) AS two (value)"),
        """UPDATE "verification" SET "identifier" = 'same'""",
    )
    with pytest.raises(IntegrityError):
        await do('CREATE UNIQUE INDEX CONCURRENTLY "ours_ccnew" ON "verification" ("identifier")')

    assert (await found("indexes")).keys() == {"index-invalid"}
    assert await mended("indexes") == {}


@ONLY_POSTGRES
async def test_a_foreign_key_that_was_not_checked_is_checked(own: DatabaseUrl) -> None:
    await do(
        'ALTER TABLE "session" DROP CONSTRAINT "session_userId_fkey"',
        'ALTER TABLE "session" ADD CONSTRAINT "session_userId_fkey" FOREIGN KEY ("userId")'
        ' REFERENCES "user" ("id") ON DELETE CASCADE NOT VALID',
    )

    there = await found("foreign keys", "orphans", "schema")

    assert there.keys() == {"foreign-key-unchecked"}
    assert await mended("foreign keys", "schema") == {}


async def test_a_large_table_that_the_planner_knows_nothing_of_is_found_and_analyzed(
    own: DatabaseUrl, dialect: str
) -> None:
    if dialect == "postgres":  # Or it may be faster than we are.
        await do('ALTER TABLE "verification" SET (autovacuum_enabled = FALSE)')
    await do(ROWS.format(source=SOURCE[dialect].format(rows=999)))
    few = await found("statistics")
    await do(
        """INSERT INTO "verification" ("id", "identifier", "value", "expiresAt") VALUES ('a', '', '', '2030-01-01')"""
    )
    many = await found("statistics")

    assert few == {}
    assert many["statistics-missing"].what == "the planner knows nothing of verification"
    assert await mended("statistics") == {}
