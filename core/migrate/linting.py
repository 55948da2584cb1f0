"""Migrations that work on a laptop and hurt where rows and people are.

For PostgreSQL squawk knows most of it, where it is installed (the extra ``dev``); what it does not know, and SQLite's
traps, are rules of our own. Whoever knows better writes ``-- squawk-ignore RULE`` above the statement.
"""

import asyncio
import json
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from core.migrate import files
from core.migrate.files import NeedsDatabase, Script


class Unsafe(NamedTuple):
    """A statement that locks or loses. With ``fatal`` unset it is only to be known."""

    file: str
    rule: str
    why: str
    sql: str
    fatal: bool = True


_SQUAWK = {
    "adding-field-with-default": True,
    "adding-foreign-key-constraint": True,
    "adding-not-nullable-field": True,
    "adding-required-field": True,
    "adding-serial-primary-key-field": True,
    "ban-drop-column": False,
    "ban-drop-database": True,
    "ban-drop-table": False,
    "ban-truncate-cascade": True,
    "changing-column-type": False,
    "constraint-missing-not-valid": True,
    "disallowed-unique-constraint": True,
    "renaming-column": False,
    "renaming-table": False,
    "require-concurrent-index-creation": True,
    "syntax-error": True,
}
"""Its rules that we follow, and whether one is fatal. Timeouts and repetition are the runner's business; what drops or
renames was asked for when the file was made, and is to be known by whoever deploys."""


class _Rule(NamedTuple):
    name: str
    pattern: re.Pattern[str]
    why: str
    in_transaction: bool | None = None
    """Only where the file is all or nothing (or is not)."""


def _rule(name: str, pattern: str, why: str, *, in_transaction: bool | None = None) -> _Rule:
    return _Rule(name, re.compile(pattern, re.IGNORECASE), why, in_transaction)


_OURS = {
    "postgres": (
        _rule(
            "concurrently-in-transaction",
            r"(CREATE (UNIQUE )?|DROP |RE)INDEX\b.*\bCONCURRENTLY\b|VACUUM\b",
            "PostgreSQL refuses it in a transaction: RUN_IN_TRANSACTION = False",
            in_transaction=True,
        ),
        _rule(
            "own-transaction", r"(BEGIN|START TRANSACTION|COMMIT|END|ROLLBACK)\b", "it ends the runner's transaction"
        ),
        _rule(
            "blocks-everybody",
            r"VACUUM FULL|VACUUM \(.*\bFULL\b|CLUSTER\b|LOCK\b|ALTER TABLE .* SET (TABLESPACE|LOGGED|UNLOGGED)"
            r"|REINDEX\b(?!.*\bCONCURRENTLY\b)|REFRESH MATERIALIZED VIEW (?!CONCURRENTLY)",
            "nobody can use the table while it lasts",
        ),
    ),
    "sqlite": (
        _rule(
            "deferred-keys",
            r"PRAGMA defer_foreign_keys",
            "dropping a table deletes the rows that point to it all the same: PRAGMA foreign_keys = OFF at the top",
        ),
        _rule(
            "required-column",
            r"ALTER TABLE .* ADD (?!CONSTRAINT)(?=.*\bNOT NULL\b)(?!.*\bDEFAULT\b)",
            "SQLite refuses it on a table with rows: give it a default",
        ),
        _rule("copy-without-constraints", r"CREATE TABLE .* AS SELECT\b", "the copy has no keys, defaults or checks"),
    ),
}


async def lint(dialect: str, scripts: Sequence[Script]) -> list[Unsafe]:
    """What is unsafe in the files. Of one that asks the database as it goes nothing is known."""
    found = []
    for script in scripts:
        try:
            statements = await script.statements()
        except NeedsDatabase:
            continue
        found += [it for it in _by_rules(script, statements) if not _ignored(it)]
        if dialect == "postgres":
            found += await _by_squawk(script, statements)
    return found


def _ignored(it: Unsafe) -> bool:
    return bool(re.search(rf"squawk-ignore\b[^\n]*\b{it.rule}\b", it.sql))


def _by_rules(script: Script, statements: list[str]) -> Iterator[Unsafe]:
    for sql in statements:
        bare = files.bare(sql, script.dialect)
        for rule in _OURS[script.dialect]:
            if rule.pattern.match(bare) and rule.in_transaction in {None, script.in_transaction}:
                yield Unsafe(script.name, rule.name, rule.why, sql)
    if script.dialect == "sqlite":
        yield from _in_sqlite(script, statements)
    elif script.in_transaction:
        yield from _under_locks(script, statements)


_KEYS_OFF = re.compile(r"PRAGMA foreign_keys ?= ?(OFF|0)", re.IGNORECASE)
_TABLE = re.compile(
    r"(?P<what>CREATE TABLE|ALTER TABLE|UPDATE|DELETE FROM) (?:IF (?:NOT )?EXISTS )?(?:ONLY )?(?P<name>\"?[\w.]+\"?)",
    re.IGNORECASE,
)


def _in_sqlite(script: Script, statements: list[str]) -> Iterator[Unsafe]:
    bares = [files.bare(sql, "sqlite") for sql in statements]
    if any(_KEYS_OFF.match(bare) for bare in bares):
        return
    for sql, bare in zip(statements, bares, strict=True):
        if bare.upper().startswith("DROP TABLE"):
            yield Unsafe(script.name, "drop-with-keys-on", _CASCADE, sql)
        elif re.match(r"(BEGIN|COMMIT|END|ROLLBACK)\b", bare, re.IGNORECASE):
            yield Unsafe(script.name, "own-transaction", "it ends the runner's transaction", sql)


def _under_locks(script: Script, statements: list[str]) -> Iterator[Unsafe]:
    """What makes others wait, because every lock is kept until the file ends."""
    made: set[str] = set()  # These are empty, and nobody knows them yet.
    changed = False
    for sql in statements:
        bare = files.bare(sql, "postgres")
        if (found := _TABLE.match(bare)) and found["what"].upper() == "CREATE TABLE":
            made.add(found["name"])
        elif found and found["name"] not in made:
            if found["what"].upper() == "ALTER TABLE":
                if changed and " VALIDATE CONSTRAINT " in bare.upper():
                    yield Unsafe(script.name, "validated-under-lock", _VALIDATED, sql)
                changed = changed or " VALIDATE CONSTRAINT " not in bare.upper()
            elif changed:
                yield Unsafe(script.name, "rows-under-lock", _UNDER_LOCK, sql, fatal=False)
            elif " WHERE " not in bare.upper():
                yield Unsafe(script.name, "every-row", _EVERY_ROW, sql, fatal=False)


_CASCADE = "with foreign keys on, the rows that point to it are deleted: PRAGMA foreign_keys = OFF at the top"
_UNDER_LOCK = "a table was changed before in this file, and nobody can use it until the rows are done: two files"
_VALIDATED = (
    "a table was changed before in this file, and nobody can use it while the rows are looked at: validate first"
)
_EVERY_ROW = "every row is locked until the file ends; in batches nobody notices"


async def _by_squawk(script: Script, statements: list[str]) -> list[Unsafe]:
    program = squawk()
    if program is None or not statements:
        return []
    whole = ["--assume-in-transaction"] if script.in_transaction else []
    process = await asyncio.create_subprocess_exec(
        program,
        "--reporter=json",
        "--pg-version=15",
        "--stdin-filepath=migration.sql",
        *whole,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    said, _ = await process.communicate("".join(f"{sql}\n;\n" for sql in statements).encode())
    starts, line = [], 0
    for sql in statements:
        starts.append(line)
        line += sql.count("\n") + 2
    found = []
    for it in json.loads(said or b"[]"):
        if (fatal := _SQUAWK.get(it["rule_name"])) is not None:
            place = sum(start <= it["line"] for start in starts) - 1
            sql = statements[place]
            if it["rule_name"] == "adding-not-nullable-field" and _is_proven(sql, statements[:place]):
                continue
            help_ = f" {it['help']}" if it["help"] else ""
            found.append(Unsafe(script.name, it["rule_name"], f"{it['message']}{help_}", sql, fatal))
    return found


def _is_proven(sql: str, before: list[str]) -> bool:
    """Whether a constraint of the table was validated just before: PostgreSQL then looks at no row any more."""
    table = re.match(r"ALTER TABLE (\S+)", files.bare(sql, "postgres"))
    proof = f"ALTER TABLE {table[1]} VALIDATE CONSTRAINT" if table else None
    return proof is not None and any(files.bare(it, "postgres").startswith(proof) for it in before)


def squawk() -> str | None:
    """Where squawk is, if it is."""
    return shutil.which("squawk") or shutil.which("squawk", path=str(Path(sys.executable).parent))
