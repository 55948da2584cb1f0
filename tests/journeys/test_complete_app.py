"""A product's whole life with two people, over HTTP, as their browsers see it."""

import hmac
import json
import re
import time
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from core import mail
from core.settings import overridden
from tests.authenticator import Authenticator
from tests.programs import running

PASSWORD = "correct horse battery staple"
CREDENTIALS = {"email": "ada@example.com", "password": PASSWORD}
SITE = "http://localhost:8000"
STRIPE = "whsec_of_this_test"


@pytest.fixture
async def server(db: None) -> AsyncIterator[str]:
    """The example in a process of its own, at whichever port; its people know it as ``SITE``."""
    app = ["uvicorn", "examples.complete_app:app", "--port=0", "--no-access-log"]
    with overridden(base_url=SITE):
        async with running(*app, STYLOBATE_BASE_URL=SITE, STYLOBATE_STRIPE_WEBHOOK_SECRET=STRIPE) as program:
            yield (await program.until("running on http")).split("running on ")[1].split()[0]
            assert "Traceback" not in program.said


def browser(server: str) -> httpx.AsyncClient:
    """A browser that is on a page of the product."""
    headers = {"sec-fetch-site": "same-origin", "origin": SITE}
    return httpx.AsyncClient(base_url=f"{server}/api", headers=headers, timeout=20)


async def done(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


class Inbox:
    """The mails that have gone out, which without a mail server are files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: set[Path] = set()

    async def link(self, to: str, page: str) -> str:
        """What the link to this page in a new mail to somebody ends with."""
        await mail.deliver_waiting()
        for file in sorted(set(self._folder.glob("*.eml")) - self._read):
            letter = message_from_bytes(file.read_bytes(), policy=policy.default)
            body = letter.get_body(("plain",))
            assert body is not None
            if letter["To"] == to and (found := re.search(rf"{SITE}{page}(\S+)", body.get_content())):
                self._read.add(file)
                return found[1]
        raise AssertionError(f"no mail to {to} leads to {page}")


@pytest.fixture
def inbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inbox:
    monkeypatch.chdir(tmp_path)
    return Inbox(tmp_path / "var/mail")


async def join(http: httpx.AsyncClient, inbox: Inbox, *, name: str, email: str) -> str:
    """Sign up and verify the address; the person's id."""
    joined = await done(await http.post("/auth/sign-up", json={"name": name, "email": email, "password": PASSWORD}))
    await done(await http.post("/email/verification/request"))
    token = await inbox.link(email, r"/verify-email\?token=")
    await done(await http.post("/email/verification", json={"token": token}))
    assert (await done(await http.get("/me")))["email_verified"]
    return str(joined["user"]["id"])


async def stripe_tells(server: str, what: str, *, user_id: str, status: str, at: int) -> None:
    subscription = {
        "id": "sub_1",
        "customer": "cus_1",
        "status": status,
        "metadata": {"user_id": user_id},
        "items": {
            "data": [{"price": {"id": "price_pro", "product": "prod_1"}, "quantity": 1, "current_period_end": at + 999}]
        },
    }
    event = {"id": f"evt_{what}", "type": f"customer.subscription.{what}", "created": at}
    payload = json.dumps({**event, "data": {"object": subscription}}).encode()
    signature = hmac.digest(STRIPE.encode(), f"{at}.".encode() + payload, sha256).hex()
    async with httpx.AsyncClient(base_url=server, timeout=20) as stripe:
        headers = {"stripe-signature": f"t={at},v1={signature}", "content-type": "application/json"}
        assert await done(await stripe.post("/webhooks/stripe", content=payload, headers=headers)) == {"recorded": True}


async def switch_on_the_second_step(http: httpx.AsyncClient) -> pyotp.TOTP:
    enrolment = await done(await http.post("/me/two-factor", json={"password": PASSWORD}))
    app = pyotp.TOTP(enrolment["secret"])
    confirmed = await done(await http.post("/me/two-factor/confirm", json={"code": app.now()}))
    assert len(confirmed["backup_codes"]) == 10
    return app


async def sign_in_with_the_second_step(http: httpx.AsyncClient, app: pyotp.TOTP) -> None:
    """Sign in and out, and in again on a device that is trusted by then, and out."""
    waiting = await http.post("/auth/sign-in", json=CREDENTIALS)
    assert waiting.status_code == 202
    assert (await http.get("/me")).status_code == 401
    code = app.at(int(time.time()) + 30)  # This half minute's was used to switch it on.
    step = {"second_step": waiting.json()["second_step"], "code": code, "trust_device": True}
    await done(await http.post("/auth/second-step", json=step))
    await done(await http.post("/auth/sign-out"))
    assert (await http.post("/auth/sign-in", json=CREDENTIALS)).status_code == 200
    await done(await http.post("/auth/sign-out"))


async def sign_in_with_a_passkey(ada: httpx.AsyncClient, phone: httpx.AsyncClient) -> None:
    device = Authenticator()
    asked = await done(await ada.post("/me/passkeys/options", json={"password": PASSWORD}))
    key = {"token": asked["token"], "response": device.create(asked["options"]), "name": "Phone"}
    await done(await ada.post("/me/passkeys", json=key))
    asked = await done(await phone.post("/auth/passkey/options"))
    key = {"token": asked["token"], "response": device.get(asked["options"])}
    assert (await phone.post("/auth/passkey", json=key)).status_code == 200
    assert (await done(await phone.get("/me"))) == await done(await ada.get("/me"))


async def invite(ada: httpx.AsyncClient, bob: httpx.AsyncClient, inbox: Inbox, here: str) -> str:
    """Have somebody come in who is new; the member's id."""
    await done(await ada.post(f"{here}/invitations", json={"email": "bob@example.com", "roles": ["member"]}))
    invitation = await inbox.link("bob@example.com", "/invitations/")
    await join(bob, inbox, name="Bob", email="bob@example.com")
    assert [each["id"] for each in await done(await bob.get("/invitations"))] == [invitation]
    member = await done(await bob.post(f"/invitations/{invitation}/accept"))
    assert (await bob.delete(here)).json()["error"] == "NotPermitted"
    return str(member["id"])


async def chat_when_it_is_paid_for(server: str, ada: httpx.AsyncClient, ada_id: str, *, at: int) -> None:
    chat = (await done(await ada.post("/me/chats", json={"title": "Minds"})))["id"]
    await done(await ada.post(f"/me/chats/{chat}/messages", json={"text": "Can it think?"}))
    assert (await ada.post(f"/me/chats/{chat}/answer")).json()["error"] == "ProOnly"
    await stripe_tells(server, "created", user_id=ada_id, status="active", at=at)
    assert (await done(await ada.get("/me/plan")))["price_id"] == "price_pro"
    await done(await ada.post(f"/me/chats/{chat}/answer"))
    said = (await done(await ada.get(f"/me/chats/{chat}/messages")))["items"]
    assert [each["role"] for each in said] == ["user", "assistant"]


async def test_two_people_use_a_product_from_beginning_to_end(server: str, inbox: Inbox) -> None:
    now = int(time.time())
    async with browser(server) as ada, browser(server) as phone, browser(server) as bob:
        ada_id = await join(ada, inbox, name="Ada", email="ada@example.com")
        await sign_in_with_the_second_step(phone, await switch_on_the_second_step(ada))
        await sign_in_with_a_passkey(ada, phone)
        organization = (await done(await ada.post("/organizations", json={"name": "Analytical Engines"})))["id"]
        here = f"/organizations/{organization}"
        member = await invite(ada, bob, inbox, here)
        await chat_when_it_is_paid_for(server, ada, ada_id, at=now)

        known = await done(await ada.get("/me/export"))
        assert [each["organization_id"] for each in known["memberships"]] == [organization]
        assert [len(known[part]) for part in ("passkeys", "two_factor", "purchases", "ai_chat_messages")] == [
            1,
            1,
            1,
            2,
        ]

        await done(await ada.post("/me/deletion/request", json={"password": PASSWORD}))
        farewell = {"token": await inbox.link("ada@example.com", r"/delete-account\?token=")}
        assert (await ada.post("/me/deletion", json=farewell)).json()["error"] == "OnlyOwner"
        await done(await ada.post(f"{here}/members/{member}/ownership"))
        assert (await ada.post("/me/deletion", json=farewell)).json()["error"] == "SubscriptionRunning"
        await stripe_tells(server, "deleted", user_id=ada_id, status="canceled", at=now + 1)
        await done(await ada.post("/me/deletion", json=farewell))

        assert (await phone.get("/me")).status_code == 401
        assert (await ada.post("/auth/sign-in", json=CREDENTIALS)).status_code == 401
        people = (await done(await bob.get(f"{here}/members")))["items"]
        assert [each["role"] for each in people] == ["owner"]


async def test_another_sites_page_can_do_nothing_with_the_cookie(server: str, inbox: Inbox) -> None:
    async with browser(server) as ada:
        await join(ada, inbox, name="Ada", email="ada@example.com")
        ada.headers.update({"sec-fetch-site": "cross-site", "origin": "https://evil.example"})

        for path in ("/auth/sign-out", "/organizations", "/me/chats/unknown/answer"):
            assert (await ada.post(path, json={"name": "Mine"})).json()["error"] == "OriginRefused"

        assert (await ada.get("/me")).status_code == 200
