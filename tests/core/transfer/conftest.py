"""SQLite files to move, empty databases to move them to, and what is in those afterwards."""

import json
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from core.local.postgres import Postgres
from core.settings import PostgresUrl
from core.settings.database_url import parse

DATA = Path(__file__).parents[2] / "data"

_SCHEMA = """
    CREATE TABLE "user" ("id" text PRIMARY KEY, "name" text NOT NULL, "email" text NOT NULL,
        "emailVerified" integer NOT NULL, "createdAt" date NOT NULL, "updatedAt" date NOT NULL);
    CREATE TABLE "session" ("id" text PRIMARY KEY, "expiresAt" date NOT NULL, "token" text NOT NULL,
        "createdAt" date NOT NULL, "updatedAt" date NOT NULL, "userId" text NOT NULL);
    CREATE TABLE "account" ("id" text PRIMARY KEY);
    CREATE TABLE "verification" ("id" text PRIMARY KEY);
"""


def at(number: int) -> str:
    return (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number)).isoformat(timespec="milliseconds")


def write(file: Path, *, people: int = 3, script: str = "") -> Path:
    """A file as better-auth writes it, of so many people, each with a session."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(_SCHEMA)
        connection.executemany(
            'INSERT INTO "user" VALUES (?, ?, ?, ?, ?, ?)',
            ((f"u{n:06}", f"Person {n}", f"p{n}@example.com", n % 2, at(n), at(n)) for n in range(people)),
        )
        connection.executemany(
            'INSERT INTO "session" VALUES (?, ?, ?, ?, ?, ?)',
            ((f"s{n:06}", at(n + 9), f"token{n}", at(n), at(n), f"u{n:06}") for n in range(people)),
        )
        connection.executescript(script)
        connection.commit()
    return file


def change(file: Path, script: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)


async def fetch(url: PostgresUrl, query: str) -> list[tuple[Any, ...]]:
    """What a query finds in the target, asked by somebody else."""
    connection = await asyncpg.connect(
        host=url.host, port=url.port, user=url.user, password=url.password, database=url.database
    )
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def schema(url: PostgresUrl) -> list[tuple[Any, ...]]:
    """Every index, constraint and trigger, and every schema of ours."""
    return await fetch(
        url,
        """
        SELECT 'index', tablename::text, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT 'constraint', conrelid::regclass::text, conname || pg_get_constraintdef(oid) || convalidated
            FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname || tgenabled::text FROM pg_trigger
            WHERE NOT tgisinternal
        UNION ALL SELECT 'schema', '', nspname FROM pg_namespace WHERE nspname ~ 'stylobate'
        ORDER BY 1, 2, 3
        """,
    )


def told(file: Path) -> list[tuple[str, object, str | None, str]]:
    """The rejected rows that a file tells of."""
    rows: Iterable[dict[str, Any]] = map(json.loads, file.read_text().splitlines())
    return [(row["table"], row["key"], row["column"], row["reason"]) for row in rows]


Databases = Callable[[], PostgresUrl]


@pytest.fixture
def databases(postgres: Postgres) -> Databases:
    """Makes empty databases."""

    def make() -> PostgresUrl:
        name = f"transfer_{uuid4().hex}"
        postgres.create_database(name)
        url = parse(postgres.url(name))
        assert isinstance(url, PostgresUrl)
        return url

    return make


@pytest.fixture
def target(databases: Databases) -> PostgresUrl:
    """An empty database."""
    return databases()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file with three people."""
    return write(tmp_path / "source.sqlite")


@pytest.fixture
def rejects(tmp_path: Path) -> Path:
    """Where rows are told of that were not taken."""
    return tmp_path / "rejects.ndjson"
