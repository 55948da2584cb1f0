import asyncio

import httpx
import pytest
from fastapi import FastAPI, WebSocket
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core import correlation, web
from core.errors import NotFound, Unavailable

HEADER = "X-Request-ID"


class Loose:
    """Middleware of an app that fails outside of everything of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/middleware":
            raise RuntimeError
        await self._app(scope, receive, send)


app = FastAPI()
web.install(app)
app.add_middleware(Loose)
inner = FastAPI()
web.install(inner)
app.mount("/inner", inner)


@app.get("/current")
@inner.get("/current")
async def current() -> str | None:
    return correlation.current()


@app.get("/refused")
async def refused() -> None:
    raise NotFound


@app.get("/unavailable")
async def unavailable() -> None:
    raise Unavailable("nothing", remedy="nothing")


@app.get("/uncaught")
async def uncaught() -> None:
    raise RuntimeError


@app.get("/own")
async def own(request: Request) -> Response:
    return Response(headers={HEADER: "the app's own"})


@app.websocket("/socket")
async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_json(correlation.current())


async def get(path: str, **headers: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://stylobate.test") as client:
        # In a task of its own, as a server has it.
        return await asyncio.create_task(
            client.get(path, headers={name.encode(): value.encode("latin-1") for name, value in headers.items()})
        )


async def test_a_request_without_an_id_gets_a_new_one() -> None:
    first, second = await get("/current"), await get("/current")

    assert first.json() == first.headers[HEADER]
    assert first.headers[HEADER] != second.headers[HEADER]
    assert correlation.accepted(first.headers[HEADER])
    assert correlation.current() is None


async def test_a_request_keeps_the_id_that_a_proxy_gave_it() -> None:
    answer = await get("/current", **{HEADER: "proxy.7_a-B"})

    assert (answer.json(), answer.headers[HEADER]) == ("proxy.7_a-B", "proxy.7_a-B")


@pytest.mark.parametrize("strange", ["", "a b", "a" * 129, "<script>", "a\tb", "\xe4", "a,b", 'a"b', "a\\nb", "a:b"])
async def test_an_id_that_could_be_anything_else_is_replaced_and_never_sent_back(strange: str) -> None:
    answer = await get("/current", **{HEADER: strange})

    assert answer.json() == answer.headers[HEADER]
    assert len(answer.headers[HEADER]) == 36


@pytest.mark.parametrize(
    ("path", "status"),
    [("/refused", 404), ("/unavailable", 503), ("/nowhere", 404), ("/uncaught", 500), ("/middleware", 500)],
)
async def test_an_answer_that_is_an_error_has_the_id_too(path: str, status: int) -> None:
    answer = await get(path, **{HEADER: "the-id"})

    assert (answer.status_code, answer.headers[HEADER]) == (status, "the-id")


async def test_there_is_one_id_whatever_the_app_does() -> None:
    own, inner = await get("/own", **{HEADER: "the-id"}), await get("/inner/current")

    assert own.headers.get_list(HEADER) == ["the-id"]
    assert inner.headers.get_list(HEADER) == [inner.json()]


async def test_a_websocket_has_one() -> None:
    scope = {"type": "websocket", "path": "/socket", "query_string": b"", "headers": [(b"x-request-id", b"the-id")]}
    came, sent = [{"type": "websocket.connect"}], list[Message]()

    async def receive() -> Message:
        return came.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)

    assert sent[1]["text"] == '"the-id"'


async def test_requests_at_the_same_time_have_their_own() -> None:
    ids = [f"request-{number}" for number in range(20)]

    answers = await asyncio.gather(*(get("/current", **{HEADER: each}) for each in ids))

    assert [answer.json() for answer in answers] == ids


def test_what_is_bound_is_bound_for_the_block() -> None:
    with correlation.bound("outer"):
        with correlation.bound("inner"):
            assert correlation.current() == "inner"
        assert correlation.current() == "outer"

    assert correlation.current() is None
