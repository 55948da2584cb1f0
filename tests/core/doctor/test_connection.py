import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from core import doctor
from core.doctor import CHECKS
from core.local.postgres import Postgres
from core.settings import DatabaseUrl, PostgresUrl, overridden
from tests.core.doctor.looking import do, found, run_doctor
from tests.core.doctor.roles import as_role, role
from tests.programs import until

ONLY_POSTGRES = pytest.mark.only("postgres")
ONLY_SQLITE = pytest.mark.only("sqlite")

NOBODY = "postgresql://user:secret-of-the-test@127.0.0.1:1/stylobate"


async def test_a_closed_port_is_found_and_everything_else_is_looked_at() -> None:
    answer = await run_doctor(DATABASE_URL=NOBODY, STYLOBATE_SECRETS="")

    assert answer.code == 1
    assert {"database-unreachable", "secrets-missing", "broker-unreachable"} <= answer.findings.keys()
    assert {"permissions", "schema", "jobs", "backups"} <= answer.unseen
    assert "secret-of-the-test" not in answer.text


async def test_a_database_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://user@127.0.0.1:{silent.getsockname()[1]}/stylobate?connect_timeout=1"
        answer = await run_doctor(DATABASE_URL=url)

    assert "can't be reached" in answer.findings["database-unreachable"]["what"]


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set"),
        ({"STYLOBATE_SECRETS": "1:short"}, "STYLOBATE_SECRETS: "),
        ({"STYLOBATE_JOB_MODULES": "tasks,nowhere"}, "STYLOBATE_JOB_MODULES: No module named 'nowhere'"),
        ({"STYLOBATE_JOB_SCHEDULES": '{"audit.prune": "often"}'}, "STYLOBATE_JOB_SCHEDULES: "),
    ],
    ids=["missing", "unusable", "jobs that are not found", "no time"],
)
async def test_a_setting_that_no_program_starts_with_is_found(setting: dict[str, str], text: str) -> None:
    answer = await run_doctor(**setting)

    assert (answer.code, answer.findings["setting-unusable"]["what"].startswith(text)) == (1, True)


@ONLY_SQLITE
async def test_a_sqlite_file_that_is_not_there_is_found_and_not_made(tmp_path: Path) -> None:
    file = tmp_path / "nothing.db"
    with overridden(database_url=f"sqlite://{file}"):
        there = await found("connection")

    assert "does not exist" in there["database-missing"].what
    assert not file.exists()


@ONLY_SQLITE
async def test_a_file_that_is_no_database_is_found(tmp_path: Path) -> None:
    (tmp_path / "letter.db").write_text("Dear Ada, " * 1_000)
    with overridden(database_url=f"sqlite://{tmp_path}/letter.db"):
        there = await found("connection")

    assert there["database-unreachable"].level == "error"


@ONLY_POSTGRES
async def test_a_wrong_password_is_found(postgres: Postgres) -> None:
    async with role(postgres) as name:
        with overridden(database_url=as_role(postgres.url("postgres"), name, password="wrong")):
            there = await found("connection")

    assert list(there) == ["password-refused"]


@ONLY_POSTGRES
async def test_a_missing_database_is_found(postgres: Postgres) -> None:
    with overridden(direct_database_url=postgres.url("doctor_nowhere")):
        there = await found("connection")

    assert there["database-missing"].what.startswith("DIRECT_DATABASE_URL: database 'doctor_nowhere'")


@ONLY_POSTGRES
async def test_a_missing_role_is_found_where_the_server_asks_for_no_password(postgres: Postgres) -> None:
    async def is_refused() -> bool:
        return list(await found("connection")) == ["role-refused"]

    url = postgres.url("postgres")
    superuser = await asyncpg.connect(url)
    with also_trusted(Path(await superuser.fetchval("SHOW hba_file")), "doctor_nobody"):
        await superuser.execute("SELECT pg_reload_conf()")
        with overridden(database_url=as_role(url, "doctor_nobody")):
            await until(is_refused)  # The server has read its rules again.
    await superuser.execute("SELECT pg_reload_conf()")
    await superuser.close()


@contextmanager
def also_trusted(rules: Path, name: str) -> Iterator[None]:
    """Have a role that needs no password."""
    before = rules.read_text()
    rules.write_text(f"host all {name} 127.0.0.1/32 trust\n{before}")
    try:
        yield
    finally:
        rules.write_text(before)


@ONLY_POSTGRES
async def test_no_connection_left_for_the_role_is_found(postgres: Postgres) -> None:
    async with role(postgres, options="CONNECTION LIMIT 0") as name:
        with overridden(database_url=as_role(postgres.url("postgres"), name)):
            there = await found("connection")

    assert list(there) == ["connections-exhausted"]


@ONLY_POSTGRES
async def test_rights_that_are_missing_are_named_with_the_grant_that_gives_them(
    own: DatabaseUrl, own_url: str, postgres: Postgres
) -> None:
    async with role(postgres) as name:
        owner = await asyncpg.connect(own_url)
        with overridden(database_url=as_role(own_url, name)):
            report = await doctor.examine()
            there = {finding.name: finding for finding in report.findings}
            await owner.execute(there["permission-denied"].mend.partition(": ")[2])
            after = await found("permissions", "role")
            closed = (await doctor.examine([check for check in CHECKS if check.subject == "schema"])).unseen
        await owner.execute(f"DROP OWNED BY {name}")
        await owner.close()

    assert "DELETE, INSERT, SELECT, UPDATE on session" in there["permission-denied"].what
    assert "SELECT on aerich" in there["permission-denied"].what
    assert {"jobs", "backups", "schema", "PostgreSQL's disk"} <= {unseen.subject for unseen in report.unseen}
    assert after == {}
    assert "STYLOBATE_BACKUP_SCRATCH_URL" in closed[0].why


@ONLY_POSTGRES
async def test_a_role_that_may_not_connect_is_found(own: PostgresUrl, own_url: str, postgres: Postgres) -> None:
    await do(f'REVOKE CONNECT ON DATABASE "{own.database}" FROM PUBLIC')
    async with role(postgres) as name:
        with overridden(database_url=as_role(own_url, name)):
            there = await found("connection")

    assert list(there) == ["permission-denied"]
