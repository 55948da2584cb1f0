import asyncio
import json
import logging
import subprocess
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core import clock, database, events, passkeys, users, verifications
from core.database.statements import fetch
from core.errors import Refusal
from core.settings import SettingsInvalid, overridden
from core.text import TextInvalid
from models import Passkey, User, Verification
from tests.authenticator import Authenticator, Excluded, Json, NotAllowed, decoded, encoded
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("db", "site")

MINUTE = timedelta(minutes=1)
UNTRUE = ["", "a", "a" * 42, "a" * 44, "a" * 100_000, "a\0b", "\ud800"]
Change = Callable[[Json], object]


@pytest.fixture
def site() -> Iterator[None]:
    with overridden(base_url="https://app.example.com", app_name="Acme"):
        yield


async def registered(device: Authenticator, user: User, *, name: str | None = None) -> Passkey:
    question = await passkeys.registration_options(user=user)
    return await passkeys.register(
        user_id=user.id, token=question.token, response=device.create(question.options), name=name
    )


async def signed_in(device: Authenticator, *, user_id: str | None = None) -> Passkey:
    question = await passkeys.sign_in_options(user_id=user_id)
    return await passkeys.authenticate(token=question.token, response=device.get(question.options))


async def row(passkey: Passkey) -> dict[str, Any]:
    (columns,) = await fetch('SELECT * FROM "passkey" WHERE "id" = $1', passkey.id)
    return columns


# --- Whole ceremonies ---


@pytest.mark.parametrize("form", [dict, json.dumps], ids=["dict", "text"])
async def test_a_device_that_was_registered_signs_its_person_in(form: Callable[[Json], Any]) -> None:
    user, device = await make_user(), Authenticator()
    await make_user()

    question = await passkeys.registration_options(user=user)
    made = await passkeys.register(
        user_id=user.id, token=question.token, response=form(device.create(question.options))
    )
    question = await passkeys.sign_in_options()
    used = await passkeys.authenticate(token=question.token, response=form(device.get(question.options)))

    assert used.id == made.id
    assert used.user_id == user.id
    assert used.counter == 1


async def test_the_questions_say_what_browsers_need() -> None:
    user = await make_user(name="Ada", email="ada@example.com")

    creation = (await passkeys.registration_options(user=user)).options
    request = (await passkeys.sign_in_options()).options

    assert json.loads(json.dumps(creation)) == creation
    assert creation["rp"] == {"id": "app.example.com", "name": "Acme"}
    assert (creation["user"]["name"], creation["user"]["displayName"]) == ("ada@example.com", "Ada")
    assert len(decoded(creation["challenge"])) == 32
    assert creation["timeout"] == 300_000
    assert creation["attestation"] == "none"
    assert creation["excludeCredentials"] == []
    assert creation["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "preferred",
    }
    challenge = request.pop("challenge")
    assert challenge != creation["challenge"]
    assert len(decoded(challenge)) == 32
    assert request == {
        "rpId": "app.example.com",
        "timeout": 300_000,
        "allowCredentials": [],
        "userVerification": "preferred",
    }


async def test_the_columns_are_written_as_better_auth_writes_them() -> None:
    user = await make_user()
    aaguid = bytes.fromhex("fbfc3007154e4ecc8c0b6e020557d7bd")
    device = Authenticator(
        backup_eligible=True, backed_up=True, transports=("internal", "hybrid", "telepathy", "hybrid"), aaguid=aaguid
    )

    passkey = await registered(device, user, name="  My telephone ")

    written = await row(passkey)
    assert written["credentialID"] == encoded(device.keys[0].credential_id)
    assert written["userId"] == user.id
    assert written["name"] == "My telephone"
    assert written["counter"] == 0
    assert written["deviceType"] == "multiDevice"
    assert bool(written["backedUp"])
    assert written["transports"] == "internal,hybrid"
    assert written["aaguid"] == "fbfc3007-154e-4ecc-8c0b-6e020557d7bd"
    assert written["createdAt"] is not None
    numbers = device.keys[0].private.public_key().public_numbers()
    key = b64decode(written["publicKey"], validate=True)
    assert cbor2.loads(key) == {
        1: 2,
        3: -7,
        -1: 1,
        -2: numbers.x.to_bytes(32, "big"),
        -3: numbers.y.to_bytes(32, "big"),
    }


async def test_a_key_bound_to_its_device_without_a_name_or_transports_is_kept_as_that() -> None:
    passkey = await registered(Authenticator(transports=()), await make_user())

    written = await row(passkey)

    assert written["deviceType"] == "singleDevice"
    assert not written["backedUp"]
    assert written["transports"] is None
    assert written["name"] is None
    assert written["aaguid"] == "00000000-0000-0000-0000-000000000000"


async def test_a_passkey_that_better_auth_registered_signs_in_whatever_its_user_handle() -> None:
    user, device = await make_user(), Authenticator()
    passkey = await registered(device, user)
    await Passkey.filter(id=passkey.id).update(transports="internal,hybrid,something-new", aaguid=None, created_at=None)
    device.keys[0].user_handle = b"q3x9k2m5v8b1n4c7z0l6j3h9g2f5d8s1"

    assert (await signed_in(device)).user_id == user.id
    assert (await signed_in(device, user_id=user.id)).user_id == user.id


async def test_several_devices_of_one_person_and_one_device_of_several_each_sign_in() -> None:
    ada, grace = await make_user(), await make_user()
    telephone, key = Authenticator(counts=False, backup_eligible=True), Authenticator(transports=("usb", "nfc"))

    expected = {
        (await registered(device, user)).id: (device, user) for user in (ada, grace) for device in (telephone, key)
    }

    assert len(await passkeys.list_passkeys(user_id=ada.id)) == 2
    for passkey_id, (device, user) in expected.items():
        used = await signed_in(device, user_id=user.id)
        assert (used.id, used.user_id) == (passkey_id, user.id)
    for _ in range(2):  # What a device offers by itself is the newest it has.
        assert (await signed_in(telephone)).user_id == grace.id


async def test_a_device_is_not_registered_twice_for_one_person() -> None:
    user, device = await make_user(), Authenticator(transports=("usb",))
    passkey = await registered(device, user)

    question = await passkeys.registration_options(user=user)

    assert question.options["excludeCredentials"] == [
        {"id": passkey.credential_id, "type": "public-key", "transports": ["usb"]}
    ]
    with pytest.raises(Excluded):
        device.create(question.options)


async def test_asked_once_more_a_person_is_asked_for_their_own_passkeys() -> None:
    ada, grace = await make_user(), await make_user()
    mine, theirs = Authenticator(), Authenticator()
    passkey = await registered(mine, ada)
    await registered(theirs, grace)

    question = await passkeys.sign_in_options(user_id=ada.id)

    assert [each["id"] for each in question.options["allowCredentials"]] == [passkey.credential_id]
    with pytest.raises(NotAllowed):
        theirs.get(question.options)
    question.options["allowCredentials"] = []  # Who wants to, leaves out what they were asked for.
    with pytest.raises(passkeys.PasskeyInvalid):
        await passkeys.authenticate(token=question.token, response=theirs.get(question.options))


async def test_a_device_that_asks_for_no_finger_is_enough_and_one_that_nobody_touched_is_not() -> None:
    user, device = await make_user(), Authenticator(verifies=False)
    await registered(device, user)
    assert await signed_in(device)

    device.present = False

    with pytest.raises(passkeys.PasskeyInvalid):
        await signed_in(device)
    with pytest.raises(passkeys.PasskeyUnacceptable):
        await registered(device, await make_user())


@pytest.mark.parametrize("verifies", [True, False])
async def test_the_answer_tells_whether_the_device_made_sure_of_the_person(verifies: bool) -> None:  # noqa: FBT001
    device = Authenticator()
    passkey = await registered(device, await make_user())
    device.verifies = verifies
    question = await passkeys.sign_in_options()

    verified = await passkeys.verify(token=question.token, response=device.get(question.options))

    assert verified.passkey.id == passkey.id
    assert verified.user_verified is verifies


async def test_that_the_key_is_backed_up_now_is_written_down() -> None:
    device = Authenticator(backup_eligible=True)
    passkey = await registered(device, await make_user())
    device.backed_up = True

    used = await signed_in(device)

    assert used.backed_up
    assert (await Passkey.get(id=passkey.id)).backed_up


async def test_an_app_hears_of_a_new_passkey() -> None:
    heard: list[passkeys.PasskeyAdded] = []

    @events.on(passkeys.PasskeyAdded)
    async def hear(event: passkeys.PasskeyAdded) -> None:
        heard.append(event)

    user = await make_user()
    passkey = await registered(Authenticator(), user)
    events.forget(hear)

    assert heard == [passkeys.PasskeyAdded(user_id=user.id, passkey_id=passkey.id)]


# --- The place ---


@pytest.mark.parametrize(
    ("base_url", "rp_id", "origin"),
    [
        ("https://app.example.com/", "app.example.com", "https://app.example.com"),
        ("https://APP.example.com:443/de/start?x=y", "app.example.com", "https://app.example.com"),
        ("https://app.example.com:8443", "app.example.com", "https://app.example.com:8443"),
        ("http://localhost:8000", "localhost", "http://localhost:8000"),
        ("http://localhost:80", "localhost", "http://localhost"),
        ("https://bücher.example", "xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
async def test_the_place_is_said_as_browsers_say_it(base_url: str, rp_id: str, origin: str) -> None:
    with overridden(base_url=base_url):
        user, device = await make_user(), Authenticator(origin=origin)
        creation, request = await passkeys.registration_options(user=user), await passkeys.sign_in_options()

        assert creation.options["rp"]["id"] == request.options["rpId"] == rp_id
        assert await registered(device, user)
        assert (await signed_in(device)).user_id == user.id


@pytest.mark.parametrize(
    "base_url",
    [
        "http://127.0.0.1:8000",
        "http://127.1",
        "http://[::1]:8000",
        "app.example.com",
        "",
        "ftp://example.com",
        "mailto:a",
    ],
)
async def test_where_browsers_have_no_passkeys_the_operator_is_told_what_to_do(base_url: str) -> None:
    user = await make_user()

    with overridden(base_url=base_url):
        with pytest.raises(SettingsInvalid) as refused:
            await passkeys.registration_options(user=user)
        with pytest.raises(SettingsInvalid):
            await passkeys.sign_in_options()

    assert "STYLOBATE_BASE_URL" in str(refused.value)
    assert "http://localhost:8000" in refused.value.remedy


WRONG_PLACES: list[dict[str, Any]] = [
    {"origin": "https://evil.example"},
    {"origin": "http://app.example.com"},
    {"origin": "https://app.example.com:8443"},
    {"origin": "https://app.example.com/"},
    {"origin": "https://app.example.com.evil.example"},
    {"rp_id": "evil.example"},
    {"rp_id": "example.com"},
    {"cross_origin": True},
]


@pytest.mark.parametrize("wrong", WRONG_PLACES, ids=str)
async def test_what_was_meant_for_another_place_is_refused(wrong: dict[str, Any]) -> None:
    user, device = await make_user(), Authenticator()
    passkey = await registered(device, user)
    for name, value in wrong.items():
        setattr(device, name, value)

    with pytest.raises(passkeys.PasskeyInvalid):
        await signed_in(device)
    with pytest.raises(passkeys.PasskeyUnacceptable):
        await registered(device, await make_user())

    assert (await Passkey.get(id=passkey.id)).counter == 0
    assert await Passkey.all().count() == 1


async def test_whoever_set_the_wrong_address_finds_it_in_the_log_without_the_page(
    caplog: pytest.LogCaptureFixture,
) -> None:
    device = Authenticator(origin="https://page.example/secret")

    with caplog.at_level(logging.INFO), pytest.raises(passkeys.PasskeyUnacceptable):
        await registered(device, await make_user())

    assert "STYLOBATE_BASE_URL" in caplog.text
    assert "page.example" not in caplog.text


# --- Tokens ---


async def test_a_ceremony_is_over_after_one_answer_right_or_wrong() -> None:
    user, device = await make_user(), Authenticator()
    creation = await passkeys.registration_options(user=user)
    await passkeys.register(user_id=user.id, token=creation.token, response=device.create(creation.options))
    request = await passkeys.sign_in_options()
    response = device.get(request.options)
    await passkeys.authenticate(token=request.token, response=response)

    with pytest.raises(passkeys.PasskeyUnacceptable):
        await passkeys.register(
            user_id=user.id, token=creation.token, response=Authenticator().create(creation.options)
        )
    with pytest.raises(passkeys.PasskeyInvalid):
        await passkeys.authenticate(token=request.token, response=response)
    with pytest.raises(passkeys.PasskeyInvalid):
        await passkeys.authenticate(token=request.token, response=device.get(request.options))

    wrong = await passkeys.sign_in_options()
    right = device.get(wrong.options)
    with pytest.raises(passkeys.PasskeyInvalid):
        await passkeys.authenticate(token=wrong.token, response="{}")
    with pytest.raises(passkeys.PasskeyInvalid):
        await passkeys.authenticate(token=wrong.token, response=right)


async def test_of_eight_that_answer_one_question_one_signs_in() -> None:
    device = Authenticator()
    await registered(device, await make_user())
    question = await passkeys.sign_in_options()
    responses = [device.get(question.options) for _ in range(8)]

    results = await asyncio.gather(
        *(passkeys.authenticate(token=question.token, response=each) for each in responses), return_exceptions=True
    )

    assert sum(isinstance(result, Passkey) for result in results) == 1
    assert sum(isinstance(result, passkeys.PasskeyInvalid) for result in results) == 7


async def test_of_eight_that_register_with_one_question_one_does() -> None:
    user = await make_user()
    question = await passkeys.registration_options(user=user)
    responses = [Authenticator().create(question.options) for _ in range(8)]

    results = await asyncio.gather(
        *(passkeys.register(user_id=user.id, token=question.token, response=each) for each in responses),
        return_exceptions=True,
    )

    assert sum(isinstance(result, Passkey) for result in results) == 1
    assert sum(isinstance(result, passkeys.PasskeyUnacceptable) for result in results) == 7
    assert await Passkey.all().count() == 1


async def test_an_answer_that_comes_after_five_minutes_is_refused() -> None:
    user, device = await make_user(), Authenticator()
    await registered(device, user)
    creation, request = await passkeys.registration_options(user=user), await passkeys.sign_in_options()

    with clock.shifted(5 * MINUTE):
        with pytest.raises(passkeys.PasskeyUnacceptable):
            await passkeys.register(
                user_id=user.id, token=creation.token, response=Authenticator().create(creation.options)
            )
        with pytest.raises(passkeys.PasskeyInvalid):
            await passkeys.authenticate(token=request.token, response=device.get(request.options))
        await verifications.prune()

    assert await Verification.all().count() == 0


@pytest.mark.parametrize("token", UNTRUE)
async def test_a_token_that_never_was_one_is_refused(token: str) -> None:
    user, device = await make_user(), Authenticator()
    await registered(device, user)
    creation, request = await passkeys.registration_options(user=user), await passkeys.sign_in_options()

    with pytest.raises(passkeys.PasskeyUnacceptable):
        await passkeys.register(user_id=user.id, token=token, response=Authenticator().create(creation.options))
    with pytest.raises(passkeys.PasskeyInvalid):
        await passkeys.authenticate(token=token, response=device.get(request.options))


async def test_one_questions_token_is_worth_nothing_for_another_question() -> None:
    user, device = await make_user(), Authenticator()
    await registered(device, user)
    creation, request = await passkeys.registration_options(user=user), await passkeys.sign_in_options()
    other = await passkeys.sign_in_options()

    with pytest.raises(passkeys.PasskeyInvalid):
        await passkeys.authenticate(token=creation.token, response=device.get(request.options))
    with pytest.raises(passkeys.PasskeyInvalid):
        await passkeys.authenticate(token=other.token, response=device.get(request.options))
    with pytest.raises(passkeys.PasskeyUnacceptable):
        await passkeys.register(user_id=user.id, token=request.token, response=Authenticator().create(creation.options))


async def test_the_token_is_nowhere_in_the_row() -> None:
    question = await passkeys.sign_in_options()

    (stored,) = await Verification.all().values()

    assert question.token not in str(stored)
    assert json.loads(stored["value"]) == {"user_id": None, "challenge": question.options["challenge"]}


# --- Whose passkey ---


async def test_somebody_elses_question_can_not_be_answered_for_oneself() -> None:
    ada, mallory = await make_user(), await make_user()
    question = await passkeys.registration_options(user=ada)

    with pytest.raises(passkeys.PasskeyUnacceptable):
        await passkeys.register(
            user_id=mallory.id, token=question.token, response=Authenticator().create(question.options)
        )

    assert await Passkey.all().count() == 0


@pytest.mark.parametrize("whose", ["mine", "theirs"])
async def test_a_passkey_is_registered_once_for_whomever(whose: str) -> None:
    ada, device = await make_user(), Authenticator()
    passkey = await registered(device, ada)
    second = ada if whose == "mine" else await make_user()
    forger = Authenticator()
    question = await passkeys.registration_options(user=second)
    response = forger.create(question.options)
    identified(response, device.keys[0].credential_id)

    with pytest.raises(passkeys.PasskeyTaken):
        await passkeys.register(user_id=second.id, token=question.token, response=response)

    assert [each.id for each in await Passkey.all()] == [passkey.id]
    assert (await signed_in(device)).user_id == ada.id


def identified(response: Json, credential_id: bytes) -> None:
    """Have a device say that its new key goes by another id, and mean it throughout."""
    attestation = cbor2.loads(decoded(response["response"]["attestationObject"]))
    head, rest = attestation["authData"][:53], attestation["authData"][53:]
    key = rest[2 + int.from_bytes(rest[:2], "big") :]
    attestation["authData"] = head + len(credential_id).to_bytes(2, "big") + credential_id + key
    response["response"]["attestationObject"] = encoded(cbor2.dumps(attestation))
    response["id"] = response["rawId"] = encoded(credential_id)


async def test_a_user_handle_made_for_somebody_else_is_refused() -> None:
    ada, grace = await make_user(), await make_user()
    mine, theirs = Authenticator(), Authenticator()
    await registered(mine, ada)
    await registered(theirs, grace)
    mine.keys[0].user_handle = theirs.keys[0].user_handle

    with pytest.raises(passkeys.PasskeyInvalid):
        await signed_in(mine)


async def test_a_device_that_keeps_no_user_handle_signs_in() -> None:
    user, device = await make_user(), Authenticator()
    await registered(device, user)
    for handle in ("", None):
        question = await passkeys.sign_in_options()
        response = device.get(question.options)
        response["response"]["userHandle"] = handle

        assert (await passkeys.authenticate(token=question.token, response=response)).user_id == user.id


async def test_a_user_handle_says_nothing_about_the_person_and_is_the_same_each_time() -> None:
    user = await make_user(name="Grace", email="grace@example.com")
    handles = [(await passkeys.registration_options(user=user)).options["user"]["id"] for _ in range(2)]

    assert handles[0] == handles[1]
    assert user.id.encode() not in decoded(handles[0])
    assert b"grace" not in decoded(handles[0])


async def test_an_unknown_passkey_is_refused() -> None:
    device = Authenticator()
    passkey = await registered(device, await make_user())
    await passkeys.delete(passkey_id=passkey.id, user_id=passkey.user_id)

    with pytest.raises(passkeys.PasskeyInvalid):
        await signed_in(device)


async def test_a_passkey_goes_with_its_person() -> None:
    user, device = await make_user(), Authenticator()
    await registered(device, user)
    question = await passkeys.registration_options(user=user)

    await users.delete(user.id)

    with pytest.raises(passkeys.PasskeyInvalid):
        await signed_in(device)
    with pytest.raises(passkeys.PasskeyUnacceptable):
        await passkeys.register(
            user_id=user.id, token=question.token, response=Authenticator().create(question.options)
        )


async def test_a_key_signs_for_its_own_passkey_and_no_other() -> None:
    device, other = Authenticator(), Authenticator()
    await registered(device, await make_user())
    passkey = await registered(other, await make_user())
    question = await passkeys.sign_in_options()
    response = device.get(question.options)
    response["id"] = response["rawId"] = passkey.credential_id
    del response["response"]["userHandle"]

    with pytest.raises(passkeys.PasskeyInvalid):
        await passkeys.authenticate(token=question.token, response=response)


# --- The counter ---


async def test_a_copied_device_is_found_out_by_its_counter_and_nothing_changes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[passkeys.PasskeySuspected] = []

    @events.on(passkeys.PasskeySuspected)
    async def hear(event: passkeys.PasskeySuspected) -> None:
        heard.append(event)

    device = Authenticator(backup_eligible=True)
    passkey = await registered(device, await make_user())
    clone = device.cloned()
    clone.backed_up = True
    for _ in range(3):
        await signed_in(device)
    before = await row(passkey)

    for _ in range(3):  # 1, 2 and 3, where 3 was the last.
        with pytest.raises(passkeys.PasskeySuspect):
            await signed_in(clone)
    events.forget(hear)

    assert await row(passkey) == before
    assert heard == [passkeys.PasskeySuspected(user_id=passkey.user_id, passkey_id=passkey.id)] * 3
    assert "may be two of it" in caplog.text
    assert passkey.credential_id not in caplog.text
    assert (await signed_in(device)).counter == 4


async def test_a_device_that_stops_counting_is_suspect_and_one_that_never_counted_is_not() -> None:
    counting, other = Authenticator(), Authenticator(counts=False)
    await registered(counting, await make_user())
    await registered(other, await make_user())
    await signed_in(counting)
    counting.counts, counting.keys[0].counter = False, 0

    with pytest.raises(passkeys.PasskeySuspect):
        await signed_in(counting)
    for _ in range(3):
        assert (await signed_in(other)).counter == 0


async def test_of_eight_answers_with_the_same_count_one_is_accepted() -> None:
    device = Authenticator()
    passkey = await registered(device, await make_user())
    answers = []
    for clone in [device.cloned() for _ in range(8)]:
        question = await passkeys.sign_in_options()
        answers.append((question.token, clone.get(question.options)))

    results = await asyncio.gather(
        *(passkeys.authenticate(token=token, response=response) for token, response in answers),
        return_exceptions=True,
    )

    assert sum(isinstance(result, Passkey) for result in results) == 1
    assert sum(isinstance(result, passkeys.PasskeySuspect) for result in results) == 7
    assert (await Passkey.get(id=passkey.id)).counter == 1


async def test_the_counter_has_all_32_bits() -> None:
    device = Authenticator()
    passkey = await registered(device, await make_user())
    device.keys[0].counter = 2**32 - 2

    await signed_in(device)

    assert (await Passkey.get(id=passkey.id)).counter == 2**32 - 1


async def test_a_key_that_was_bound_to_its_device_and_no_longer_is_is_suspect() -> None:
    device = Authenticator()
    passkey = await registered(device, await make_user())
    device.backup_eligible = device.backed_up = True
    before = await row(passkey)

    with pytest.raises(passkeys.PasskeySuspect):
        await signed_in(device)

    assert await row(passkey) == before


async def test_a_wrong_signature_is_no_sign_of_a_copy() -> None:
    device = Authenticator()
    await registered(device, await make_user())
    await signed_in(device)
    clone = device.cloned()
    await signed_in(device)
    question = await passkeys.sign_in_options()
    response = clone.get(question.options)
    response["response"]["signature"] = clone.get((await passkeys.sign_in_options()).options)["response"]["signature"]

    with pytest.raises(passkeys.PasskeyInvalid):
        await passkeys.authenticate(token=question.token, response=response)


async def test_an_answer_within_a_transaction_that_fails_leaves_the_counter() -> None:
    device = Authenticator()
    passkey = await registered(device, await make_user())
    question = await passkeys.sign_in_options()
    response = device.get(question.options)

    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await passkeys.authenticate(token=question.token, response=response)
            raise ZeroDivisionError

    assert (await Passkey.get(id=passkey.id)).counter == 0
    assert (await passkeys.authenticate(token=question.token, response=response)).counter == 1


# --- Keeping them ---


async def test_a_person_has_twenty_passkeys_at_the_most() -> None:
    user = await make_user()
    await registered(Authenticator(), await make_user())
    for _ in range(17):
        await registered(Authenticator(), user)
    questions = [await passkeys.registration_options(user=user) for _ in range(8)]

    results = await asyncio.gather(
        *(
            passkeys.register(user_id=user.id, token=each.token, response=Authenticator().create(each.options))
            for each in questions
        ),
        return_exceptions=True,
    )

    assert sum(isinstance(result, Passkey) for result in results) == 3
    assert sum(isinstance(result, passkeys.PasskeysExhausted) for result in results) == 5
    mine = await passkeys.list_passkeys(user_id=user.id)
    assert len(mine) == 20
    with pytest.raises(passkeys.PasskeysExhausted):
        await passkeys.registration_options(user=user)
    await passkeys.delete(passkey_id=mine[0].id, user_id=user.id)
    assert await registered(Authenticator(), user)


async def test_registering_leaves_the_persons_own_row_as_it_was() -> None:
    user = await make_user()
    before = await User.filter(id=user.id).values()

    with clock.shifted(MINUTE):
        await registered(Authenticator(), user)

    assert await User.filter(id=user.id).values() == before


async def test_the_list_is_a_persons_own_the_oldest_first() -> None:
    user = await make_user()
    await registered(Authenticator(), await make_user())
    for minutes, name in enumerate(("first", "second", "third")):
        with clock.shifted(minutes * MINUTE):
            await registered(Authenticator(), user, name=name)

    assert [passkey.name for passkey in await passkeys.list_passkeys(user_id=user.id)] == ["first", "second", "third"]
    assert await passkeys.list_passkeys(user_id="nobody") == []


async def test_a_person_renames_and_deletes_their_own_passkeys_and_nobody_elses() -> None:
    mine, theirs = [await registered(Authenticator(), await make_user(), name="key") for _ in range(2)]

    renamed = await passkeys.rename(passkey_id=mine.id, user_id=mine.user_id, name=" Desk ")
    with pytest.raises(passkeys.PasskeyNotFound):
        await passkeys.rename(passkey_id=theirs.id, user_id=mine.user_id, name="Mine now")
    with pytest.raises(passkeys.PasskeyNotFound):
        await passkeys.delete(passkey_id=theirs.id, user_id=mine.user_id)
    await passkeys.delete(passkey_id=mine.id, user_id=mine.user_id)
    with pytest.raises(passkeys.PasskeyNotFound):
        await passkeys.rename(passkey_id=mine.id, user_id=mine.user_id, name="Gone")

    assert (renamed.id, renamed.name) == (mine.id, "Desk")
    assert [(each.id, each.name) for each in await Passkey.all()] == [(theirs.id, "key")]


@pytest.mark.parametrize("name", ["", "   ", "A\0da", "\ud800", "a" * 101, "Ada\nLovelace"])
async def test_a_name_that_can_not_be_stored_is_refused_before_the_token_is_used(name: str) -> None:
    user = await make_user()
    question = await passkeys.registration_options(user=user)
    response = Authenticator().create(question.options)

    with pytest.raises(TextInvalid):
        await passkeys.register(user_id=user.id, token=question.token, response=response, name=name)
    passkey = await passkeys.register(user_id=user.id, token=question.token, response=response, name="Ключ 🗝")
    with pytest.raises(TextInvalid):
        await passkeys.rename(passkey_id=passkey.id, user_id=user.id, name=name)

    assert (await Passkey.get(id=passkey.id)).name == "Ключ 🗝"


@pytest.mark.parametrize("anything", UNTRUE)
async def test_what_never_was_an_id_has_no_passkeys(anything: str) -> None:
    passkey = await registered(Authenticator(), await make_user())

    with pytest.raises(Refusal):
        await passkeys.delete(passkey_id=anything, user_id=passkey.user_id)
    with pytest.raises(Refusal):
        await passkeys.rename(passkey_id=passkey.id, user_id=anything, name="Mine")
    with pytest.raises(Refusal):
        await passkeys.register(user_id=anything, token="a", response="{}")

    assert await Passkey.all().count() == 1


# --- Whatever may come ---


def attested(change: Callable[[dict[Any, Any]], object]) -> Change:
    """Change what is within the attestation."""

    def change_response(response: Json) -> None:
        attestation = cbor2.loads(decoded(response["response"]["attestationObject"]))
        change(attestation)
        response["response"]["attestationObject"] = encoded(cbor2.dumps(attestation))

    return change_response


def keyed(**changes: object) -> Change:
    """Change entries of the public key; None takes one out. ``_2`` is entry -2."""

    def change(attestation: dict[Any, Any]) -> None:
        head, tail = attestation["authData"][:87], attestation["authData"][87:]
        key = cbor2.loads(tail) | {int(name.replace("_", "-")): value for name, value in changes.items()}
        attestation["authData"] = head + cbor2.dumps({name: value for name, value in key.items() if value is not None})

    return attested(change)


def said(**changes: object) -> Change:
    """Change what the browser says."""

    def change(response: Json) -> None:
        data = json.loads(decoded(response["response"]["clientDataJSON"])) | changes
        response["response"]["clientDataJSON"] = encoded(json.dumps(data).encode())

    return change


def to(name: str, value: object) -> Change:
    """Put another value into the response; ``response.`` goes one deeper."""

    def change(response: Json) -> None:
        first, _, last = name.rpartition(".")
        (response[first] if first else response)[last] = value

    return change


RUBBISH: list[object] = ["", "A", "====", "\0", "\ud800", "x" * 70_000, None, 1, True, 1.5, [], {}, ["a"], {"a": "b"}]
DEEP = encoded(b"\x81" * 20_000)
COMMON: dict[str, Change] = {
    **{
        f"{name} is {str(value)[:10]!r}": to(name, value)
        for name in ("id", "rawId", "type", "response", "response.clientDataJSON")
        for value in RUBBISH
    },
    "another type": said(type="webauthn.somewhere"),
    "no type": said(type=None),
    "another challenge": said(challenge=encoded(b"c" * 32)),
    "a challenge that is a number": said(challenge=1),
    "an origin that is a list": said(origin=["https://app.example.com"]),
    "an attachment of its own": to("authenticatorAttachment", "welded"),
    "something that JSON does not know": to("clientExtensionResults", b"bytes"),
    "another id": to("id", encoded(b"i" * 32)),
    "another raw id": to("rawId", encoded(b"i" * 32)),
    "client data that nests": to("response.clientDataJSON", encoded(b"[" * 20_000)),
    "client data that is a list": to("response.clientDataJSON", encoded(b"[]")),
    "client data in no encoding": to("response.clientDataJSON", encoded(b"\xff\xfe\xff")),
}
CREATED: dict[str, Change] = COMMON | {
    **{f"attestation is {str(value)[:10]!r}": to("response.attestationObject", value) for value in RUBBISH},
    "the type of the other": said(type="webauthn.get"),
    "CBOR that nests": to("response.attestationObject", DEEP),
    "CBOR that promises more": to("response.attestationObject", encoded(b"\x5b" + b"\x7f" + b"\xff" * 7)),
    "CBOR that is a list": to("response.attestationObject", encoded(cbor2.dumps([]))),
    "no format": attested(lambda it: it.pop("fmt")),
    "another format": attested(lambda it: it.update(fmt="handwritten")),
    "a format that is a list": attested(lambda it: it.update(fmt=[])),
    "a format that is promised": attested(lambda it: it.update(fmt="packed")),
    "a statement where none is": attested(lambda it: it.update(attStmt={"sig": b"s"})),
    "a statement that is a number": attested(lambda it: it.update(attStmt=1)),
    "no data": attested(lambda it: it.update(authData=b"")),
    "data cut short": attested(lambda it: it.update(authData=it["authData"][:60])),
    "data with a rest": attested(lambda it: it.update(authData=it["authData"] + b"\0")),
    "data that is text": attested(lambda it: it.update(authData="data")),
    "no key": attested(lambda it: it.update(authData=it["authData"][:37])),
    "no id": lambda it: identified(it, b""),
    "an id too long": lambda it: identified(it, b"i" * 1_024),
    "both ids but the attested one": lambda it: it.update(id="aWQ", rawId="aWQ"),
    "a key of another kind": keyed(**{"1": 99}),
    "a key without a kind": keyed(**{"1": None}),
    "a key by another algorithm": keyed(**{"3": -65535}),
    "a key on no curve": keyed(_1=99),
    "a key beside the curve": keyed(_2=b"\1" * 32),
    "a key without a half": keyed(_3=None),
    "a key of text": keyed(_2="x"),
    "a backup of what can't be": attested(
        lambda it: it.update(authData=it["authData"][:32] + bytes([it["authData"][32] | 0x10]) + it["authData"][33:])
    ),
}
SIGNED: dict[str, Change] = COMMON | {
    **{
        f"{name} is {str(value)[:10]!r}": to(f"response.{name}", value)
        for name in ("authenticatorData", "signature")
        for value in RUBBISH
    },
    **{f"userHandle is {value!r}": to("response.userHandle", value) for value in ["A", "\ud800", 1, [], {}, True]},
    "the type of the other": said(type="webauthn.create"),
    "a handle of another": to("response.userHandle", encoded(b"0" * 64)),
    "words added": said(more="words"),
}


@pytest.mark.parametrize("change", CREATED.values(), ids=CREATED.keys())
async def test_a_wrong_answer_registers_nothing(change: Change) -> None:
    user = await make_user()
    question = await passkeys.registration_options(user=user)
    response = Authenticator().create(question.options)
    change(response)

    with pytest.raises(passkeys.PasskeyUnacceptable) as refused:
        await passkeys.register(user_id=user.id, token=question.token, response=response)

    assert str(refused.value) == passkeys.PasskeyUnacceptable.message
    assert await Passkey.all().count() == 0


@pytest.mark.parametrize("change", SIGNED.values(), ids=SIGNED.keys())
async def test_a_wrong_answer_signs_nobody_in(change: Change) -> None:
    device = Authenticator()
    passkey = await registered(device, await make_user())
    question = await passkeys.sign_in_options()
    response = device.get(question.options)
    change(response)

    with pytest.raises(passkeys.PasskeyInvalid) as refused:
        await passkeys.authenticate(token=question.token, response=response)

    assert str(refused.value) == passkeys.PasskeyInvalid.message
    assert (await Passkey.get(id=passkey.id)).counter == 0


CIRCLE: Json = {}
CIRCLE["response"] = CIRCLE


@pytest.mark.parametrize(
    "response",
    [
        *("", "{", "null", "[]", "1", '"text"', "[" * 60_000, "9" * 60_000, "\0", "\ud800", "{}" + " " * 70_000),
        *({}, {"id": b""}, CIRCLE, None, 1, [], b"{}"),
    ],
    ids=lambda it: repr(it)[:20],
)
async def test_what_is_no_answer_at_all_is_refused(response: Any) -> None:
    user = await make_user()
    creation, request = await passkeys.registration_options(user=user), await passkeys.sign_in_options()

    with pytest.raises(passkeys.PasskeyUnacceptable):
        await passkeys.register(user_id=user.id, token=creation.token, response=response)
    with pytest.raises(passkeys.PasskeyInvalid):
        await passkeys.authenticate(token=request.token, response=response)


@pytest.mark.parametrize("form", [dict, json.dumps], ids=["dict", "text"])
async def test_an_answer_may_be_long_but_not_without_end(form: Callable[[Json], Any]) -> None:
    device = Authenticator()
    await registered(device, await make_user())
    long, endless = [await passkeys.sign_in_options() for _ in range(2)]
    response = device.get(long.options) | {"clientExtensionResults": {"blob": "x" * 60_000}}
    assert await passkeys.authenticate(token=long.token, response=form(response))

    response = device.get(endless.options) | {"clientExtensionResults": {"blob": "x" * 70_000}}

    with pytest.raises(passkeys.PasskeyInvalid):
        await passkeys.authenticate(token=endless.token, response=form(response))


@pytest.mark.parametrize("stored", ["", "A", "rubbish", b64encode(b"\x81" * 5_000).decode(), "oA=="])
async def test_a_key_that_another_program_stored_and_can_not_be_read_is_refused(stored: str) -> None:
    device = Authenticator()
    passkey = await registered(device, await make_user())
    await Passkey.filter(id=passkey.id).update(public_key=stored)

    with pytest.raises(passkeys.PasskeyInvalid):
        await signed_in(device)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def mutations(draw: st.DrawFn, *, parts: tuple[str, ...]) -> Change:
    """A change of bytes in one of the parts, or of a part of the whole, to anything that JSON can say."""
    name = draw(st.sampled_from(parts))
    if draw(st.integers(0, 3)) == 0:
        places = ("id", "rawId", "type", "authenticatorAttachment", "clientExtensionResults", "response", name)
        return to(draw(st.sampled_from(places)), draw(JSON))
    where, length = draw(st.integers(0, 10_000)), draw(st.integers(0, 4))
    put = draw(st.binary(max_size=6))

    def change(response: Json) -> None:
        raw = decoded(response["response"][name.partition(".")[2]])
        at = where % (len(raw) + 1)
        to(name, encoded(raw[:at] + put + raw[at + length :]))(response)

    return change


def told(response: Json, *names: str) -> list[bytes]:
    return [decoded(response["response"][name]) for name in names]


@given(change=mutations(parts=("response.clientDataJSON", "response.authenticatorData", "response.signature")))
@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_tampered_answer_signs_nobody_in_and_fails_in_one_way(change: Change) -> None:
    device = Authenticator()
    await registered(device, await make_user())
    question = await passkeys.sign_in_options()
    response = device.get(question.options)
    signed = told(response, "clientDataJSON", "authenticatorData", "signature")
    change(response)

    try:
        await passkeys.authenticate(token=question.token, response=response)
    except passkeys.PasskeyInvalid:
        return

    assert told(response, "clientDataJSON", "authenticatorData", "signature") == signed
    assert decoded(response["id"]) == device.keys[0].credential_id


@given(change=mutations(parts=("response.clientDataJSON", "response.attestationObject")))
@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_tampered_registration_fails_in_one_way(change: Change) -> None:
    user = await make_user()
    question = await passkeys.registration_options(user=user)
    response = Authenticator().create(question.options)
    change(response)

    try:
        passkey = await passkeys.register(user_id=user.id, token=question.token, response=response)
    except passkeys.PasskeyUnacceptable:
        return

    # Nothing is signed without attestation, so another aaguid is as good; who answers to what is not.
    client_data = json.loads(decoded(response["response"]["clientDataJSON"]))
    assert decoded(client_data["challenge"]) == decoded(question.options["challenge"])
    assert client_data["origin"] == "https://app.example.com"
    assert passkey.credential_id == response["id"]


def test_the_library_is_not_loaded_before_a_passkey_is_asked_for() -> None:
    program = "import sys; from core import passkeys; print('webauthn' in sys.modules, 'cbor2' in sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)

    assert loaded.stdout.split() == ["False", "False"]
