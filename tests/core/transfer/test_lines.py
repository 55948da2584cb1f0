"""What SQLite writes itself for COPY is what the converter would have made of it."""

# ruff: noqa: S608  the SQL is our own

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core import transfer
from core.database.quoting import quoted
from core.local.postgres import Postgres
from core.transfer.columns import Column, Table
from core.transfer.converting import Converter, converter
from core.transfer.kinds import Kind
from core.transfer.lines import COLUMN, NULL, Lines, writer
from core.transfer.source import Source, SourceTable
from tests.core.transfer.conftest import Databases, fetch, told, write

SECONDS = int(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp())
TYPES = {
    "email": "varchar(12)",
    "name": "varchar(12)",
    "banned": "boolean",
    "age": "smallint",
    "size": "integer",
    "number": "bigint",
    "createdAt": "timestamptz",
    "updatedAt": "timestamp",
}
KINDS = {"varchar(12)": "text", "timestamptz": "timestamp"}
COLUMNS = {
    name: Column(name, KINDS.get(it, it), nullable=name != "name", length=12 if "char" in it else None)
    for name, it in TYPES.items()
}


@contextmanager
def stored(*values: object, column: str = "it", pragma: str = "user_version") -> Iterator[tuple[Source, SourceTable]]:
    """A source of one column with these values."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute(f"PRAGMA {pragma}")
        connection.execute(f'CREATE TABLE "user" ({quoted(column)})')
        connection.executemany('INSERT INTO "user" VALUES (?)', [(value,) for value in values])
        source = Source(Path("memory"), connection)
        yield source, source.tables()["user"]


def made(table: SourceTable, column: Column, kind: Kind = Kind.DRIZZLE) -> Converter:
    return converter(kind, table, Table("user", (), (column,)))


def written(*values: object, column: str, kind: Kind = Kind.DRIZZLE) -> str | None:
    """The lines for values of a column, without the last newline; None where SQLite does not write them."""
    with stored(*values, column=column) as (source, table):
        writes = writer(source, table, made(table, COLUMNS[column], kind), size=100)
        assert writes
        lines = writes.write(None)
        return lines and lines.text.decode().removesuffix("\n")


# --- What it writes, and what it does not ---


@pytest.mark.parametrize(
    ("column", "value", "line"),
    [
        ("name", "Zoë 🙂", "Zoë 🙂"),
        ("name", "", ""),
        ("name", "twelve chars", "twelve chars"),
        ("name", "a\tb\\N\r\n\\.", "a\tb\\\\N\\r\\n\\\\."),
        ("email", "ADA@x.org", "ada@x.org"),
        ("email", None, NULL),
        ("banned", 1, "1"),
        ("age", -7, "-7"),
        ("number", -(2**63), str(-(2**63))),
        ("createdAt", "2026-11-22T12:00:00.000Z", "2026-11-22T12:00:00.000Z"),
        ("createdAt", "2026-11-22 12:00:00", "2026-11-22 12:00:00Z"),
        ("createdAt", "2026-11-22 12:00:00+00:00", "2026-11-22 12:00:00+00:00"),
        ("createdAt", "2026-11-22 12:00:00.000000+00:00", "2026-11-22 12:00:00.000000+00:00"),
        ("createdAt", SECONDS, "2026-11-22T12:00:00Z"),
        ("createdAt", SECONDS * 1000 + 7, "2026-11-22T12:00:00.007Z"),
        ("createdAt", None, NULL),
    ],
)
def test_what_is_usual_is_written_by_sqlite(column: str, value: object, line: str) -> None:
    assert written(value, column=column) == line


def test_a_small_integer_is_milliseconds_where_all_integers_are() -> None:
    lines = written(0, 7, 1070, column="createdAt", kind=Kind.DRIZZLE_MILLISECONDS)

    assert lines
    assert lines.split() == ["1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.007Z", "1970-01-01T00:00:01.070Z"]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("name", None),
        ("name", 7),
        ("name", b"bytes"),
        ("name", "thirteen char"),
        ("name", f"a{COLUMN}b"),
        ("name", NULL),
        ("name", "\x1e"),
        ("email", "Émile"),
        ("banned", 2),
        ("banned", "t"),
        ("size", 7.0),
        ("size", "7"),
        ("createdAt", ""),
        ("createdAt", "yesterday"),
        ("createdAt", "2026-11-22"),
        ("createdAt", "2026-11-22T24:00:00.000Z"),
        ("createdAt", "2026-11-22T12:00:60.000Z"),
        ("createdAt", "2026-11-22T14:00:00+02:00"),
        ("createdAt", "0001-01-01 00:00:00"),
        ("createdAt", "9999-12-31 23:59:59.999999+00:00"),
        ("createdAt", 7),
        ("createdAt", float(SECONDS)),
    ],
)
def test_what_is_not_usual_is_left_to_the_converter_with_all_that_is_beside_it(column: str, value: object) -> None:
    usual: dict[str, object] = {"name": "Ada", "email": "ada", "createdAt": SECONDS}

    assert written(usual.get(column, 1), value, column=column) is None


@pytest.mark.parametrize("type_", ["json", "bytes", "double", "numeric", "uuid", "date"])
def test_what_sqlite_would_not_write_exactly_is_left_to_the_converter(type_: str) -> None:
    with stored("1") as (source, table):
        assert writer(source, table, made(table, Column("it", type_, nullable=True)), size=100) is None


def test_a_file_that_holds_utf_16_is_left_to_the_converter() -> None:
    with stored("Ada", column="name", pragma="encoding = 'UTF-16'") as (source, table):
        assert writer(source, table, made(table, COLUMNS["name"]), size=100) is None


def test_an_organization_without_a_slug_is_left_to_the_converter() -> None:
    columns = (Column("slug", "text", nullable=False), Column("id", "text", nullable=False))
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE organization (id, slug)")
        connection.execute("INSERT INTO organization VALUES ('o1', NULL)")
        source = Source(Path("memory"), connection)
        table = source.tables()["organization"]
        writes = writer(source, table, converter(Kind.DRIZZLE, table, Table("organization", (), columns)), size=9)

        assert writes
        assert writes.write(None) is None


def portions(*sizes: int, batch: int) -> list[int | None]:
    """How many rows come at once of a table with texts of so many bytes; None where none did, and one was left out."""
    with stored(*("x" * size for size in sizes)) as (source, table):
        writes = writer(source, table, made(table, Column("it", "text", nullable=False)), size=batch)
        assert writes
        found: list[int | None] = []
        after: tuple[object, ...] | None = None
        while (after or (0,))[0] != len(sizes):
            lines = writes.write(after)
            found.append(lines and lines.rows)
            after = lines.last_key if lines else ((after or (0,))[0] + 1,)  # type: ignore[operator]  # a number
        return found


def test_so_many_rows_come_at_once_as_are_not_too_large_together() -> None:
    assert portions(*[9] * 5, batch=2) == [2, 2, 1]
    assert portions(*[10**6] * 9, batch=8) == [2, 2, 2, 2, 1]
    assert portions(9, 5 * 2**20, 9, 9, batch=2) == [1, None, 2]


# --- Anything at all ---

ANYTHING = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=14),
    st.binary(max_size=14),
)
TEXTS = st.text("aAé \t\n\r\\N.\0\x1d\x1e\x1f", max_size=14)
NUMBERS = st.integers(-1, 2) | st.integers(-(2**17), 2**17) | st.integers(-(2**33), 2**33)
MOMENTS = st.datetimes().flatmap(
    lambda it: st.sampled_from(
        [
            f"{it.isoformat(timespec='milliseconds')}Z",
            it.isoformat(" ", "seconds"),
            it.replace(tzinfo=UTC).isoformat(" ", "seconds"),
            it.replace(tzinfo=UTC).isoformat(timespec="microseconds"),
        ]
    )
)
# Nearly one.
WRONG = st.tuples(MOMENTS, st.integers(0, 31), st.sampled_from("0269 :-.TZ\0\x1f")).map(
    lambda it: it[0][: it[1]] + it[2] + it[0][it[1] + 1 :]
)
EDGES = st.sampled_from(
    [
        *("2026-11-22 24:00:00", "2026-11-22 23:59:60", "2026-11-22 23:60:00", "0001-01-01 00:00:00"),
        *("9999-12-31T23:59:59.999999+00:00", "0000-01-01 00:00:00", "2026-02-30 00:00:00", ""),
        *(0, 7, 2_461_367, SECONDS, 10**11 - 1, 10**11, SECONDS * 1000, 2**33 * 1000 - 1, 2**33 * 1000),
    ]
)
LIKELY: dict[str, st.SearchStrategy[object]] = {
    **dict.fromkeys(TYPES, NUMBERS),
    **dict.fromkeys(("email", "name"), TEXTS),
    **dict.fromkeys(("createdAt", "updatedAt"), MOMENTS | WRONG | EDGES),
}


@pytest.fixture
async def target(postgres: Postgres) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(postgres.url("postgres"), server_settings={"datestyle": "German"})
    columns = ", ".join(f'"{name}" {type_}' for name, type_ in TYPES.items())
    await connection.execute(f"SET TimeZone = 'Asia/Kathmandu'; CREATE TEMPORARY TABLE thing ({columns})")
    yield connection
    await connection.close()


async def copied(target: "asyncpg.Connection[asyncpg.Record]", column: Column, lines: Lines) -> list[object] | None:
    """What the server makes of lines; None when it refuses them."""

    async def text() -> AsyncIterator[bytes]:
        yield lines.text

    await target.execute("TRUNCATE thing")
    try:
        await target.copy_to_table("thing", source=text(), columns=[column.name], delimiter=COLUMN, null=NULL)
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
        return None
    return [row[0] for row in await target.fetch(f'SELECT "{column.name}" FROM thing ORDER BY ctid')]


@pytest.mark.only("postgres")
@pytest.mark.parametrize("name", TYPES)
@given(data=st.data(), kind=st.sampled_from(Kind))
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_what_arrives_is_what_the_converter_would_have_made(
    target: "asyncpg.Connection[asyncpg.Record]", name: str, data: st.DataObject, kind: Kind
) -> None:
    values = data.draw(st.lists(LIKELY[name], min_size=1, max_size=3) | st.lists(LIKELY[name] | ANYTHING, min_size=1))
    with stored(*values, column=name) as (source, table):
        converts = made(table, COLUMNS[name], kind)
        writes = writer(source, table, converts, size=100)
        assert writes
        lines = writes.write(None)
        arrived = lines and await copied(target, COLUMNS[name], lines)
        if arrived is None:
            return  # Then the converter is asked.
        [batch] = source.batches(table, converts.reads, size=100)

        records, rejects = converts.convert(batch.rows)

    assert not rejects
    expected: list[Any] = [value for (value,) in records]
    if name == "updatedAt":
        expected = [value and value.replace(tzinfo=None) for value in expected]
    assert arrived == expected


# --- From one end to the other ---

ODD = ["\\N", "\\.", "a\\b", "two\nlines", "\r\n", "\t", NULL, COLUMN, "\x1e", "", " ", "Zoë 🙂"]


@pytest.mark.only("postgres")
async def test_every_odd_text_arrives_as_it_is(databases: Databases, tmp_path: Path, rejects: Path) -> None:
    odd = write(tmp_path / "source.sqlite", people=len(ODD))
    with closing(sqlite3.connect(odd)) as connection:
        connection.executemany('UPDATE "user" SET name = ? WHERE rowid = ?', [(it, n) for n, it in enumerate(ODD, 1)])
        connection.commit()
    url = databases()

    moved = await transfer.move(odd, url, rejected=rejects)

    assert moved.same
    assert await fetch(url, 'SELECT name FROM "user" ORDER BY id') == [(it,) for it in ODD]


@pytest.mark.only("postgres")
@pytest.mark.parametrize("encoding", ["UTF8", "SQL_ASCII"])
async def test_text_that_is_none_is_told_of_whether_the_server_minds_or_not(
    databases: Databases, tmp_path: Path, rejects: Path, encoding: str
) -> None:
    url = databases()
    name = f"{url.database}_{encoding.lower()}"
    await fetch(url, f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'")
    script = "UPDATE \"user\" SET name = CAST(x'41ff' AS TEXT) WHERE id = 'u000001'"

    moved = await transfer.move(
        write(tmp_path / "source.sqlite", script=script), replace(url, database=name), rejected=rejects
    )

    assert moved.same
    assert told(rejects)[0] == ("user", "u000001", "name", "text that is no UTF-8")
