import asyncio
import json
import re
import signal
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import psutil
import pytest

from core.local.valkey import Valkey
from tests.programs import ROOT, Program, run, running

SAMPLE = ROOT / "examples" / "sample.json"


@pytest.fixture
def place(folder: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A folder where nothing runs yet, with nothing set."""
    for name in ("DATABASE_URL", "REDIS_URL", "STYLOBATE_SECRETS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    place = folder / str(request.node.name)
    place.mkdir(mode=0o711)
    return place


def up(place: Path, *options: str, **environment: str) -> AbstractAsyncContextManager[Program]:
    # Whatever port is free, unless one is asked for: others may be testing here as well.
    return running("core.cli", "up", "--port=0", *options, cwd=place, **environment)


def still_running(place: Path) -> list[str]:
    """What still runs of what was started there."""
    facts = [process.info for process in psutil.process_iter(["cmdline", "cwd"])]
    return [str(each["cmdline"]) for each in facts if str(place) in f"{each['cmdline']} {each['cwd']}"]


async def test_up_brings_everything_cleans_up_before_ones_eyes_and_leaves_nothing_running(
    place: Path, dialect: str
) -> None:
    options = ["--app=examples.fastapi_app:app", f"--sample={SAMPLE}", *(["--sqlite"] if dialect == "sqlite" else [])]

    async with up(place, *options) as program:
        await program.until("sessions: 167 expired removed, 41 live kept")
        await program.until("verifications: 46 expired removed, 10 live kept")
        assert "sessions.purge_expired: 167 expired rows removed" in program.said
        url = re.search(r"http://127.0.0.1:\d+", await program.until("the app will be on"))
        assert url
        await program.until("Application startup complete")
        person = {"name": "Ada", "email": "ada@example.org", "password": "correct horse"}
        async with httpx.AsyncClient(base_url=url[0]) as client:
            assert (await client.post("/sign-up", json=person)).status_code == 201
            assert (await client.get("/me")).json()["email"] == "ada@example.org"

        # Another terminal, in the same place, needs nothing set.
        code, status = await run("core.cli", "db", "status", "--json", cwd=place)
        assert (code, all(migration["applied"] for migration in json.loads(status))) == (0, True)
        assert (place / "var" / "run.env").stat().st_mode & 0o777 == 0o600

        program.send(signal.SIGINT)
        code = await program.ended()

    assert code == 0
    assert program.lines[-1] == "stopped; nothing is left running"
    assert "Traceback" not in program.said
    assert still_running(place) == []
    assert not (place / "var" / "run.env").exists()

    async with up(place, *options) as program:
        await program.until("ready.")
        url = re.search(r"http://127.0.0.1:\d+", await program.until("the app will be on"))
        assert url
        await program.until("Application startup complete")
        async with httpx.AsyncClient(base_url=url[0]) as client:
            assert (await client.post("/sign-in", json=person)).status_code == 200
        program.send(signal.SIGTERM)
        assert await program.ended() == 0

    assert "imported" not in program.said
    assert still_running(place) == []


async def test_servers_that_are_set_are_used_instead(place: Path, empty_database: str, valkey: Valkey) -> None:
    async with up(place, DATABASE_URL=empty_database, REDIS_URL=valkey.url()) as program:
        await program.until("ready.")
        program.send(signal.SIGINT)
        assert await program.ended() == 0

    assert "PostgreSQL on" not in program.said
    assert "Valkey on" not in program.said
    assert "applied 0_" in program.said
    assert {file.name for file in (place / "var").iterdir()} == {"secret", "up.lock"}


async def test_a_second_one_in_the_same_place_is_refused_and_disturbs_nothing(place: Path) -> None:
    async with up(place, "--sqlite") as program:
        await program.until("ready.")

        code, said = await run("core.cli", "up", "--sqlite", cwd=place)
        assert code == 1
        assert said.startswith("error: `stylobate up` already runs here")

        program.send(signal.SIGINT)
        assert await program.ended() == 0


async def test_when_a_program_dies_the_rest_is_stopped_and_the_end_is_an_error(place: Path) -> None:
    async with up(place, "--sqlite") as program:
        await program.until("ready.")
        beat = next(child for child in psutil.Process(program.process.pid).children() if "beat" in child.cmdline())
        beat.kill()

        code = await program.ended()

    assert code == 1
    assert "error: the beat ended by itself" in program.said
    assert still_running(place) == []


async def test_a_sample_that_can_not_be_read_is_one_line_and_nothing_stays(place: Path) -> None:
    (place / "broken.json").write_text('{"people": [{"name": 7}]}')

    code, said = await run("core.cli", "up", "--sqlite", "--sample=broken.json", cwd=place)

    assert code == 1
    assert said.splitlines()[-1].startswith("error: broken.json can't be read as a sample")
    assert "Traceback" not in said
    assert still_running(place) == []


async def test_a_taken_port_is_no_obstacle(place: Path) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        taken = server.sockets[0].getsockname()[1]
        async with up(place, "--sqlite", "--app=examples.fastapi_app:app", f"--port={taken}") as program:
            line = await program.until("the app will be on")
            await program.until("Application startup complete")
            program.send(signal.SIGINT)
            assert await program.ended() == 0

    assert f":{taken}" not in line
