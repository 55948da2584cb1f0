"""The example, as its users meet it: over HTTP, from a server process of its own."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from uvicorn.config import STARTUP_FAILURE

from core.local.postgres import Postgres

ADA = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery staple"}
CREDENTIALS = {"email": ADA["email"], "password": ADA["password"]}

UVICORN = [sys.executable, "-m", "uvicorn", "examples.fastapi_app:app", "--port=0", "--no-access-log"]

MIGRATE = """
import asyncio
from core import database, migrate

async def main():
    async with database.connected(migrated=False):
        assert [name async for name in migrate.migrate()]

asyncio.run(main())
"""


@contextmanager
def serving(database_url: str, log: Path) -> Iterator[str]:
    """Run the example, say at which address, and see that it was never at a loss and ends in order."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            UVICORN, env={**os.environ, "DATABASE_URL": database_url}, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield address(process, log)
        process.terminate()
        process.wait(10)
    finally:
        process.kill()
        process.wait()
    written = log.read_text()
    assert "Exception in ASGI application" not in written
    assert "Application shutdown complete." in written
    assert process.returncode == -signal.SIGTERM  # How uvicorn ends when it was asked to.


def address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        if running := re.search(r"running on (http://\S+)", log.read_text()):
            return running[1]
        time.sleep(0.02)
    raise AssertionError(log.read_text())


def calling(server: str, *, agent: str = "Lynx", token: str | None = None) -> httpx.AsyncClient:
    """Another person's browser, or a program that has a token."""
    headers = {"user-agent": agent} | ({"authorization": f"Bearer {token}"} if token else {})
    return httpx.AsyncClient(base_url=server, headers=headers, timeout=10)


async def post(http: httpx.AsyncClient, path: str, body: object) -> httpx.Response:
    """Send JSON, also such as httpx refuses to write."""
    return await http.post(path, content=json.dumps(body), headers={"content-type": "application/json"})


@pytest.fixture(scope="module")
def server(migrated: None, database_url: str, folder: Path) -> Iterator[str]:
    with serving(database_url, folder / "fastapi_app.log") as address:
        yield address


async def test_somebody_signs_up_looks_around_signs_out_elsewhere_and_here(server: str, db: None) -> None:
    async with calling(server, agent="Laptop") as laptop, calling(server, agent="Phone") as phone:
        assert (await laptop.get("/me")).status_code == 401

        joined = await laptop.post("/sign-up", json=ADA)
        assert joined.status_code == 201
        async with calling(server, token=joined.json()["token"]) as program:
            me = await laptop.get("/me")
            assert (me.json()["name"], me.json()["email"]) == ("Ada", "ada@example.com")
            assert (await program.get("/me")).json() == me.json()

        assert (await phone.post("/sign-in", json=CREDENTIALS)).status_code == 200
        assert (await phone.get("/me")).json() == me.json()

        places = {place["user_agent"]: place for place in (await laptop.get("/sessions")).json()}
        assert {agent: place["current"] for agent, place in places.items()} == {"Laptop": True, "Phone": False}
        assert {place["ip_address"] for place in places.values()} == {"127.0.0.1"}

        assert (await laptop.delete(f"/sessions/{places['Phone']['id']}")).status_code == 204
        assert (await phone.get("/me")).status_code == 401
        assert [place["user_agent"] for place in (await laptop.get("/sessions")).json()] == ["Laptop"]

        token = laptop.cookies["session_token"]
        assert (await laptop.post("/sign-out")).status_code == 204
        assert not laptop.cookies
        assert (await laptop.get("/me")).status_code == 401
        async with calling(server, token=token) as thief:
            assert (await thief.get("/me")).status_code == 401


async def test_nobody_signs_out_somebody_else(server: str, db: None) -> None:
    async with calling(server) as ada, calling(server) as eve:
        await ada.post("/sign-up", json=ADA)
        await eve.post("/sign-up", json=ADA | {"email": "eve@example.com"})
        (place,) = (await ada.get("/sessions")).json()

        attempt = await eve.delete(f"/sessions/{place['id']}")

        assert attempt.status_code == 404
        assert attempt.json()["error"] == "SessionNotFound"
        assert (await ada.get("/me")).status_code == 200


@pytest.mark.parametrize("name", ["unknown", "%00", "%ED%A0%80", "%F0%9F%92%A9"])
async def test_no_name_whatever_is_that_of_a_session(server: str, db: None, name: str) -> None:
    async with calling(server) as http:
        await http.post("/sign-up", json=ADA)

        answer = await http.delete(f"/sessions/{name}")

    assert answer.status_code in {404, 422}
    assert set(answer.json()) == {"error", "message"}


async def test_signing_out_twice_is_no_error(server: str) -> None:
    async with calling(server, token="unknown") as http:
        assert (await http.post("/sign-out")).status_code == 204
        assert (await http.post("/sign-out")).status_code == 204


BAD = {"empty": "", "a megabyte": "a" * 1_000_000, "NUL": "Ada\0@example.com", "half a pair": "ada\ud800@example.com"}


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("field", ["name", "email", "password"])
async def test_nobody_signs_up_with_bad_input(server: str, db: None, field: str, what: str) -> None:
    bad = BAD[what] if (field, what) != ("password", "NUL") else "\0"  # Any character will do, but not one alone.
    async with calling(server) as http:
        answer = await post(http, "/sign-up", ADA | {field: bad})

    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "message"}
    assert len(answer.content) < 1_000


@pytest.mark.parametrize("what", BAD)
@pytest.mark.parametrize("field", ["email", "password"])
async def test_nobody_signs_in_with_bad_input(server: str, db: None, field: str, what: str) -> None:
    async with calling(server) as http:
        await http.post("/sign-up", json=ADA)

        answer = await post(http, "/sign-in", CREDENTIALS | {field: BAD[what]})

    assert answer.status_code == 401
    assert answer.json()["error"] == "CredentialsInvalid"


async def test_of_eight_who_sign_up_with_one_address_in_any_case_one_gets_it(server: str, db: None) -> None:
    email = "augusta@example.com"
    async with calling(server) as http:
        answers = await asyncio.gather(
            *(http.post("/sign-up", json=ADA | {"email": email[:n].upper() + email[n:]}) for n in range(8))
        )

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json()["error"] for answer in answers if answer.status_code == 409} == {"EmailTaken"}


async def test_who_is_unknown_and_who_errs_hear_the_same(server: str, db: None) -> None:
    async with calling(server) as http:
        await http.post("/sign-up", json=ADA)

        wrong = await http.post("/sign-in", json=CREDENTIALS | {"password": "something else"})
        unknown = await http.post("/sign-in", json=CREDENTIALS | {"email": "nobody@example.com"})

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert wrong.content == unknown.content
    assert wrong.headers.keys() == unknown.headers.keys()


async def test_a_token_of_another_length_opens_nothing(server: str, db: None) -> None:
    async with calling(server) as http:
        token = (await http.post("/sign-up", json=ADA)).json()["token"]

    for other in (token[:-1], token + "x", token[1:], token * 100):
        async with calling(server, token=other) as http:
            assert (await http.get("/me")).status_code == 401


async def test_a_password_counts_to_its_end(server: str, db: None) -> None:
    async with calling(server) as http:
        joined = await http.post("/sign-up", json=ADA | {"password": "before it\0and after"})

        same = await http.post("/sign-in", json=CREDENTIALS | {"password": "before it\0and after"})
        other = await http.post("/sign-in", json=CREDENTIALS | {"password": "before it\0or otherwise"})

    assert (joined.status_code, same.status_code, other.status_code) == (201, 200, 401)


@pytest.fixture(scope="module")
def own_postgres(folder: Path, request: pytest.FixtureRequest) -> Iterator[Postgres]:
    """A server that may be stopped without disturbing anybody, on whichever database the suite runs."""
    binaries = request.config.getoption("--postgres-bin")
    with Postgres(folder / "journey", durable=False, binaries=binaries) as server:
        server.create_database("journey")
        subprocess.run(
            [sys.executable, "-c", MIGRATE], env={**os.environ, "DATABASE_URL": server.url("journey")}, check=True
        )
        yield server


async def test_an_app_outlives_an_outage_of_its_database(own_postgres: Postgres, folder: Path) -> None:
    url = own_postgres.url("journey")
    seen: set[int] = set()
    recovered = asyncio.Event()

    async def use(http: httpx.AsyncClient) -> None:
        while not recovered.is_set():
            seen.add((await http.get("/me")).status_code)

    with serving(url, folder / "journey.log") as server:
        async with calling(server) as http, asyncio.TaskGroup() as others:
            await http.post("/sign-up", json=ADA)
            for _ in range(5):
                others.create_task(use(http))

            await asyncio.to_thread(own_postgres.stop)
            during = await http.get("/me")  # Times out after ten seconds.
            await asyncio.to_thread(own_postgres.start)
            async with asyncio.timeout(10):
                while (after := await http.get("/me")).status_code != 200:
                    pass
            recovered.set()

    assert during.status_code == 503
    assert during.headers["retry-after"] == "1"
    assert "127.0.0.1" not in during.text
    assert after.json()["name"] == "Ada"
    assert seen <= {200, 503}


def test_an_app_with_a_wrong_password_does_not_start(own_postgres: Postgres) -> None:
    url = re.sub(r":[^:@]+@", ":s3cr3t@", own_postgres.url("journey"))

    server = subprocess.run(
        UVICORN, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, timeout=30, check=False
    )

    assert server.returncode == STARTUP_FAILURE
    assert "refuses the user" in server.stderr
    assert "check DATABASE_URL's user and password" in server.stderr
    assert "Traceback" not in server.stderr
    assert "s3cr3t" not in server.stderr
