from pathlib import Path

import pytest

from core import database
from core.settings import DatabaseUrl, SqliteUrl
from tests.core.doctor.looking import do, found
from tests.factories import make_session, make_user

# As it is in a database that another program wrote to, without SQLite's foreign keys or before there were any.
UNKEPT = {
    "postgres": 'ALTER TABLE "session" DROP CONSTRAINT "session_userId_fkey"',
    "sqlite": "PRAGMA foreign_keys = OFF",
}


async def test_rows_without_what_they_belong_to_are_found_and_go_as_it_is_said(own: DatabaseUrl, dialect: str) -> None:
    async with database.connected():
        await make_session()
        lost = await make_session()
    await do(UNKEPT[dialect], f"""DELETE FROM "user" WHERE "id" = '{lost.session.user_id}'""")  # noqa: S608  ours

    there = await found("orphans")
    await do(there["orphans"].mend.partition(": ")[2])

    assert there["orphans"].what == "1 rows of session have a userId that is no user"
    assert await found("orphans") == {}
    async with database.connected():
        assert len(await database.connection().execute_query_dict('SELECT 1 FROM "session"')) == 1


async def test_people_whose_addresses_differ_in_case_alone_are_found(clean: None) -> None:
    async with database.connected():
        ada, _, other = [
            await make_user(email=email) for email in ("ada@example.com", "bob@example.com", "x@example.com")
        ]
    await do(f"""UPDATE "user" SET "email" = 'Ada@Example.com' WHERE "id" = '{other.id}'""")  # noqa: S608  ours

    there = await found("duplicates")

    assert there.keys() == {"case-twins"}
    assert f"first {ada.id} and {other.id}" in there["case-twins"].what
    assert "example.com" not in there["case-twins"].what


@pytest.mark.only("sqlite")
async def test_a_file_that_is_damaged_is_found(own: DatabaseUrl) -> None:
    async with database.connected():
        for _ in range(50):
            await make_user()
    await do("PRAGMA wal_checkpoint(TRUNCATE)")
    before = await found("file")
    assert isinstance(own, SqliteUrl)
    overwrite(Path(own.file), b"example.com")

    assert before == {}
    assert (await found("file"))["file-damaged"].level == "error"


def overwrite(file: Path, text: bytes, *, page: int = 4096) -> None:
    """Write zeros over the first page that holds this text."""
    content = bytearray(file.read_bytes())
    begin = content.index(text) // page * page
    content[begin : begin + page] = bytes(page)
    file.write_bytes(content)
