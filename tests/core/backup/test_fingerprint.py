"""Whatever changes in a table changes its fingerprint, and nothing else does."""

# ruff: noqa: S608  the SQL is our own

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from typing import TYPE_CHECKING

import asyncpg
import pytest

from core.backup import fingerprint
from core.backup.manifest import TableContent

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

CHANGES = {
    "a row more": "INSERT INTO t VALUES (4, 'd', 'e', NULL, 1.5)",
    "a row less": "DELETE FROM t WHERE id = 3",
    "a row twice instead of another": "UPDATE t SET id = 1, a = 'a', b = 'b', c = NULL, d = 1.50 WHERE id = 2",
    "another value": "UPDATE t SET a = 'A' WHERE id = 1",
    "nothing instead of an empty text": "UPDATE t SET a = NULL WHERE id = 3",
    "an empty text instead of nothing": "UPDATE t SET c = '' WHERE id = 1",
    "two columns of a row swapped": "UPDATE t SET a = b, b = a WHERE id = 1",
    "two rows of a column swapped": "UPDATE t SET a = CASE id WHEN 1 THEN 'c' ELSE 'a' END WHERE id < 3",
    "a value moved to the next column": "UPDATE t SET b = '', c = b WHERE id = 1",
    "half of a value moved to the next column": "UPDATE t SET a = 'c,', b = 'd' WHERE id = 2",
}

ROWS = "INSERT INTO t VALUES (1, 'a', 'b', NULL, 1.50), (2, 'c', ',d', 'x', 2), (3, '', 'ä\U0001f600', 'y', NULL)"


@pytest.fixture
async def empty(empty_database: str) -> AsyncIterator["Connection"]:
    connection = await asyncpg.connect(empty_database)
    yield connection
    await connection.close()


def on_sqlite(*statements: str) -> dict[str, TableContent]:
    with closing(sqlite3.connect(":memory:")) as connection:
        for statement in statements:
            connection.execute(statement)
        return fingerprint.of_sqlite(connection)


TABLE = "CREATE TABLE t (id int, a text, b text, c text, d numeric)"


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("change", CHANGES)
def test_a_change_shows_on_sqlite(change: str) -> None:
    before = on_sqlite(TABLE, ROWS)["t"]
    after = on_sqlite(TABLE, ROWS, CHANGES[change])["t"]

    assert before.rows == 3
    assert before.fingerprint != after.fingerprint


@pytest.mark.only("sqlite")
def test_the_order_of_rows_does_not_show_on_sqlite() -> None:
    parts = ROWS.removeprefix("INSERT INTO t VALUES ").replace("), (", ")|(").split("|")

    assert on_sqlite(TABLE, ROWS) == on_sqlite(TABLE, "INSERT INTO t VALUES " + ", ".join(reversed(parts)))


@pytest.mark.only("sqlite")
def test_types_are_told_apart_on_sqlite() -> None:
    values = ("1", "1.0", "'1'", "x'31'", "NULL", "''", "x''", "'NULL'", "cast(x'ff' AS text)", "cast(x'fe' AS text)")

    found = {on_sqlite("CREATE TABLE t (a)", f"INSERT INTO t VALUES ({value})")["t"].fingerprint for value in values}

    assert len(found) == len(values)


@pytest.mark.only("sqlite")
def test_a_fingerprint_on_sqlite_is_the_same_for_ever() -> None:
    assert on_sqlite(TABLE, ROWS) == {"t": TableContent(rows=3, fingerprint=SQLITE_FINGERPRINT)}


@pytest.mark.only("postgres")
async def test_a_change_shows_on_postgres(empty: "Connection") -> None:
    await empty.execute(TABLE)
    await empty.execute(ROWS)
    before = (await fingerprint.of_postgres(empty))["t"]

    for change, statement in CHANGES.items():
        transaction = empty.transaction()
        await transaction.start()
        await empty.execute(statement.replace(" t ", " public.t "))
        after = (await fingerprint.of_postgres(empty))["t"]
        await transaction.rollback()
        assert after.fingerprint != before.fingerprint, change
    assert (await fingerprint.of_postgres(empty))["t"] == before


@pytest.mark.only("postgres")
async def test_a_fingerprint_on_postgres_is_the_same_for_ever(empty: "Connection") -> None:
    await empty.execute(
        """
        CREATE TABLE "of all kinds" (
            a bool, b int2, c int4, d int8, e text, f varchar(9), g char(5), h bytea, i uuid, j date, k timestamp,
            l timestamptz, m numeric, n jsonb, o float8, p interval, q text[], r money, s json, this text);
        INSERT INTO "of all kinds" VALUES (true, 1, 2, 3, 'Grüße', 'x', 'y', '\\x00ff', gen_random_uuid(), '2026-01-02',
            '2026-01-02 03:04:05.6', '2026-01-02 03:04:05.6+03', 1.50, '{"b": 1, "a": [null]}', 0.1, '1 mon -2 days',
            '{a,NULL}', 3.5, '{"x":  1}', 'this');
        INSERT INTO "of all kinds" DEFAULT VALUES;
        UPDATE "of all kinds" SET i = '00000000-0000-4000-8000-000000000001' WHERE a;
        CREATE TABLE nothing ();
        INSERT INTO nothing DEFAULT VALUES;
        CREATE SCHEMA other; CREATE TABLE other.t (a int); CREATE TEMP TABLE fleeting (a int);
        """
    )

    # On other settings than ours, which must not matter.
    await empty.execute("SET datestyle = 'German'; SET timezone = 'Asia/Tokyo'; SET bytea_output = 'escape'")
    found = await fingerprint.of_postgres(empty)

    assert {name: content.rows for name, content in found.items()} == {"of all kinds": 2, "nothing": 1, "other.t": 0}
    assert found["of all kinds"].fingerprint == POSTGRES_FINGERPRINT


@pytest.mark.only("postgres")
async def test_rows_that_we_may_not_see_are_no_silence(empty: "Connection") -> None:
    await empty.execute(f"{TABLE}; ALTER TABLE t ENABLE ROW LEVEL SECURITY")
    await empty.execute("CREATE ROLE half_blind; GRANT SELECT ON t TO half_blind; SET ROLE half_blind")

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fingerprint.of_postgres(empty)

    await empty.execute("RESET ROLE; DROP OWNED BY half_blind; DROP ROLE half_blind")


SQLITE_FINGERPRINT = "bdd8f9b963c58f9e"
POSTGRES_FINGERPRINT = "8c4a91d5883ceb69"
