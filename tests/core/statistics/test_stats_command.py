"""``stylobate db stats``, as people and scripts use it."""

import asyncio
import json
import signal

import pytest

from core.database.statements import fetch
from core.statistics import PARTS
from tests.core.statistics.visitors import as_role, visitor
from tests.programs import run, running

STATS = ("core.cli", "db", "stats")
NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
async def fruit(url: str) -> str:
    """A database with an index too many."""
    await fetch("CREATE TABLE fruit (id integer PRIMARY KEY, name text)")
    await fetch("INSERT INTO fruit VALUES (1, 'apple')")
    await fetch("CREATE INDEX by_name ON fruit (name)")
    await fetch("CREATE INDEX by_name_again ON fruit (name)")
    return url


async def test_it_shows_what_there_is_and_what_is_wrong_with_it(fruit: str, dialect: str) -> None:
    code, said = await run(*STATS, DATABASE_URL=NOWHERE, DIRECT_DATABASE_URL=fruit)

    lines = said.splitlines()
    assert code == 0
    assert ("PostgreSQL " if dialect == "postgres" else "SQLite ") in lines[0]
    assert any(line.startswith("by_name_again  fruit") and line.endswith("does the same as by_name") for line in lines)
    titles = {"Locks", "Longest transactions", "Connections", "Slow queries", "Tables", "Indexes", "Cache"}
    of_sqlite = {"File", "Slow queries", "Tables", "Indexes"}
    assert {line for line in lines if line in titles | of_sqlite} == (titles if dialect == "postgres" else of_sqlite)


async def test_for_a_script_it_is_json_with_a_name_for_everything(fruit: str, dialect: str) -> None:
    code, said = await run(*STATS, "--json", DATABASE_URL=fruit)

    found = json.loads(said)
    assert code == 0
    assert (found["dialect"], found["failed"]) == (dialect, {})
    of_dialect = {"file"} if dialect == "postgres" else {"cache"}
    assert found.keys() == {"at", "dialect", "failed", "overview", *PARTS} - of_dialect
    assert [it["name"] for it in found["tables"]] == ["fruit"]
    assert {it["name"]: it["duplicate_of"] for it in found["indexes"] if not it["constraint"]} == {
        "by_name": None,
        "by_name_again": "by_name",
    }


async def test_only_the_parts_that_were_named_are_shown(fruit: str) -> None:
    code, said = await run(*STATS, "--only", "tables, slow", "--json", DATABASE_URL=fruit)

    assert (code, json.loads(said).keys()) == (0, {"at", "dialect", "failed", "overview", "tables", "slow"})


async def test_what_can_not_be_asked_for_is_refused_before_anything_is_asked() -> None:
    refused = await asyncio.gather(
        run(*STATS, "--only", "tables,luck", DATABASE_URL=NOWHERE),
        run(*STATS, "--quick-check", DATABASE_URL=NOWHERE),
        run(*STATS, "--quick-check", "--watch", DATABASE_URL=NOWHERE),
    )

    assert list(refused) == [
        (2, f"error: there is no luck: name some of {', '.join(PARTS)}, with commas between"),
        (2, "error: --quick-check is for SQLite; PostgreSQL's files are checked by pg_amcheck"),
        (2, "error: --quick-check reads the whole file, and is not for --watch"),
    ]


async def test_watched_it_is_looked_at_again_until_ctrl_c(fruit: str) -> None:
    async with running(*STATS, "--watch", "--every=0.5", "--json", "--only=tables", DATABASE_URL=fruit) as program:
        await program.until('"fruit"')
        await fetch("CREATE TABLE basket (id integer PRIMARY KEY)")
        await program.until('"basket"')
        program.send(signal.SIGINT)

        assert await program.ended() == 0
    assert [json.loads(line)["failed"] for line in program.lines] == [{}] * len(program.lines)


@pytest.mark.only("postgres")
async def test_who_blocks_whom_is_shown_and_what_a_role_does_not_see_is_said(fruit: str, role: str) -> None:
    seen = as_role(fruit, role)
    async with visitor(fruit) as holder:
        await holder.execute("BEGIN")
        await holder.execute("UPDATE fruit SET name = 'pear'")

        code, said = await run(
            *STATS,
            "--only=transactions,locks",
            DATABASE_URL=f"postgresql://{role}:{role}@{seen.host}:{seen.port}/{seen.database}",
        )

    assert code == 0
    hidden = (
        f"{role} does not see what the sessions of other roles do; as a superuser: GRANT pg_read_all_stats TO {role}"
    )
    assert said.splitlines()[1:] == [
        hidden,
        "",
        "Locks",
        "nobody waits for a lock",
        "",
        "Longest transactions",
        "none is open",
    ]


@pytest.mark.only("sqlite")
async def test_the_file_is_checked_when_that_is_asked_for(fruit: str) -> None:
    code, said = await run(*STATS, "--quick-check", "--only=file", DATABASE_URL=fruit)
    as_json = await run(*STATS, "--quick-check", "--json", DATABASE_URL=fruit)

    assert (code, said.splitlines()[-2:]) == (0, ["Quick check", "the file is intact"])
    assert (as_json[0], json.loads(as_json[1])["broken"]) == (0, [])
