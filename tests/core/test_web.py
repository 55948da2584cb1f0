import json
import logging
import os
import subprocess
import sys
from http.cookies import Morsel, SimpleCookie
from typing import Annotated

import httpx
import pytest
from fastapi import Depends, FastAPI, HTTPException, Request, Response, WebSocket
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.types import Message
from uvicorn.config import STARTUP_FAILURE

from core import sessions, users, web
from core.accounts import PasswordInvalid
from core.authentication import Banned, CredentialsInvalid
from core.database import DatabaseUnreachable
from core.errors import Invalid, Refusal, TooManyAttempts
from core.sessions import SessionInvalid
from core.settings import settings
from core.users import EmailTaken, UserNotFound
from models import Member, User
from tests.companies import make_member, make_owner
from tests.factories import make_session, make_user

PASSWORD = "correct horse battery staple"


class NotSoFast(TooManyAttempts):
    """Wait a little."""


class Credentials(BaseModel, extra="forbid"):
    email: str
    password: str


app = FastAPI()
web.install(app)


@app.get("/whoami")
async def whoami(session: web.CurrentSession, user: web.CurrentUser) -> list[str]:
    return [session.user_id, user.id]


@app.post("/credentials")
async def take_credentials(body: Credentials) -> None: ...


@app.get("/cookie")
async def cookie(request: Request, response: Response) -> None:
    web.set_session_cookie(response, "the-token", secure=request.url.is_secure)


@app.get("/no-cookie")
async def no_cookie(request: Request, response: Response) -> None:
    web.clear_session_cookie(response, secure=request.url.is_secure)


@app.get("/client")
async def client(request: Request) -> dict[str, str | None]:
    client = web.client(request)
    return {"ip_address": client["ip_address"], "user_agent": client["user_agent"]}


@app.websocket("/socket")
async def socket(websocket: WebSocket, session: web.CurrentSession) -> None:
    await websocket.accept()


def calling(app: FastAPI = app, *, scheme: str = "http") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{scheme}://stylobate.test")


def raising(error: Exception) -> FastAPI:
    app = FastAPI()
    web.install(app)

    @app.get("/")
    async def fail() -> None:
        raise error

    return app


def cookie_of(response: httpx.Response) -> Morsel[str]:
    (morsel,) = SimpleCookie(response.headers["set-cookie"]).values()
    return morsel


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (UserNotFound(), 404),
        (EmailTaken(), 409),
        (CredentialsInvalid(), 401),
        (Banned(), 403),
        (PasswordInvalid(), 422),
        (NotSoFast(), 429),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Refusal) else str(value),
)
async def test_each_kind_of_refusal_has_its_status(error: Refusal, status: int) -> None:
    async with calling(raising(error)) as http:
        response = await http.get("/")

    assert response.status_code == status
    assert response.json() == {"error": type(error).__name__, "message": error.message}
    assert response.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)


async def test_a_refusal_may_say_anything() -> None:
    async with calling(raising(Invalid("half a pair: \ud800"))) as http:
        response = await http.get("/")

    assert response.status_code == 422
    assert response.json()["message"] == "half a pair: \ud800"


async def test_what_is_wrong_with_the_house_is_told_to_the_log_and_not_to_the_caller(
    caplog: pytest.LogCaptureFixture,
) -> None:
    problem = DatabaseUnreachable("database 'shop' on db.internal can't be reached", remedy="check the cable")

    with caplog.at_level(logging.ERROR, logger="core.web"):
        async with calling(raising(problem)) as http:
            response = await http.get("/")

    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
    assert response.json() == {
        "error": "Unavailable",
        "message": "The service is not available at the moment; try again.",
    }
    assert "db.internal can't be reached; check the cable" in caplog.text


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ({"password": PASSWORD}, "email"),
        ({"email": "ada@example.com", "password": [PASSWORD]}, "password"),
        ({"email": {"a": PASSWORD}, "password": {"b": PASSWORD}}, "email, password"),
        ({"email": "ada@example.com", "password": PASSWORD, "nickname": PASSWORD}, "nickname"),
        ({"email": "ada@example.com", "password": PASSWORD, "\ud800": PASSWORD}, "body"),
        (PASSWORD, "body"),
        ([PASSWORD], "body"),
        (None, "body"),
    ],
)
async def test_malformed_input_is_named_and_not_repeated(body: object, names: str) -> None:
    async with calling() as http:
        response = await http.post(
            "/credentials", content=json.dumps(body), headers={"content-type": "application/json"}
        )

    assert response.status_code == 422
    assert response.json() == {"error": "Invalid", "message": f"Missing or not acceptable: {names}"}


@pytest.mark.parametrize(
    "content", [f'{{"password": "{PASSWORD}"'.encode(), PASSWORD.encode(), b'"\xff' + PASSWORD.encode(), b"[" * 100_000]
)
async def test_what_is_not_json_is_refused_and_not_repeated(content: bytes) -> None:
    async with calling() as http:
        response = await http.post("/credentials", content=content, headers={"content-type": "application/json"})

    assert response.status_code in {400, 422}
    assert PASSWORD not in response.text


async def test_an_endless_list_of_wrong_fields_is_cut_short() -> None:
    async with calling() as http:
        response = await http.post("/credentials", json={f"field{number}": 1 for number in range(10_000)})

    assert response.status_code == 422
    assert len(response.content) < 1_000


async def test_the_description_of_an_api_tells_what_a_refusal_looks_like() -> None:
    described = app.openapi()

    answers = described["paths"]["/credentials"]["post"]["responses"]
    assert set(answers) == {"200", "4XX"}
    assert set(described["components"]["schemas"]["Refused"]["properties"]) == {"error", "message"}


async def test_over_http_the_cookie_is_out_of_reach_of_scripts_and_other_sites() -> None:
    async with calling() as http:
        cookie = cookie_of(await http.get("/cookie"))

    assert (cookie.key, cookie.value) == ("session_token", "the-token")
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    assert (cookie["path"], cookie["domain"], cookie["secure"]) == ("/", "", "")


async def test_over_https_the_cookie_is_bound_to_its_host() -> None:
    async with calling(scheme="https") as http:
        cookie = cookie_of(await http.get("/cookie"))

    assert (cookie.key, cookie.value) == ("__Host-session_token", "the-token")
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    assert (cookie["path"], cookie["domain"], cookie["secure"]) == ("/", "", True)


async def test_the_cookie_lasts_as_long_as_a_session_can() -> None:
    async with calling() as http:
        cookie = cookie_of(await http.get("/cookie"))

    assert int(cookie["max-age"]) == settings().session_lifetime_limit.total_seconds()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_browser_forgets_the_cookie_it_was_given(scheme: str) -> None:
    async with calling(scheme=scheme) as http:
        await http.get("/cookie")
        kept = len(http.cookies)

        await http.get("/no-cookie")

        assert (kept, len(http.cookies)) == (1, 0)


@pytest.mark.parametrize(
    ("scheme", "name"),
    [("http", "session_token"), ("http", "__Host-session_token"), ("https", "__Host-session_token")],
)
async def test_a_cookie_says_who_is_asking(db: None, scheme: str, name: str) -> None:
    session, token = await make_session()

    async with calling(scheme=scheme) as http:
        response = await http.get("/whoami", headers={"cookie": f"theme=dark; {name}={token}; lang=en"})

    assert response.json() == [session.user_id, session.user_id]


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_a_bearer_says_who_is_asking(db: None, scheme: str) -> None:
    session, token = await make_session()

    async with calling() as http:
        response = await http.get("/whoami", headers={"authorization": f"{scheme} {token}"})

    assert response.json() == [session.user_id, session.user_id]


async def test_the_cookie_of_this_very_host_wins(db: None) -> None:
    _, token = await make_session()

    async with calling() as http:
        ours = await http.get("/whoami", headers={"cookie": f"session_token=other; __Host-session_token={token}"})
        other = await http.get("/whoami", headers={"cookie": f"session_token={token}; __Host-session_token=other"})

    assert (ours.status_code, other.status_code) == (200, 401)


async def test_over_https_a_cookie_that_a_neighbouring_host_could_have_set_is_nothing(db: None) -> None:
    _, token = await make_session()

    async with calling(scheme="https") as http:
        response = await http.get("/whoami", headers={"cookie": f"session_token={token}"})

    assert response.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cookie": "session_token="},
        {"cookie": "theme=dark"},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer  "},
        {"authorization": "Basic YWRhOnNlY3JldA=="},
    ],
    ids=str,
)
async def test_who_brings_nothing_is_asked_to_sign_in(headers: dict[str, str]) -> None:
    async with calling() as http:
        response = await http.get("/whoami", headers=headers)

    assert response.status_code == 401
    assert response.json() == {"error": "SessionInvalid", "message": SessionInvalid.message}


@hypothesis_settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from([b"cookie", b"authorization"]),
    start=st.sampled_from([b"", b"session_token=", b"__Host-session_token=", b'session_token="\\', b"Bearer "]),
    rest=st.binary(max_size=200),
)
async def test_no_header_whatever_breaks_the_door(opened: None, name: bytes, start: bytes, rest: bytes) -> None:
    async with calling() as http:
        response = await http.get("/whoami", headers=[(name, start + rest)])

    assert response.status_code == 401


@pytest.mark.parametrize("start", [("cookie", "session_token="), ("authorization", "Bearer ")])
async def test_a_token_of_a_megabyte_is_no_token(opened: None, start: tuple[str, str]) -> None:
    name, value = start

    async with calling() as http:
        response = await http.get("/whoami", headers={name: value + "x" * 1_000_000})

    assert response.status_code == 401


async def test_a_session_that_is_over_opens_nothing(db: None) -> None:
    session, token = await make_session()
    await sessions.revoke(session_id=session.id, user_id=session.user_id)

    async with calling() as http:
        response = await http.get("/whoami", headers={"authorization": f"Bearer {token}"})

    assert response.status_code == 401


async def test_a_person_who_is_deleted_meanwhile_is_not_signed_in(db: None) -> None:
    app = FastAPI()
    web.install(app)

    async def delete_everybody(session: web.CurrentSession) -> None:
        await User.all().delete()

    @app.get("/whoami")
    async def whoami(meanwhile: Annotated[None, Depends(delete_everybody)], user: web.CurrentUser) -> None: ...

    _, token = await make_session()

    async with calling(app) as http:
        response = await http.get("/whoami", headers={"authorization": f"Bearer {token}"})

    assert response.status_code == 401


async def test_a_websocket_without_a_session_is_not_opened() -> None:
    answers: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        answers.append(message)

    await app({"type": "websocket", "path": "/socket", "query_string": b"", "headers": []}, receive, send)

    assert answers[0]["type"] == "websocket.http.response.start"
    assert answers[0]["status"] == 401


async def test_it_is_known_where_a_request_came_from() -> None:
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 4711))

    async with httpx.AsyncClient(transport=transport, base_url="http://stylobate.test") as http:
        response = await http.get("/client", headers={"user-agent": "Lynx"})

    assert response.json() == {"ip_address": "192.0.2.7", "user_agent": "Lynx"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 101),
        ({"origin": "http://stylobate.test"}, 101),
        ({"origin": "http://stylobate.test", "sec-fetch-site": "same-origin"}, 101),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "https://evil.example", "sec-fetch-site": "cross-site"}, 403),
    ],
    ids=str,
)
async def test_another_sites_page_opens_no_websocket_with_the_cookie(
    db: None, headers: dict[str, str], status: int
) -> None:
    _, token = await make_session()
    answers: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        answers.append(message)

    brought = {"host": "stylobate.test", "cookie": f"session_token={token}", **headers}
    scope = {
        "type": "websocket",
        "scheme": "ws",
        "path": "/socket",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in brought.items()],
    }
    await app(scope, receive, send)

    assert answers[0].get("status", 101) == status


async def test_what_an_app_adds_is_closed_to_other_sites_pages_that_bring_the_cookie(db: None) -> None:
    _, token = await make_session()
    cookie, elsewhere = {"cookie": f"session_token={token}"}, {"origin": "https://evil.example"}
    body = {"email": "ada@example.com", "password": PASSWORD}

    async with calling() as http:
        answers = [
            await http.post("/credentials", json=body, headers=headers)
            for headers in (cookie | elsewhere, cookie, elsewhere, {"authorization": f"Bearer {token}"} | elsewhere)
        ]

    assert [answer.status_code for answer in answers] == [403, 200, 200, 200]
    assert answers[0].json() == {"error": "OriginRefused", "message": web.OriginRefused.message}


async def test_what_fastapi_refuses_has_the_same_shape_and_what_an_app_says_keeps_its_own() -> None:
    own = FastAPI()
    web.install(own)

    @own.get("/teapot")
    async def teapot() -> None:
        raise HTTPException(418, {"short": "and stout"})

    async with calling(own) as http:
        nowhere, otherwise = await http.get("/nowhere"), await http.post("/teapot")
        said = await http.get("/teapot")

    assert (nowhere.status_code, nowhere.json()) == (404, {"error": "NotFound", "message": "Not Found."})
    assert (otherwise.status_code, otherwise.json()["error"]) == (405, "MethodNotAllowed")
    assert otherwise.headers["allow"] == "GET"
    assert (said.status_code, said.json()) == (418, {"detail": {"short": "and stout"}})


async def test_nobody_acts_where_they_are_no_member_or_are_not_permitted(db: None) -> None:
    own = FastAPI()
    web.install(own)

    @own.get("/organizations/{organization_id}/role")
    async def role(organization_id: str, actor: web.CurrentMember) -> str:
        return actor.role

    @own.get("/organizations/{organization_id}/audit")
    async def audit(organization_id: str, actor: Annotated[Member, Depends(web.acting("audit.read"))]) -> str:
        return actor.role

    owner = await make_owner()
    people = [await users.get(owner.user_id), await users.get((await make_member(owner)).user_id), await make_user()]
    answers = []
    async with calling(own) as http:
        for person in people:
            _, token = await make_session(user=person)
            for what in ("role", "audit"):
                path = f"/organizations/{owner.organization_id}/{what}"
                answers.append(await http.get(path, headers={"authorization": f"Bearer {token}"}))
        stranger = await http.get(f"/organizations/{owner.organization_id}/role")

    assert [answer.status_code for answer in answers] == [200, 200, 200, 403, 404, 404]
    assert stranger.status_code == 401


async def test_some_things_nobody_does_in_anothers_name(db: None) -> None:
    own = FastAPI()
    web.install(own)

    @own.get("/alone")
    async def alone(here: web.Oneself) -> str:
        return here.user_id

    user = await make_user()
    async with calling(own) as http:
        answers = []
        for impersonated_by in (None, "an administrator"):
            issued = await sessions.create(user_id=user.id, impersonated_by=impersonated_by)
            answers.append(await http.get("/alone", headers={"authorization": f"Bearer {issued.token}"}))

    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[1].json()["error"] == "NotInAnothersName"


def start_with(database_url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "uvicorn", "examples.fastapi_app:app", "--port", "0"],
        env={**os.environ, "DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_an_app_does_not_start_on_a_database_that_is_not_migrated(empty_database: str) -> None:
    server = start_with(empty_database)

    assert server.returncode == STARTUP_FAILURE
    assert "the database lacks" in server.stderr
    assert "run `stylobate db migrate`" in server.stderr
    assert "Traceback" not in server.stdout + server.stderr


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("postgresql://ada:s3cr3t@127.0.0.1:1/shop", "can't be reached"),
        ("mysql://ada:s3cr3t@127.0.0.1/shop", "it must begin with postgresql:// or sqlite://"),
    ],
    ids=["unreachable", "mistaken"],
)
def test_an_app_that_can_not_start_says_why_in_one_line(url: str, line: str) -> None:
    server = start_with(url)

    assert server.returncode == STARTUP_FAILURE
    (problem,) = [written for written in server.stderr.splitlines() if line in written]
    assert "; " in problem  # What is wrong, and what to do about it.
    assert "Traceback" not in server.stdout + server.stderr
    assert "s3cr3t" not in server.stdout + server.stderr
