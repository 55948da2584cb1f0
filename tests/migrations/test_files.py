"""The files, and where a statement ends."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.migrate import files

BOTH = ("postgres", "sqlite")

SCRIPTS = {
    "a string": (BOTH, "SELECT 'a;b'';c'", "SELECT 2"),
    "a name": (BOTH, 'SELECT 1 AS "a;b"";c"', "SELECT 2"),
    "a comment to the end of the line": (BOTH, "SELECT 1 -- one; and ' too\n + 1", "SELECT 2"),
    "a comment": (BOTH, "SELECT 1 /* one; and ' too */ + 1", "SELECT 2"),
    "comments in comments": (("postgres",), "SELECT /* a /* b; */ c; */ 1", "SELECT 2"),
    "a string with escapes": (("postgres",), r"SELECT E'a\';b'", "SELECT 2"),
    "a backslash in a string": (BOTH, r"SELECT 'a\'", "SELECT 2"),
    "dollar quotes": (("postgres",), "DO $$ BEGIN PERFORM 1; PERFORM 2; END $$", "SELECT 2"),
    "named dollar quotes": (("postgres",), "DO $a$ BEGIN PERFORM $$;$$; END $a$", "SELECT 2"),
    "dollars in names": (("postgres",), "SELECT 1 AS a$b$c", "SELECT 2 AS d$b$e"),
    "a function without quotes": (
        ("postgres",),
        "CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE 1 WHEN 1 THEN 2 END; SELECT 3; END",
        "SELECT 2",
    ),
    "a trigger": (
        ("sqlite",),
        'CREATE TRIGGER "t" AFTER INSERT ON "a" BEGIN UPDATE "a" SET b = CASE 1 WHEN 1 THEN 2 END; DELETE FROM c; END',
        "SELECT 2",
    ),
    "other quotes": (("sqlite",), "SELECT 1 AS [a;b], 2 AS `c;d`", "SELECT 2"),
}
CASES = [
    pytest.param(dialect, statements, id=f"{name}-{dialect}")
    for name, (dialects, *statements) in SCRIPTS.items()
    for dialect in dialects
]


@pytest.mark.parametrize(("language", "statements"), CASES)
def test_a_semicolon_ends_a_statement_only_where_it_is_one(language: str, statements: list[str]) -> None:
    script = ";\n  ".join(statements)

    assert files.split(script, language) == statements
    assert files.split(f"{script};", language) == statements
    assert files.split(f"\n{script}; \n;;-- the end; really\n", language) == statements


@pytest.mark.parametrize("language", BOTH)
def test_what_is_only_a_comment_is_no_statement(language: str) -> None:
    assert files.split("-- nothing; to do\n/* here; either */", language) == []


@given(st.sampled_from(BOTH), st.text(alphabet="ab;'\"$-/*\\\n E`[]", max_size=40))
def test_what_was_split_once_is_split_the_same_again(language: str, script: str) -> None:
    statements = files.split(script, language)

    assert files.split("\n;".join(statements), language) == statements
    assert set("".join(statements)) <= set(script)


@pytest.mark.parametrize("language", BOTH)
async def test_what_is_written_is_read_again(language: str, tmp_path: Path) -> None:
    upgrade = ["""SELECT 'back\\slash', '""\"', 1 AS "{name}\"""", "SELECT 'a;b'", "SELECT 1 -- one"]
    text = files.render(upgrade=upgrade, downgrade=["SELECT 3;"], state='{"a": "ä"}', in_transaction=False)
    file = files.write(tmp_path / language / "12_20261123000000_change.py", text)

    (script,) = files.scripts(language, root=tmp_path)

    assert (script.name, script.number, script.in_transaction) == (file.name, 12, False)
    assert (script.state, files.next_number(tmp_path)) == ('{"a": "ä"}', 13)
    assert await script.statements("upgrade") == upgrade
    assert await script.statements("downgrade") == ["SELECT 3"]


async def test_our_own_files_have_as_many_statements_as_semicolons() -> None:
    for dialect in BOTH:
        for script in files.scripts(dialect):
            statements = await script.statements("upgrade")
            outside = [re.sub(r"\$\$.*\$\$", "", statement, flags=re.DOTALL) for statement in statements]

            assert len(statements) > 5 or script.number > 1
            assert not [statement for statement in outside if ";" in statement]


def test_a_file_that_is_no_python_is_named(tmp_path: Path) -> None:
    files.write(tmp_path / "sqlite" / "1_a.py", "not Python at all!")
    (script,) = files.scripts("sqlite", root=tmp_path)

    with pytest.raises(files.FileInvalid, match=r"1_a\.py can't be read: SyntaxError"):
        assert script.in_transaction


def test_the_order_is_that_of_the_numbers_and_other_files_are_none(tmp_path: Path) -> None:
    for name in ("10_a.py", "9_b.py", "notes.py", "1_c.txt", "__init__.py", "9_a.py"):
        files.write(tmp_path / "sqlite" / name, "")

    names = [script.name for script in files.scripts("sqlite", root=tmp_path)]

    assert names == ["9_a.py", "9_b.py", "10_a.py"]
    assert files.of_one_number(names) == [["9_a.py", "9_b.py"]]


async def test_a_checksum_is_the_same_however_lines_end(tmp_path: Path) -> None:
    text = files.render(upgrade=["SELECT 1"], downgrade=[], state="{}")
    (tmp_path / "sqlite").mkdir()
    (tmp_path / "sqlite/1_a.py").write_bytes(text.encode())
    (tmp_path / "sqlite/2_a.py").write_bytes(text.replace("\n", "\r\n").encode())
    (tmp_path / "sqlite/3_a.py").write_bytes(text.replace("1", "2").encode())

    one, same, other = (script.checksum for script in files.scripts("sqlite", root=tmp_path))

    assert one == same != other


def test_what_is_written_is_python_that_aerich_can_read() -> None:
    text = files.render(upgrade=["SELECT 1"], downgrade=[], state="{}")
    namespace: dict[str, object] = {}
    exec(compile(text, "file", "exec"), namespace)  # noqa: S102  our own text

    assert {"upgrade", "downgrade", "RUN_IN_TRANSACTION", "MODELS_STATE"} <= namespace.keys()
