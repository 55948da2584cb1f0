import json
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.better_auth import cookies
from core.settings import overridden
from tests.core.better_auth.recorded import CACHE, COOKIE, RECORDED, SECRET, THEN, TOKEN

RAW = unquote(COOKIE)
ANYTHING = st.text(st.characters(codec=None), max_size=200)
"""Halves of surrogate pairs, too: a header may hold whatever a browser sends."""


def test_a_cookie_of_theirs_is_read_and_made_again_as_it_was() -> None:
    assert cookies.read(COOKIE) == TOKEN
    assert cookies.sign(TOKEN) == COOKIE


def test_what_the_recorded_run_signed_for_a_second_step_is_read() -> None:
    cookie = next(it for it in RECORDED["signInCookies"] if "two_factor" in it).partition("=")[2].partition(";")[0]

    assert cookies.read(cookie) == "2fa-kEIEGjDS-PwP3zNczNuD"


def test_a_cookie_that_was_not_percent_encoded_is_read() -> None:
    assert cookies.read(RAW) == TOKEN


WRONG = {
    "no cookie": None,
    "empty": "",
    "a dot": ".",
    "only the token": TOKEN,
    "another token": COOKIE.replace("Y", "Z", 1),
    "a shorter signature": COOKIE[:-4],
    "a changed signature": RAW[:-2] + ("A=" if RAW[-2] != "A" else "B="),
    "a signature that decodes to the same": RAW.replace("0=", "1="),
    "no padding": RAW.rstrip("="),
    "double-encoded": quote(COOKIE, safe=""),
    "base64url": RAW.replace("+", "-").replace("/", "_"),
    "oversized": "x" * 10_000 + RAW,
    "oversized after the signature": RAW + " " * 10_000,
    "not UTF-8": "%ff%fe." + "A" * 43 + "%3D",
    "not percent-encoding": RAW + "%zz",
    "NUL": RAW.replace(".", "\0."),
    "another alphabet": RAW.replace("Y", "\u03a5"),
    "half a surrogate pair": RAW + "\ud800",
}


@pytest.mark.parametrize("cookie", WRONG.values(), ids=WRONG)
def test_a_wrong_cookie_is_refused(cookie: str | None) -> None:
    assert cookies.read(cookie) is None


def test_a_cookie_of_nothing_is_refused_though_it_is_signed() -> None:
    assert cookies.read(cookies.sign("")) is None


def test_a_cookie_under_another_secret_is_refused() -> None:
    with overridden(better_auth_secret="another-secret-of-somebody-else-0123456789"):
        assert cookies.read(COOKIE) is None


def test_of_several_secrets_cookies_know_the_first() -> None:
    with overridden(better_auth_secrets=f"2:{'n' * 32},1:{SECRET}"):
        assert cookies.read(COOKIE) is None
        fresh = cookies.sign(TOKEN)
        assert cookies.read(fresh) == TOKEN
    with overridden(better_auth_secrets=f"1:{SECRET},2:{'n' * 32}"):
        assert cookies.read(COOKIE) == TOKEN
        assert cookies.read(fresh) is None


@settings(max_examples=1_000)
@given(cookie=ANYTHING)
def test_of_a_thousand_random_cookies_none_raises_or_is_taken(cookie: str) -> None:
    for text in (cookie, f"{TOKEN}.{cookie}", f"{cookie}.{RAW}", f"{cookie}.{'A' * 43}="):
        assert cookies.read(text) is None
        assert cookies.read_cache(text, now=THEN) is None


@given(value=st.text(min_size=1, max_size=500))
def test_whatever_is_signed_is_read_again(value: str) -> None:
    assert cookies.read(cookies.sign(value)) == value


def test_the_cache_of_theirs_is_read() -> None:
    cached = cookies.read_cache(CACHE, now=THEN)

    assert cached is not None
    assert cached.session["token"] == TOKEN
    assert cached.user["email"] == "ada@example.com"
    assert cached.expires_at - cached.updated_at == timedelta(minutes=5)


def payload() -> dict[str, object]:
    found: dict[str, object] = json.loads(urlsafe_b64decode(CACHE + "=="))
    return found


def written(value: object) -> str:
    return urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_cache_that_is_over_or_changed_is_not_read() -> None:
    changed = json.loads(json.dumps(payload()))
    changed["session"]["user"]["role"] = "admin"
    reordered = {**payload(), "session": dict(reversed(json.loads(json.dumps(payload()))["session"].items()))}

    assert cookies.read_cache(written(payload()), now=THEN) is not None
    assert cookies.read_cache(written(changed), now=THEN) is None
    assert cookies.read_cache(written(reordered), now=THEN) is None
    assert cookies.read_cache(CACHE, now=THEN + timedelta(minutes=6)) is None
    with overridden(better_auth_secret="x" * 32):
        assert cookies.read_cache(CACHE, now=THEN) is None


@pytest.mark.parametrize(
    "value",
    [None, [], {}, 1, "text", {"session": []}, {**payload(), "signature": 1}, {**payload(), "expiresAt": "soon"}],
    ids=["null", "list", "object", "number", "text", "no session", "signed by a number", "no end"],
)
def test_a_cache_of_any_other_shape_is_not_read(value: object) -> None:
    assert cookies.read_cache(written(value), now=THEN) is None
    assert cookies.read_cache(b64encode(json.dumps(value).encode()).decode(), now=THEN) is None


def test_the_names_are_theirs() -> None:
    assert cookies.name(cookies.SESSION, secure=False) == "better-auth.session_token"
    assert cookies.name(cookies.SESSION, secure=True) == "__Secure-better-auth.session_token"
    with overridden(sharing_cookie_prefix="acme"):
        assert cookies.name(cookies.SECOND_STEP, secure=True) == "__Secure-acme.two_factor"
