import asyncio
import json
from collections.abc import Mapping

import pytest
from tortoise.context import require_context

from core import database, migrate
from core.database.statements import fetch
from core.settings import DatabaseUrl
from core.settings.database_url import parse
from tests.programs import run


async def schema(url: DatabaseUrl, *, from_models: bool) -> Mapping[str, object]:
    """Everything that an empty database has after its tables were made in one way or the other."""
    async with database.connected(url, migrated=False):
        if from_models:
            await require_context().generate_schemas(safe=False)
        else:
            assert [name async for name in migrate.migrate()]
        return await (_postgres() if url.dialect == "postgres" else _sqlite())


async def _postgres() -> Mapping[str, object]:
    return {
        "columns": await fetch("""
            SELECT table_name, column_name, data_type, character_maximum_length, is_nullable, column_default
            FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name NOT IN ('aerich', 'migrationState') ORDER BY 1, 2
        """),
        "indexes": await fetch(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
            " AND tablename NOT IN ('aerich', 'migrationState') ORDER BY 1"
        ),
        "constraints": await fetch("""
            SELECT conrelid::regclass::text AS table, conname, pg_get_constraintdef(oid) AS definition
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
                AND conrelid::regclass::text NOT IN ('aerich', '"migrationState"')
            ORDER BY 1, 2
        """),
        "comments": await fetch(
            "SELECT description FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid >= 16384"
        ),
    }


async def _sqlite() -> Mapping[str, object]:
    rows = await fetch(
        "SELECT name, sql FROM sqlite_master"
        " WHERE tbl_name NOT IN ('aerich', 'migrationState', 'sqlite_sequence') ORDER BY name"
    )
    return {row["name"]: (row["sql"] or "").replace("IF NOT EXISTS ", "") for row in rows}


async def test_the_migrations_lead_to_the_models_schema(empty_database: str) -> None:
    url = parse(empty_database)
    replayed = await schema(url, from_models=False)
    async with database.connected(url, migrated=False):
        for table in await _tables(url.dialect):
            await fetch(f'DROP TABLE "{table}"' + (" CASCADE" if url.dialect == "postgres" else ""))

    generated = await schema(url, from_models=True)

    assert replayed == generated
    assert len(str(generated)) > 1_000


async def _tables(dialect: str) -> list[str]:
    if dialect == "postgres":
        rows = await fetch("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")
    else:
        await fetch("PRAGMA foreign_keys = OFF")
        rows = await fetch("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'")
    return [row["name"] for row in rows]


async def test_aerich_works_from_the_root_and_knows_what_we_applied(empty_database: str) -> None:
    code, upgraded = await run("aerich", "upgrade", DATABASE_URL=empty_database)
    assert (code, "Success upgrading to" in upgraded) == (0, True), upgraded

    assert "No available heads" in (await run("aerich", "heads", DATABASE_URL=empty_database))[1]
    assert "_init.py" in (await run("aerich", "history", DATABASE_URL=empty_database))[1]
    assert "No changes detected" in (await run("aerich", "migrate", DATABASE_URL=empty_database))[1]

    code, status = await run("core.cli", "db", "status", "--json", DATABASE_URL=empty_database)
    assert code == 0
    assert all(migration["applied"] for migration in json.loads(status))


async def test_aerich_finds_nothing_left_after_our_migrate(empty_database: str) -> None:
    code, migrated = await run("core.cli", "db", "migrate", DATABASE_URL=empty_database)
    assert code == 0, migrated

    assert "No upgrade items found" in (await run("aerich", "upgrade", DATABASE_URL=empty_database))[1]
    assert "No changes detected" in (await run("aerich", "migrate", DATABASE_URL=empty_database))[1]


async def test_of_four_that_migrate_at_once_one_applies_and_the_others_find_nothing_left(empty_database: str) -> None:
    results = await asyncio.gather(*(run("core.cli", "db", "migrate", DATABASE_URL=empty_database) for _ in range(4)))

    assert [code for code, _ in results] == [0, 0, 0, 0], results
    assert sum(output.count("applied 0_") for _, output in results) == 1
    async with database.connected(parse(empty_database)):
        assert await fetch('SELECT count(*) AS rows FROM "aerich"') == [{"rows": 3}]


async def test_an_unmigrated_database_is_refused_with_the_remedy(empty_database: str) -> None:
    code, output = await run("core.cli", "db", "status", DATABASE_URL=empty_database)
    assert (code, "MISSING" in output) == (1, True)

    code, output = await run("core.cli", "jobs", "run", "sessions.purge_expired", DATABASE_URL=empty_database)

    assert code == 1
    assert output.splitlines() == [
        f"error: the database lacks 3 of 3 migrations, first {output.split('first ')[1].splitlines()[0]}",
        "remedy: run `stylobate db migrate` (or `aerich upgrade`)",
    ]


async def test_a_database_that_is_newer_than_the_program_is_refused(empty_database: str) -> None:
    url = parse(empty_database)
    async with database.connected(url, migrated=False):
        assert [name async for name in migrate.migrate()]
        await fetch(
            'INSERT INTO "aerich" ("version", "app", "content") VALUES ($1, $2, $3)', "9_later.py", url.dialect, "{}"
        )

    with pytest.raises(database.NotMigrated, match=r"9_later\.py"):
        async with database.connected(url):
            pass


async def test_without_a_database_url_aerich_says_so_in_one_line() -> None:
    code, output = await run("aerich", "heads", DATABASE_URL="")

    assert code == 1
    assert output.splitlines() == [
        "DATABASE_URL is not set: set it, or run `stylobate up`, which brings servers of its own"
    ]
