"""Who may come in, and from where."""

import asyncio
import re

import httpx
import pytest
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from core.database.statements import fetch
from core.studio import Gate
from tests.core.studio.conftest import HOME, PORT, Studio
from tests.programs import until

PAGES = ["/", "/jobs", "/user/list", "/user/edit?pk=1", "/static/js/list.js", "/session/export/csv"]


async def _inside(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("inside")(scope, receive, send)


def _visit(gate: Gate, base: str = HOME) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url=base)


async def test_the_link_lets_in_once_with_a_cookie_that_no_script_reads_and_no_other_site_brings() -> None:
    gate = Gate(_inside, port=PORT)

    async with _visit(gate) as visitor, _visit(gate) as second:
        entered = await visitor.get(gate.link)
        inside = await visitor.get("/")
        again = await second.get(gate.link)
        outside = await second.get("/")

    assert entered.status_code == 200
    assert {"httponly", "samesite=strict", "path=/"} <= set(entered.headers["set-cookie"].lower().split("; "))
    assert inside.text == "inside"
    assert (again.status_code, outside.status_code) == (403, 401)
    assert "set-cookie" not in again.headers


async def test_a_link_lets_nobody_in_when_its_time_is_over() -> None:
    gate = Gate(_inside, port=PORT, lifetime=0)

    async with _visit(gate) as visitor:
        late = await visitor.get(gate.link)

        assert late.status_code == 403
        assert (await visitor.get("/")).status_code == 401


@pytest.mark.parametrize("key", ["", "x" * 43, "ä"], ids=["none", "another", "no token at all"])
async def test_a_wrong_key_lets_nobody_in_and_leaves_the_link_as_it_is(key: str) -> None:
    gate = Gate(_inside, port=PORT)

    async with _visit(gate) as visitor:
        wrong = await visitor.get("/enter", params={"key": key})

        assert wrong.status_code == 403
        assert (await visitor.get(gate.link)).status_code == 200


@pytest.mark.parametrize("page", PAGES)
async def test_without_the_cookie_nothing_is_served(page: str) -> None:
    async with _visit(Gate(_inside, port=PORT)) as visitor:
        answer = await visitor.get(page, headers={"Cookie": f"stylobate_studio_{PORT}=guessed"})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1", "127.0.0.1:80", f"127.0.0.1:{PORT}.evil.example", f"evil.example:{PORT}", ""],
)
async def test_another_name_for_this_machine_is_refused_also_with_the_cookie_and_the_link(host: str) -> None:
    gate = Gate(_inside, port=PORT)

    async with _visit(gate) as visitor:
        early = await visitor.get(gate.link, headers={"Host": host})
        await visitor.get(gate.link)
        answer = await visitor.get("/", headers={"Host": host})

    assert (early.status_code, answer.status_code) == (421, 421)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "none"},
        {"Origin": "http://127.0.0.1:8000"},
        {"Origin": f"http://localhost:{PORT}"},
        {"Origin": f"https://127.0.0.1:{PORT}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=[
        "another site",
        "no site",
        "a sandbox",
        "a file",
        "another port",
        "another name",
        "another scheme",
        "cross-site",
        "same-site",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_another_sites_page_sends_is_refused_also_with_the_cookie(
    method: str, headers: dict[str, str]
) -> None:
    gate = Gate(_inside, port=PORT)

    async with _visit(gate) as visitor:
        await visitor.get(gate.link)
        answer = await visitor.request(method, "/", headers=headers)

    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


async def test_what_changes_something_says_where_it_comes_from() -> None:
    gate = Gate(_inside, port=PORT)

    async with _visit(gate) as visitor:
        await visitor.get(gate.link)
        silent = await visitor.post("/")
        honest = await visitor.post("/", headers={"Origin": HOME})
        as_a_browser_does = await visitor.post("/", headers={"Origin": "null", "Sec-Fetch-Site": "same-origin"})

    assert (silent.status_code, honest.status_code, as_a_browser_does.status_code) == (403, 200, 200)


async def test_a_form_without_its_token_is_refused(studio: Studio) -> None:
    async with studio(write=True) as visitor:
        answer = await visitor.client.post("/user/create", data={"name": "x"}, headers={"Origin": HOME})

    assert (answer.status_code, answer.text) == (403, "CSRF token missing")


@pytest.mark.parametrize("page", ["/", "/user/list", "/static/js/list.js", "/nothing", "/enter", "/user/list?filter=("])
async def test_every_answer_says_how_it_is_to_be_taken(studio: Studio, page: str) -> None:
    async with studio() as visitor:
        headers = (await visitor.get(page)).headers

    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert re.fullmatch(r"'self' 'nonce-[\w-]{43}'", policy["script-src"])
    assert "unsafe-inline" not in policy["script-src-attr"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == ("private, no-cache" if page.startswith("/static") else "no-store")


async def test_what_takes_too_long_is_taken_back_and_the_page_says_what_to_do(db: None, dialect: str) -> None:
    endless = {
        "postgres": "SELECT pg_sleep(600)",
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    }

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await fetch(endless[dialect])

    async def is_over() -> bool:
        if dialect == "sqlite":
            return bool(await fetch("SELECT 1"))
        running = "SELECT 1 FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)' AND state = 'active'"
        return not await fetch(running)

    gate = Gate(slow, port=PORT, budget=0.2)
    async with _visit(gate) as visitor:
        await visitor.get(gate.link)
        answer = await visitor.get("/")

    assert answer.status_code == 503
    assert "Ask for less" in answer.text
    await until(is_over)


async def test_an_answer_that_has_begun_may_take_its_time() -> None:
    begun = asyncio.Event()

    async def long(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200})
        loop = asyncio.get_running_loop()
        loop.call_later(0.5, begun.set)  # Later than its time.
        await begun.wait()
        await send({"type": "http.response.body", "body": b"still here"})

    gate = Gate(long, port=PORT, budget=0.4)
    async with _visit(gate) as visitor:
        await visitor.get(gate.link)

        assert (await visitor.get("/")).text == "still here"
