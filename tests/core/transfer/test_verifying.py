"""A difference of one value in one row shows, and nothing else does."""

# ruff: noqa: S608  the SQL is our own

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import transfer
from core.settings import PostgresUrl
from core.transfer.columns import Column
from core.transfer.verifying import Sum
from tests.core.transfer.conftest import DATA, change, fetch, write

COLUMNS = [
    Column("id", "text", nullable=False),
    Column("n", "integer", nullable=True),
    Column("j", "json", nullable=True),
]

rows = st.lists(st.tuples(st.text(), st.none() | st.integers(), st.none() | st.sampled_from(["1", '{"a": 2}', "[]"])))


Rows = list[tuple[str, int | None, str | None]]


def fingerprint(*batches: Rows) -> str:
    total = Sum(COLUMNS)
    for batch in batches:
        total.add(batch)
    return total.fingerprint


@given(rows, st.randoms(), st.integers(min_value=0))
def test_neither_order_nor_batches_matter(found: Rows, chance: Random, cut: int) -> None:
    shuffled = found[:]
    chance.shuffle(shuffled)

    assert fingerprint(found) == fingerprint(shuffled[:cut], shuffled[cut:])


@given(rows.filter(bool), st.text(), st.integers())
def test_one_other_value_is_another_fingerprint(found: Rows, text: str, number: int) -> None:
    (key, old, document), *rest = found

    assert (fingerprint([(text, old, document), *rest]) == fingerprint(found)) == (text == key)
    assert (fingerprint([(key, number, document), *rest]) == fingerprint(found)) == (number == old)
    assert fingerprint([*found, found[0]]) != fingerprint(found)


def test_what_is_swapped_between_two_rows_shows() -> None:
    assert fingerprint([("a", 1, None), ("b", 2, None)]) != fingerprint([("a", 2, None), ("b", 1, None)])
    assert fingerprint([("a", -1, None)]) != fingerprint([("a", -2, None)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('{"a":1,"b":[true,null]}', '{ "b": [true, null], "a": 1 }'),
        ("1.50", "15e-1"),
        ("-0", "0"),
        ("100000000000000000000000000000000000001", "100000000000000000000000000000000000001.0"),
        ('"\\u00e9"', '"é"'),
        ('{"a": 1, "a": 2}', '{"a": 2}'),
    ],
)
def test_equal_json_is_equal(one: str, other: str) -> None:
    assert fingerprint([("", 0, one)]) == fingerprint([("", 0, other)])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1", '"1"'),
        ("1", "true"),
        ("null", '"null"'),
        ("[1, 2]", "[2, 1]"),
        ("100000000000000000000000000000000000001", "100000000000000000000000000000000000002"),
        ("0.1", "0.1000000000000000055511151231257827"),
        ('{"a": 1}', '{"a": "1"}'),
    ],
)
def test_other_json_is_not(one: str, other: str) -> None:
    assert fingerprint([("", 0, one)]) != fingerprint([("", 0, other)])


@pytest.mark.only("postgres")
async def test_json_comes_back_as_the_same(target: PostgresUrl, rejects: Path, tmp_path: Path) -> None:
    documents = [
        "1.0",
        "1e3",
        "-0.0",
        "1e-7",
        "123456789012345678901234567890.5",
        '{"z":{"b":1,"a":2},"a":[1.10]}',
        '"\\u00e9\\n"',
    ]
    values = ", ".join(f"('c{n}', '{text}', '2026-01-01', 'u000000')" for n, text in enumerate(documents))
    table = 'CREATE TABLE "aiChat" (id text, messages text, createdAt text, userId text)'
    source = write(tmp_path / "source.sqlite", script=f'{table}; INSERT INTO "aiChat" VALUES {values};')

    moved = await transfer.move(source, target, rejected=rejects)

    assert moved.same
    there = await fetch(target, 'SELECT messages::text FROM "aiChat" ORDER BY id')
    assert [json.loads(text) for (text,) in there] == [json.loads(text) for text in documents]


@pytest.mark.only("postgres")
async def test_whatever_is_changed_on_either_side_is_found_in_its_table(
    target: PostgresUrl, rejects: Path, tmp_path: Path
) -> None:
    source = tmp_path / "source.sqlite"
    source.write_bytes((DATA / "drizzle.sqlite").read_bytes())
    await transfer.move(source, target, rejected=rejects)

    async def different() -> list[str]:
        return [it.table for it in await transfer.verify(source, target) if not it.same]

    assert await different() == []
    await fetch(
        target,
        """
        WITH ends AS (SELECT min(id) AS first, max(id) AS last FROM "user")
        UPDATE "user" one SET "createdAt" = other."createdAt" FROM "user" other, ends
        WHERE (one.id, other.id) IN ((first, last), (last, first))
        """,
    )
    assert await different() == ["user"], "two times were swapped"
    await fetch(
        target,
        'UPDATE "session" SET "expiresAt" = "expiresAt" + \'1 microsecond\' WHERE id = (SELECT max(id) FROM session)',
    )
    assert await different() == ["user", "session"]
    change(source, "DELETE FROM member WHERE id = (SELECT max(id) FROM member)")
    found = {it.table: it for it in await transfer.verify(source, target)}
    assert (found["member"].source_rows, found["member"].target_rows) == (399, 400)
    assert not found["member"].same


@pytest.mark.only("postgres")
async def test_rows_that_were_told_of_as_rejected_are_not_missed(
    target: PostgresUrl, rejects: Path, tmp_path: Path
) -> None:
    script = "UPDATE \"user\" SET email = 'p1@example.com' WHERE id = 'u000005'"
    source = write(tmp_path / "source.sqlite", people=9, script=script)
    await transfer.move(source, target, rejected=rejects)

    assert not all(it.same for it in await transfer.verify(source, target))
    assert all(it.same for it in await transfer.verify(source, target, rejected=rejects))

    rejects.write_text("no JSON")  # noqa: ASYNC240  four bytes
    with pytest.raises(transfer.RejectsUnreadable):
        await transfer.verify(source, target, rejected=rejects)
