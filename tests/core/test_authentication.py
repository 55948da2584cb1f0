import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pyotp
import pytest

from core import accounts, attempts, authentication, clock, events, sessions, two_factor, users, verifications
from core.authentication import SecondStep, SignedIn
from core.crypto import passwords
from core.settings import overridden
from models import Account, Session, TwoFactor, User, Verification

pytestmark = pytest.mark.usefixtures("db")

PASSWORD = "correct horse battery staple"
WRONG = "wrong horse battery staple"
HERE, ELSEWHERE = "203.0.113.9", "198.51.100.7"
STEP = timedelta(seconds=30)


async def sign_up(email: str = "ada@example.com", password: str = PASSWORD) -> SignedIn:
    return await authentication.sign_up(name="Ada", email=email, password=password)


async def sign_in(
    email: str = "ada@example.com", password: str = PASSWORD, *, at: str | None = None, device: str | None = None
) -> SignedIn:
    """Sign in somebody who is not asked for the second step."""
    signed_in = await authentication.sign_in(email=email, password=password, ip_address=at, trusted_device=device)
    assert isinstance(signed_in, SignedIn)
    return signed_in


async def test_who_signed_up_is_signed_in_and_can_sign_in_again() -> None:
    up = await sign_up()

    again = await sign_in("ADA@example.com", at=HERE)

    assert (await sessions.authenticate(up.token)).user_id == up.user.id
    assert (await sessions.authenticate(again.token)).user_id == up.user.id
    assert up.token != again.token
    assert again.session.ip_address == HERE
    assert again.trusted_device is None


async def test_signing_out_ends_this_session_only_and_twice_is_no_error() -> None:
    here = await sign_up()
    there = await sign_in()

    await authentication.sign_out(here.token)
    await authentication.sign_out(here.token)

    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(here.token)
    assert await sessions.authenticate(there.token)


async def test_of_eight_racing_sign_ups_with_one_address_one_wins_and_leaves_one_of_everything() -> None:
    results = await asyncio.gather(
        *(sign_up(email) for email in ["ada@example.com", "ADA@example.com"] * 4), return_exceptions=True
    )

    assert sum(isinstance(result, SignedIn) for result in results) == 1
    assert sum(isinstance(result, users.EmailTaken) for result in results) == 7
    assert [await model.all().count() for model in (User, Account, Session)] == [1, 1, 1]


@pytest.mark.parametrize("password", ["", "short", "x" * 129, "\ud800" * 10])
async def test_a_password_that_can_not_be_one_is_refused_and_nobody_is_added(password: str) -> None:
    with pytest.raises(accounts.PasswordInvalid):
        await sign_up(password=password)

    assert await User.all().count() == 0


@pytest.mark.parametrize("password", ["n\0ul bytes", "ﬁligree Å", "пароль пароль", "🐎" * 128])
async def test_any_other_password_works(password: str) -> None:
    await sign_up(password=password)

    assert await authentication.sign_in(email="ada@example.com", password=password)


async def test_a_password_is_the_same_however_it_is_composed() -> None:
    await sign_up(password="Pa\u017fsword-\u00c5-123")

    assert await authentication.sign_in(email="ada@example.com", password="Password-A\u030a-123")


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.com", WRONG),
        ("ada@example.com", ""),
        ("ada@example.com", "\ud800"),
        ("ada@example.com", "x" * 1_000_000),
        ("ada@example.com", PASSWORD + "x" * 1_000_000),
        ("ada@example.com", "a" + "\u0315\u0300" * 40_000),
        ("nobody@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("\0", PASSWORD),
    ],
    ids=lambda text: text[:20],
)
async def test_whatever_is_wrong_the_answer_is_the_same(email: str, password: str) -> None:
    await sign_up()

    with pytest.raises(authentication.CredentialsInvalid) as refused:
        await authentication.sign_in(email=email, password=password)

    assert str(refused.value) == "The email address or the password is wrong."
    assert await Session.all().count() == 1


async def test_an_unknown_person_and_one_without_a_password_cost_as_much_as_a_wrong_password() -> None:
    async def cost(email: str) -> float:
        """Seconds of this process, which no other on the machine adds to."""
        began = time.process_time()
        with pytest.raises(authentication.CredentialsInvalid):
            await authentication.sign_in(email=email, password=WRONG)
        return time.process_time() - began

    with overridden(password_time_cost=20, password_memory_kib=19_456):
        await sign_up()
        await users.create(name="Grace", email="grace@example.com")
        wrong = await cost("ada@example.com")

        # Without the hash it would be a hundredth.
        assert await cost("nobody@example.com") > wrong / 2
        assert await cost("grace@example.com") > wrong / 2


async def test_a_password_is_hashed_again_when_the_parameters_change() -> None:
    up = await sign_up()
    account = await Account.get(user_id=up.user.id)

    with overridden(password_time_cost=3):
        await authentication.sign_in(email="ada@example.com", password=PASSWORD)
        renewed = await Account.get(user_id=up.user.id)

        assert renewed.password is not None
        assert renewed.password != account.password
        assert "t=3" in renewed.password
        assert not passwords.outdated(renewed.password)
        assert renewed.updated_at > account.updated_at
        assert await authentication.sign_in(email="ada@example.com", password=PASSWORD)


async def test_a_new_password_replaces_the_old_one() -> None:
    up = await sign_up()

    await accounts.set_password(user_id=up.user.id, password="another horse")

    assert await authentication.sign_in(email="ada@example.com", password="another horse")
    with pytest.raises(authentication.CredentialsInvalid):
        await authentication.sign_in(email="ada@example.com", password=PASSWORD)
    assert await Account.all().count() == 1


async def test_a_foreign_hash_is_no_password_and_no_error() -> None:
    up = await sign_up()
    await Account.filter(user_id=up.user.id).update(password="salt:key")

    with pytest.raises(authentication.CredentialsInvalid):
        await authentication.sign_in(email="ada@example.com", password=PASSWORD)


async def test_a_ban_refuses_the_right_password_and_lifts_itself_when_it_is_over() -> None:
    up = await sign_up()
    await User.filter(id=up.user.id).update(banned=True, ban_reason="spam", ban_expires=None)
    with pytest.raises(authentication.Banned):
        await authentication.sign_in(email="ada@example.com", password=PASSWORD)

    await User.filter(id=up.user.id).update(ban_expires=clock.now())
    assert await authentication.sign_in(email="ada@example.com", password=PASSWORD)

    user = await users.get(up.user.id)
    assert not user.banned
    assert user.ban_reason is None
    assert user.ban_expires is None


async def test_the_event_loop_goes_on_while_a_password_is_hashed() -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    turning = asyncio.create_task(turn())
    with overridden(password_time_cost=20, password_memory_kib=19_456):
        await passwords.hashed(PASSWORD)
    turning.cancel()

    # Hashed on the loop, there would be one or two.
    assert turns > 20


@contextmanager
def cheap_hashing() -> Iterator[None]:
    with overridden(password_time_cost=1, password_memory_kib=8_192):
        yield


async def guess(email: str = "ada@example.com", *, at: str | None = HERE) -> None:
    with pytest.raises(authentication.CredentialsInvalid):
        await authentication.sign_in(email=email, password=WRONG, ip_address=at)


async def refused(email: str = "ada@example.com", *, at: str | None = HERE) -> None:
    """Even the right password is."""
    with pytest.raises(attempts.AttemptsExhausted):
        await authentication.sign_in(email=email, password=PASSWORD, ip_address=at)


@pytest.mark.parametrize("email", ["ada@example.com", "nobody@example.com", "not an address", "\0\ud800"])
@pytest.mark.parametrize("at", [HERE, "unknown", None])
async def test_who_guesses_ten_times_waits_a_quarter_of_an_hour_known_or_not(email: str, at: str | None) -> None:
    with cheap_hashing():
        await sign_up()

        for _ in range(authentication.SIGN_INS_OF_PAIR):
            await guess(email, at=at)

        await refused(email, at=at)
        with clock.shifted(authentication.QUARTER):
            await guess(email, at=at)


async def test_who_guesses_does_not_keep_out_the_person_who_comes_from_elsewhere() -> None:
    with cheap_hashing():
        await sign_up()
        for _ in range(authentication.SIGN_INS_OF_PAIR):
            await guess()

        for _ in range(2 * authentication.SIGN_INS_OF_IDENTIFIER):
            await refused()

        assert await sign_in(at=ELSEWHERE)


async def test_an_address_is_the_same_in_any_case_when_it_is_counted() -> None:
    with cheap_hashing():
        for email in ["ada@example.com", "ADA@example.com"] * (authentication.SIGN_INS_OF_PAIR // 2):
            await guess(email)

        await refused("Ada@Example.com")


async def test_the_right_password_begins_anew() -> None:
    with cheap_hashing():
        await sign_up()
        for _ in range(3):
            for _ in range(authentication.SIGN_INS_OF_PAIR - 1):
                await guess()
            await sign_in(at=HERE)


async def test_a_right_password_with_nothing_before_it_counts_as_one() -> None:
    with cheap_hashing():
        await sign_up()
        await sign_in(at=HERE)
        for _ in range(authentication.SIGN_INS_OF_PAIR - 1):
            await guess()

        await refused()


async def test_of_many_guesses_at_once_no_more_than_ten_are_looked_at() -> None:
    with cheap_hashing():
        await sign_up()

        results = await asyncio.gather(
            *(authentication.sign_in(email="ada@example.com", password=WRONG) for _ in range(20)),
            return_exceptions=True,
        )

    assert sum(isinstance(result, authentication.CredentialsInvalid) for result in results) == 10
    assert sum(isinstance(result, attempts.AttemptsExhausted) for result in results) == 10


async def test_one_address_tries_a_hundred_sign_ins_in_a_quarter_of_an_hour_whatever_it_knows() -> None:
    with cheap_hashing():
        await sign_up()
        for number in range(authentication.SIGN_INS_OF_ADDRESS - 1):
            await guess(f"person{number}@example.com")
        await sign_in(at=HERE)

        await refused("another@example.com")
        await refused()

        assert await sign_in(at=ELSEWHERE)
        with clock.shifted(authentication.QUARTER):
            assert await sign_in(at=HERE)


async def test_many_addresses_that_guess_at_one_person_are_stopped_for_five_minutes() -> None:
    with cheap_hashing():
        await sign_up()
        for number in range(authentication.SIGN_INS_OF_IDENTIFIER - 1):
            await guess(at=f"203.0.113.{number}")
        await sign_in(at=ELSEWHERE)

        await refused(at="192.0.2.1")

        with clock.shifted(authentication.IDENTIFIER_WINDOW):
            assert await sign_in(at=ELSEWHERE)


async def test_ipv6_is_counted_by_the_network_that_a_customer_has_and_ipv4_in_it_as_ipv4() -> None:
    with cheap_hashing():
        await sign_up()
        for number in range(authentication.SIGN_INS_OF_PAIR):
            await guess(at=f"2001:db8:0:1::{number:x}")
            await guess(at=f"::ffff:{HERE}")

        await refused(at="2001:db8:0:1:ffff::1")
        await refused(at=HERE)
        assert await sign_in(at="2001:db8:0:2::1")
        assert await sign_in(at=f"::ffff:{ELSEWHERE}")


async def test_what_is_refused_for_being_too_often_is_not_hashed() -> None:
    async def cost(refusal: type[Exception]) -> float:
        """Seconds of this process, which no other on the machine adds to."""
        began = time.process_time()
        with pytest.raises(refusal):
            await authentication.sign_in(email="ada@example.com", password=WRONG, ip_address=HERE)
        return time.process_time() - began

    with overridden(password_time_cost=8, password_memory_kib=19_456):
        await sign_up()
        hashed = [await cost(authentication.CredentialsInvalid) for _ in range(authentication.SIGN_INS_OF_PAIR)]
        exhausted = [await cost(attempts.AttemptsExhausted) for _ in range(5)]

    assert min(exhausted) < min(hashed) / 4


class Enrolled:
    """Somebody with two-factor on."""

    def __init__(self, up: SignedIn, secret: str, backup_codes: list[str]) -> None:
        self.user = up.user
        self.secret = secret
        self.backup_codes = backup_codes

    @property
    def code(self) -> str:
        """What the app shows."""
        return pyotp.TOTP(self.secret).at(clock.now())

    async def first_step(self, *, device: str | None = None) -> str:
        step = await authentication.sign_in(
            email=self.user.email, password=PASSWORD, ip_address=HERE, trusted_device=device
        )
        assert isinstance(step, SecondStep)
        return step.token

    async def trusting(self, code: str) -> str:
        """Sign in with a code and have the device trusted."""
        token = await self.first_step()
        signed_in = await authentication.complete_second_step(token=token, code=code, trust_device=True)
        assert signed_in.trusted_device is not None
        return signed_in.trusted_device


async def make_enrolled(email: str = "ada@example.com") -> Enrolled:
    up = await sign_up(email)
    secret = (await two_factor.enrol(user_id=up.user.id)).secret
    with clock.shifted(-STEP):  # So that the present code is free to use.
        codes = await two_factor.confirm(user_id=up.user.id, code=pyotp.TOTP(secret).at(clock.now()))
    await sessions.revoke_all(user_id=up.user.id)
    return Enrolled(up, secret, codes)


async def test_who_has_two_factor_on_is_signed_in_by_a_code_and_not_by_the_password_alone() -> None:
    ada = await make_enrolled()

    token = await ada.first_step()

    assert await Session.all().count() == 0
    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(token)
    signed_in = await authentication.complete_second_step(
        token=token, code=ada.code, ip_address=ELSEWHERE, user_agent="Firefox"
    )
    assert (await sessions.authenticate(signed_in.token)).user_id == ada.user.id
    assert (signed_in.session.ip_address, signed_in.session.user_agent) == (ELSEWHERE, "Firefox")
    assert signed_in.user.id == ada.user.id
    assert signed_in.trusted_device is None


async def test_a_wrong_password_is_a_wrong_password_with_two_factor_too() -> None:
    await make_enrolled()

    await guess()

    assert await Verification.all().count() == 0


async def test_an_enrolment_that_was_not_confirmed_asks_for_nothing() -> None:
    up = await sign_up()
    await two_factor.enrol(user_id=up.user.id)

    assert await sign_in()


async def test_a_wrong_code_does_not_use_the_token_up_and_a_right_one_does() -> None:
    ada = await make_enrolled()
    token = await ada.first_step()

    with pytest.raises(two_factor.TwoFactorCodeInvalid):
        await authentication.complete_second_step(token=token, code="not a code")
    assert await authentication.complete_second_step(token=token, code=ada.backup_codes[0])
    with pytest.raises(authentication.SecondStepInvalid):
        await authentication.complete_second_step(token=token, code=ada.backup_codes[1])

    assert await Session.all().count() == 1


async def test_of_eight_that_race_with_one_right_code_one_gets_a_session() -> None:
    ada = await make_enrolled()

    for code in (ada.code, ada.backup_codes[0]):
        token = await ada.first_step()
        results = await asyncio.gather(
            *(authentication.complete_second_step(token=token, code=code) for _ in range(8)), return_exceptions=True
        )

        assert sum(isinstance(result, SignedIn) for result in results) == 1
        refusals = (two_factor.TwoFactorCodeInvalid, authentication.SecondStepInvalid)
        assert sum(isinstance(result, refusals) for result in results) == 7
    assert await Session.all().count() == 2


async def test_of_five_that_race_with_five_right_codes_one_gets_a_session() -> None:
    ada = await make_enrolled()
    token = await ada.first_step()

    results = await asyncio.gather(
        *(authentication.complete_second_step(token=token, code=code) for code in [ada.code, *ada.backup_codes[:4]]),
        return_exceptions=True,
    )

    assert sum(isinstance(result, SignedIn) for result in results) == 1
    assert sum(isinstance(result, authentication.SecondStepInvalid) for result in results) == 4
    assert await Session.all().count() == 1


async def test_after_five_wrong_codes_only_the_first_step_leads_on() -> None:
    ada = await make_enrolled()
    token = await ada.first_step()

    for _ in range(authentication.SECOND_STEP_CODES):
        with pytest.raises(two_factor.TwoFactorCodeInvalid):
            await authentication.complete_second_step(token=token, code="aaaaa-aaaaa")

    with pytest.raises(authentication.SecondStepInvalid):
        await authentication.complete_second_step(token=token, code=ada.backup_codes[0])
    again = await ada.first_step()
    with pytest.raises(two_factor.TwoFactorCodesExhausted):
        await authentication.complete_second_step(token=again, code=ada.code)
    assert await authentication.complete_second_step(token=again, code=ada.backup_codes[0])


async def test_the_second_step_is_taken_within_ten_minutes() -> None:
    ada = await make_enrolled()
    token = await ada.first_step()

    with clock.shifted(authentication.SECOND_STEP_LIFETIME), pytest.raises(authentication.SecondStepInvalid):
        await authentication.complete_second_step(token=token, code=ada.code)
    with clock.shifted(authentication.SECOND_STEP_LIFETIME - STEP):
        assert await authentication.complete_second_step(token=token, code=ada.code)


@pytest.mark.parametrize("token", ["", "a" * 43, "a" * 100_000, "a\0b", "\ud800"])
async def test_a_second_step_without_a_first_is_refused(token: str) -> None:
    ada = await make_enrolled()
    await ada.first_step()

    with pytest.raises(authentication.SecondStepInvalid):
        await authentication.complete_second_step(token=token, code=ada.code)


async def test_what_was_issued_for_another_purpose_is_no_first_step() -> None:
    ada = await make_enrolled()
    reset = await verifications.issue(purpose="reset-password", value=ada.user.id, lifetime=timedelta(hours=1))
    device = await two_factor.trust_device(user_id=ada.user.id)

    for token in (reset.token, device):
        with pytest.raises(authentication.SecondStepInvalid):
            await authentication.complete_second_step(token=token, code=ada.code)


async def test_somebody_elses_code_does_not_lead_on() -> None:
    ada, grace = await make_enrolled(), await make_enrolled("grace@example.com")

    with pytest.raises(two_factor.TwoFactorCodeInvalid):
        await authentication.complete_second_step(token=await ada.first_step(), code=grace.backup_codes[0])


async def test_between_the_steps_a_person_may_be_banned_deleted_or_rid_of_the_second() -> None:
    ada, grace, alan = [await make_enrolled(f"{name}@example.com") for name in ("ada", "grace", "alan")]
    banned, deleted, disabled = [await each.first_step() for each in (ada, grace, alan)]
    await User.filter(id=ada.user.id).update(banned=True)
    await users.delete(grace.user.id)
    await two_factor.disable(user_id=alan.user.id)

    with pytest.raises(authentication.Banned):
        await authentication.complete_second_step(token=banned, code=ada.code)
    with pytest.raises(authentication.SecondStepInvalid):
        await authentication.complete_second_step(token=deleted, code=grace.code)
    with pytest.raises(authentication.SecondStepInvalid):
        await authentication.complete_second_step(token=disabled, code=alan.code)

    assert await Session.all().count() == 0


async def test_where_the_secret_was_lost_the_second_step_leads_nowhere() -> None:
    ada = await make_enrolled()
    token = await ada.first_step()
    await TwoFactor.all().delete()

    with pytest.raises(authentication.SecondStepInvalid):
        await authentication.complete_second_step(token=token, code=ada.code)


async def test_a_trusted_device_is_not_asked_again_and_has_another_token_after_each_sign_in() -> None:
    ada = await make_enrolled()
    device = await ada.trusting(ada.code)

    first = await sign_in(device=device)
    assert first.trusted_device
    second = await sign_in(device=first.trusted_device)

    assert len({device, first.trusted_device, second.trusted_device}) == 3
    assert await ada.first_step(device=device)


async def test_of_eight_that_race_with_one_trusted_device_one_gets_in_without_a_code() -> None:
    ada = await make_enrolled()
    device = await ada.trusting(ada.code)
    user = await users.get(ada.user.id)

    results = await asyncio.gather(
        *(authentication.enter(user.id, second_step=True, trusted_device=device) for _ in range(8))
    )

    assert sum(isinstance(result, SignedIn) for result in results) == 1


async def test_a_device_is_trusted_for_its_person_only_and_not_without_the_password() -> None:
    ada, grace = await make_enrolled(), await make_enrolled("grace@example.com")
    device = await ada.trusting(ada.code)

    assert await grace.first_step(device=device)
    with pytest.raises(authentication.CredentialsInvalid):
        await authentication.sign_in(email="ada@example.com", password=WRONG, trusted_device=device)

    assert await sign_in(device=device)


async def test_when_devices_are_forgotten_they_are_asked_again_and_steps_under_way_are_over() -> None:
    ada = await make_enrolled()
    device = await ada.trusting(ada.code)
    token = await ada.first_step()

    await two_factor.forget_devices(user_id=ada.user.id)

    assert await ada.first_step(device=device)
    with pytest.raises(authentication.SecondStepInvalid):
        await authentication.complete_second_step(token=token, code=ada.backup_codes[0])


async def test_who_has_no_second_step_keeps_no_device() -> None:
    up = await sign_up()
    device = await two_factor.trust_device(user_id=up.user.id)

    assert (await sign_in(device=device)).trusted_device is None


async def test_a_way_that_is_two_factors_by_itself_does_not_ask() -> None:
    ada = await make_enrolled()
    user = await users.get(ada.user.id)

    asked = await authentication.enter(user.id, second_step=True)
    entered = await authentication.enter(user.id, second_step=False, ip_address=HERE, user_agent="Firefox")

    assert isinstance(asked, SecondStep)
    assert isinstance(entered, SignedIn)
    assert (entered.session.ip_address, entered.session.user_agent) == (HERE, "Firefox")


async def test_whether_it_asks_is_not_what_it_was_when_the_person_was_looked_up() -> None:
    up = await sign_up()
    stale = await users.get(up.user.id)
    secret = (await two_factor.enrol(user_id=up.user.id)).secret
    await two_factor.confirm(user_id=up.user.id, code=pyotp.TOTP(secret).at(clock.now()))

    assert isinstance(await authentication.enter(stale.id, second_step=True), SecondStep)


@pytest.mark.parametrize("second_step", [True, False])
async def test_no_way_lets_the_banned_in_and_every_way_lifts_a_ban_that_is_over(*, second_step: bool) -> None:
    up = await sign_up()
    await User.filter(id=up.user.id).update(banned=True, ban_expires=clock.now() + STEP)
    user = await users.get(up.user.id)

    with pytest.raises(authentication.Banned):
        await authentication.enter(user.id, second_step=second_step)
    with clock.shifted(STEP):
        assert isinstance(await authentication.enter(user.id, second_step=second_step), SignedIn)

    assert not (await users.get(up.user.id)).banned


async def test_an_app_hears_who_joins_and_who_comes_back() -> None:
    heard: list[events.Event] = []

    async def hear(event: events.Event) -> None:
        heard.append(event)

    events.on(authentication.UserSignedUp)(hear)
    events.on(authentication.UserSignedIn)(hear)
    try:
        ada = await make_enrolled()
        token = await ada.first_step()
        assert heard == [authentication.UserSignedUp(user_id=ada.user.id)]
        signed_in = await authentication.complete_second_step(token=token, code=ada.code)
    finally:
        events.forget(hear)

    assert heard[1:] == [authentication.UserSignedIn(user_id=ada.user.id, session_id=signed_in.session.id)]


async def test_too_many_sign_ups_from_one_address_are_refused_before_they_cost_a_hash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(authentication, "SIGN_UPS_OF_ADDRESS", 2)
    for number in range(2):
        await authentication.sign_up(
            name="Ada", email=f"ada{number}@example.com", password=PASSWORD, ip_address="203.0.113.9"
        )

    with pytest.raises(attempts.AttemptsExhausted):
        await authentication.sign_up(name="Ada", email="ada3@example.com", password=PASSWORD, ip_address="203.0.113.9")
    await authentication.sign_up(name="Ada", email="ada4@example.com", password=PASSWORD, ip_address="198.51.100.7")
