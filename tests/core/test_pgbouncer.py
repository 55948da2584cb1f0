"""Through a real PgBouncer in transaction mode, where every transaction may have another server connection."""

import asyncio
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from core import authentication, database, sessions, users
from core.database.statements import fetch
from core.settings import PostgresUrl, settings
from core.settings.database_url import parse
from models import User
from tests.factories import make_user

pytestmark = [pytest.mark.system, pytest.mark.only("postgres"), pytest.mark.usefixtures("db")]


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def pooled_url(folder: Path, opened: None) -> Iterator[str]:
    """The suite's database behind a PgBouncer with three server connections."""
    server = settings().database
    assert isinstance(server, PostgresUrl)
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "apt-get install pgbouncer"
    port = free_port()
    home = folder / "pgbouncer"
    home.mkdir(mode=0o755)
    (home / "users.txt").write_text(f'"{server.user}" "{server.password}"\n')
    (home / "pgbouncer.ini").write_text(
        f"[databases]\n* = host=127.0.0.1 port={server.port}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = scram-sha-256\nauth_file = {home}/users.txt\n"
        "pool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 100\n"
    )
    # PgBouncer refuses to run as root.
    account = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    process = subprocess.Popen([program, str(home / "pgbouncer.ini")], stderr=subprocess.DEVNULL, **account)  # type: ignore[call-overload]
    yield f"postgresql://{server.user}:{server.password}@127.0.0.1:{port}/{server.database}?connect_timeout=5"
    process.terminate()
    process.wait()
    shutil.rmtree(home)


async def answers(url: str) -> bool:
    try:
        async with database.connected(parse(url)):
            return True
    except database.DatabaseUnreachable:
        return False


async def test_without_the_parameter_the_error_names_it(pooled_url: str) -> None:
    async with asyncio.timeout(10):
        while not await answers(pooled_url):  # noqa: ASYNC110  no event tells
            await asyncio.sleep(0.05)

    async with database.connected(parse(pooled_url), migrated=False):
        results = await asyncio.gather(
            *(fetch("SELECT $1::int + $2::int AS sum", number, 1) for number in range(200)), return_exceptions=True
        )

    errors = [result for result in results if isinstance(result, BaseException)]
    assert errors
    assert all("pgbouncer=true" in getattr(error, "remedy", "") for error in errors), errors


async def test_everything_works_through_a_pooler_in_transaction_mode(pooled_url: str) -> None:
    async with asyncio.timeout(10):
        while not await answers(pooled_url):  # noqa: ASYNC110  no event tells
            await asyncio.sleep(0.05)

    async with database.connected(parse(f"{pooled_url}&pgbouncer=true")):
        up = await authentication.sign_up(name="Ada", email="ada@example.com", password="correct horse")
        principals = await asyncio.gather(*(sessions.authenticate(up.token) for _ in range(200)))
        assert {principal.user_id for principal in principals} == {up.user.id}

        async def rename(number: int) -> None:
            async with database.transaction():
                await users.rename(up.user.id, name=f"Ada {number}")
                assert (await users.get(up.user.id)).name == f"Ada {number}"

        await asyncio.gather(*(rename(number) for number in range(50)))
        assert await fetch("SELECT current_setting('TimeZone') AS zone") == [{"zone": "UTC"}]
        assert (await sessions.purge_expired()).finished

        async def look_elsewhere(number: int) -> None:
            async with database.transaction():
                await make_user(email=f"person{number}@pooled.example.com")
                await asyncio.sleep(0)

        await asyncio.gather(*(look_elsewhere(number) for number in range(50)))
        assert await User.filter(email__endswith="@pooled.example.com").count() == 50
