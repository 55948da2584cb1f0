"""The door where the database is shared: cookies of a better-auth application, made here by the letter."""

import hmac
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from http.cookies import Morsel, SimpleCookie
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from core import clock, web
from core.settings import overridden, settings
from models import Session, User
from tests.factories import make_session, make_user

SECRET, ANOTHER = "s3cr3t-for-the-proof-0123456789-abcdefghijkl", "another-secret-0123456789-abcdefghijklmnop"
PASSWORD = "correct horse battery staple"
NAME, SECURE = "better-auth.session_token", "__Secure-better-auth.session_token"
DAY = timedelta(days=1)

pytestmark = pytest.mark.usefixtures("_sharing")

app = FastAPI()
web.install(app)
app.include_router(web.router(), prefix="/api")


@app.get("/whoami")
async def whoami(user: web.CurrentUser) -> str:
    return user.id


@app.get("/cached")
async def cached(request: Request) -> str | None:
    found = web.cached_session(request)
    return found and str(found.user["name"])


@app.get("/briefly")
async def briefly(response: Response) -> None:
    web.set_session_cookie(response, "A" * 32, secure=False, remember=False)


@pytest.fixture
def _sharing() -> Iterator[None]:
    with overridden(
        sharing="better-auth",
        better_auth_secret=SECRET,
        password_time_cost=1,
        password_memory_kib=8_192,
        base_url="http://localhost:3000",
    ):
        yield


def signature(token: str, secret: str = SECRET) -> str:
    return b64encode(hmac.digest(secret.encode(), token.encode(), sha256)).decode()


def signed(token: str, secret: str = SECRET) -> str:
    """As ``encodeURIComponent`` leaves it."""
    return quote(f"{token}.{signature(token, secret)}", safe="-_.!~*'()")


def calling(*, scheme: str = "http") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"{scheme}://stylobate.test")


async def asked(cookie: str | None = None, *, scheme: str = "http", path: str = "/whoami", **headers: str) -> Any:
    """The answer to a request with exactly this header, or the name of the refusal."""
    async with calling(scheme=scheme) as http:
        response = await http.get(path, headers=headers | ({"cookie": cookie} if cookie is not None else {}))
    assert response.status_code in {200, 401}
    return response.json() if response.status_code == 200 else response.json()["error"]


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_their_cookie_says_who_somebody_is(db: None, scheme: str) -> None:
    issued = await make_session()

    name = SECURE if scheme == "https" else NAME
    assert await asked(f"{name}={signed(issued.token)}", scheme=scheme) == issued.session.user_id
    assert await asked(f"{name}={issued.token}.{signature(issued.token)}", scheme=scheme) == issued.session.user_id


def forged(token: str) -> dict[str, str]:
    """What the application would not have signed, or not so."""
    right = signature(token)
    return {
        "an unsigned one": token,
        "an empty one": "",
        "without a signature": f"{token}.",
        "without a token": f".{signature('')}",
        "a token that was changed": f"{chr(ord(token[0]) ^ 1)}{token[1:]}.{right}",
        "a signature that was changed": f"{token}.{chr(ord(right[0]) ^ 1)}{right[1:]}",
        "the signature of another": f"{token}.{signature(token[::-1])}",
        "cut off by a letter": signed(token)[:-1],
        "cut off by half": signed(token)[:50],
        "without padding": f"{token}.{right.rstrip('=')}",
        "in base64url": f"{token}.{urlsafe_b64encode(hmac.digest(SECRET.encode(), token.encode(), sha256)).decode()}=",
        "another secret's": signed(token, ANOTHER),
        "encoded twice": quote(signed(token), safe=""),
        "with a letter behind": f"{signed(token)}A",
        "in quotes": f"'{signed(token)}'",
        "signed, of nobody": signed("A" * 32),
        "signed, and oversized": signed("A" * 8_000),
        "oversized": signed(token) + "A" * 100_000,
        "bytes": "%FF%FE.%00%C0",
    }


@pytest.mark.parametrize("case", forged("A" * 32))
async def test_what_the_application_did_not_sign_is_refused(db: None, case: str) -> None:
    issued = await make_session()

    assert await asked(f"{NAME}={forged(issued.token)[case]}") == "SessionInvalid"
    assert await asked(f"{NAME}={signed(issued.token)}") == issued.session.user_id


async def test_one_that_has_expired_or_was_revoked_is_refused(db: None) -> None:
    issued = await make_session()
    cookie = f"{NAME}={signed(issued.token)}"

    with clock.shifted(settings().session_lifetime + DAY):
        assert await asked(cookie) == "SessionInvalid"
    await Session.filter(id=issued.session.id).delete()
    assert await asked(cookie) == "SessionInvalid"


async def test_over_https_only_the_secure_one_is_looked_at_and_over_http_it_comes_first(db: None) -> None:
    one, other = await make_session(), await make_session()
    both = f"{NAME}={signed(one.token)}; {SECURE}={signed(other.token)}"

    assert await asked(both) == other.session.user_id
    assert await asked(both, scheme="https") == other.session.user_id
    assert await asked(f"{NAME}={signed(one.token)}", scheme="https") == "SessionInvalid"


async def test_behind_a_proxy_that_speaks_http_with_us_it_is_the_sites_address_that_counts(db: None) -> None:
    issued = await make_session()

    with overridden(base_url="https://app.example.com"):
        async with calling() as http:
            joined = await http.post("/api/auth/sign-up", json=NEWCOMER)

        assert set_by(joined)[SECURE]["secure"] is True
        assert await asked(f"{NAME}={signed(issued.token)}") == "SessionInvalid"
        assert await asked(f"{SECURE}={signed(issued.token)}") == issued.session.user_id


async def test_of_two_by_one_name_the_first_counts_as_it_does_for_better_auth(db: None) -> None:
    one, other = await make_session(), await make_session()

    assert await asked(f"{NAME}={signed(one.token)}; {NAME}={signed(other.token)}") == one.session.user_id


async def test_a_program_sends_the_token_as_it_is_or_signed(db: None) -> None:
    issued = await make_session()

    for token in (issued.token, f"{issued.token}.{signature(issued.token)}", signed(issued.token)):
        assert await asked(authorization=f"Bearer {token}") == issued.session.user_id
    for token in (signed(issued.token, ANOTHER), f"{issued.token}.", "A" * 32):
        assert await asked(authorization=f"Bearer {token}") == "SessionInvalid"


async def test_the_prefix_is_the_applications(db: None) -> None:
    issued = await make_session()

    with overridden(sharing_cookie_prefix="shop"):
        assert await asked(f"shop.session_token={signed(issued.token)}") == issued.session.user_id
        assert await asked(f"{NAME}={signed(issued.token)}") == "SessionInvalid"


async def test_where_nothing_is_shared_their_cookie_is_not_looked_at(db: None) -> None:
    with overridden(sharing=None):
        issued = await make_session()

        assert await asked(f"session_token={issued.token}") == issued.session.user_id
        assert await asked(f"{NAME}={signed(issued.token)}") == "SessionInvalid"
        assert await asked(authorization=f"Bearer {signed(issued.token)}") == "SessionInvalid"


PIECES = st.one_of(
    st.binary(max_size=60),
    st.sampled_from([b"%", b"%2", b"%zz", b".", b"..", b"=", b'"', b";", b"%00", b"%25", b"\\", b"A" * 5_000]),
    st.sampled_from([NAME.encode() + b"=", SECURE.encode() + b"=", b"better-auth.session_data=", b"Bearer "]),
    st.sampled_from([signed("A" * 32).encode(), b"eyJzZXNzaW9uIjp7fX0", b"bnVsbA", b"W10"]),
)


@hypothesis_settings(max_examples=1_000)
@given(pieces=st.lists(PIECES, max_size=6), where=st.sampled_from([b"cookie", b"authorization"]))
def test_whatever_comes_is_a_token_or_none_and_never_an_error(pieces: list[bytes], where: bytes) -> None:
    header = b"".join(pieces)
    for scheme in ("http", "https"):
        scope = {"type": "http", "scheme": scheme, "server": ("a", 1), "path": "/", "headers": [(where, header)]}
        request = HTTPConnection({**scope, "query_string": b"", "method": "GET"})

        token = web.session_token(request)

        assert token is None or (token == "A" * 32) or where == b"authorization"
        assert web.cached_session(request) is None


# What we write.


def set_by(response: httpx.Response) -> dict[str, Morsel[str]]:
    """The cookies that an answer sets, by their names."""
    headers = response.headers.get_list("set-cookie")
    return {name: morsel for header in headers for name, morsel in SimpleCookie(header).items()}


NEWCOMER = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}


async def test_signing_up_sets_their_cookie_and_signing_out_takes_it_back(db: None) -> None:
    async with calling() as http:
        joined = await http.post("/api/auth/sign-up", json=NEWCOMER)
        left = await http.post("/api/auth/sign-out")

    token, cookie = joined.json()["token"], set_by(joined)[NAME]
    assert cookie.value == signed(token)
    assert {name: value for name, value in cookie.items() if value} == {
        "max-age": str(int(settings().session_lifetime.total_seconds())),
        "path": "/",
        "httponly": True,
        "samesite": "lax",
    }
    taken = {name: it["max-age"] for name, it in set_by(left).items()}
    assert taken == dict.fromkeys((NAME, "better-auth.session_data", "better-auth.dont_remember"), "0")
    assert await asked(f"{NAME}={signed(token)}") == "SessionInvalid"


async def test_over_https_their_cookie_has_the_prefix_and_the_domain_that_both_are_below(db: None) -> None:
    with overridden(sharing_cookie_domain="example.com"):
        async with calling(scheme="https") as http:
            joined = await http.post("/api/auth/sign-up", json=NEWCOMER)

    cookie = set_by(joined)[SECURE]
    assert (cookie["secure"], cookie["domain"], cookie["httponly"]) == (True, "example.com", True)


async def test_a_cookie_that_is_not_to_be_remembered_ends_with_the_browser_and_says_so() -> None:
    async with calling() as http:
        cookies = set_by(await http.get("/briefly"))

    assert (cookies[NAME]["max-age"], cookies["better-auth.dont_remember"]["max-age"]) == ("", "")
    assert cookies["better-auth.dont_remember"].value == signed("true")


async def test_when_a_session_is_extended_its_cookie_is_sent_again(db: None) -> None:
    issued, brief = await make_session(), await make_session()
    await Session.filter(id=brief.session.id).update(expires_at=brief.session.created_at + DAY)

    async with calling() as http:
        early = await http.get("/whoami", headers={"cookie": f"{NAME}={signed(issued.token)}"})
        with clock.shifted(DAY - timedelta(hours=1)):
            short = await http.get("/whoami", headers={"cookie": f"{NAME}={signed(brief.token)}"})
        with clock.shifted(2 * DAY):
            bearer = await http.get("/whoami", headers={"authorization": f"Bearer {issued.token}"})
        with clock.shifted(4 * DAY):
            late = await http.get("/whoami", headers={"cookie": f"{NAME}={signed(issued.token)}"})

    assert set_by(early) == set_by(short) == set_by(bearer) == {}
    assert (late.status_code, set_by(late)[NAME].value) == (200, signed(issued.token))


async def test_a_session_that_is_refreshed_keeps_its_token_and_what_is_not_to_be_remembered_is_not(db: None) -> None:
    issued = await make_session()
    cookies = f"{NAME}={signed(issued.token)}; better-auth.dont_remember={signed('true')}"

    async with calling() as http:
        refreshed = await http.post("/api/sessions/current/refresh", headers={"cookie": cookies})

    assert refreshed.json() == {"token": issued.token}
    assert (set_by(refreshed)[NAME].value, set_by(refreshed)[NAME]["max-age"]) == (signed(issued.token), "")
    assert set_by(refreshed)["better-auth.dont_remember"].value == signed("true")


async def test_who_signs_in_for_this_once_has_a_session_of_a_day(db: None) -> None:
    async with calling() as http:
        await http.post("/api/auth/sign-up", json=NEWCOMER)
        credentials = {"email": NEWCOMER["email"], "password": PASSWORD, "remember": False}
        signed_in = await http.post("/api/auth/sign-in", json=credentials)

    session = await Session.get(token=signed_in.json()["token"])
    assert session.expires_at - session.created_at == DAY
    assert set_by(signed_in)[NAME]["max-age"] == ""
    assert set_by(signed_in)["better-auth.dont_remember"].value == signed("true")


async def test_who_acts_in_anothers_name_has_a_cookie_that_is_not_extended_and_gets_their_own_back(db: None) -> None:
    chief, user = await make_user(), await make_user()
    await User.filter(id=chief.id).update(role="admin")
    own = await make_session(user=chief)
    async with calling() as http:
        http.cookies.set(NAME, signed(own.token))
        http.cookies.set("better-auth.dont_remember", signed("true"))

        begun = set_by(await http.post(f"/api/admin/users/{user.id}/impersonate"))
        http.cookies.set("better-auth.admin_session", begun["better-auth.admin_session"].value)
        http.cookies.set(NAME, begun[NAME].value)
        ended = set_by(await http.post("/api/admin/stop-impersonating"))

    assert begun["better-auth.admin_session"].value == signed(f"{own.token}:true")
    assert begun["better-auth.dont_remember"].value == signed("true")
    assert begun[NAME]["max-age"] == ""
    assert (ended[NAME].value, ended[NAME]["max-age"]) == (signed(own.token), "")
    assert ended["better-auth.admin_session"]["max-age"] == "0"


# The cookie cache.


def cache(token: str, *, name: str = "Ada", ends: datetime | None = None, secret: str = SECRET) -> str:
    """The cookie ``session_data``, as JSON.stringify and base64url leave it."""
    later = clock.now() + timedelta(minutes=5)
    payload = {
        "session": {"token": token, "expiresAt": (clock.now() + DAY).isoformat()},
        "user": {"name": name},
        "updatedAt": int(clock.now().timestamp() * 1000),
        "version": "1",
    }
    expires = int((ends or later).timestamp() * 1000)
    text = json.dumps({**payload, "expiresAt": expires}, separators=(",", ":"), ensure_ascii=False)
    mac = urlsafe_b64encode(hmac.digest(secret.encode(), text.encode(), sha256)).rstrip(b"=").decode()
    whole = json.dumps({"session": payload, "expiresAt": expires, "signature": mac}, separators=(",", ":"))
    return urlsafe_b64encode(whole.encode()).rstrip(b"=").decode()


async def test_the_cookie_cache_is_believed_only_where_somebody_asks_for_it() -> None:
    token = "A" * 32
    mine, data = f"{NAME}={signed(token)}", "better-auth.session_data"

    assert await asked(f"{mine}; {data}={cache(token)}", path="/cached") == "Ada"
    whole = cache(token, name="Ada" * 50)
    parts = "; ".join(f"{data}.{number}={whole[at : at + 40]}" for number, at in enumerate(range(0, len(whole), 40)))
    assert await asked(f"{mine}; {parts}", path="/cached") == "Ada" * 50


@pytest.mark.parametrize(
    "cookie",
    [
        f"{NAME}={signed('B' * 32)}; better-auth.session_data={cache('A' * 32)}",
        f"better-auth.session_data={cache('A' * 32)}",
        f"{NAME}={signed('A' * 32)}; better-auth.session_data={cache('A' * 32, secret=ANOTHER)}",
        f"{NAME}={signed('A' * 32)}; better-auth.session_data={cache('A' * 32)[:-8]}",
        f"{NAME}={signed('A' * 32)}; better-auth.session_data={cache('A' * 32, ends=clock.now() - DAY)}",
        f"{NAME}={signed('A' * 32)}",
    ],
    ids=["another session's", "without a session", "another secret's", "cut off", "over", "none"],
)
async def test_a_cache_that_does_not_belong_to_a_session_or_is_over_says_nothing(cookie: str) -> None:
    assert await asked(cookie, path="/cached") is None


async def test_somebody_banned_is_out_at_once_whatever_a_cache_says(db: None) -> None:
    issued = await make_session()
    cookie = f"{NAME}={signed(issued.token)}; better-auth.session_data={cache(issued.token)}"

    await User.filter(id=issued.session.user_id).update(banned=True)

    assert await asked(cookie) == "SessionInvalid"
