"""The plan: what would become of a source, said before anything is written."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest

from core import database, progress
from core.local.postgres import Postgres
from core.transfer.columns import Column, Reference, Table, tables_of
from core.transfer.extras import Extras
from core.transfer.kinds import Kind
from core.transfer.losses import NAMED, Wrong
from core.transfer.planning import Plan, TablePlan, order, scan
from core.transfer.source import SourceColumn, SourceTable, open_source

DATA = Path(__file__).parents[2] / "data"


def text(name: str, *, nullable: bool = False) -> Column:
    return Column(name, "text", nullable, 255)


USER = Table(
    "user", ("id",), (text("id"), text("email"), text("invitedBy", nullable=True)), uniques=(("id",), ("email",))
)
SESSION = Table(
    "session",
    ("id",),
    (text("id"), text("userId"), Column("expiresAt", "timestamp", nullable=False)),
    references=(Reference(("userId",), "user", ("id",)),),
    uniques=(("id",),),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "app.sqlite"


def write(file: Path, script: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)


def plan(file: Path, *tables: Table) -> Plan:
    with open_source(file) as source:
        return scan(source, Kind.DRIZZLE, {table.name: table for table in tables})


def wrong(file: Path, *tables: Table) -> dict[str, list[tuple[str | None, str, tuple[object, ...]]]]:
    """The rows of each table that can't be."""
    found = {it.name: [(why.column, why.reason, why.keys) for why in it.wrong] for it in plan(file, *tables).tables}
    return {name: whys for name, whys in found.items() if whys}


# --- What would be done ---


def test_a_plan_says_for_each_column_what_becomes_of_its_values_and_changes_nothing(file: Path) -> None:
    write(
        file,
        """
        CREATE TABLE "user" (id TEXT PRIMARY KEY, email TEXT);
        INSERT INTO "user" VALUES ('a', 'ADA@example.org'), ('b', 'bob@example.org');
        CREATE TABLE session (id TEXT PRIMARY KEY, userId TEXT, expiresAt);
        INSERT INTO session VALUES ('1', 'a', 1785000000), ('2', 'a', '2026-11-22 12:00:00'), ('3', 'b', 'soon');
        """,
    )
    before = file.read_bytes()

    users, sessions = plan(file, SESSION, USER).tables

    assert users == TablePlan(
        name="user",
        rows=2,
        told={"email": {"upper case, which becomes lower": 1}},
        wrong=(),
        filled=("invitedBy",),
        missing=(),
    )
    assert sessions.told == {"expiresAt": {"seconds": 1, "text without a zone, read as UTC": 1}}
    assert sessions.wrong == (Wrong("expiresAt", "not a time", 1, ("3",)),)
    assert file.read_bytes() == before


def test_columns_that_must_have_a_value_and_get_none_are_missing(file: Path) -> None:
    table = USER._replace(
        columns=(
            *USER.columns,
            text("name"),
            Column("plan", "text", nullable=False, default=True),
            text("bio", nullable=True),
        )
    )
    write(file, 'CREATE TABLE "user" (id, email, invitedBy)')

    [users] = plan(file, table).tables

    assert (users.missing, users.filled) == (("name",), ("plan", "bio"))


def test_what_the_target_lacks_is_told(file: Path) -> None:
    write(
        file,
        """
        CREATE TABLE "user" (id, email, "shoeSize" real);
        CREATE TABLE "my cats" (name text PRIMARY KEY);
        INSERT INTO "my cats" VALUES ('Tom');
        """,
    )

    extras = plan(file, USER).extras

    cats = SourceTable("my cats", (SourceColumn("name", "TEXT"),), ("name",), 1)
    assert extras == Extras((cats,), {"user": (SourceColumn("shoeSize", "REAL"),)})


def test_of_many_rows_with_one_fault_the_first_are_named_and_all_are_counted(file: Path) -> None:
    rows = ", ".join(f"('{number:03}', NULL)" for number in range(100))
    write(file, f'CREATE TABLE "user" (id TEXT PRIMARY KEY, email); INSERT INTO "user" VALUES {rows}')  # noqa: S608

    found = plan(file, USER)

    [why] = found.tables[0].wrong
    assert (why.rows, found.rejected) == (100, 100)
    assert why.keys == tuple(f"{number:03}" for number in range(NAMED))


def test_how_far_it_is_can_be_followed(file: Path) -> None:
    write(file, "CREATE TABLE \"user\" (id, email); INSERT INTO \"user\" VALUES ('a', 'a'), ('b', 'b')")
    heard: list[progress.Step] = []

    with progress.told_to(heard.append):
        plan(file, USER)

    assert heard == [progress.Step("user", 2, 2, "rows")]


# --- Who comes first ---


def test_a_table_comes_after_those_that_it_names_even_in_a_circle() -> None:
    def table(name: str, *parents: str) -> Table:
        return Table(name, (), (), references=tuple(Reference((), parent, ()) for parent in parents))

    tables = [table("a", "b", "z"), table("b", "b"), table("z", "elsewhere"), table("m", "n"), table("n", "m")]

    names = order({it.name: it for it in tables})

    assert sorted(names) == ["a", "b", "m", "n", "z"]
    assert names.index("a") > max(names.index("b"), names.index("z"))


# --- Rows that belong to none, and rows that are there twice ---


def test_orphans_are_found_and_what_hangs_on_a_lost_row_is_lost(file: Path) -> None:
    write(
        file,
        """
        CREATE TABLE "user" (id TEXT PRIMARY KEY, email TEXT);
        INSERT INTO "user" VALUES ('a', 'a@example.org'), ('b', NULL);
        CREATE TABLE session (id TEXT PRIMARY KEY, userId TEXT, expiresAt);
        INSERT INTO session VALUES ('1', 'a', 1785000000), ('2', 'b', 1785000000), ('3', 'gone', 1785000000);
        """,
    )

    assert wrong(file, USER, SESSION) == {
        "user": [("email", "NULL, which the column must not be", ("b",))],
        "session": [("userId", "userId names a row of user that is not there", ("3", "2"))],
    }


def test_a_whole_line_of_descendants_is_lost_with_its_first(file: Path) -> None:
    table = USER._replace(references=(Reference(("invitedBy",), "user", ("id",)),))
    write(
        file,
        """
        CREATE TABLE "user" (id TEXT PRIMARY KEY, email TEXT, "invitedBy" TEXT);
        INSERT INTO "user" VALUES ('a', 'a', NULL), ('b', 'b', 'a'), ('c', 'c', 'gone'), ('d', 'd', 'c');
        INSERT INTO "user" VALUES ('e', 'e', 'd'), ('f', 'f', 'f');
        """,
    )

    assert wrong(file, table) == {
        "user": [("invitedBy", "invitedBy names a row of user that is not there", ("c", "d", "e"))]
    }


def test_two_tables_that_name_each_other_lose_what_hangs_together(file: Path) -> None:
    egg = Table("egg", ("id",), (text("id"), text("hen", nullable=True)), (Reference(("hen",), "hen", ("id",)),))
    hen = Table("hen", ("id",), (text("id"), text("egg", nullable=True)), (Reference(("egg",), "egg", ("id",)),))
    write(
        file,
        """
        CREATE TABLE egg (id TEXT PRIMARY KEY, hen TEXT);
        CREATE TABLE hen (id TEXT PRIMARY KEY, egg TEXT);
        INSERT INTO egg VALUES ('e1', 'h1'), ('e2', 'h2'), ('e3', NULL);
        INSERT INTO hen VALUES ('h1', 'gone'), ('h2', 'e1'), ('h3', 'e3');
        """,
    )

    found = wrong(file, egg, hen)

    assert {name: keys for name, [(_, _, keys)] in found.items()} == {"egg": ("e1", "e2"), "hen": ("h1", "h2")}


def test_a_key_of_several_columns_is_followed(file: Path) -> None:
    chat = Table("chat", ("by", "no"), (text("by"), Column("no", "integer", nullable=False), text("title")))
    line = Table(
        "line",
        (),
        (text("by"), Column("no", "integer", nullable=False)),
        (Reference(("by", "no"), "chat", ("by", "no")),),
    )
    write(
        file,
        """
        CREATE TABLE chat ("by" TEXT, "no" INTEGER, title TEXT, PRIMARY KEY ("by", "no"));
        CREATE TABLE line ("by" TEXT, "no" INTEGER);
        INSERT INTO chat VALUES ('a', 1, 'x'), ('a', 2, NULL);
        INSERT INTO line VALUES ('a', 1), ('a', 2), ('b', 1), ('b', NULL);
        """,
    )

    assert wrong(file, chat, line) == {
        "chat": [("title", "NULL, which the column must not be", (["a", 2],))],
        "line": [
            ("no", "NULL, which the column must not be", (4,)),
            (None, "by, no names a row of chat that is not there", (3, 2)),
        ],
    }


def test_rows_that_are_equal_where_one_may_be_are_lost_but_for_the_first_that_can_be(file: Path) -> None:
    member = Table(
        "member", ("id",), (text("id"), text("group"), text("who", nullable=True)), uniques=(("id",), ("group", "who"))
    )
    write(
        file,
        """
        CREATE TABLE member (id TEXT, "group" TEXT COLLATE NOCASE, who TEXT);
        INSERT INTO member VALUES ('1', 'g', 'a'), ('2', 'g', 'a'), ('3', 'G', 'a'), ('4', 'g', NULL), ('5', 'g', NULL),
            ('5', 'h', 'b'), ('6', 'a' || char(0), 'c'), ('7', 'g', 'a');
        """,
    )

    assert wrong(file, member) == {
        "member": [
            ("group", "text with a NUL character, which PostgreSQL does not have", (7,)),
            ("id", "another row has the same id", (6,)),
            (None, "another row has the same group, who", (2, 8)),
        ]
    }


def test_addresses_that_differ_in_case_alone_are_one_and_the_sessions_of_the_other_are_lost(file: Path) -> None:
    write(
        file,
        """
        CREATE TABLE "user" (id TEXT PRIMARY KEY, email TEXT UNIQUE);
        INSERT INTO "user" VALUES ('a', 'Émile@example.org'), ('b', 'émile@example.org'), ('c', 'c@example.org');
        CREATE TABLE session (id TEXT PRIMARY KEY, userId TEXT, expiresAt);
        INSERT INTO session VALUES ('1', 'a', 1785000000), ('2', 'b', 1785000000);
        """,
    )

    assert wrong(file, USER, SESSION) == {
        "user": [("email", "another row has the same email", ("b",))],
        "session": [("userId", "userId names a row of user that is not there", ("2",))],
    }


def test_what_breaks_a_condition_of_the_target_is_found_where_sqlite_understands_it(file: Path) -> None:
    condition = '(("organizationId" IS NULL) <> ("userId" IS NULL))'
    columns = (text("id"), text("organizationId", nullable=True), text("userId", nullable=True))
    table = Table("purchase", ("id",), columns, checks=("(id ~ '^[0-9]'::text)", condition))
    write(
        file,
        """
        CREATE TABLE purchase (id TEXT PRIMARY KEY, "organizationId" TEXT, "userId" TEXT);
        INSERT INTO purchase VALUES ('a', 'o', NULL), ('b', NULL, 'u'), ('c', 'o', 'u'), ('d', NULL, NULL);
        """,
    )

    assert wrong(file, table) == {"purchase": [(None, f"the target wants that {condition}", ("c", "d"))]}


def test_a_row_whose_key_is_no_text_is_told_with_what_can_be_shown_of_it(file: Path) -> None:
    write(
        file,
        """
        CREATE TABLE "user" (id TEXT PRIMARY KEY, email TEXT);
        INSERT INTO "user" VALUES (CAST(X'636166E9' AS TEXT), 'a'), (NULL, 'b'), (NULL, 'c');
        CREATE TABLE session (id TEXT PRIMARY KEY, userId TEXT, expiresAt);
        INSERT INTO session VALUES ('1', CAST(X'636166E9' AS TEXT), 1785000000);
        """,
    )

    assert wrong(file, USER, SESSION) == {
        "user": [
            ("id", "text that is no UTF-8", ("caf\\xe9",)),
            ("id", "NULL, which the column must not be", (None, None)),
        ],
        "session": [("userId", "text that is no UTF-8", ("1",))],
    }


# --- The target's catalog ---


@pytest.fixture
async def empty_target(postgres: Postgres, empty_database: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(empty_database)
    yield connection
    await connection.close()


@pytest.mark.only("postgres")
async def test_a_target_says_what_its_tables_take(empty_target: "asyncpg.Connection[asyncpg.Record]") -> None:
    await empty_target.execute("""
        CREATE TYPE mood AS ENUM ('good', 'bad');
        CREATE TABLE "order" ("by" varchar(20), "no" bigint GENERATED BY DEFAULT AS IDENTITY, PRIMARY KEY ("no", "by"));
        CREATE TABLE thing (
            "camelCase" text NOT NULL DEFAULT '', mood mood, size smallint, price numeric(9, 2), at timestamp, day date,
            known uuid UNIQUE, doc json, raw bytea, half double precision, is_it boolean, place point,
            twice double precision GENERATED ALWAYS AS (half * 2) STORED, gone text,
            "by" varchar(20), "no" bigint, CHECK (size > 0),
            FOREIGN KEY ("by", "no") REFERENCES "order" ("by", "no")
        );
        ALTER TABLE thing DROP COLUMN gone;
        CREATE UNIQUE INDEX ON thing ("camelCase") INCLUDE (size);
        CREATE UNIQUE INDEX ON thing (day) WHERE size > 1;
        CREATE UNIQUE INDEX ON thing (lower("camelCase"));
        CREATE TABLE aerich (id int PRIMARY KEY);
        CREATE SCHEMA other;
        CREATE TABLE other.thing (id int PRIMARY KEY);
    """)

    tables = await tables_of(empty_target)

    assert tables.keys() == {"order", "thing"}
    assert tables["order"].key == ("no", "by")
    assert tables["order"].columns == (
        Column("by", "text", nullable=False, length=20),
        Column("no", "bigint", nullable=False, default=True),
    )
    thing = tables["thing"]
    assert thing.key == ()
    assert {column.name: column.type for column in thing.columns} == {
        "camelCase": "text",
        "mood": "text",
        "size": "smallint",
        "price": "numeric",
        "at": "timestamp",
        "day": "date",
        "known": "uuid",
        "doc": "json",
        "raw": "bytes",
        "half": "double",
        "is_it": "boolean",
        "place": "point",
        "by": "text",
        "no": "bigint",
    }
    assert thing.columns[0] == Column("camelCase", "text", nullable=False, default=True)
    assert thing.references == (Reference(("by", "no"), "order", ("by", "no")),)
    assert set(thing.uniques) == {("known",), ("camelCase",)}
    assert thing.checks == ("(size > 0)",)


@pytest.mark.only("postgres")
@pytest.mark.parametrize(
    ("name", "kind", "rows"), [("better-auth", Kind.BETTER_AUTH, 13), ("drizzle", Kind.DRIZZLE, 2332)]
)
async def test_nothing_of_what_the_real_applications_wrote_would_be_lost(
    db: None, name: str, kind: Kind, rows: int
) -> None:
    async with database.connection().acquire_connection() as connection:
        tables = await tables_of(connection)

    with open_source(DATA / f"{name}.sqlite") as source:
        found = scan(source, kind, tables)

    assert found.rejected == 0
    assert sum(table.rows for table in found.tables) == rows
    assert not found.extras
    assert all(not table.missing for table in found.tables)
    assert "sign in again" in found.notes[0]
