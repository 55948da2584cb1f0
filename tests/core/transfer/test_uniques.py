"""Keys and uniques are away while a table is filled, and what stays and what is rejected is as if they were there."""

# ruff: noqa: S608  the SQL is our own

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from core import database, migrate, progress, transfer
from core.settings import PostgresUrl
from core.transfer import reading
from tests.core.transfer.conftest import Databases, at, change, fetch, schema, told, write

pytestmark = pytest.mark.only("postgres")

PEOPLE = """
    DROP TABLE "user";
    CREATE TABLE "user" (number INTEGER PRIMARY KEY, "id" text, "name" text, "email" text, "username" text,
        "emailVerified" integer, "createdAt" date, "updatedAt" date);
    DELETE FROM "session";
"""
Person = tuple[str, str, str | None]


def people(seed: int, many: int = 60) -> list[Person]:
    """Some of whom have something in common with one or with several others."""
    random = Random(seed)  # noqa: S311  no secret
    return [
        (
            f"u{random.randrange(many)}",
            f"p{random.randrange(many)}@example.com",
            random.choice([None, f"n{random.randrange(many)}"]),
        )
        for _ in range(many)
    ]


def stored(file: Path, them: list[Person]) -> Path:
    write(file, people=0, script=PEOPLE)
    with closing(sqlite3.connect(file)) as connection:
        connection.executemany(
            'INSERT INTO "user" VALUES (?, ?, ?, ?, ?, 1, ?, ?)',
            [(n, key, f"{n}", email, name, at(n), at(n)) for n, (key, email, name) in enumerate(them)],
        )
        connection.commit()
    return file


def first_come(them: list[Person]) -> Iterator[int]:
    """The places of those who have nothing that one of these before them has."""
    taken: set[tuple[int, str]] = set()
    for number, person in enumerate(them):
        has = {(what, it) for what, it in enumerate(person) if it is not None}
        if taken.isdisjoint(has):
            taken |= has
            yield number


async def migrated(url: PostgresUrl, script: str) -> PostgresUrl:
    async with migrate.opened(url):
        assert [name async for name in migrate.migrate()]
        await database.connection().execute_script(script)
    return url


@pytest.mark.parametrize("seed", range(4))
async def test_of_those_who_have_something_in_common_the_first_stays(
    target: PostgresUrl, tmp_path: Path, rejects: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(reading, "BATCH", 7)
    them = people(seed)

    await transfer.move(stored(tmp_path / "source.sqlite", them), target, extra=transfer.Extra.LEAVE, rejected=rejects)

    stay = list(first_come(them))
    assert len(stay) < len(them) - 5
    assert await fetch(target, 'SELECT name::int FROM "user" ORDER BY 1') == [(number,) for number in stay]
    found = told(rejects)
    gone = [key for number, (key, _, _) in enumerate(them) if number not in stay]
    assert sorted(str(key) for _, key, _, _ in found) == sorted(gone)
    assert {reason for *_, reason in found} == {
        f'duplicate key value violates unique constraint "user_{it}"' for it in ("pkey", "email_key", "username_key")
    }


async def test_what_is_refused_for_another_reason_too_is_told_of_once(
    target: PostgresUrl, tmp_path: Path, rejects: Path
) -> None:
    await migrated(target, "ALTER TABLE \"user\" ADD CONSTRAINT named CHECK (name <> '1')")
    them: list[Person] = [("a", "a@x.org", None), ("a", "b@x.org", None), ("a", "c@x.org", None)]

    moved = await transfer.move(
        stored(tmp_path / "source.sqlite", them), target, extra=transfer.Extra.LEAVE, rejected=rejects
    )

    assert moved.same
    assert sorted(told(rejects)) == [
        ("user", "a", None, 'duplicate key value violates unique constraint "user_pkey"'),
        ("user", "a", None, 'new row for relation "user" violates check constraint "named"'),
    ]


async def test_interrupted_while_it_looks_again_it_looks_again(
    databases: Databases, tmp_path: Path, rejects: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 7)
    source = stored(tmp_path / "source.sqlite", people(9))
    target, undisturbed = databases(), databases()
    task = asyncio.current_task()
    assert task

    def stop(step: progress.Step) -> None:
        if step.what == "store again" and step.done > 20:
            task.cancel()

    with progress.told_to(stop), pytest.raises(asyncio.CancelledError):
        await transfer.move(source, target, extra=transfer.Extra.LEAVE, rejected=rejects)
    task.uncancel()
    there = await fetch(target, 'SELECT count(*) FROM "user"')
    moved = await transfer.move(source, target, extra=transfer.Extra.LEAVE, rejected=rejects)

    assert there == [(60,)]
    assert moved.resumed
    ours = told(rejects)
    await transfer.move(source, undisturbed, extra=transfer.Extra.LEAVE, rejected=rejects)
    assert ours == told(rejects)
    assert await schema(target) == await schema(undisturbed)
    query = 'SELECT * FROM "user" ORDER BY id'
    assert await fetch(target, query) == await fetch(undisturbed, query)


async def test_a_text_that_is_too_long_for_an_index_is_rejected(
    target: PostgresUrl, source: Path, rejects: Path
) -> None:
    await migrated(target, "CREATE TABLE note (id text PRIMARY KEY, text text UNIQUE)")
    change(source, "CREATE TABLE note (id text, text text); INSERT INTO note VALUES ('b', 'short')")
    with closing(sqlite3.connect(source)) as connection:
        connection.execute("INSERT INTO note VALUES ('a', hex(randomblob(9000))), ('c', hex(zeroblob(9000)))")
        connection.commit()

    moved = await transfer.move(source, target, rejected=rejects)

    assert moved.same
    assert await fetch(target, "SELECT id FROM note ORDER BY 1") == [("b",), ("c",)]
    [(table, key, column, reason)] = told(rejects)
    assert (table, key, column) == ("note", "a", None)
    assert reason.startswith("index row ")


ALL = {"session_pkey", "session_token_key", "user_email_key", "user_pkey", "user_username_key"}


@pytest.mark.parametrize(
    ("script", "stay"),
    [
        ("COMMENT ON CONSTRAINT user_pkey ON \"user\" IS 'a'; COMMENT ON INDEX user_pkey IS 'b'", set()),
        ('CREATE VIEW seen AS SELECT id, name FROM "user" GROUP BY id', {"user_pkey"}),
        ('CREATE PUBLICATION told FOR TABLE "session"', {"session_pkey", "session_token_key"}),
        ('ALTER TABLE "user" REPLICA IDENTITY USING INDEX user_email_key', {"user_email_key"}),
        ('ALTER TABLE "user" CLUSTER ON user_email_key', {"user_email_key"}),
        (
            'ALTER TABLE "user" DROP CONSTRAINT user_email_key, ADD UNIQUE (email) DEFERRABLE',
            {"user_email_key"},
        ),
        (
            'ALTER TABLE "user" DROP CONSTRAINT user_username_key, ADD UNIQUE NULLS NOT DISTINCT (username)',
            {"user_username_key"},
        ),
        ('ALTER TABLE "user" ALTER username TYPE text', {"user_username_key"}),
        ('ALTER TABLE "user" ALTER username TYPE character (700)', {"user_username_key"}),
    ],
)
async def test_meanwhile_all_are_away_but_those_that_have_more_to_them(
    databases: Databases, source: Path, rejects: Path, script: str, stay: set[str]
) -> None:
    target, made = await migrated(databases(), script), await migrated(databases(), script)
    task = asyncio.current_task()
    assert task

    def stop(step: progress.Step) -> None:
        if step.what == "copy":
            task.cancel()

    with progress.told_to(stop), pytest.raises(asyncio.CancelledError):
        await transfer.move(source, target, rejected=rejects)
    task.uncancel()
    there = await fetch(target, f"SELECT conname FROM pg_constraint WHERE conname IN {tuple(ALL)}")
    moved = await transfer.move(source, target, rejected=rejects)

    assert {name for (name,) in there} == stay
    assert moved.same
    assert await schema(target) == await schema(made)
    about = "SELECT description FROM pg_description WHERE description IN ('a', 'b') ORDER BY 1"
    assert await fetch(target, about) == await fetch(made, about)


async def test_somebody_elses_table_may_refer_to_one_of_ours(target: PostgresUrl, source: Path, rejects: Path) -> None:
    await migrated(target, 'CREATE TABLE liking (id text PRIMARY KEY, who text REFERENCES "user" (id))')
    before = await schema(target)

    moved = await transfer.move(source, target, rejected=rejects)

    assert moved.same
    assert await schema(target) == before
