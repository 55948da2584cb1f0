"""What is unsafe in a migration, and what is not."""

from pathlib import Path

import pytest

from core.migrate import files
from core.migrate.linting import Unsafe, lint, squawk

OLD = 'ALTER TABLE "old" ADD COLUMN "a" BIGINT'
NEW = 'CREATE TABLE "new" ("id" BIGINT NOT NULL PRIMARY KEY, "oldId" BIGINT)'

UNSAFE = {
    "postgres": {
        "require-concurrent-index-creation": ['CREATE INDEX "i" ON "old" ("a")'],
        "adding-required-field": ['ALTER TABLE "old" ADD COLUMN "b" TEXT NOT NULL'],
        "adding-field-with-default": ['ALTER TABLE "old" ADD COLUMN "b" UUID DEFAULT gen_random_uuid()'],
        "adding-foreign-key-constraint": ['ALTER TABLE "old" ADD CONSTRAINT "c" FOREIGN KEY ("a") REFERENCES "other"'],
        "constraint-missing-not-valid": ['ALTER TABLE "old" ADD CONSTRAINT "c" CHECK ("a" > 1)'],
        "disallowed-unique-constraint": ['ALTER TABLE "old" ADD CONSTRAINT "c" UNIQUE ("a")'],
        "adding-not-nullable-field": ['ALTER TABLE "old" ALTER COLUMN "a" SET NOT NULL'],
        "syntax-error": ["ALTER TABLE WHERE"],
        "concurrently-in-transaction": ['CREATE INDEX CONCURRENTLY "i" ON "old" ("a")'],
        "own-transaction": ["COMMIT"],
        "blocks-everybody": ['LOCK TABLE "old"'],
        "rows-under-lock": [OLD, 'UPDATE "old" SET "a" = 1 WHERE "a" IS NULL'],
        "validated-under-lock": [
            'ALTER TABLE "old" ADD CONSTRAINT "c" CHECK ("a" > 1) NOT VALID',
            'ALTER TABLE "old" VALIDATE CONSTRAINT "c"',
        ],
    },
    "sqlite": {
        "deferred-keys": ["PRAGMA defer_foreign_keys = ON"],
        "drop-with-keys-on": ['DROP TABLE "old"'],
        "required-column": ['ALTER TABLE "old" ADD COLUMN "b" TEXT NOT NULL'],
        "copy-without-constraints": ['CREATE TABLE "new" AS SELECT * FROM "old"'],
        "own-transaction": ["BEGIN"],
    },
}
CASES = [
    pytest.param(language, rule, statements, id=f"{language}-{rule}")
    for language, rules in UNSAFE.items()
    for rule, statements in rules.items()
]


async def found(folder: Path, language: str, *statements: str, in_transaction: bool = True) -> list[Unsafe]:
    text = files.render(upgrade=statements, downgrade=(), state="{}", in_transaction=in_transaction)
    files.write(folder / language / "1_a.py", text)
    return await lint(language, files.scripts(language, root=folder))


def test_squawk_is_there() -> None:
    assert squawk()


@pytest.mark.parametrize(("language", "rule", "statements"), CASES)
async def test_what_is_unsafe_is_told_with_its_statement(
    language: str, rule: str, statements: list[str], tmp_path: Path
) -> None:
    told = {it.rule: it for it in await found(tmp_path, language, *statements)}

    assert told[rule].fatal == (rule != "rows-under-lock")
    assert (told[rule].file, told[rule].sql) == ("1_a.py", statements[-1])


@pytest.mark.parametrize(("language", "rule", "statements"), CASES)
async def test_whoever_knows_better_says_so_above_the_statement(
    language: str, rule: str, statements: list[str], tmp_path: Path
) -> None:
    knowing = f"-- squawk-ignore {rule}\n{statements[-1]}"

    told = await found(tmp_path, language, *statements[:-1], knowing)

    assert rule not in {it.rule for it in told} - {"syntax-error"}


@pytest.mark.parametrize(
    "statements",
    [
        [OLD, 'ALTER TABLE "old" ADD COLUMN "b" TEXT NOT NULL DEFAULT \'\''],
        ['ALTER TABLE "old" ADD CONSTRAINT "c" CHECK ("a" > 1) NOT VALID'],
        ['ALTER TABLE "old" VALIDATE CONSTRAINT "c"'],
        ['ALTER TABLE "old" VALIDATE CONSTRAINT "c"', 'ALTER TABLE "old" ALTER COLUMN "a" SET NOT NULL'],
        [NEW, 'CREATE INDEX "i" ON "new" ("oldId")', 'UPDATE "new" SET "oldId" = 1'],
        ['UPDATE "old" SET "a" = 1 WHERE "id" = 1', OLD],
        ["COMMENT ON TABLE \"old\" IS 'BEGIN; LOCK TABLE x'"],
    ],
    ids=[
        "columns",
        "not valid",
        "validate",
        "required, and proven",
        "a new table",
        "rows, then a table",
        "words in a string",
    ],
)
async def test_what_is_safe_is_not_told(statements: list[str], tmp_path: Path) -> None:
    assert await found(tmp_path, "postgres", *statements) == []


async def test_an_index_made_concurrently_outside_a_transaction_is_safe(tmp_path: Path) -> None:
    index = 'CREATE INDEX CONCURRENTLY "i" ON "old" ("a")'

    assert await found(tmp_path, "postgres", index, in_transaction=False) == []


async def test_what_an_older_program_would_miss_is_told_and_not_fatal(tmp_path: Path) -> None:
    told = await found(tmp_path, "postgres", 'ALTER TABLE "old" DROP COLUMN "a"', 'ALTER TABLE "old" RENAME "b" TO "c"')

    assert [(it.rule, it.fatal) for it in told] == [("ban-drop-column", False), ("renaming-column", False)]


async def test_a_table_that_is_rebuilt_with_keys_off_is_safe(tmp_path: Path) -> None:
    rebuild = ("PRAGMA foreign_keys = OFF", "BEGIN IMMEDIATE", NEW, 'DROP TABLE "old"', "COMMIT")

    assert await found(tmp_path, "sqlite", *rebuild) == []


async def test_our_own_migrations_are_safe() -> None:
    for language in files.DIALECTS:
        assert await lint(language, files.scripts(language)) == []
