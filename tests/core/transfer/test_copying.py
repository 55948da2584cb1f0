"""What is in the source is in the target afterwards, or told of."""

# ruff: noqa: ASYNC240, S608  files are what is looked at here, and the SQL is our own

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core import database, migrate, progress, transfer
from core.settings import PostgresUrl
from core.transfer import Extra, Moved
from tests.core.transfer.conftest import DATA, Databases, at, change, fetch, schema, told, write

pytestmark = pytest.mark.only("postgres")

NODES = """
    CREATE TABLE "Order" ("id" text PRIMARY KEY, "group" text REFERENCES "Order" ("id"), "camelCase" text);
    CREATE TABLE left_ ("id" text PRIMARY KEY, "other" text);
    CREATE TABLE right_ ("id" text PRIMARY KEY, "other" text REFERENCES left_ ("id"));
"""
CIRCLES = f"{NODES} ALTER TABLE left_ ADD CONSTRAINT circle FOREIGN KEY (other) REFERENCES right_ (id);"


async def migrated(url: PostgresUrl, *statements: str) -> PostgresUrl:
    async with migrate.opened(url):
        assert [name async for name in migrate.migrate()]
        for statement in statements:
            await database.connection().execute_script(statement)
    return url


def filled(moved: Moved) -> dict[str, tuple[int, int, int]]:
    """Of each table that has any: its rows, how many were there, how many were not taken."""
    return {it.table: it[1:] for it in moved.tables if any(it[1:])}


async def test_the_database_of_a_better_auth_application_arrives(target: PostgresUrl, rejects: Path) -> None:
    moved = await transfer.move(DATA / "better-auth.sqlite", target, rejected=rejects)

    assert moved.same
    assert moved.recognised.kind == "better-auth"
    with closing(sqlite3.connect(DATA / "better-auth.sqlite")) as connection:
        [(key, email, created)] = connection.execute('SELECT id, email, createdAt FROM "user"').fetchall()
    there = await fetch(target, 'SELECT "id", "email", "createdAt" FROM "user"')
    assert there == [(key, email, datetime.fromisoformat(created))]
    assert not rejects.exists()


async def test_the_database_of_a_drizzle_application_arrives(target: PostgresUrl, rejects: Path) -> None:
    moved = await transfer.move(DATA / "drizzle.sqlite", target, rejected=rejects)

    assert moved.same
    assert (filled(moved)["user"], filled(moved)["session"]) == ((400, 0, 0), (800, 0, 0))
    assert await fetch(target, "SELECT count(*) FROM \"aiChat\" WHERE jsonb_typeof(messages) = 'array'") == [(58,)]


async def test_the_schema_is_afterwards_as_migrating_makes_it(
    databases: Databases, source: Path, rejects: Path
) -> None:
    copied, merged, made = databases(), databases(), await migrated(databases())

    await transfer.move(source, copied, rejected=rejects)
    await transfer.move(source, merged, rejected=rejects, merge=True)

    assert await schema(copied) == await schema(made)
    assert await schema(merged) == await schema(made)


async def test_a_target_with_rows_is_refused_and_left_as_it_is(
    target: PostgresUrl, source: Path, rejects: Path
) -> None:
    await transfer.move(source, target, rejected=rejects)
    before = await schema(target)

    with pytest.raises(transfer.TargetNotEmpty, match=r"in user, session: .*--merge"):
        await transfer.move(source, target, rejected=rejects)

    assert await schema(target) == before
    assert await fetch(target, 'SELECT count(*) FROM "user"') == [(3,)]


async def test_merging_adds_what_is_not_there_and_changes_nothing_else(
    target: PostgresUrl, source: Path, rejects: Path, tmp_path: Path
) -> None:
    await transfer.move(source, target, rejected=rejects)
    more = write(tmp_path / "more.sqlite", people=5, script="UPDATE \"user\" SET name = 'another'")

    moved = await transfer.move(more, target, merge=True, rejected=rejects)

    assert filled(moved) == {"user": (5, 3, 0), "session": (5, 3, 0)}
    names = await fetch(target, 'SELECT "name" FROM "user" ORDER BY "id"')
    assert names == [("Person 0",), ("Person 1",), ("Person 2",), ("another",), ("another",)]
    again = await transfer.move(more, target, merge=True, rejected=rejects)
    assert filled(again) == {"user": (5, 5, 0), "session": (5, 5, 0)}


async def test_merging_rejects_who_has_what_another_has_and_what_belongs_to_them(
    target: PostgresUrl, source: Path, rejects: Path, tmp_path: Path
) -> None:
    await transfer.move(source, target, rejected=rejects)
    script = """
        UPDATE "user" SET id = 'new' || id; UPDATE "session" SET id = 'new' || id, token = 'new' || token;
        UPDATE "user" SET email = 'other@example.com' WHERE id = 'newu000002';
        UPDATE "session" SET userId = 'new' || userId;
    """
    more = write(tmp_path / "more.sqlite", script=script)

    moved = await transfer.move(more, target, merge=True, rejected=rejects)

    assert filled(moved) == {"user": (1, 0, 2), "session": (1, 0, 2)}
    missing = "userId names a row of user that is not there"
    assert sorted(told(rejects)) == [
        ("session", "news000000", "userId", missing),
        ("session", "news000001", "userId", missing),
        ("user", "newu000000", "email", "another row has the same email"),
        ("user", "newu000001", "email", "another row has the same email"),
    ]


async def test_the_few_rows_that_cannot_be_are_found_among_many(
    target: PostgresUrl, rejects: Path, tmp_path: Path
) -> None:
    script = """
        UPDATE "user" SET email = 'P7@Example.com' WHERE id = 'u000900';
        UPDATE "user" SET createdAt = 'yesterday' WHERE id = 'u000901';
        UPDATE "session" SET token = 'token5' WHERE id = 's000902';
        DELETE FROM "user" WHERE id = 'u000903';
    """
    source = write(tmp_path / "source.sqlite", people=1000, script=script)

    moved = await transfer.move(source, target, rejected=rejects)

    assert moved.same, "what was not taken is not missed"
    assert filled(moved) == {"user": (997, 0, 2), "session": (996, 0, 4)}
    found = told(rejects)
    assert {(table, key): column for table, key, column, _ in found} == {
        ("user", "u000900"): None,
        ("user", "u000901"): "createdAt",
        ("session", "s000902"): None,
        ("session", "s000900"): "userId",
        ("session", "s000901"): "userId",
        ("session", "s000903"): "userId",
    }
    assert len(found) == 6
    assert rejects.stat().st_mode & 0o777 == 0o600
    assert "yesterday" not in rejects.read_text()
    assert "token5" not in rejects.read_text()


@pytest.mark.parametrize("merge", [False, True])
async def test_circles_and_rows_before_their_parents_arrive(
    target: PostgresUrl, source: Path, rejects: Path, *, merge: bool
) -> None:
    await migrated(target, CIRCLES)
    change(
        source,
        f"""
        {NODES}
        INSERT INTO "Order" VALUES ('a', 'z', 'x'), ('y', 'nobody', NULL), ('z', 'z', NULL), ('b', 'y', NULL);
        INSERT INTO left_ VALUES ('1', '2'), ('3', '4'); INSERT INTO right_ VALUES ('2', '1');
        """,
    )

    moved = await transfer.move(source, target, merge=merge, rejected=rejects)

    assert moved.same
    assert await fetch(target, 'SELECT * FROM "Order" ORDER BY 1') == [("a", "z", "x"), ("z", "z", None)]
    assert await fetch(target, "SELECT * FROM left_") == [("1", "2")]
    assert sorted((table, key) for table, key, _, _ in told(rejects)) == [
        ("Order", "b"),
        ("Order", "y"),
        ("left_", "3"),
    ]


@pytest.mark.parametrize("merge", [False, True])
async def test_triggers_do_not_fire_for_what_is_moved_and_do_again_afterwards(
    target: PostgresUrl, source: Path, rejects: Path, *, merge: bool
) -> None:
    await migrated(
        target,
        """
        CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;
        CREATE TRIGGER shouts BEFORE INSERT OR UPDATE ON "user" FOR EACH ROW EXECUTE FUNCTION shout();
        ALTER TABLE "user" ENABLE ALWAYS TRIGGER shouts;
        """,
    )

    await transfer.move(source, target, merge=merge, rejected=rejects)

    assert await fetch(target, "SELECT name FROM \"user\" WHERE id = 'u000001'") == [("Person 1",)]
    assert ("trigger", '"user"', "shoutsA") in await schema(target)


async def test_what_has_no_place_is_refused_before_anything_is_done(
    target: PostgresUrl, source: Path, rejects: Path
) -> None:
    change(
        source, 'CREATE TABLE "note" (text); INSERT INTO "note" VALUES (1); ALTER TABLE "user" ADD COLUMN "shoe size"'
    )

    with pytest.raises(transfer.LeftBehind, match=r"table note \(1 rows\), column user.shoe size: say --extra"):
        await transfer.move(source, target, rejected=rejects)

    assert await schema(target) == []


async def test_what_has_no_place_is_carried_when_asked_for(target: PostgresUrl, source: Path, rejects: Path) -> None:
    change(
        source,
        """
        CREATE TABLE "note" ("number" INTEGER PRIMARY KEY, "text", "size" REAL, "seal" BLOB, "any" INTEGER, "none" INT);
        INSERT INTO "note" VALUES (7, 'seven', 0.5, x'ff00', 'text', NULL), (9, 'nine', 3, NULL, 2, NULL);
        ALTER TABLE "user" ADD COLUMN "shoe size" INTEGER;
        UPDATE "user" SET "shoe size" = 42 WHERE id = 'u000001';
        """,
    )

    moved = await transfer.move(source, target, extra=Extra.CARRY, rejected=rejects)

    assert moved.same
    assert await fetch(target, 'SELECT * FROM "note" ORDER BY 1') == [
        (7, "seven", 0.5, b"\xff\0", "text", None),
        (9, "nine", 3.0, None, "2", None),
    ]
    assert await fetch(target, 'SELECT "shoe size" FROM "user" ORDER BY "id"') == [(None,), (42,), (None,)]
    assert await fetch(target, 'INSERT INTO "note" ("text") VALUES (\'ten\') RETURNING "number"') == [(10,)]


async def test_what_has_no_place_is_left_when_asked_for(target: PostgresUrl, source: Path, rejects: Path) -> None:
    change(source, 'CREATE TABLE "note" (text); ALTER TABLE "user" ADD COLUMN "shoe size"')

    moved = await transfer.move(source, target, extra=Extra.LEAVE, rejected=rejects)

    assert moved.same
    assert await fetch(target, "SELECT to_regclass('note')") == [(None,)]


async def test_a_column_that_must_have_a_value_is_missed_before_anything_is_copied(
    target: PostgresUrl, source: Path, rejects: Path
) -> None:
    change(source, 'ALTER TABLE "session" DROP COLUMN "token"')

    with pytest.raises(transfer.ColumnMissing, match=r"session\.token"):
        await transfer.move(source, target, rejected=rejects)

    assert await fetch(target, 'SELECT count(*) FROM "user"') == [(0,)]


async def test_one_row_of_fifty_megabytes_arrives(target: PostgresUrl, rejects: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "source.sqlite", people=1)
    change(source, "UPDATE \"user\" SET name = replace(hex(zeroblob(25000000)), '0', 'x')")

    moved = await transfer.move(source, target, rejected=rejects)

    assert moved.same
    assert await fetch(target, 'SELECT length("name") FROM "user"') == [(50_000_000,)]


async def test_an_empty_database_is_moved_too(target: PostgresUrl, rejects: Path, tmp_path: Path) -> None:
    moved = await transfer.move(write(tmp_path / "source.sqlite", people=0), target, rejected=rejects)

    assert moved.same
    assert filled(moved) == {}


async def test_what_is_written_meanwhile_is_not_of_the_moment(target: PostgresUrl, source: Path, rejects: Path) -> None:
    change(source, "PRAGMA journal_mode = WAL")
    steps: list[str] = []

    def write_meanwhile(step: progress.Step) -> None:
        if step.what == "copy" and not steps:
            change(
                source,
                f"""
                INSERT INTO "user" VALUES ('u9', 'late', 'late@example.com', 1, '{at(1)}', '{at(1)}');
                DELETE FROM "session" WHERE id = 's000002';
            """,
            )
        steps.append(step.what)

    with progress.told_to(write_meanwhile):
        moved = await transfer.move(source, target, rejected=rejects)

    assert moved.same
    assert filled(moved) == {"user": (3, 0, 0), "session": (3, 0, 0)}
    named = [step for step in dict.fromkeys(steps) if not step.endswith(".py")]  # And the migrations of the target.
    assert named == ["copy", "keys", "indexes", "analyze", "foreign keys", "compare"]


async def test_times_without_a_zone_in_the_target_are_of_utc(target: PostgresUrl, source: Path, rejects: Path) -> None:
    await migrated(target, 'ALTER TABLE "user" ALTER "createdAt" TYPE timestamp')

    moved = await transfer.move(source, target, rejected=rejects)

    assert moved.same
    assert await fetch(target, 'SELECT "createdAt" FROM "user" WHERE id = \'u000001\'') == [
        (datetime(2026, 1, 1, 0, 0, 1, tzinfo=UTC).replace(tzinfo=None),)
    ]
