"""Every group of the ready router, over HTTP, without a network."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Annotated, Any

import httpx
import pyotp
import pytest
import schemathesis
from fastapi import Depends, FastAPI
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from core import clock, members, purchases, sessions, users, web
from core.accounts import providers
from core.crypto import sealing
from core.mail import outbox
from core.settings import overridden
from core.web.routes import GROUPS
from models import Mail, Member, PurchaseType, Session, User
from tests.authenticator import Authenticator
from tests.companies import make_owner
from tests.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, serving
from tests.programs import ROOT

pytestmark = pytest.mark.usefixtures("db", "_quick")

PASSWORD = "correct horse battery staple"
ORIGIN = "http://stylobate.test"


@pytest.fixture
def _quick() -> Iterator[None]:
    """Hash as fast as one may, and have a host that has a name."""
    with overridden(password_time_cost=1, password_memory_kib=8_192, base_url="http://localhost:8000"):
        yield


def made(*groups: str, **how: Any) -> FastAPI:
    app = FastAPI()
    web.install(app)
    app.include_router(web.router(*groups, **how), prefix="/api")
    return app


app = made()


def calling(of: FastAPI = app, **headers: str) -> httpx.AsyncClient:
    """A browser, or whatever the headers say it is."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(of), base_url=f"{ORIGIN}/api", headers=headers)


@asynccontextmanager
async def signed_in(email: str = "ada@example.com", *, role: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of somebody who has just joined, with an address that is known to be theirs."""
    async with calling() as http:
        joined = await http.post("/auth/sign-up", json={"name": "Ada", "email": email, "password": PASSWORD})
        assert joined.status_code == 201
        await User.filter(email=email).update(email_verified=True, role=role)
        yield http


async def user_id(http: httpx.AsyncClient) -> str:
    return str((await http.get("/me")).json()["id"])


async def organization_of(http: httpx.AsyncClient, name: str = "Acme") -> str:
    return str((await http.post("/organizations", json={"name": name})).json()["id"])


async def last_letter(to: str | None = None) -> dict[str, Any]:
    """What the last mail is made of."""
    mails = Mail.filter(recipient=to) if to else Mail.all()
    mail = await mails.order_by("-id").first()
    assert mail is not None
    letter: dict[str, Any] = json.loads(sealing.unseal(mail.payload, purpose=outbox.purpose(mail.id)))
    return letter


async def token_of_last_mail(to: str | None = None) -> str:
    """What the link in it holds."""
    return str((await last_letter(to))["link"]).partition("token=")[2]


# What the router is made of.


def test_every_operation_has_a_name_of_its_own_a_group_and_the_shape_of_a_refusal() -> None:
    operations = [each for path in app.openapi()["paths"].values() for each in path.values()]

    names = [each["operationId"] for each in operations]
    assert len(names) == len(set(names)) > 80
    assert {tag for each in operations for tag in each["tags"]} == set(GROUPS)
    refused = {each["responses"]["4XX"]["content"]["application/json"]["schema"]["$ref"] for each in operations}
    assert refused == {"#/components/schemas/Refused"}


def test_it_is_said_where_a_session_is_needed() -> None:
    paths = app.openapi()["paths"]

    assert app.openapi()["components"]["securitySchemes"]["session"]["scheme"] == "bearer"
    assert paths["/api/me"]["get"]["security"] == [{"session": []}]
    assert "security" not in paths["/api/auth/sign-in"]["post"]


def test_every_text_that_is_sent_to_us_has_a_limit() -> None:
    schemas = app.openapi()["components"]["schemas"]
    bodies = {
        content["schema"]["$ref"].rpartition("/")[2]
        for path in app.openapi()["paths"].values()
        for each in path.values()
        for content in each.get("requestBody", {}).get("content", {}).values()
    }

    unlimited = [
        f"{name}.{field}"
        for name in bodies
        for field, schema in schemas[name]["properties"].items()
        for kind in schema.get("anyOf", [schema])
        if kind.get("type") in {"string", "array"} and not {"maxLength", "maxItems", "format"} & kind.keys()
    ]
    assert unlimited == []


def test_an_app_takes_the_groups_it_wants() -> None:
    some = made("authentication", "me").openapi()["paths"]
    others = made(without={"authentication", "me"}).openapi()["paths"]

    assert {"/api/auth/sign-in", "/api/me"} <= some.keys()
    assert some.keys() | others.keys() == app.openapi()["paths"].keys()
    assert not {path for path in some.keys() & others.keys() if path != "/api/me"}
    with pytest.raises(ValueError, match="no such group: teams"):
        web.router("teams")


def test_an_app_that_wants_none_of_it_loads_none_of_it() -> None:
    program = "import sys; from core import web; print([name for name in sys.modules if 'core.web.routes.' in name])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)

    assert done.stdout.strip() == "[]"


async def test_an_endpoint_of_the_apps_own_takes_the_place_of_ours() -> None:
    own = FastAPI()
    web.install(own)

    @own.get("/api/me")
    async def me() -> str:
        return "mine"

    own.include_router(web.router(), prefix="/api")

    async with calling(own) as http:
        assert (await http.get("/me")).json() == "mine"


# Who may.


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for path, item in app.openapi()["paths"].items()
        for method in item
        if not path.startswith(("/api/auth/", "/api/password/reset", "/api/email/")) and path != "/api/me/deletion"
    ],
)
async def test_who_has_no_session_is_asked_to_sign_in(method: str, path: str) -> None:
    path = path.removeprefix("/api").replace("{", "").replace("}", "")

    async with calling() as http:
        answer = await http.request(method, path)

    assert (answer.status_code, answer.json()["error"]) == (401, "SessionInvalid")


@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for path, item in app.openapi()["paths"].items() for method in item if "{organization_id}" in path],
)
async def test_somebody_elses_organization_is_not_there(method: str, path: str) -> None:
    async with signed_in() as ada, signed_in("eve@example.com") as eve:
        organization = await organization_of(ada)
        path = path.removeprefix("/api").replace("{organization_id}", organization).replace("{", "").replace("}", "")

        answer = await eve.request(method, path)

    assert (answer.status_code, answer.json()["error"]) == (404, "OrganizationNotFound")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"name": "Mine"}),
        ("DELETE", "", None),
        ("PUT", "/members/{owner}/roles", {"roles": ["member"]}),
        ("POST", "/members/{owner}/ownership", None),
        ("DELETE", "/members/{owner}", None),
        ("POST", "/invitations", {"email": "eve@example.com", "roles": ["owner"]}),
        ("GET", "/invitations", None),
    ],
)
async def test_a_plain_member_may_not(method: str, path: str, body: object) -> None:
    async with signed_in() as ada, signed_in("bob@example.com") as bob:
        organization = await organization_of(ada)
        owner = (await ada.get(f"/organizations/{organization}/members")).json()["items"][0]["id"]
        await members.add(organization_id=organization, user_id=await user_id(bob), role="member")

        answer = await bob.request(method, f"/organizations/{organization}{path.replace('{owner}', owner)}", json=body)

    assert answer.status_code == 403
    assert answer.json()["error"] in {"NotPermitted", "OwnersOnly"}


async def test_a_permission_is_asked_for_before_the_endpoint() -> None:
    own = FastAPI()
    web.install(own)

    @own.get("/api/organizations/{organization_id}/audit")  # noqa: FAST003  it is what acting() reads
    async def audit(actor: Annotated[Member, Depends(web.acting("audit.read"))]) -> str:
        return actor.role

    async with signed_in() as ada, signed_in("bob@example.com") as bob, calling(own) as http:
        organization = await organization_of(ada)
        await members.add(organization_id=organization, user_id=await user_id(bob), role="member")
        path = f"/organizations/{organization}/audit"
        tokens = [person.cookies["session_token"] for person in (ada, bob)]
        answers = [await http.get(path, headers={"authorization": f"Bearer {token}"}) for token in tokens]

    assert [answer.status_code for answer in answers] == [200, 403]
    assert answers[1].json()["error"] == "NotPermitted"


# What it does.


async def test_somebody_joins_leaves_and_comes_back() -> None:
    async with signed_in() as http:
        again = await http.post("/auth/sign-up", json={"name": "Ada", "email": "ADA@example.com", "password": PASSWORD})
        token = http.cookies["session_token"]
        left = await http.post("/auth/sign-out")
        gone = await http.get("/me", headers={"authorization": f"Bearer {token}"})
        wrong = await http.post("/auth/sign-in", json={"email": "ada@example.com", "password": "something else"})
        back = await http.post("/auth/sign-in", json={"email": "ada@example.com", "password": PASSWORD})
        me = await http.get("/me")

    assert (again.status_code, again.json()["error"]) == (409, "EmailTaken")
    assert (left.status_code, gone.status_code) == (204, 401)
    assert (wrong.status_code, wrong.json()["error"]) == (401, "CredentialsInvalid")
    assert back.json()["user"] == me.json()
    assert [each.headers["cache-control"] for each in (left, back, me)] == ["no-store"] * 3
    assert me.json()["email"] == "ada@example.com"


async def test_the_second_step_is_asked_for_and_a_device_can_be_trusted() -> None:
    credentials = {"email": "ada@example.com", "password": PASSWORD}
    async with signed_in() as http:
        enrolment = (await http.post("/me/two-factor", json={"password": PASSWORD})).json()
        app = pyotp.parse_uri(enrolment["uri"])
        assert isinstance(app, pyotp.TOTP)
        codes = (await http.post("/me/two-factor/confirm", json={"code": app.now()})).json()["backup_codes"]
        await http.post("/auth/sign-out")

        asked = await http.post("/auth/sign-in", json=credentials)
        assert (asked.status_code, set(asked.json())) == (202, {"second_step"})
        assert (await http.get("/me")).status_code == 401
        step = asked.json()["second_step"]
        wrong = await http.post("/auth/second-step", json={"second_step": step, "code": "aaaaa-aaaaa"})
        right = await http.post("/auth/second-step", json={"second_step": step, "code": codes[0], "trust_device": True})
        await http.post("/auth/sign-out")
        trusted = await http.post("/auth/sign-in", json=credentials)
        assert (await http.delete("/me/two-factor/devices")).status_code == 204
        assert (await http.post("/auth/sign-in", json=credentials)).status_code == 202

        assert (wrong.status_code, right.status_code, trusted.status_code) == (422, 200, 200)
        assert (await http.get("/me")).json()["two_factor_enabled"]
        cookie = SimpleCookie(trusted.headers.get_list("set-cookie")[-1])["trusted_device"]
        assert cookie["httponly"]
        assert cookie["samesite"].lower() == "lax"


async def test_who_weakens_the_second_step_says_the_password_once_more() -> None:
    async with signed_in() as http:
        for path in ("/me/two-factor", "/me/two-factor/backup-codes", "/me/two-factor/disable", "/me/passkeys/options"):
            without, wrong = await http.post(path, json={}), await http.post(path, json={"password": "something else"})
            assert (without.status_code, without.json()["error"]) == (403, "ConfirmationNeeded")
            assert (wrong.status_code, wrong.json()["error"]) == (403, "PasswordWrong")

        uri = (await http.post("/me/two-factor", json={"password": PASSWORD})).json()["uri"]
        app = pyotp.parse_uri(uri)
        assert isinstance(app, pyotp.TOTP)
        await http.post("/me/two-factor/confirm", json={"code": app.now()})
        renewed = await http.post("/me/two-factor/backup-codes", json={"password": PASSWORD})
        disabled = await http.post("/me/two-factor/disable", json={"password": PASSWORD})

    assert (len(renewed.json()["backup_codes"]), disabled.status_code) == (10, 204)


async def test_somebody_without_a_password_has_signed_in_lately() -> None:
    user = await users.create(name="Eve", email="eve@example.com", email_verified=True)
    fresh = await sessions.create(user_id=user.id)

    async with calling(authorization=f"Bearer {fresh.token}") as http:
        now = await http.post("/me/two-factor", json={})
        await Session.filter(id=fresh.session.id).update(created_at=clock.now() - timedelta(days=2))
        later = await http.post("/me/two-factor", json={})

    assert (now.status_code, later.status_code, later.json()["error"]) == (200, 403, "ConfirmationNeeded")


async def test_sessions_are_seen_refreshed_and_ended() -> None:
    async with signed_in() as here, calling() as there:
        await there.post("/auth/sign-in", json={"email": "ada@example.com", "password": PASSWORD})
        places = (await here.get("/sessions")).json()
        (other,) = [place["id"] for place in places if not place["current"]]
        before = here.cookies["session_token"]

        refreshed = await here.post("/sessions/current/refresh")
        assert here.cookies["session_token"] == refreshed.json()["token"] != before
        assert (await here.delete(f"/sessions/{other}")).status_code == 204
        assert (await there.get("/me")).status_code == 401
        await there.post("/auth/sign-in", json={"email": "ada@example.com", "password": PASSWORD})
        assert (await here.delete("/sessions")).json() == {"ended": 1}
        assert (await there.get("/me")).status_code == 401
        assert (await here.get("/sessions/current")).json()["user_id"] == await user_id(here)
        assert (await there.post("/sessions/current/refresh", headers={"cookie": ""})).status_code == 401


async def test_a_person_says_who_they_are_and_learns_what_is_known_of_them() -> None:
    async with signed_in() as http:
        changed = await http.patch("/me", json={"name": "Ada L.", "locale": "en-GB"})
        kept = await http.patch("/me", json={"image": "https://example.com/ada.png"})
        named = await http.put("/me/username", json={"username": "Ada.L"})
        nameless = await http.patch("/me", json={"name": None})
        everything = await http.get("/me/export")

    assert (changed.json()["name"], kept.json()["name"], kept.json()["locale"]) == ("Ada L.", "Ada L.", "en-GB")
    assert (named.json()["username"], named.json()["display_username"]) == ("ada.l", "Ada.L")
    assert nameless.status_code == 422
    assert everything.json()["profile"]["email"] == "ada@example.com"


async def test_a_person_deletes_their_account_by_a_link() -> None:
    async with signed_in() as http:
        wrong = await http.post("/me/deletion/request", json={"password": "something else"})
        asked = await http.post("/me/deletion/request", json={"password": PASSWORD})
        deleted = await http.post("/me/deletion", json={"token": await token_of_last_mail()})

        assert (wrong.status_code, asked.status_code, deleted.status_code) == (403, 202, 204)
        assert (await http.get("/me")).status_code == 401
    assert not await User.exists()


async def test_addresses_are_verified_and_changed_by_links() -> None:
    async with signed_in() as http:
        await User.all().update(email_verified=False)
        assert (await http.post("/email/verification/request")).status_code == 202
        assert (await http.post("/email/verification", json={"token": await token_of_last_mail()})).status_code == 204
        assert (await http.get("/me")).json()["email_verified"]

        change = {"new_email": "countess@example.com", "password": PASSWORD}
        assert (await http.post("/email/change/request", json=change)).status_code == 202
        for recipient in ("countess@example.com", "ada@example.com"):
            token = await token_of_last_mail(recipient)
            assert (await http.post("/email/change", json={"token": token})).status_code == 204
        assert (await http.get("/me")).json()["email"] == "countess@example.com"
        stop = await http.post("/email/change/cancel", json={"token": "unknown"})
        assert (stop.status_code, stop.json()["error"]) == (422, "VerificationInvalid")


async def test_passwords_are_changed_and_reset() -> None:
    async with signed_in() as http:
        changed = await http.put("/password", json={"old": PASSWORD, "new": "another one that is long"})
        asked = await http.post("/password/reset/request", json={"email": "ada@example.com"})
        token = await token_of_last_mail()
        reset = await http.post("/password/reset", json={"token": token, "password": PASSWORD})
        back = await http.post("/auth/sign-in", json={"email": "ada@example.com", "password": PASSWORD})
        nobody = await http.post("/password/reset/request", json={"email": "nobody@example.com"})

    assert [each.status_code for each in (changed, asked, reset, back)] == [204, 202, 204, 200]
    assert (nobody.status_code, nobody.content) == (asked.status_code, asked.content)


async def test_a_link_and_a_code_let_in() -> None:
    async with calling() as http:
        assert (await http.post("/auth/magic-link/request", json={"email": "eve@example.com"})).status_code == 202
        joined = await http.post("/auth/magic-link", json={"token": await token_of_last_mail()})
        assert (joined.status_code, joined.json()["user"]["email_verified"]) == (200, True)

        assert (await http.post("/auth/code/request", json={"email": "eve@example.com"})).status_code == 202
        code = (await last_letter())["code"]
        back = await http.post("/auth/code", json={"email": "eve@example.com", "code": code})
        again = await http.post("/auth/code", json={"email": "eve@example.com", "code": code})

    assert (back.status_code, again.status_code) == (200, 401)


async def test_a_passkey_is_registered_renamed_used_and_deleted() -> None:
    device = Authenticator()
    async with signed_in() as http:
        asked = (await http.post("/me/passkeys/options", json={"password": PASSWORD})).json()
        answer = {"token": asked["token"], "response": device.create(asked["options"]), "name": "Laptop"}
        made = await http.post("/me/passkeys", json=answer)
        await http.post("/auth/sign-out")

        asked = (await http.post("/auth/passkey/options")).json()
        answer = {"token": asked["token"], "response": device.get(asked["options"])}
        entered = await http.post("/auth/passkey", json=answer)
        again = await http.post("/auth/passkey", json=answer)

        path = f"/me/passkeys/{made.json()['id']}"
        renamed = await http.patch(path, json={"name": "Old laptop"})
        (listed,) = (await http.get("/me/passkeys")).json()
        deleted = await http.delete(path)

    assert [each.status_code for each in (made, entered, again, renamed, deleted)] == [201, 200, 401, 200, 204]
    assert listed == renamed.json()
    assert "public_key" not in made.json()


@pytest.fixture(scope="module")
def server() -> Iterator[OidcProvider]:
    with serving() as provider:
        yield provider


@pytest.fixture
def idp(server: OidcProvider, monkeypatch: pytest.MonkeyPatch) -> Iterator[OidcProvider]:
    server.reset()
    monkeypatch.setattr(providers, "_kept", {})
    client = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "issuer": server.url}
    with overridden(oauth={"acme": client}, base_url=ORIGIN):
        yield server


async def test_a_provider_lets_in(idp: OidcProvider) -> None:
    async with calling() as http, calling() as other:
        away = await http.get("/auth/providers/acme", params={"redirect_to": "/settings?tab=é"})
        assert away.status_code == 303
        assert SimpleCookie(away.headers["set-cookie"])["oauth_state"]["httponly"]
        brought = await idp.visit(away.headers["location"])

        assert (await other.get("/auth/callback/acme", params=brought)).json()["error"] == "StateInvalid"
        back = await http.get("/auth/callback/acme", params=brought)
        assert (back.status_code, back.headers["location"]) == (303, "/settings?tab=%C3%A9")
        assert (await http.get("/me")).json()["email"] == idp.person["email"]
        assert set(http.cookies) == {"session_token"}
        assert (await http.get("/auth/callback/acme", params=brought)).status_code == 422
        assert (await http.get("/auth/providers/acme", params={"redirect_to": "//evil.example"})).status_code == 422
        assert (await http.get("/auth/providers/unknown")).status_code == 404


async def test_an_identity_at_a_provider_is_linked_and_unlinked(idp: OidcProvider) -> None:
    async with signed_in("bob@example.com") as http:
        away = await http.post("/me/accounts/acme", json={"redirect_to": "/settings"})
        back = await http.get("/auth/callback/acme", params=await idp.visit(away.json()["url"]))
        assert (back.status_code, back.headers["location"]) == (303, "/settings")

        ways = {way["provider"]: way for way in (await http.get("/me/accounts")).json()}
        assert set(ways) == {"credential", "acme"}
        assert (await http.delete(f"/me/accounts/{ways['credential']['id']}")).status_code == 204
        assert (await http.delete(f"/me/accounts/{ways['acme']['id']}")).json()["error"] == "LastWayIn"


async def test_an_organization_is_made_changed_joined_and_left() -> None:
    async with signed_in() as ada, signed_in("bob@example.com") as bob:
        odd = json.dumps({"name": "Acme", "metadata": {"odd": "\ud83d"}})
        made = await ada.post("/organizations", content=odd, headers={"content-type": "application/json"})
        organization = made.json()["id"]
        here = f"/organizations/{organization}"
        assert (await ada.get("/slugs/acme")).json() == {"available": False}
        assert (await ada.patch(here, json={"name": "Acme & Co", "slug": "acme-co"})).json()["slug"] == "acme-co"
        assert (await ada.get(here)).json()["metadata"] == {"odd": "\ud83d"}

        invited = await ada.post(f"{here}/invitations", json={"email": "BOB@example.com", "roles": ["member"]})
        invitation = invited.json()["id"]
        assert (await ada.post(f"{here}/invitations/{invitation}/resend")).status_code == 200
        assert [each["id"] for each in (await ada.get(f"{here}/invitations")).json()["items"]] == [invitation]
        assert (await bob.get("/invitations")).json()[0]["organization"]["name"] == "Acme & Co"
        assert (await ada.get(f"/invitations/{invitation}")).status_code == 404
        assert (await bob.get(f"/invitations/{invitation}")).status_code == 200
        member = (await bob.post(f"/invitations/{invitation}/accept")).json()["id"]
        assert (await bob.post(f"/invitations/{invitation}/accept")).status_code == 409

        assert (await bob.put("/sessions/current/organization", json={"organization_id": organization})).is_success
        assert (await bob.get("/sessions/current")).json()["active_organization_id"] == organization
        people = (await bob.get(f"{here}/members", params={"limit": 1})).json()
        assert (people["items"][0]["user"]["email"], people["after"]) == ("bob@example.com", member)
        more = (await bob.get(f"{here}/members", params={"after": member})).json()
        assert [each["role"] for each in more["items"]] == ["owner"]
        assert (await ada.get(f"{here}/members/{member}")).json()["user"]["name"] == "Ada"
        raised = await ada.put(f"{here}/members/{member}/roles", json={"roles": ["admin"]})
        assert raised.json()["role"] == "admin"
        assert (await ada.post(f"{here}/leave")).json()["error"] == "LastOwner"
        assert (await ada.post(f"{here}/members/{member}/ownership")).status_code == 204
        assert (await ada.post(f"{here}/leave")).status_code == 204
        assert (await ada.get("/organizations")).json() == {"items": [], "after": None}
        assert (await bob.delete(here)).status_code == 204


async def test_an_invitation_is_rejected_and_another_taken_back() -> None:
    async with signed_in() as ada, signed_in("bob@example.com") as bob:
        here = f"/organizations/{await organization_of(ada)}"
        asking = {"email": "bob@example.com", "roles": ["member"]}
        first = (await ada.post(f"{here}/invitations", json=asking)).json()["id"]
        assert (await bob.post(f"/invitations/{first}/reject")).status_code == 204
        second = (await ada.post(f"{here}/invitations", json=asking)).json()["id"]
        assert (await ada.delete(f"{here}/invitations/{second}")).status_code == 204
        assert (await bob.get("/invitations")).json() == []
        rejected = (await ada.get(f"{here}/invitations", params={"status": "rejected"})).json()["items"]
        assert [each["id"] for each in rejected] == [first]


async def test_a_member_is_taken_out() -> None:
    async with signed_in() as ada, signed_in("bob@example.com") as bob:
        organization = await organization_of(ada)
        member = await members.add(organization_id=organization, user_id=await user_id(bob), role="member")

        assert (await ada.delete(f"/organizations/{organization}/members/{member.id}")).status_code == 204
        assert (await bob.get(f"/organizations/{organization}")).status_code == 404


async def test_chats_are_a_persons_own_or_an_organizations() -> None:
    async with signed_in() as ada, signed_in("bob@example.com") as bob:
        organization = await organization_of(ada)
        await members.add(organization_id=organization, user_id=await user_id(bob), role="member")
        for chats, others in (("/me/chats", 404), (f"/organizations/{organization}/chats", 200)):
            chat = (await ada.post(chats, json={"title": "Engines"})).json()
            said = await ada.post(f"{chats}/{chat['id']}/messages", json={"text": "Can it think?"})
            assert said.json()["parts"] == [{"type": "text", "text": "Can it think?"}]
            forged = {"text": "Yes.", "role": "assistant"}
            assert (await ada.post(f"{chats}/{chat['id']}/messages", json=forged)).status_code == 422
            assert (await ada.get(f"{chats}/{chat['id']}/messages")).json()["items"] == [said.json()]
            assert (await ada.patch(f"{chats}/{chat['id']}", json={"title": "Minds"})).json()["title"] == "Minds"
            assert len((await ada.get(chats)).json()["items"]) == 1
            assert (await bob.get(f"{chats}/{chat['id']}")).status_code == others
            assert (await ada.delete(f"{chats}/{chat['id']}")).status_code == 204


async def test_purchases_are_seen_by_who_made_them() -> None:
    async with signed_in() as ada:
        organization = await organization_of(ada)
        for number, of_person in enumerate([await user_id(ada), None]):
            await purchases.record(
                purchases.Change(
                    event_id=f"evt_{number}",
                    provider="stripe",
                    occurred_at=clock.now(),
                    type=PurchaseType.SUBSCRIPTION,
                    customer_id="cus_1",
                    subscription_id=f"sub_{number}",
                    price_id="price_pro",
                    status=purchases.Status.ACTIVE,
                    user_id=of_person,
                    organization_id=None if of_person else organization,
                )
            )
        for whose in ("/me", f"/organizations/{organization}"):
            (bought,) = (await ada.get(f"{whose}/purchases")).json()["items"]
            plan = (await ada.get(f"{whose}/plan")).json()
            assert (plan["purchase_id"], plan["price_id"]) == (bought["id"], "price_pro")
            assert "customer_id" not in bought
    async with signed_in("bob@example.com") as bob:
        assert (await bob.get("/me/plan")).json() is None


async def test_an_administrator_looks_after_people() -> None:
    async with signed_in(role="admin") as ada, signed_in("bob@example.com") as bob:
        him = await user_id(bob)
        assert [each["id"] for each in (await ada.get("/admin/users", params={"query": "BOB"})).json()["items"]] == [
            him
        ]
        assert (await ada.get(f"/admin/users/{him}/sessions")).json()[0]["current"] is False
        banned = await ada.post(f"/admin/users/{him}/ban", json={"reason": "spam"})
        assert (banned.json()["banned"], banned.json()["ban_reason"]) == (True, "spam")
        assert (await bob.get("/me")).status_code == 401
        assert (await ada.get("/admin/users", params={"banned": True})).json()["items"][0]["id"] == him
        assert (await ada.post(f"/admin/users/{him}/unban")).json()["banned"] is False
        assert (await ada.put(f"/admin/users/{him}/password", json={"password": "chosen for him"})).status_code == 204
        credentials = {"email": "bob@example.com", "password": "chosen for him"}
        assert (await bob.post("/auth/sign-in", json=credentials)).status_code == 200
        (place,) = (await ada.get(f"/admin/users/{him}/sessions")).json()
        assert (await ada.delete(f"/admin/users/{him}/sessions/{place['id']}")).status_code == 204
        assert (await ada.delete(f"/admin/users/{him}/sessions")).json() == {"ended": 0}
        assert (await ada.put(f"/admin/users/{him}/roles", json={"roles": ["editor"]})).json()["role"] == "editor"
        added = await ada.post("/admin/users", json={"name": "Eve", "email": "eve@example.com"})
        assert (added.status_code, added.json()["role"]) == (201, "user")
        assert (await ada.delete(f"/admin/users/{added.json()['id']}")).status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method, path)
        for path, item in app.openapi()["paths"].items()
        for method in item
        if path.startswith("/api/admin/users")
    ],
)
async def test_nobody_else_does(method: str, path: str) -> None:
    body = {"reason": "spam", "roles": ["admin"], "password": PASSWORD, "name": "Eve", "email": "eve@example.com"}
    fields = app.openapi()["paths"][path][method].get("requestBody", {}).get("content", {}).get("application/json")
    wanted: dict[str, Any] = {}
    if fields:
        wanted = app.openapi()["components"]["schemas"][fields["schema"]["$ref"].rpartition("/")[2]]["properties"]
    async with signed_in() as http:
        path = path.removeprefix("/api").replace("{user_id}", await user_id(http)).replace("{session_id}", "unknown")

        answer = await http.request(method, path, json={name: body[name] for name in wanted if name in body} or None)

    assert (answer.status_code, answer.json()["error"]) == (403, "NotAdministrator")


async def test_an_administrator_acts_in_anothers_name_and_is_themselves_again() -> None:
    async with signed_in(role="admin") as ada, signed_in("bob@example.com") as bob:
        him, her = await user_id(bob), await user_id(ada)
        assert (await ada.post("/admin/stop-impersonating")).json()["error"] == "NotImpersonating"

        assert (await ada.post(f"/admin/users/{him}/impersonate")).status_code == 201
        here = (await ada.get("/sessions/current")).json()
        assert (here["user_id"], here["impersonated_by"]) == (him, her)
        for method, path, body in (
            ("PUT", "/password", {"old": PASSWORD, "new": "something else"}),
            ("GET", "/me/export", None),
            ("POST", "/me/deletion/request", {"password": PASSWORD}),
            ("POST", "/me/two-factor", {"password": PASSWORD}),
            ("POST", "/me/passkeys/options", {"password": PASSWORD}),
            ("POST", "/email/change/request", {"new_email": "ada2@example.com", "password": PASSWORD}),
            ("DELETE", "/sessions", None),
        ):
            refused = await ada.request(method, path, json=body)
            assert (refused.status_code, refused.json()["error"]) == (403, "NotInAnothersName")

        assert (await ada.post("/admin/stop-impersonating")).status_code == 204
        assert await user_id(ada) == her
        assert "administrator_token" not in ada.cookies

        await ada.post(f"/admin/users/{him}/impersonate")
        await ada.post("/auth/sign-out")
        assert not ada.cookies
        assert await sessions.list_live(user_id=her) == []


async def test_a_program_that_acts_in_anothers_name_keeps_its_own_token() -> None:
    async with signed_in(role="admin") as ada, signed_in("bob@example.com") as bob:
        him, token = await user_id(bob), ada.cookies["session_token"]
        async with calling(authorization=f"Bearer {token}") as program:
            lent = (await program.post(f"/admin/users/{him}/impersonate")).json()["token"]
            assert not program.cookies
            assert (await program.get("/me")).json()["email"] == "ada@example.com"
        async with calling(authorization=f"Bearer {lent}") as program:
            assert (await program.get("/me")).json()["email"] == "bob@example.com"
            assert (await program.post("/admin/stop-impersonating")).status_code == 204
        async with calling() as nobody:
            assert (await nobody.post("/admin/stop-impersonating")).status_code == 401


# Where it comes from.

_SIGN_UP = {"name": "Eve", "email": "eve@example.com", "password": PASSWORD}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),
        ({"sec-fetch-site": "same-origin", "origin": ORIGIN}, 204),
        ({"sec-fetch-site": "none"}, 204),
        ({"sec-fetch-site": "same-site", "origin": "http://other.stylobate.test"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "https://evil.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "anything"}, 403),
        ({"sec-fetch-site": ""}, 403),
        ({"sec-fetch-site": "same-site", "origin": "https://app.example"}, 204),
        ({"origin": ORIGIN}, 204),
        ({"origin": "HTTP://STYLOBATE.TEST:80"}, 204),
        ({"origin": "https://app.example"}, 204),
        ({"origin": "https://app.example:443"}, 204),
        ({"origin": "https://app.example:8443"}, 403),
        ({"origin": "https://app.example.evil.example"}, 403),
        ({"origin": "https://stylobate.test"}, 403),
        ({"origin": "http://stylobate.test:8080"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "http://[::1"}, 403),
        ({"origin": "http://stylobate.test:port"}, 403),
    ],
    ids=str,
)
async def test_with_a_cookie_another_sites_page_changes_nothing(headers: dict[str, str], status: int) -> None:
    async with signed_in() as http:
        with overridden(base_url="https://app.example/start"):
            read = await http.get("/me", headers=headers)
            answer = await http.put("/sessions/current/organization", json={"organization_id": None}, headers=headers)
            in_ours = await http.post("/auth/sign-up", json=_SIGN_UP, headers={**headers, "cookie": ""})

    assert (read.status_code, answer.status_code) == (200, status)
    assert in_ours.status_code == (201 if status == 204 else 403)
    if status == 403:
        assert answer.json() == in_ours.json() == {"error": "OriginRefused", "message": web.OriginRefused.message}


@pytest.mark.parametrize("path", ["/auth/sign-in", "/auth/sign-up", "/auth/second-step", "/auth/magic-link"])
async def test_another_sites_page_signs_nobody_in_or_up(path: str) -> None:
    body = {**_SIGN_UP, "token": "t", "second_step": "t", "code": "1"}
    async with calling(origin="https://evil.example") as http:
        answers = [
            await http.post(path, json=body),
            await http.post(path, json=body, headers={"authorization": "Basic b3VyOnByb3h5"}),
        ]

    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(403, "OriginRefused")] * 2
    assert not await User.exists()


async def test_a_bearer_may_come_from_anywhere_but_not_beside_a_cookie() -> None:
    async with signed_in() as http:
        token = http.cookies["session_token"]
        from_elsewhere = {"origin": "https://evil.example", "authorization": f"Bearer {token}"}
        body = {"organization_id": None}

        beside = await http.put("/sessions/current/organization", json=body, headers=from_elsewhere)
        async with calling() as program:
            alone = await program.put("/sessions/current/organization", json=body, headers=from_elsewhere)

    assert (alone.status_code, beside.status_code) == (204, 403)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; json"]
)
@pytest.mark.parametrize(("path", "status"), [("/auth/sign-in", 422), ("/auth/sign-out", 422)])
async def test_what_a_form_can_send_is_no_body(kind: str, path: str, status: int) -> None:
    body = json.dumps({"email": "ada@example.com", "password": PASSWORD})
    async with signed_in() as http:
        answer = await http.post(path, content=body, headers={"content-type": kind})
        json_in_fact = await http.post(path, content=body, headers={"content-type": "application/json; charset=utf-8"})

    assert (answer.status_code, answer.json()["error"]) == (status, "BodyInvalid")
    assert json_in_fact.is_success


async def test_a_body_that_does_not_say_what_it_is_is_not_read() -> None:
    async with calling() as http:
        answer = await http.post("/auth/sign-up", content=json.dumps(_SIGN_UP))

    assert answer.status_code == 422
    assert not await User.exists()


# Whatever is sent.

Operation = APIOperation[Any, Any, Any, Any]
AnyCase = Case[Any]

_CONFIG = SchemathesisConfig(
    projects=ProjectsConfig(default=ProjectConfig(generation=GenerationConfig(with_security_parameters=False)))
)
_SCHEMA = schemathesis.openapi.from_dict(app.openapi(), config=_CONFIG)
_CHECKS = [not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance]


async def asked(case: AnyCase, http: httpx.AsyncClient) -> httpx.Response:
    """What the description leads to, sent as it is."""
    sent: dict[str, Any] = dict(case.as_transport_kwargs(base_url=ORIGIN))
    body = json.dumps(sent["json"]) if "json" in sent else sent.get("data")
    headers = dict(sent["headers"])
    return await http.request(sent["method"], sent["url"], params=sent["params"], headers=headers, content=body)


@pytest.mark.parametrize("role", [None, "user", "admin"], ids=["nobody", "a person", "an administrator"])
@pytest.mark.parametrize(
    "operation", [each.ok() for each in _SCHEMA.get_all_operations() if isinstance(each, Ok)], ids=lambda it: it.label
)
@hypothesis_settings(
    max_examples=4,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
async def test_nothing_that_is_sent_is_answered_with_an_error_of_ours(
    operation: Operation, role: str | None, data: st.DataObject
) -> None:
    mode = data.draw(st.sampled_from(GenerationMode))
    case: AnyCase = data.draw(operation.as_strategy(generation_mode=mode))
    headers: dict[str, str] = {}
    if role is not None:
        person = await make_owner()
        await User.filter(id=person.user_id).update(role=role)
        headers["authorization"] = f"Bearer {(await sessions.create(user_id=person.user_id)).token}"
        known = {"organization_id": person.organization_id, "member_id": person.id, "user_id": person.user_id}
        if data.draw(st.booleans()):
            case.path_parameters = {**(case.path_parameters or {}), **_given(case, known)}

    async with calling() as http:
        http.headers.update(headers)
        response = await asked(case, http)

    case.validate_response(response, checks=_CHECKS)
    assert "Traceback" not in response.text


def _given(case: AnyCase, known: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in known.items() if f"{{{name}}}" in case.path}
