"""What is generated, refused and pushed, beside the matrix of changes."""

import asyncio
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from core import database, migrate
from core.database.statements import fetch
from core.errors import Refusal
from core.migrate import comparing, files, generating, pushing, reading, scratch
from core.migrate.generating import Kind, Refused, Rename, RenameInvalid, changing, wanted
from core.settings import PostgresUrl
from core.settings.database_url import DatabaseUrl, parse
from tests.migrations.changes import world
from tests.project import Project

NICK = "nick = fields.CharField(20)"


class Models(Project):
    """A product's models, which change, and its migrations."""

    count = 0

    def become(self, source: str = "", **parts: str) -> tuple[str, str]:
        """Change the models. A process reads a module once, so here it is another one each time."""
        type(self).count += 1
        module = f"models_of_product_{self.count}"
        text = (source or world(**parts)).replace("{app}", self.dialect)
        files.write(self.root.parent / "here" / f"{module}.py", text)
        files.write(self.root.parent / "models.py", text)
        return module, "aerich.models"

    @property
    def where(self) -> DatabaseUrl:
        return parse(self.url)

    async def generate(self, *allow: Kind, renames: tuple[str, ...] = (), **parts: str) -> list[Path]:
        models = self.become(**parts)
        change = await changing.change(
            self.where, root=self.root, models=models, allow=allow, renames=[Rename.parse(it) for it in renames]
        )
        return changing.write({self.dialect: change}, "change", self.root) if change.files else []

    async def migrated(self) -> list[str]:
        return [name async for name in migrate.migrate(root=self.root)]


@pytest.fixture
def product(tmp_path: Path, dialect: str, empty_database: str, monkeypatch: pytest.MonkeyPatch) -> Models:
    (tmp_path / "here").mkdir()
    monkeypatch.syspath_prepend(tmp_path / "here")
    return Models(tmp_path, dialect, empty_database)


async def fill(nicks: Sequence[str | None]) -> None:
    for number, nick in enumerate(nicks, start=1):
        key = f"r{number}"
        await fetch('INSERT INTO "author" ("id", "name", "nick") VALUES ($1, $2, $3)', key, f"name {number}", nick)
        await fetch('INSERT INTO "book" ("id", "authorId", "title") VALUES ($1, $2, $3)', key, key, f"title {number}")
        await fetch('INSERT INTO "page" ("bookId", "text") VALUES ($1, $2)', key, f"text {number}")


async def everything() -> dict[str, list[dict[str, Any]]]:
    return {name: await fetch(f'SELECT * FROM "{name}" ORDER BY "id"') for name in ("author", "book", "page")}  # noqa: S608  our own names


async def test_aerich_applies_what_was_generated_and_takes_it_back_and_no_child_row_is_lost(product: Models) -> None:
    await product.generate(author=NICK)
    assert "Success upgrading" in (await product.run("aerich", "upgrade"))[1]
    async with database.connected(product.where, migrated=False):
        await fill(["a", "b", "c"])
        had = await everything()
    written = await product.generate(author="nick = fields.CharField(40, null=True, db_index=True)")

    code, said = await product.run("aerich", "upgrade")

    assert (code, said.count("Success upgrading")) == (0, len(written)), said
    assert "No changes detected" in (await product.run("aerich", "migrate"))[1]
    assert "No available heads" in (await product.run("aerich", "heads"))[1]
    async with database.connected(product.where, migrated=False):
        assert await everything() == had
        assert await fetch("PRAGMA foreign_key_check") == [] if product.dialect == "sqlite" else True
    for _ in written:
        code, said = await product.run("aerich", "downgrade", "--yes")
        assert code == 0, said
    async with database.connected(product.where, migrated=False):
        assert await everything() == had
        with pytest.raises(Exception, match=r"NotNull|NOT NULL"):
            await fetch("""UPDATE "author" SET "nick" = NULL""")


@pytest.mark.parametrize(
    ("after", "values", "said"),
    [
        ("nick = fields.CharField(5)", ["short", "longer"], "nick holds"),
        ("nick = fields.CharField(5)", ["short", "blanks     "], "nick holds"),
        ("nick = fields.IntField()", ["12", "twelve"], "nick holds what would"),
        ("nick = fields.IntField()", ["12", " 13"], "nick holds what would"),
    ],
    ids=["too long", "blanks at the end", "no number", "a number with a blank"],
)
async def test_a_value_that_does_not_fit_stops_the_migration_and_stays(
    product: Models, after: str, values: list[str], said: str
) -> None:
    await product.generate(author=NICK)
    async with database.connected(product.where, migrated=False):
        await product.migrated()
        await fill(values)
        had = await everything()
        await product.generate(Kind.NARROW, Kind.CAST, author=after)

        with pytest.raises(migrate.MigrationFailed, match=said):
            await product.migrated()

        assert await everything() == had


async def test_where_a_value_is_required_now_a_null_gets_the_models_constant(product: Models) -> None:
    await product.generate(author="nick = fields.CharField(20, null=True)")
    async with database.connected(product.where, migrated=False):
        await product.migrated()
        await fill(["a", None])
        had = await everything()
        await product.generate(Kind.REQUIRE, author="nick = fields.CharField(20, default='none')")

        await product.migrated()

        now = await everything()
        assert [row["nick"] for row in now["author"]] == ["a", "none"]
        assert (now["book"], now["page"]) == (had["book"], had["page"])


async def test_where_a_value_is_required_now_and_there_is_no_constant_a_null_stops_the_migration(
    product: Models,
) -> None:
    await product.generate(author="nick = fields.CharField(20, null=True)")
    async with database.connected(product.where, migrated=False):
        await product.migrated()
        await fill(["a", None])
        had = await everything()
        await product.generate(Kind.REQUIRE, author=NICK)

        with pytest.raises(migrate.MigrationFailed):
            await product.migrated()

        assert await everything() == had


async def test_a_column_that_goes_while_another_comes_is_refused_and_both_readings_are_named(product: Models) -> None:
    await product.generate(author=NICK)

    with pytest.raises(Refused) as refused:
        await product.generate(author="alias = fields.CharField(20)")

    assert "--rename author.nick:alias" in str(refused.value)
    assert {it.flag for it in refused.value.dangers} == {"--drop", "--require"}
    assert len(files.scripts(product.dialect, root=product.root)) == 1


@pytest.mark.parametrize("rename", ["author.nobody:alias", "author.nick:nothing", "author.nick:name", "nowhere.a:b"])
async def test_a_rename_of_what_is_not_there_is_refused(product: Models, rename: str) -> None:
    await product.generate(author=NICK)

    with pytest.raises(RenameInvalid):
        await product.generate(renames=(rename,), author="alias = fields.CharField(20)")


@pytest.mark.parametrize("text", ["author.nick", "author:alias", ".nick:alias", "author.nick:"])
def test_a_rename_that_can_not_be_read_is_refused(text: str) -> None:
    with pytest.raises(RenameInvalid):
        Rename.parse(text)


@pytest.mark.only("sqlite")
async def test_a_table_made_anew_keeps_its_triggers_and_gives_no_number_twice(product: Models) -> None:
    await product.generate(author=NICK)
    product.write(
        1,
        'CREATE TRIGGER "named" AFTER INSERT ON "page" BEGIN UPDATE "author" SET "name" = \'seen\'; END',
        downgrade=('DROP TRIGGER "named"',),
    )
    async with database.connected(product.where, migrated=False):
        await product.migrated()
        await fill(["a", "b", "c"])
        await fetch('DELETE FROM "page"')
    await product.generate(
        Kind.REQUIRE,
        source=world(author=NICK).replace("text = fields.TextField(null=True)", "text = fields.TextField()"),
    )

    async with database.connected(product.where, migrated=False):
        assert len(await product.migrated()) == 1
        await fetch("""INSERT INTO "page" ("bookId", "text") VALUES ('r1', 'new')""")

        assert [row["id"] for row in await fetch('SELECT "id" FROM "page"')] == [4]
        assert {row["name"] for row in await fetch('SELECT "name" FROM "author"')} == {"seen"}


@pytest.mark.only("postgres")
async def test_one_command_writes_the_files_of_both_dialects_under_the_same_names(product: Models) -> None:
    server = product.where
    assert isinstance(server, PostgresUrl)

    models = product.become(world(author=NICK).replace('"{app}.Author"', "Author").replace('"{app}.Book"', "Book"))

    written = await generating.generate("First, the tables!", server=server, root=product.root, models=models)
    again = await generating.generate("First: the tables", server=server, root=product.root, models=models)

    assert [it.parent.name for it in written] == ["postgres", "sqlite"]
    assert written[0].name == written[1].name
    assert re.fullmatch(r"0_\d{14}_first_the_tables\.py", written[0].name)
    assert again == []


@pytest.mark.only("postgres")
async def test_what_can_not_be_in_a_transaction_with_the_rest_has_a_file_of_its_own(product: Models) -> None:
    await product.generate(author=NICK)

    written = await product.generate(
        author="nick = fields.CharField(20, db_index=True)",
        author_meta='constraints = (CheckConstraint(name="named", check="length(name) > 0"),)',
    )

    main, index, checked = (files.Script(it, "postgres") for it in written)
    assert [it.in_transaction for it in (main, index, checked)] == [True, False, True]
    assert "NOT VALID" in (await main.statements())[0]
    assert "CONCURRENTLY" in (await index.statements())[0]
    assert "VALIDATE" in (await checked.statements())[0]


async def test_the_files_of_this_project_lead_to_its_models(dialect: str, empty_database: str) -> None:
    gap = await generating.models_against_files(parse(empty_database))

    assert gap == ([], [])


async def test_what_was_changed_by_hand_is_told_in_words_and_in_sql(product: Models) -> None:
    await product.generate(author=NICK)
    models = product.become(author=NICK)
    async with database.connected(product.where, migrated=False):
        await product.migrated()
        await fetch('ALTER TABLE "author" ADD COLUMN "extra" INT')
        await fetch('CREATE INDEX "by_hand" ON "author" ("name")')

        gap = await generating.files_against_live(server=product.where, root=product.root, models=models)

    assert {str(it) for it in gap.differences} == {
        "column author.extra: here, and not wanted",
        "index by_hand of author: here, and not wanted",
    }
    assert gap.statements


async def test_push_makes_the_database_match_and_keeps_the_rows(product: Models) -> None:
    await product.generate(author=NICK)
    async with database.connected(product.where, migrated=False):
        await product.migrated()
        await fill(["a", "b", "c"])
        had = await everything()
        models = product.become(author="nick = fields.CharField(50, null=True, db_index=True)", more="")

        ran = await pushing.push(product.where, models=models)
        again = await pushing.push(product.where, models=models)

        assert ran
        assert again == []
        assert await everything() == had
        here = await reading.read()
    async with scratch.opened(product.where, models=models):
        await wanted.make_tables()
        assert comparing.differences(here, await reading.read()) == []


async def test_push_lets_no_data_go_unless_that_is_permitted(product: Models) -> None:
    await product.generate(author=NICK)
    async with database.connected(product.where, migrated=False):
        await product.migrated()
        await fill(["a", "b", "c"])
        had = await everything()
        models = product.become()

        with pytest.raises(Refused, match=r"author\.nick goes"):
            await pushing.push(product.where, models=models)
        assert await everything() == had

        await pushing.push(product.where, models=models, allow={Kind.DROP})
        assert [set(row) for row in await fetch('SELECT * FROM "author"')] == [{"id", "name"}] * 3
        assert len((await everything())["page"]) == 3


async def test_push_is_all_or_nothing(product: Models) -> None:
    await product.generate(author=NICK)
    async with database.connected(product.where, migrated=False):
        await product.migrated()
        await fill(["12345", "123456"])
        had, schema = await everything(), await reading.read()
        models = product.become(author="nick = fields.CharField(5)", book="more = fields.TextField(null=True)")

        with pytest.raises(generating.CannotGenerate):
            await pushing.push(product.where, models=models, allow={Kind.NARROW})

        assert await everything() == had
        assert comparing.differences(await reading.read(), schema) == []
        if product.dialect == "sqlite":
            assert await fetch("PRAGMA foreign_keys") == [{"foreign_keys": 1}]


@pytest.mark.only("postgres")
@pytest.mark.parametrize("how", [ValueError, asyncio.CancelledError, Refusal])
async def test_a_scratch_database_is_gone_however_its_use_ended(product: Models, how: type[BaseException]) -> None:
    names = []

    async def use() -> None:
        async with scratch.opened(product.where) as url:
            assert isinstance(url, PostgresUrl)
            names.append(url.database)
            raise how

    with pytest.raises(how):
        await use()

    async with database.connected(product.where, migrated=False):
        there = {row["datname"] for row in await fetch("SELECT datname FROM pg_database")}
    assert names
    assert not there & set(names)


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("nick = fields.TextField()", NICK, r"column author\.nick: (text|TEXT) here, .*\(20\) wanted"),
        ("nick = fields.CharField(20, null=True)", NICK, r"column author\.nick: nullable here, NOT NULL wanted"),
        ("", NICK, r"column author\.nick: missing here, .*\(20\) NOT NULL wanted"),
        (
            "n = fields.IntField(db_default=1)",
            "n = fields.IntField(db_default=2)",
            "default of column .*: 1 here, 2 wanted",
        ),
    ],
    ids=["type", "null", "missing", "default"],
)
async def test_a_difference_is_told_in_words(product: Models, one: str, other: str, words: str) -> None:
    schemas = []
    for fields in (one, other):
        async with scratch.opened(product.where, models=product.become(author=fields)):
            await wanted.make_tables()
            schemas.append(await reading.read())

    (difference,) = comparing.differences(*schemas)

    assert re.fullmatch(words, str(difference)), str(difference)
