import pytest

from core import planner, statistics
from core.database.statements import fetch
from core.statistics import Index
from tests.core.statistics.visitors import visitor


async def found() -> dict[str, Index]:
    return {it.name: it for it in await statistics.indexes()}


@pytest.fixture
async def fruit(url: str) -> str:
    """A database with two tables, one of which points to the other."""
    await fetch("CREATE TABLE basket (id integer PRIMARY KEY)")
    await fetch("""
        CREATE TABLE fruit (
            id integer PRIMARY KEY, name text, taste text, basket integer REFERENCES basket (id), UNIQUE (taste, name)
        )
    """)
    return url


async def test_of_two_equal_indexes_the_younger_is_the_duplicate(fruit: str) -> None:
    await fetch("CREATE INDEX first ON fruit (name, taste)")
    await fetch("CREATE INDEX second ON fruit (name, taste)")

    indexes = await found()

    assert indexes["second"].duplicate_of == "first"
    assert indexes["second"].columns == ("name", "taste")
    assert (indexes["first"].duplicate_of, indexes["first"].prefix_of) == (None, None)


async def test_one_that_does_what_a_constraint_does_is_a_duplicate_and_the_constraint_is_not(fruit: str) -> None:
    await fetch("CREATE INDEX like_the_constraint ON fruit (taste, name)")
    await fetch("CREATE UNIQUE INDEX also_a_rule ON fruit (taste, name)")

    indexes = await found()

    constraint = next(name for name, it in indexes.items() if it.constraint and it.columns == ("taste", "name"))
    assert indexes["like_the_constraint"].duplicate_of in {constraint, "also_a_rule"}
    assert indexes["also_a_rule"].duplicate_of == constraint
    assert indexes[constraint].duplicate_of is None


async def test_one_that_another_begins_with_is_said_to_be_so(fruit: str) -> None:
    await fetch("CREATE INDEX short ON fruit (name)")
    await fetch("CREATE INDEX long ON fruit (name, basket)")
    await fetch("CREATE UNIQUE INDEX rule ON fruit (basket)")
    await fetch("CREATE INDEX more_than_the_rule ON fruit (basket, taste)")

    indexes = await found()

    assert (indexes["short"].prefix_of, indexes["short"].duplicate_of) == ("long", None)
    assert indexes["long"].prefix_of is None
    assert indexes["rule"].prefix_of is None


async def test_what_is_ordered_or_chosen_otherwise_is_no_duplicate(fruit: str) -> None:
    await fetch("CREATE INDEX plain ON fruit (name)")
    await fetch("CREATE INDEX backwards ON fruit (name DESC)")
    await fetch("CREATE INDEX without ON fruit (name) WHERE basket IS NULL")
    await fetch("CREATE INDEX within ON fruit (name) WHERE basket IS NOT NULL")
    await fetch("CREATE INDEX lowered ON fruit (lower(name))")
    await fetch("CREATE INDEX raised ON fruit (upper(name))")
    await fetch("CREATE INDEX same_without ON fruit (name) WHERE  basket  IS NULL")
    await fetch("CREATE INDEX same_lowered ON fruit (lower(name))")

    indexes = await found()

    duplicates = {name: it.duplicate_of for name, it in indexes.items() if it.duplicate_of or it.prefix_of}
    assert duplicates == {"same_without": "without", "same_lowered": "lowered"}


@pytest.mark.only("postgres")
async def test_other_operators_and_other_columns_inside_make_another_index(fruit: str) -> None:
    await fetch("CREATE INDEX plain ON fruit (name)")
    await fetch("CREATE INDEX patterns ON fruit (name text_pattern_ops)")
    await fetch("CREATE INDEX hashed ON fruit USING hash (name)")
    await fetch('CREATE INDEX german ON fruit (name COLLATE "C")')
    await fetch("CREATE INDEX covering ON fruit (name) INCLUDE (taste)")
    await fetch("CREATE INDEX covering_more ON fruit (name, basket) INCLUDE (taste)")
    await fetch("CREATE INDEX last ON fruit (name, id)")

    indexes = await found()

    assert {name: it.prefix_of for name, it in indexes.items() if it.duplicate_of or it.prefix_of} == {
        "plain": "covering_more",
        "covering": "covering_more",
    }
    assert indexes["covering"].columns == ("name", "taste")


@pytest.mark.only("postgres")
async def test_an_index_is_unused_until_it_is_read_but_never_one_that_keeps_a_rule(fruit: str) -> None:
    await fetch("CREATE INDEX read_soon ON fruit (name)")
    await fetch("CREATE INDEX never_read ON fruit (taste, id)")
    await fetch("CREATE UNIQUE INDEX rule ON fruit (id, name)")
    await fetch("CREATE INDEX for_the_key ON fruit (basket)")
    before = await found()
    async with visitor(fruit) as session:
        await session.execute("SET enable_seqscan = off")
        await session.execute("SELECT count(*) FROM fruit WHERE name = 'apple'")
        await session.execute("SELECT pg_stat_force_next_flush()")

    after = await found()

    assert {name for name, it in before.items() if it.unused} == {"read_soon", "never_read"}
    assert {name for name, it in after.items() if it.unused} == {"never_read"}
    assert sum(it.scans or 0 for it in after.values()) == 1


@pytest.mark.only("postgres")
async def test_what_a_failed_creation_left_is_invalid(fruit: str) -> None:
    await fetch("INSERT INTO fruit VALUES (1, 'apple', 'sweet'), (2, 'apple', 'sour')")
    async with visitor(fruit) as session:
        with pytest.raises(Exception, match="could not create unique index"):
            await session.execute("CREATE UNIQUE INDEX CONCURRENTLY half_done ON fruit (name)")
    await fetch("CREATE INDEX whole ON fruit (name)")

    indexes = await found()

    assert [(name, it.building, it.unused) for name, it in indexes.items() if not it.valid] == [
        ("half_done", False, False)
    ]
    assert indexes["whole"].duplicate_of is None


@pytest.mark.only("sqlite")
async def test_an_index_is_to_be_analyzed_once_there_are_rows(fruit: str) -> None:
    await fetch("CREATE INDEX by_name ON fruit (name)")
    assert all(it.analyzed for it in (await found()).values())
    await fetch("INSERT INTO fruit VALUES (1, 'apple', 'sweet', NULL)")
    before = await found()

    await planner.refresh()

    assert not before["by_name"].analyzed
    assert before["by_name"].bytes == 4_096
    assert all(it.analyzed for it in (await found()).values())
