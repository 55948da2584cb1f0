"""Every change of the matrix: on a filled database, up and down, against a fresh one, with every row still there."""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import URL, Engine, MetaData, NullPool, create_engine
from tortoise.context import TortoiseContext, get_current_context

from core import database, migrate
from core.database.statements import fetch
from core.local.postgres import Postgres
from core.migrate import applying, comparing, files, generating, linting, reading, scratch
from core.migrate.generating import Kind, Rename, changing, wanted
from core.migrate.states import TABLES
from core.settings import DatabaseUrl, PostgresUrl
from core.settings.database_url import parse
from tests.migrations.changes import CHANGES, Change

Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
async def databases(dialect: str, folder: Path, request: pytest.FixtureRequest) -> list[DatabaseUrl]:
    """Three empty ones. On PostgreSQL they are the same each time, which is faster."""
    if dialect == "sqlite":
        return [parse(f"sqlite://{folder}/{uuid4().hex}.db") for _ in range(3)]
    server: Postgres = request.getfixturevalue("postgres")
    urls = [parse(server.url(f"{scratch.PREFIX}{name}")) for name in ("live", "fresh", "tried")]
    for url in urls:
        if url not in _there:
            assert isinstance(url, PostgresUrl)
            server.create_database(url.database)
            _there.append(url)
        async with database.connected(url, migrated=False):
            await database.connection().execute_script("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return urls


_there: list[DatabaseUrl] = []


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def module(place: Path, source: str, dialect: str) -> tuple[str, str]:
    name = f"models_{uuid4().hex}"
    (place / f"{name}.py").write_text(source.replace("{app}", dialect))
    return name, "aerich.models"


@asynccontextmanager
async def opened(url: DatabaseUrl, models: tuple[str, str]) -> AsyncIterator[None]:
    first = get_current_context() is None
    async with TortoiseContext() as context:
        await context.init(config=database.configuration(url, models=models), _enable_global_fallback=first)
        yield


async def assert_like_fresh(url: DatabaseUrl, other: DatabaseUrl, models: tuple[str, str]) -> None:
    """Compare with a database made from the models, by our own reading and by one that is not ours."""
    async with database.connected(url, migrated=False):
        migrated = await reading.read()
    async with opened(other, models):
        await wanted.make_tables()
        assert comparing.differences(migrated, await reading.read()) == []
    assert await asyncio.to_thread(seen_by_alembic, url, other) == []


def seen_by_alembic(url: DatabaseUrl, other: DatabaseUrl) -> list[Any]:
    """What Alembic's autogenerate would change."""

    def ours(name: str | None, kind: str, _: object) -> bool:
        return kind != "table" or name not in TABLES

    there, here = MetaData(), engine(url)
    there.reflect(engine(other), only=lambda name, _: name not in TABLES)
    with here.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "include_name": ours}
        )
        return list(compare_metadata(context, there))


def engine(url: DatabaseUrl) -> Engine:
    if isinstance(url, PostgresUrl):
        where = URL.create("postgresql+psycopg", url.user, url.password, url.host, url.port, url.database)
        return create_engine(where, poolclass=NullPool)
    return create_engine(f"sqlite:///{url.file}", poolclass=NullPool)


async def fill(schema: reading.Schema, given: Mapping[str, Any]) -> None:
    """Three rows for every table; the first of each points to the first of its parent."""
    waiting = dict(schema)
    while waiting:
        ready = [name for name, table in waiting.items() if not parents(table) & (waiting.keys() - {name})]
        for name in ready or [next(iter(waiting))]:
            table = waiting.pop(name)
            late = set() if ready else parents(table) & waiting.keys()
            for number in (1, 2, 3):
                values = {it.name: value(table, it, number, given, late) for it in table.columns.values()}
                if all("sequence" in (it.generated or "") for it in table.columns.values()):
                    values = {}
                names = ", ".join(f'"{it}"' for it in values)
                places = ", ".join(f"${place}" for place in range(1, len(values) + 1))
                row = f'INSERT INTO "{name}" ({names}) VALUES ({places})'  # noqa: S608  our own names
                await fetch(row, *values.values())
    if database.dialect() == "postgres" and "page" in schema:
        await fetch("SELECT setval(pg_get_serial_sequence('page', 'id'), 3)")


def parents(table: reading.Table) -> set[str]:
    keys = [it for it in table.constraints if it.kind == "foreign key"]
    return {found[1] for it in keys if (found := re.search(r'REFERENCES "?(\w+)"?', it.definition))} - {table.name}


def value(table: reading.Table, column: reading.Column, number: int, given: Mapping[str, Any], late: set[str]) -> Any:
    kind = column.type.lower()
    if column.name in given:
        return given[column.name][number - 1]
    key = next((it for it in table.constraints if it.kind == "foreign key" and it.columns == (column.name,)), None)
    if key and any(name in key.definition for name in late):
        return None
    for kinds, made in (
        (("int", "bigint", "small", "double", "real", "numeric"), number),
        (("timestamp",), datetime(2026, 1, number, 12, tzinfo=UTC)),
        (("date",), date(2026, 1, number)),
        (("json",), json.dumps({"number": number})),
        (("bool",), bool(number % 2)),
    ):
        if kind.startswith(kinds):
            return made
    if column.name == "id" or key or column.name in ("book_id", "tag_id"):
        return f"r{number}"
    return f"{column.name[:6]} {number}"


async def rows(schema: reading.Schema) -> Rows:
    return {
        name: sorted(
            await fetch(f'SELECT * FROM "{name}"'),  # noqa: S608  the same
            key=lambda row: str(next(iter(row.values()))),
        )
        for name in schema
    }


def seen(it: Any) -> str | None:
    """A value as it reads, whatever its type is now."""
    return None if it is None else str(float(it)) if re.fullmatch(r"-?\d+(\.\d+)?", str(it)) else str(it)


def assert_kept(had: Rows, have: Rows, names: Mapping[str, str], tables: Mapping[str, str]) -> None:
    """Every row of every table that is still there has all its values, under whatever name."""
    for table, old in had.items():
        if (there := tables.get(table, table)) not in have:
            continue
        new = have[there]
        kept = {it: names.get(it, it) for it in old[0] if names.get(it, it) in new[0]}
        expected = [{kept[it]: seen(row[it]) for it in kept} for row in old]
        assert [{it: seen(row[it]) for it in kept.values()} for row in new] == expected, table


_first: dict[str, Path] = {}


async def first_files(url: DatabaseUrl, root: Path, source: str, models: tuple[str, str]) -> None:
    """The first migration, which is the same for many a change."""
    if source not in _first:
        _first[source] = root.parent / "first"
        await written(url, _first[source], models)
    shutil.copytree(_first[source], root)


async def written(url: DatabaseUrl, root: Path, models: tuple[str, str], **said: Any) -> changing.Change:
    """Generate for one dialect alone."""
    async with opened(url, models):
        found = await changing.changed_here(root=root, **said)
    if found.files:
        changing.write({url.dialect: found}, "change", root)
    return found


@pytest.mark.filterwarnings("ignore:Cannot correctly sort tables")  # SQLAlchemy's, of two that reference each other
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_a_change_leads_to_the_models_and_back_and_keeps_every_row(
    change: Change, place: Path, databases: list[DatabaseUrl]
) -> None:
    url, other, tried = databases
    before, after = (module(place, source, url.dialect) for source in (change.before, change.after))
    root = place / "migrations"
    await first_files(tried, root, change.before, before)
    async with database.connected(url, migrated=False):
        assert [name async for name in applying.migrate(root=root)]
        old_schema = await reading.read()
        await fill(old_schema, change.rows)
        had = await rows(old_schema)
    renames = [Rename.parse(it) for it in change.renames] + [Rename.parse_table(it) for it in change.table_renames]

    if change.allow:
        with pytest.raises(generating.Refused) as refused:
            await written(tried, root, after, renames=renames)
        assert {str(it.kind) for it in refused.value.dangers} == change.allow
    generated = await written(tried, root, after, renames=renames, allow={Kind(it) for it in change.allow})

    new = files.scripts(url.dialect, root=root)[1:]
    assert [it for it in await linting.lint(url.dialect, new) if it.fatal] == []
    assert not (change.only_models and any("SELECT 1" not in it for file in generated.files for it in file.up))
    names = column_names(change)
    tables = dict(it.split(":") for it in change.table_renames)
    async with database.connected(url, migrated=False):
        if change.empty_only:
            with pytest.raises(migrate.MigrationFailed):
                assert [name async for name in applying.migrate(root=root)]
            assert_kept(had, await rows(await reading.read()), names, tables)
            await empty_out(had)
            had = {table: [] for table in had}
        assert len([name async for name in applying.migrate(root=root)]) in (
            len(generated.files),
            len(generated.files) - 1,
        )
        have = await rows(await reading.read())
    await assert_like_fresh(url, other, after)
    if any(had.values()):
        assert_kept(had, have, names, tables)
        for column, expected in change.gets.items():
            assert [seen(row[column]) for row in have["author"]] == [gotten(expected, url.dialect)] * 3

    async with database.connected(url, migrated=False):
        if generated.files:
            assert [name async for name in applying.downgrade(steps=len(generated.files), root=root)]
        assert comparing.differences(await reading.read(), old_schema) == []
        back = await rows(old_schema)
    if any(had.values()):
        kept = {table: it for table, it in had.items() if tables.get(table, table) in have}
        lost = {it for it in names_of(had) if names.get(it, it) not in names_of(have)}
        for table, them in kept.items():
            assert [{k: seen(v) for k, v in row.items() if k not in lost} for row in back[table]] == [
                {k: seen(v) for k, v in row.items() if k not in lost} for row in them
            ], table


def gotten(expected: Any, dialect: str) -> str | None:
    if isinstance(expected, bool) and dialect == "sqlite":
        expected = int(expected)
    return seen(expected)


def names_of(rows: Rows) -> set[str]:
    return {name for them in rows.values() for row in them for name in row}


def column_names(change: Change) -> dict[str, str]:
    """The columns' new names by their old ones, from the attributes'."""
    found = {}
    for it in change.renames:
        old, new = it.partition(".")[2].split(":")
        found[column(change.before, old)] = column(change.after, new)
    return found


def column(source: str, name: str) -> str:
    line = next((it for it in source.splitlines() if it.strip().startswith(f"{name} = ")), "")
    if found := re.search(r"source_field=['\"](\w+)", line):
        return found[1]
    return f"{name}_id" if "ForeignKey" in line else name


async def empty_out(tables: Rows) -> None:
    if database.dialect() == "postgres":
        await fetch("TRUNCATE " + ", ".join(f'"{table}"' for table in tables))
        return
    await fetch("PRAGMA foreign_keys = OFF")
    for table in tables:
        await fetch(f'DELETE FROM "{table}"')  # noqa: S608  the same
    await fetch("PRAGMA foreign_keys = ON")
