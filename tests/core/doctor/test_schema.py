import shutil
from pathlib import Path

import pytest

from core import database, doctor, migrate
from core.migrate import MigrationFailed, files
from core.settings import DatabaseUrl, overridden
from tests.core.doctor.looking import do, found
from tests.programs import ROOT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Our migrations, to be written in."""
    return shutil.copytree(ROOT / "migrations", tmp_path / "migrations")


def newest(root: Path, dialect: str) -> Path:
    return max((root / dialect).glob("[0-9]*.py"), key=lambda file: int(file.name.partition("_")[0]))


async def test_migrations_that_are_not_applied_are_found_and_the_rows_are_not_looked_at(
    empty_database: str, tmp_path: Path
) -> None:
    with overridden(database_url=empty_database, backup_store=str(tmp_path)):
        async with database.connected(migrated=False):
            pass
        report = await doctor.examine()

    findings = {finding.name: finding for finding in report.findings}
    assert "the database lacks" in findings["not-migrated"].what
    assert "stylobate db migrate" in findings["not-migrated"].mend
    assert {"indexes", "orphans", "sessions", "jobs", "backups"} <= {unseen.subject for unseen in report.unseen}


async def test_a_migration_that_ended_in_the_middle_is_found(own: DatabaseUrl, root: Path, dialect: str) -> None:
    statements = ('CREATE TABLE "half" ("id" INT)', 'INSERT INTO "nowhere" VALUES (1)')
    text = files.render(upgrade=statements, downgrade=(), state="{}", in_transaction=False)
    files.write(root / dialect / "99_20261123000000_half.py", text)
    async with migrate.opened():
        with pytest.raises(MigrationFailed):
            _ = [name async for name in migrate.migrate(root=root)]

    there = await found("migrations")

    assert there.keys() == {"migration-half-done"}
    assert there["migration-half-done"].what.startswith("the upgrade of 99_")
    assert there["migration-half-done"].mend.startswith("stylobate db migrate")


async def test_a_file_that_was_edited_since_is_found(empty_database: str, root: Path, dialect: str) -> None:
    file = newest(root, dialect)
    file.write_text(file.read_text() + "\n# What was applied was another one.\n")
    with overridden(database_url=empty_database, direct_database_url=None):
        async with migrate.opened():
            assert [name async for name in migrate.migrate(root=root)]

        there = await found("migrations")

    assert there.keys() == {"migration-edited"}
    assert file.name in there["migration-edited"].what


async def test_what_was_changed_by_hand_is_found_and_indexes_are_left_to_their_own_look(own: DatabaseUrl) -> None:
    assert await found("schema", "indexes", "foreign keys") == {}

    await do('ALTER TABLE "user" ADD COLUMN "shoe" TEXT', 'DROP INDEX "idx_session_expires_0c93a9"')
    there = await found("schema", "indexes")

    assert there.keys() == {"schema-changed", "index-missing"}
    assert "user.shoe" in there["schema-changed"].what
    assert "idx_session" not in there["schema-changed"].what
