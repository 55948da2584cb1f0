import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from fastapi import Depends, FastAPI, HTTPException

from core import web
from core.local.valkey import Valkey
from tests.programs import ROOT, running

NOBODY = "postgresql://user:secret@127.0.0.1:1/stylobate"


@asynccontextmanager
async def asking(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app") as client:
        yield client


@asynccontextmanager
async def serving(**environment: str) -> AsyncIterator[httpx.AsyncClient]:
    """``core.web:health_app`` as a program of its own."""
    async with running("uvicorn", "core.web:health_app", "--port=0", cwd=ROOT, **environment) as program:
        place = (await program.until("running on ")).partition("running on ")[2].split()[0]
        async with httpx.AsyncClient(base_url=place, timeout=60) as client:
            yield client


def by_name(answer: httpx.Response) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in answer.json()["checks"]}


@pytest.fixture
def broker(folder: Path) -> Iterator[Valkey]:
    """A broker that may be stopped."""
    with Valkey(folder / "health", durable=False) as server:
        yield server


@pytest.mark.usefixtures("db")
async def test_an_app_is_alive_and_ready() -> None:
    app = FastAPI()
    app.include_router(web.health())

    async with asking(app) as client:
        alive, ready, head = await client.get("/livez"), await client.get("/readyz"), await client.head("/readyz")

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert (ready.status_code, ready.json()["status"], head.status_code) == (200, "ready", 200)
    assert [(check.pop("seconds") >= 0, check) for check in ready.json()["checks"]] == [
        (True, {"name": name, "ok": True}) for name in ("pool", "database", "migrations", "broker")
    ]
    assert {answer.headers["cache-control"] for answer in (alive, ready)} == {"no-store"}
    assert app.openapi()["paths"] == {}


@pytest.mark.usefixtures("db")
async def test_an_app_says_who_may_ask_and_whether_hosts_are_named() -> None:
    async def only_us(key: str = "") -> None:
        if key != "the key":
            raise HTTPException(403)

    app = FastAPI()
    app.include_router(web.health(details=True), dependencies=[Depends(only_us)])

    async with asking(app) as client:
        refused, answer = await client.get("/readyz"), await client.get("/readyz", params={"key": "the key"})

    assert (refused.status_code, answer.status_code) == (403, 200)
    assert by_name(answer)["database"]["what"] == "it answers"


async def test_without_a_database_it_is_alive_and_not_ready() -> None:
    async with serving(DATABASE_URL=NOBODY) as client:
        alive, ready = await client.get("/livez"), await client.get("/readyz")

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    found = by_name(ready)
    assert [name for name, check in found.items() if not check["ok"]] == ["database", "migrations"]
    assert "can't be reached" in found["database"]["what"]
    assert found["database"]["remedy"].startswith("check that PostgreSQL runs there")
    assert found["broker"]["what"] == "not asked: none is set"
    assert "secret" not in ready.text


@pytest.mark.usefixtures("db")
async def test_a_broker_that_is_frozen_is_not_waited_for(broker: Valkey) -> None:
    assert broker._process is not None
    server = psutil.Process(broker._process.pid)
    async with serving(REDIS_URL=broker.url()) as client:
        well = await client.get("/readyz")
        server.suspend()
        try:
            frozen = await client.get("/livez"), await until_it_is(client, 503)
        finally:
            server.resume()
        again = await until_it_is(client, 200)

    assert by_name(well)["broker"]["what"] == "it answers; messages: 0 in stylobate, 0 in stylobate.long"
    assert frozen[0].status_code == 200
    assert [name for name, check in by_name(frozen[1]).items() if not check["ok"]] == ["broker"]
    assert again.json()["status"] == "ready"


async def until_it_is(client: httpx.AsyncClient, status: int) -> httpx.Response:
    """What it says, once it has noticed."""
    async with asyncio.timeout(30):
        while (answer := await client.get("/readyz")).status_code != status:
            pass
    return answer
