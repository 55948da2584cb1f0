"""Files that are read and never changed: in use, half written, locked away, or no databases at all."""

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core.transfer import source as sources
from core.transfer.kinds import Kind, SourceUnknown, recognise
from core.transfer.source import Batch, NotText, Source, SourceColumn, SourceUnreadable, open_source

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "app data?#.sqlite"


def write(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def beside(file: Path) -> dict[str, bytes]:
    """Everything that lies there."""
    return {path.name: path.read_bytes() for path in file.parent.iterdir()}


def rows(source: Source, table: str, *columns: str, size: int = 2) -> list[tuple[object, ...]]:
    found = source.tables()[table]
    batches: Iterator[Batch] = source.batches(found, columns or [it.name for it in found.columns], size=size)
    return [row for batch in batches for row in batch.rows]


# --- What is there ---


def test_tables_are_told_with_their_columns_keys_and_rows(file: Path) -> None:
    write(
        file,
        'CREATE TABLE "order" ("group" text PRIMARY KEY, "createdAt" date, "it""s" "my type")',
        "INSERT INTO \"order\" VALUES ('a', 1, 2), ('b', 1, 2)",
        "CREATE TABLE pairs (b INTEGER, a TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID",
        'CREATE TABLE "null" (rowid TEXT, _rowid_ TEXT)',
        "CREATE VIRTUAL TABLE words USING fts5 (word)",
        "CREATE VIEW seen AS SELECT 1",
        "CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT)",
    )

    with open_source(file) as source:
        tables = source.tables()

    assert {"order", "pairs", "null", "counted"} <= tables.keys()
    assert tables.keys().isdisjoint({"words", "seen", "sqlite_sequence"})
    assert tables["order"].columns[1:] == (SourceColumn("createdAt", "date"), SourceColumn('it"s', "my type"))
    assert (tables["order"].key, tables["order"].rows) == (("group",), 2)
    assert tables["pairs"].key == ("a", "b")
    assert tables["null"].key == ("oid",)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    "table",
    [
        "(id TEXT PRIMARY KEY, n)",
        "(id INTEGER PRIMARY KEY, n)",
        "(id, n)",
        "(id TEXT PRIMARY KEY, n) WITHOUT ROWID",
        "(id, n, PRIMARY KEY (id, n)) WITHOUT ROWID",
        "(id TEXT PRIMARY KEY, n, rowid TEXT, oid TEXT)",
    ],
)
def test_batches_hold_every_row_once_and_go_on_behind_any_of_them(file: Path, table: str, size: int) -> None:
    write(file, f'CREATE TABLE "select" {table}')
    write(file, *(f'INSERT INTO "select" (id, n) VALUES ({n}, {n})' for n in (5, 3, 1, 4, 2)))  # noqa: S608  constants

    with open_source(file) as source:
        found = source.tables()["select"]
        batches = list(source.batches(found, ["n"], size=size))
        after = [list(source.batches(found, ["n"], after=batch.last_key, size=size)) for batch in batches]

    assert sorted(row for batch in batches for row in batch.rows) == [(n,) for n in range(1, 6)]
    assert all(len(batch.rows) <= size for batch in batches)
    assert after == [batches[number:] for number in range(1, len(batches) + 1)]


def test_an_empty_table_has_no_batches(file: Path) -> None:
    write(file, "CREATE TABLE empty (id)")

    with open_source(file) as source:
        assert list(source.batches(source.tables()["empty"], ["id"], size=10)) == []


def test_values_come_as_sqlite_keeps_them(file: Path) -> None:
    with closing(sqlite3.connect(file)) as written:
        written.execute("CREATE TABLE t (v)")
        written.executemany("INSERT INTO t VALUES (?)", [(None,), (7,), (0.5,), ("a\0b",), (b"\xff",), (2**63 - 1,)])
        written.execute("INSERT INTO t VALUES (CAST(X'636166E9' AS TEXT)), (CAST(X'EDA080' AS TEXT)), ('Zoë')")
        written.commit()

    with open_source(file) as source:
        values = [value for (value,) in rows(source, "t", size=3)]

    assert values == [None, 7, 0.5, "a\0b", b"\xff", 2**63 - 1, b"caf\xe9", b"\xed\xa0\x80", "Zoë"]
    assert [type(value) for value in values[4:9]] == [bytes, int, NotText, NotText, str]


def test_large_rows_come_in_small_batches(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "LARGEST_BATCH", 300_000)
    with closing(sqlite3.connect(file)) as written:
        written.execute("CREATE TABLE t (v)")
        written.executemany("INSERT INTO t VALUES (zeroblob(?))", [(100,), (400_000,), (200_000,), (200_000,), (100,)])
        written.commit()

    with open_source(file) as source:
        batches = source.batches(source.tables()["t"], ["v"], size=100)
        lengths = [[isinstance(value, bytes) and len(value) for (value,) in batch.rows] for batch in batches]

    assert lengths == [[100, 400_000], [200_000, 200_000], [100]]


def test_a_row_of_50_megabytes_is_read(file: Path) -> None:
    large = "ab" * 25 * 2**20
    with closing(sqlite3.connect(file)) as written:
        written.execute("CREATE TABLE t (v)")
        written.execute("INSERT INTO t VALUES (?)", (large,))
        written.commit()

    with open_source(file) as source:
        [(value,)] = rows(source, "t", size=10_000)

    assert value == large


# --- Somebody else's ---


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_what_is_written_meanwhile_is_not_seen_and_nothing_is_harmed(file: Path, mode: str) -> None:
    write(file, f"PRAGMA journal_mode = {mode}", "CREATE TABLE t (v)", "INSERT INTO t VALUES (1), (2), (3)")

    with closing(sqlite3.connect(file, timeout=0)) as app, open_source(file) as source:
        batches = source.batches(source.tables()["t"], ["v"], size=2)
        read = next(batches).rows
        try:
            app.execute("UPDATE t SET v = v + 10")
            app.execute("INSERT INTO t VALUES (4)")
            app.commit()
        except sqlite3.OperationalError:
            assert mode == "DELETE"  # There, a writer waits for readers.
            app.rollback()
        read += next(batches).rows

    assert read == [(1,), (2,), (3,)]
    with closing(sqlite3.connect(file)) as app:
        assert app.execute("SELECT count(*), max(v) FROM t").fetchone() == ((4, 13) if mode == "WAL" else (3, 3))
        assert app.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_nothing_of_a_file_that_nobody_uses_is_changed(file: Path, mode: str) -> None:
    write(file, f"PRAGMA journal_mode = {mode}", "CREATE TABLE t (v)", "INSERT INTO t VALUES (1)")
    before = beside(file)

    with open_source(file) as source:
        assert rows(source, "t") == [(1,)]

    assert beside(file) == before


def test_what_a_killed_app_left_in_its_log_is_read_and_stays_there(file: Path) -> None:
    write(file, "PRAGMA journal_mode = WAL", "CREATE TABLE t (v)")
    killed = (
        "import os, sqlite3, sys\n"
        "app = sqlite3.connect(sys.argv[1])\n"
        "app.execute('INSERT INTO t VALUES (1)')\n"
        "app.commit()\n"
        "os._exit(1)\n"
    )
    subprocess.run([sys.executable, "-c", killed, str(file)], check=False)
    log = Path(f"{file}-wal").read_bytes()
    main = file.read_bytes()

    with open_source(file) as source:
        assert rows(source, "t") == [(1,)]

    assert (Path(f"{file}-wal").read_bytes(), file.read_bytes()) == (log, main)


def test_a_change_that_a_killed_app_left_half_done_is_not_read_as_if_it_were_done(file: Path) -> None:
    write(file, "CREATE TABLE t (v)")
    killed = (
        "import os, sqlite3, sys\n"
        "app = sqlite3.connect(sys.argv[1])\n"
        "app.executemany('INSERT INTO t VALUES (?)', [('x' * 500,)] * 2000)\n"
        "app.commit()\n"
        "app.execute('PRAGMA cache_size = 1')\n"
        "app.execute('UPDATE t SET v = 1')\n"
        "os._exit(1)\n"
    )
    subprocess.run([sys.executable, "-c", killed, str(file)], check=False)
    before = beside(file)

    with pytest.raises(SourceUnreadable) as caught, open_source(file) as source:
        rows(source, "t")

    assert "open it once with that program" in caught.value.remedy
    assert beside(file) == before


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_a_file_in_a_folder_where_nobody_may_write_is_read(
    file: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(file, f"PRAGMA journal_mode = {mode}", "CREATE TABLE t (v)", "INSERT INTO t VALUES (1)")
    file.chmod(0o444)
    file.parent.chmod(0o555)
    before = beside(file)
    if os.geteuid() == 0:  # Root may write anywhere, so say what others would hear.
        monkeypatch.setattr(os, "access", lambda *_: False)

    try:
        with open_source(file) as source:
            assert rows(source, "t") == [(1,)]
        assert beside(file) == before
    finally:
        file.parent.chmod(0o755)


@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_nothing_can_be_written_through_a_source(file: Path, mode: str) -> None:
    write(file, f"PRAGMA journal_mode = {mode}", "CREATE TABLE t (v)")

    with open_source(file) as source, pytest.raises(SourceUnreadable, match="readonly"):
        source.fetch("INSERT INTO t VALUES (1)")


# --- None, or none that can be read ---


def test_a_file_that_is_not_there_is_said_and_not_made(file: Path) -> None:
    with pytest.raises(SourceUnreadable, match="No such file"), open_source(file):
        pass

    assert not file.exists()


def test_an_error_of_whoever_reads_is_not_taken_for_the_files(file: Path) -> None:
    write(file, "CREATE TABLE t (v)")

    with pytest.raises(OSError, match="no room"), open_source(file):
        raise OSError("no room")


@pytest.mark.parametrize(
    "content", [b"SQLite format 2, or not", b"\x00" * 5000, bytes(range(256)) * 32], ids=["text", "zeros", "encrypted"]
)
def test_what_is_no_database_is_said(file: Path, content: bytes) -> None:
    file.write_bytes(content)

    with pytest.raises(SourceUnreadable, match="not a database") as caught, open_source(file):
        pass

    assert "encrypted" in caught.value.remedy


def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadable, match="Is a directory"), open_source(tmp_path):
        pass


def test_a_file_that_was_cut_off_is_an_error_and_not_a_shorter_table(file: Path) -> None:
    write(file, "CREATE TABLE t (v)")
    with closing(sqlite3.connect(file)) as written:
        written.executemany("INSERT INTO t VALUES (?)", [("x" * 1000,) for _ in range(100)])
        written.commit()
    os.truncate(file, file.stat().st_size // 2)

    with pytest.raises(SourceUnreadable, match="malformed"), open_source(file) as source:
        rows(source, "t")


def test_a_file_that_somebody_writes_to_exclusively_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(file, "CREATE TABLE t (v)")
    monkeypatch.setattr(sources, "_PATIENCE", 0.01)

    with closing(sqlite3.connect(file)) as app:
        app.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SourceUnreadable, match="locked") as caught, open_source(file):
            pass

    assert "writing" in caught.value.remedy


# --- Whose it is ---


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("better-auth", Kind.BETTER_AUTH, "all 25 of its times are ISO text"),
        ("drizzle", Kind.DRIZZLE, "3837 of its times are integers of seconds"),
    ],
)
def test_databases_that_the_real_applications_wrote_are_recognised(name: str, kind: Kind, why: str) -> None:
    with open_source(DATA / f"{name}.sqlite") as source:
        assert recognise(source) == (kind, why)


def their_tables(file: Path, declared: str) -> None:
    for table in ("user", "session", "account", "verification"):
        write(file, f'CREATE TABLE "{table}" (id text, "expiresAt" {declared}, "updatedAt" {declared})')


def test_a_database_of_milliseconds_is_one_only_if_all_of_them_are(file: Path) -> None:
    their_tables(file, "integer")
    write(file, "INSERT INTO session VALUES ('a', 1785000000000, 0), ('b', 1785000000000, '2026-11-22 12:00:00')")

    with open_source(file) as source:
        assert recognise(source).kind == Kind.DRIZZLE_MILLISECONDS
    write(file, "INSERT INTO \"user\" VALUES ('a', NULL, 1785000000)")

    with open_source(file) as source:
        assert recognise(source).kind == Kind.DRIZZLE


@pytest.mark.parametrize(("declared", "kind"), [("integer", Kind.DRIZZLE), ("date", Kind.BETTER_AUTH)])
def test_a_database_without_times_is_told_by_what_it_declares(file: Path, declared: str, kind: Kind) -> None:
    their_tables(file, declared)

    with open_source(file) as source:
        assert recognise(source).kind == kind


def test_a_database_of_ours_is_recognised_by_its_migrations(file: Path) -> None:
    schema = DATA / "schema-sqlite.sql"
    with closing(sqlite3.connect(file)) as written:
        written.executescript(schema.read_text())

    with open_source(file) as source:
        assert recognise(source).kind == Kind.STYLOBATE


def test_a_database_of_nobody_that_we_know_is_said(file: Path) -> None:
    write(file, "CREATE TABLE user (id)")

    with open_source(file) as source, pytest.raises(SourceUnknown, match="no table session, account, verification"):
        recognise(source)


def test_the_databases_of_the_real_applications_are_left_as_they_are(tmp_path: Path) -> None:
    for name in ("better-auth", "drizzle"):
        copy = Path(shutil.copy(DATA / f"{name}.sqlite", tmp_path))
        with open_source(copy) as source:
            for table in source.tables():
                rows(source, table)
        assert copy.read_bytes() == (DATA / f"{name}.sqlite").read_bytes()
