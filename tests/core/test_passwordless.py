import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest

from core import accounts, authentication, clock, passkeys, passwordless, sessions, two_factor, users
from core.attempts import AttemptsExhausted
from core.authentication import Banned, CredentialsInvalid, SecondStep, SignedIn
from core.passwordless import CodeInvalid
from core.settings import SettingsInvalid, overridden
from core.text import TextInvalid
from core.users import EmailInvalid
from core.verifications import VerificationInvalid
from models import Mail, User, Verification
from tests.authenticator import Authenticator
from tests.factories import make_user
from tests.mailbox import listen, mailed, statements, templates_for, token_for

pytestmark = pytest.mark.usefixtures("db")

FIVE_MINUTES = timedelta(minutes=5)
ADA = "ada@example.com"


async def link(email: str = ADA, **options: Any) -> str:
    await passwordless.request_magic_link(email=email, **options)
    return await token_for(email, "magic_link")


async def code(email: str = ADA) -> str:
    await passwordless.request_code(email=email)
    return str((await mailed(email, "sign_in_code"))["code"])


def another(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06}"


async def enabled_two_factor(user: User) -> None:
    import pyotp  # noqa: PLC0415

    enrolment = await two_factor.enrol(user_id=user.id)
    await two_factor.confirm(user_id=user.id, code=pyotp.TOTP(enrolment.secret).now())


async def race(*runners: Awaitable[Any]) -> list[Any]:
    return await asyncio.gather(*runners, return_exceptions=True)


def count(results: list[Any], kind: type) -> int:
    return sum(isinstance(result, kind) for result in results)


# --- Links ---


async def test_a_link_signs_in_once_and_verifies_the_address() -> None:
    user = await make_user(email=ADA)
    token = await link("ADA@example.com".lower())

    signed_in = await passwordless.sign_in_with_magic_link(token=token, ip_address="203.0.113.9", user_agent="Firefox")

    assert isinstance(signed_in, SignedIn)
    assert (signed_in.user.id, signed_in.user.email_verified) == (user.id, True)
    assert (signed_in.session.ip_address, signed_in.session.user_agent) == ("203.0.113.9", "Firefox")
    assert (await sessions.authenticate(signed_in.token)).user_id == user.id
    with pytest.raises(VerificationInvalid):
        await passwordless.sign_in_with_magic_link(token=token)


async def test_of_eight_who_sign_in_by_one_link_one_does() -> None:
    token = await link()

    results = await race(*(passwordless.sign_in_with_magic_link(token=token) for _ in range(8)))

    assert (count(results, SignedIn), count(results, VerificationInvalid)) == (1, 7)
    assert await User.all().count() == 1


async def test_somebody_new_joins_by_a_link_under_the_name_they_gave() -> None:
    token = await link(name=" Ada Lovelace ", locale="de")
    assert await User.all().count() == 0

    signed_in = await passwordless.sign_in_with_magic_link(token=token)

    assert isinstance(signed_in, SignedIn)
    assert (signed_in.user.name, signed_in.user.email, signed_in.user.email_verified) == ("Ada Lovelace", ADA, True)
    assert (await Mail.get()).locale == "de"


async def test_somebody_new_without_a_name_is_called_as_their_address_begins() -> None:
    signed_in = await passwordless.sign_in_with_magic_link(token=await link())

    assert isinstance(signed_in, SignedIn)
    assert signed_in.user.name == "ada"


async def test_two_links_of_somebody_new_used_at_once_make_one_person() -> None:
    links = [await link(), await link()]

    results = await race(*(passwordless.sign_in_with_magic_link(token=token) for token in links))

    assert count(results, SignedIn) == 2
    assert await User.all().count() == 1


async def test_a_name_changes_nothing_for_somebody_who_is_known() -> None:
    await make_user(email=ADA, name="Ada")

    await passwordless.sign_in_with_magic_link(token=await link(name="Eve"))

    assert (await User.get()).name == "Ada"


async def test_where_nobody_can_join_by_a_link_only_who_is_known_is_sent_one() -> None:
    await make_user(email=ADA)

    await passwordless.request_magic_link(email=ADA, sign_up=False)
    await passwordless.request_magic_link(email="nobody@example.com", sign_up=False)

    assert await templates_for(ADA) == ["magic_link"]
    assert await templates_for("nobody@example.com") == []


async def test_a_link_of_somebody_who_is_gone_signs_nobody_in_where_nobody_can_join() -> None:
    user = await make_user(email=ADA)
    token = await link(sign_up=False)
    await users.delete(user.id)

    with pytest.raises(VerificationInvalid):
        await passwordless.sign_in_with_magic_link(token=token)


async def test_a_link_lives_five_minutes() -> None:
    token = await link()

    with clock.shifted(FIVE_MINUTES), pytest.raises(VerificationInvalid):
        await passwordless.sign_in_with_magic_link(token=token)


@pytest.mark.parametrize("token", ["", "a" * 43, "a" * 100_000, "a\0b", "\ud800"])
async def test_a_token_that_never_was_one_is_refused(token: str) -> None:
    with pytest.raises(VerificationInvalid):
        await passwordless.sign_in_with_magic_link(token=token)


@pytest.mark.parametrize("name", ["x" * 201, "a\0b", "\ud800"])
async def test_a_name_that_can_not_be_stored_is_refused_before_anything_is_sent(name: str) -> None:
    with pytest.raises(TextInvalid):
        await passwordless.request_magic_link(email=ADA, name=name)

    assert await Mail.all().count() == 0


@pytest.mark.parametrize("email", ["", "ada", "a\0da@example.com", "\ud800@example.com", "a" * 100_000])
async def test_what_is_no_address_is_refused(email: str) -> None:
    with pytest.raises(EmailInvalid):
        await passwordless.request_magic_link(email=email)
    with pytest.raises(EmailInvalid):
        await passwordless.request_code(email=email)
    with pytest.raises(CodeInvalid):
        await passwordless.sign_in_with_code(email=email, code="123456")


async def test_who_signed_up_with_an_address_before_its_owner_came_is_out() -> None:
    squatter = await authentication.sign_up(name="Eve", email=ADA, password="a squatter's password")

    await passwordless.sign_in_with_magic_link(token=await link())

    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(squatter.token)
    with pytest.raises(CredentialsInvalid):
        await authentication.sign_in(email=ADA, password="a squatter's password")


async def test_who_is_known_can_not_be_told_by_what_the_database_is_asked(caplog: pytest.LogCaptureFixture) -> None:
    await make_user(email=ADA)
    listen(caplog)
    asked: dict[str, list[list[str]]] = {}
    for email in (ADA, "nobody@example.com"):
        asked[email] = []
        for request in (
            passwordless.request_magic_link(email=email, ip_address="::1"),
            passwordless.request_magic_link(email=email, sign_up=False),
            passwordless.request_code(email=email),
            passwordless.request_code(email=email),
        ):
            await request
            asked[email].append(statements(caplog))
        with pytest.raises(CodeInvalid):
            await passwordless.sign_in_with_code(email=email, code="wrong")
        asked[email].append(statements(caplog))

    assert asked[ADA] == asked["nobody@example.com"]


# --- Codes ---


async def test_a_code_signs_in_once_and_verifies_the_address() -> None:
    user = await make_user(email=ADA)
    digits = await code()

    signed_in = await passwordless.sign_in_with_code(email="ADA@example.com", code=f" {digits[:3]} {digits[3:]}\n")

    assert len(digits) == 6
    assert digits.isdecimal()
    assert isinstance(signed_in, SignedIn)
    assert (signed_in.user.id, signed_in.user.email_verified) == (user.id, True)
    with pytest.raises(CodeInvalid):
        await passwordless.sign_in_with_code(email=ADA, code=digits)


async def test_of_eight_who_sign_in_by_one_code_one_does() -> None:
    await make_user(email=ADA)
    digits = await code()

    results = await race(*(passwordless.sign_in_with_code(email=ADA, code=digits) for _ in range(8)))

    assert (count(results, SignedIn), count(results, CodeInvalid)) == (1, 7)


async def test_a_code_can_be_tried_three_times() -> None:
    await make_user(email=ADA)
    digits = await code()

    for _ in range(2):
        with pytest.raises(CodeInvalid):
            await passwordless.sign_in_with_code(email=ADA, code=another(digits))
    assert await passwordless.sign_in_with_code(email=ADA, code=digits)

    digits = await code()
    for _ in range(3):
        with pytest.raises(CodeInvalid):
            await passwordless.sign_in_with_code(email=ADA, code=another(digits))
    with pytest.raises(CodeInvalid):
        await passwordless.sign_in_with_code(email=ADA, code=digits)


async def test_of_a_thousand_guesses_at_once_three_are_looked_at() -> None:
    await make_user(email=ADA)
    digits = await code()
    wrong = [passwordless.sign_in_with_code(email=ADA, code=another(digits)) for _ in range(40)]

    results = await race(*wrong)

    assert count(results, CodeInvalid) == 40
    assert (await Verification.get()).value.endswith("...")
    assert len((await Verification.get()).value) == 64 + 3


async def test_the_last_code_is_the_only_one() -> None:
    await make_user(email=ADA)
    first, second = await code(), await code()

    if first != second:
        with pytest.raises(CodeInvalid):
            await passwordless.sign_in_with_code(email=ADA, code=first)
    assert await passwordless.sign_in_with_code(email=ADA, code=second)
    assert await Verification.all().count() == 0


async def test_a_code_lives_five_minutes_and_is_for_one_address() -> None:
    await make_user(email=ADA)
    await make_user(email="grace@example.com")
    digits = await code()
    await code("grace@example.com")
    await Verification.filter(id=passwordless.codes._row("grace@example.com")).update(
        value=(await Verification.get(id=passwordless.codes._row(ADA))).value
    )

    with pytest.raises(CodeInvalid):
        await passwordless.sign_in_with_code(email="grace@example.com", code=digits)
    with clock.shifted(FIVE_MINUTES), pytest.raises(CodeInvalid):
        await passwordless.sign_in_with_code(email=ADA, code=digits)
    assert await passwordless.sign_in_with_code(email=ADA, code=digits)


async def test_what_is_stored_of_a_code_is_worth_nothing_without_the_key() -> None:
    await make_user(email=ADA)
    digits = await code()

    assert digits not in str(await Verification.all().values("identifier", "value"))
    with overridden(secrets={2: "n" * 32}), pytest.raises(CodeInvalid):
        await passwordless.sign_in_with_code(email=ADA, code=digits)
    with overridden(secrets={}), pytest.raises(SettingsInvalid):
        await passwordless.request_code(email=ADA)


@pytest.mark.parametrize("guess", ["", "0", "a" * 100_000, "1\x0023456", "\ud800", "٠١٢٣٤٥"])
async def test_what_is_no_code_is_refused(guess: str) -> None:
    await make_user(email=ADA)
    await code()

    with pytest.raises(CodeInvalid):
        await passwordless.sign_in_with_code(email=ADA, code=guess)
    with pytest.raises(CodeInvalid):
        await passwordless.sign_in_with_code(email="nobody@example.com", code=guess)


async def test_nobody_can_go_on_guessing_by_asking_for_more_codes() -> None:
    await make_user(email=ADA)
    sent = 0
    for hour in range(24):
        with clock.shifted(timedelta(hours=hour)):
            for _ in range(6):
                try:
                    await passwordless.request_code(email=ADA)
                except AttemptsExhausted:
                    break
                sent += 1

    assert sent == 20


async def test_a_code_that_somebody_unknown_asked_for_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.crypto.tokens.code", lambda **_: "123456")
    await passwordless.request_code(email="nobody@example.com")

    with pytest.raises(CodeInvalid):
        await passwordless.sign_in_with_code(email="nobody@example.com", code="123456")

    assert await User.all().count() == 0


# --- Passkeys, and what all have in common ---


async def enter_with(device: Authenticator, **where: str) -> SignedIn | SecondStep:
    """Sign in with the passkey that this device has, as the product at another address than a laptop's."""
    with overridden(base_url="https://app.example"):
        ceremony = await passkeys.sign_in_options()
        answer = device.get(ceremony.options)
        return await passwordless.sign_in_with_passkey(token=ceremony.token, response=answer, **where)


async def add_passkey(device: Authenticator, user: User) -> None:
    with overridden(base_url="https://app.example"):
        ceremony = await passkeys.registration_options(user=user)
        answer = device.create(ceremony.options)
        await passkeys.register(user_id=user.id, token=ceremony.token, response=answer)


async def test_a_passkey_signs_in_without_a_second_step_when_its_device_was_unlocked() -> None:
    user, device = await make_user(email=ADA), Authenticator()
    await enabled_two_factor(user)
    await add_passkey(device, user)

    signed_in = await enter_with(device, user_agent="Firefox")

    assert isinstance(signed_in, SignedIn)
    assert signed_in.session.user_agent == "Firefox"
    await users.delete(user.id)
    with pytest.raises(passkeys.PasskeyInvalid):
        await enter_with(device)


async def test_a_passkey_on_a_device_that_was_not_unlocked_is_one_factor() -> None:
    user, device = await make_user(email=ADA), Authenticator(verifies=False)
    await enabled_two_factor(user)
    await add_passkey(device, user)

    assert isinstance(await enter_with(device), SecondStep)


async def test_an_answer_that_is_none_signs_nobody_in() -> None:
    with overridden(base_url="https://app.example"), pytest.raises(passkeys.PasskeyInvalid):
        await passwordless.sign_in_with_passkey(token="\0\ud800", response="\0\ud800")


async def test_by_mail_the_second_step_is_asked_for_unless_the_device_is_trusted() -> None:
    user = await make_user(email=ADA)
    await User.filter(id=user.id).update(email_verified=True)
    await enabled_two_factor(user)

    assert isinstance(await passwordless.sign_in_with_magic_link(token=await link()), SecondStep)
    assert isinstance(await passwordless.sign_in_with_code(email=ADA, code=await code()), SecondStep)

    device = await two_factor.trust_device(user_id=user.id)
    by_link = await passwordless.sign_in_with_magic_link(token=await link(), trusted_device=device)
    assert isinstance(by_link, SignedIn)
    by_code = await passwordless.sign_in_with_code(email=ADA, code=await code(), trusted_device=by_link.trusted_device)
    assert isinstance(by_code, SignedIn)


async def test_who_is_banned_comes_in_by_none_of_them() -> None:
    user, device = await make_user(email=ADA), Authenticator()
    await add_passkey(device, user)
    await accounts.set_password(user_id=user.id, password="a good password")
    await User.filter(id=user.id).update(banned=True)

    with pytest.raises(Banned):
        await enter_with(device)
    with pytest.raises(Banned):
        await passwordless.sign_in_with_magic_link(token=await link())
    with pytest.raises(Banned):
        await passwordless.sign_in_with_code(email=ADA, code=await code())
