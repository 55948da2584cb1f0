import asyncio
import re
import xml.etree.ElementTree as ET
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from core import clock, database, events, two_factor, users
from core.crypto import sealing, tokens
from core.settings import overridden, settings
from models import TwoFactor, User, Verification
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("db")

STEP = timedelta(seconds=30)
SECOND = timedelta(seconds=1)


def code_of(secret: str, *, steps: int = 0) -> str:
    """What the app shows, or showed, or will show."""
    return pyotp.TOTP(secret).at(clock.now(), counter_offset=steps)


def wrong_code(secret: str) -> str:
    """A code that the app shows at no time near."""
    near = {code_of(secret, steps=steps) for steps in range(-5, 6)}
    return next(code for code in ("000000", *(f"{number:06}" for number in range(1, 20))) if code not in near)


def into_a_step() -> timedelta:
    """How far it is to the middle of the next step, so that none ends while a test runs."""
    return timedelta(seconds=45 - clock.now().timestamp() % 30)


async def make_enrolled(user: User | None = None) -> tuple[str, str, list[str]]:
    """Somebody with two-factor on: the id, the secret and the backup codes. The app's present code is free to use."""
    user = user or await make_user()
    enrolment = await two_factor.enrol(user_id=user.id)
    with clock.shifted(-STEP):
        codes = await two_factor.confirm(user_id=user.id, code=code_of(enrolment.secret))
    return user.id, enrolment.secret, codes


async def stored(user_id: str) -> TwoFactor:
    return await TwoFactor.get(user_id=user_id)


async def test_enrolling_gives_an_app_what_it_needs_and_switches_nothing_on() -> None:
    user = await make_user(email="ada@example.com")

    with overridden(app_name="Ada & Söhne: Konto"):
        enrolment = await two_factor.enrol(user_id=user.id)

    uri = urlsplit(enrolment.uri)
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert unquote(uri.path) == "/Ada & Söhne: Konto:ada@example.com"
    assert parse_qs(uri.query) == {"secret": [enrolment.secret], "issuer": ["Ada & Söhne: Konto"]}
    assert pyotp.parse_uri(enrolment.uri).secret == enrolment.secret
    assert re.fullmatch("[A-Z2-7]{32}", enrolment.secret)
    assert not await two_factor.is_enabled(user_id=user.id)
    assert not (await users.get(user.id)).two_factor_enabled
    with pytest.raises(two_factor.TwoFactorNotEnabled):
        await two_factor.verify(user_id=user.id, code=code_of(enrolment.secret))


async def test_the_qr_code_is_a_drawing_of_its_own_that_a_page_can_show() -> None:
    user = await make_user()

    drawing = ET.fromstring((await two_factor.enrol(user_id=user.id)).qr_code)  # noqa: S314  our own

    assert drawing.tag == "{http://www.w3.org/2000/svg}svg"
    assert [each.get("fill") or each.get("stroke") for each in drawing.iter() if each.get("d")] == ["#fff", "#000"]
    assert not [each for each in drawing.iter() if each.get("style")]


async def test_the_first_code_switches_it_on_and_brings_ten_backup_codes() -> None:
    user = await make_user()
    enrolment = await two_factor.enrol(user_id=user.id)

    codes = await two_factor.confirm(user_id=user.id, code=code_of(enrolment.secret))

    assert await two_factor.is_enabled(user_id=user.id)
    changed = await users.get(user.id)
    assert changed.two_factor_enabled
    assert changed.updated_at > user.updated_at
    assert (await stored(user.id)).verified
    assert len(set(codes)) == 10
    assert all(re.fullmatch("[a-hjkmnp-z2-9]{5}-[a-hjkmnp-z2-9]{5}", code) for code in codes)


async def test_it_can_be_switched_on_where_the_database_never_said_that_it_was_off() -> None:
    user = await make_user()
    await User.filter(id=user.id).update(two_factor_enabled=None)

    await make_enrolled(user)

    assert await two_factor.is_enabled(user_id=user.id)


async def test_neither_the_secret_nor_a_backup_code_is_in_the_row_nor_opens_for_somebody_else() -> None:
    user_id, secret, codes = await make_enrolled()
    other_id, _, _ = await make_enrolled()

    row = (await TwoFactor.filter(user_id=user_id).values())[0]
    opened = sealing.unseal(row["backup_codes"], purpose=f"two_factor.backup_codes:{user_id}")
    await TwoFactor.filter(user_id=other_id).update(secret=row["secret"])

    assert secret not in str(row)
    for code in codes:
        plain = code.replace("-", "")
        assert plain not in str(row)
        assert plain not in opened
        assert tokens.digest(plain) in opened
    with pytest.raises(sealing.Unsealable):
        await two_factor.verify(user_id=other_id, code=code_of(secret))


async def test_a_wrong_first_code_switches_nothing_on_and_can_be_tried_again() -> None:
    user = await make_user()
    enrolment = await two_factor.enrol(user_id=user.id)

    for _ in range(2 * two_factor.WRONG_CODES):
        with pytest.raises(two_factor.TwoFactorCodeInvalid):
            await two_factor.confirm(user_id=user.id, code=wrong_code(enrolment.secret))

    assert not await two_factor.is_enabled(user_id=user.id)
    assert await two_factor.confirm(user_id=user.id, code=code_of(enrolment.secret))


async def test_enrolling_again_replaces_what_was_not_confirmed() -> None:
    user = await make_user()
    first = await two_factor.enrol(user_id=user.id)
    second = await two_factor.enrol(user_id=user.id)

    assert first.secret != second.secret
    with pytest.raises(two_factor.TwoFactorCodeInvalid):
        await two_factor.confirm(user_id=user.id, code=code_of(first.secret))
    assert await two_factor.confirm(user_id=user.id, code=code_of(second.secret))
    assert await TwoFactor.all().count() == 1


async def test_while_it_is_on_it_can_be_neither_enrolled_nor_confirmed_nor_its_code_found_out() -> None:
    user_id, secret, _ = await make_enrolled()

    with pytest.raises(two_factor.TwoFactorAlreadyEnabled):
        await two_factor.enrol(user_id=user_id)
    for code in (code_of(secret), wrong_code(secret)):
        with pytest.raises(two_factor.TwoFactorAlreadyEnabled):
            await two_factor.confirm(user_id=user_id, code=code)

    await two_factor.verify(user_id=user_id, code=code_of(secret))


async def test_what_was_not_enrolled_can_not_be_confirmed_and_nobody_can_enrol() -> None:
    user = await make_user()

    with pytest.raises(two_factor.TwoFactorNotEnrolled):
        await two_factor.confirm(user_id=user.id, code="123456")
    with pytest.raises(users.UserNotFound):
        await two_factor.enrol(user_id="nobody")
    with pytest.raises(two_factor.TwoFactorNotEnrolled):
        await two_factor.confirm(user_id="nobody", code="123456")


async def test_of_eight_racing_confirmations_one_gets_the_backup_codes_that_count() -> None:
    user = await make_user()
    enrolment = await two_factor.enrol(user_id=user.id)

    results = await asyncio.gather(
        *(two_factor.confirm(user_id=user.id, code=code_of(enrolment.secret)) for _ in range(8)),
        return_exceptions=True,
    )

    won = [result for result in results if isinstance(result, list)]
    assert len(won) == 1
    assert sum(isinstance(result, two_factor.TwoFactorAlreadyEnabled) for result in results) == 7
    await two_factor.verify(user_id=user.id, code=won[0][0])


async def test_whoever_enrols_while_another_confirms_ends_with_one_or_the_other() -> None:
    for _ in range(5):
        user = await make_user()
        first = await two_factor.enrol(user_id=user.id)

        confirmed, again = await asyncio.gather(
            two_factor.confirm(user_id=user.id, code=code_of(first.secret)),
            two_factor.enrol(user_id=user.id),
            return_exceptions=True,
        )

        if isinstance(confirmed, list):
            assert isinstance(again, two_factor.TwoFactorAlreadyEnabled)
            await two_factor.verify(user_id=user.id, code=confirmed[0])
        else:
            assert isinstance(confirmed, two_factor.TwoFactorCodeInvalid)
            assert isinstance(again, two_factor.Enrolment)
            assert await two_factor.confirm(user_id=user.id, code=code_of(again.secret))


@pytest.mark.parametrize("steps", [-1, 0, 1])
async def test_a_code_is_taken_one_step_either_way(steps: int) -> None:
    user_id, secret, _ = await make_enrolled()

    with clock.shifted(2 * STEP + into_a_step()):
        await two_factor.verify(user_id=user_id, code=code_of(secret, steps=steps))


@pytest.mark.parametrize("steps", [-2, 2])
async def test_a_code_is_not_taken_two_steps_away(steps: int) -> None:
    user_id, secret, _ = await make_enrolled()

    with clock.shifted(4 * STEP + into_a_step()), pytest.raises(two_factor.TwoFactorCodeInvalid):
        await two_factor.verify(user_id=user_id, code=code_of(secret, steps=steps))


async def test_a_code_works_once_and_those_before_it_no_more() -> None:
    user_id, secret, _ = await make_enrolled()
    earlier, present = code_of(secret), code_of(secret, steps=1)

    await two_factor.verify(user_id=user_id, code=present)

    for used in (present, earlier):
        with pytest.raises(two_factor.TwoFactorCodeInvalid):
            await two_factor.verify(user_id=user_id, code=used)


async def test_the_code_that_confirmed_is_used() -> None:
    user = await make_user()
    enrolment = await two_factor.enrol(user_id=user.id)
    code = code_of(enrolment.secret)
    await two_factor.confirm(user_id=user.id, code=code)

    with pytest.raises(two_factor.TwoFactorCodeInvalid):
        await two_factor.verify(user_id=user.id, code=code)


async def verify_eightfold(user_id: str, code: str) -> list[object]:
    return await asyncio.gather(
        *(two_factor.verify(user_id=user_id, code=code) for _ in range(8)), return_exceptions=True
    )


async def test_of_eight_that_race_with_one_code_one_gets_on_and_nobody_is_locked_out() -> None:
    user_id, secret, codes = await make_enrolled()

    for code in (code_of(secret), codes[0]):
        results = await verify_eightfold(user_id, code)

        assert results.count(None) == 1
        assert sum(isinstance(result, two_factor.TwoFactorCodeInvalid) for result in results) == 7
        assert (await stored(user_id)).locked_until is None


async def test_of_eight_that_race_with_eight_backup_codes_all_get_on() -> None:
    user_id, _, codes = await make_enrolled()

    results = await asyncio.gather(*(two_factor.verify(user_id=user_id, code=code) for code in codes[:8]))

    assert results == [None] * 8
    for code in codes[:4]:
        with pytest.raises(two_factor.TwoFactorCodeInvalid):
            await two_factor.verify(user_id=user_id, code=code)
    await two_factor.verify(user_id=user_id, code=codes[8])


@pytest.mark.parametrize(
    "typing",
    [
        lambda code: f" {code[:3]} {code[3:]}\n",
        lambda code: f"{code[:3]}-{code[3:]}",
        lambda code: f"{code[:3]}\u00a0{code[3:]}",
        lambda code: "".join(chr(ord(digit) + 0xFEE0) for digit in code),
    ],
    ids=["spaces", "hyphen", "no-break", "wide"],
)
async def test_a_code_of_the_app_works_however_it_is_typed(typing: object) -> None:
    user_id, secret, _ = await make_enrolled()

    await two_factor.verify(user_id=user_id, code=typing(code_of(secret)))  # type: ignore[operator]


async def test_a_backup_code_works_however_it_is_typed_and_once() -> None:
    user_id, _, codes = await make_enrolled()

    for code, typed in zip(
        codes[:4],
        [codes[0].replace("-", ""), codes[1].upper(), codes[2].replace("-", " \u2013 "), "  ".join(codes[3])],
        strict=True,
    ):
        await two_factor.verify(user_id=user_id, code=typed)
        with pytest.raises(two_factor.TwoFactorCodeInvalid):
            await two_factor.verify(user_id=user_id, code=code)


@pytest.mark.parametrize(
    "code",
    [
        "",
        " ",
        "12345",
        "1234567",
        "١٢٣٤٥٦",
        "-12345",
        "0x1234",
        "1" * 100_000,
        "12\x003456",
        "\ud800" * 6,
        "\ud800" * 10,
    ],
    ids=lambda code: ascii(code[:12]),
)
async def test_what_never_was_a_code_is_refused_and_counted(code: str) -> None:
    user_id, secret, _ = await make_enrolled()

    with pytest.raises(two_factor.TwoFactorCodeInvalid):
        await two_factor.verify(user_id=user_id, code=code)
    with pytest.raises(two_factor.TwoFactorCodeInvalid):
        await two_factor.verify(user_id=user_id, code=code_of(secret) + " " * 100)

    assert (await stored(user_id)).failed_verification_count == 2


async def test_somebody_elses_codes_are_worth_nothing() -> None:
    user_id, _, _ = await make_enrolled()
    _, their_secret, their_codes = await make_enrolled()

    for code in (code_of(their_secret), their_codes[0]):
        with pytest.raises(two_factor.TwoFactorCodeInvalid):
            await two_factor.verify(user_id=user_id, code=code)


@pytest.mark.parametrize("user_id", ["", "nobody", "x" * 5_000])
async def test_nobody_has_nothing(user_id: str) -> None:
    await make_enrolled()

    assert not await two_factor.is_enabled(user_id=user_id)
    for refused in (
        two_factor.verify(user_id=user_id, code="123456"),
        two_factor.regenerate_backup_codes(user_id=user_id),
        two_factor.disable(user_id=user_id),
    ):
        with pytest.raises(two_factor.TwoFactorNotEnabled):
            await refused


async def guess(user_id: str, secret: str, times: int = two_factor.WRONG_CODES) -> None:
    for _ in range(times):
        with pytest.raises(two_factor.TwoFactorCodeInvalid):
            await two_factor.verify(user_id=user_id, code=wrong_code(secret))


async def test_after_five_wrong_codes_the_right_one_is_refused_until_the_lock_ends_by_itself() -> None:
    user_id, secret, _ = await make_enrolled()

    await guess(user_id, secret)

    with pytest.raises(two_factor.TwoFactorCodesExhausted):
        await two_factor.verify(user_id=user_id, code=code_of(secret))
    with clock.shifted(two_factor.LOCK - 5 * SECOND), pytest.raises(two_factor.TwoFactorCodesExhausted):
        await two_factor.verify(user_id=user_id, code=code_of(secret))
    with clock.shifted(two_factor.LOCK + SECOND):
        await two_factor.verify(user_id=user_id, code=code_of(secret))
    row = await stored(user_id)
    assert (row.failed_verification_count, row.locked_until) == (0, None)


async def test_guessing_on_does_not_make_the_lock_longer_and_after_it_there_are_five_again() -> None:
    user_id, secret, _ = await make_enrolled()
    await guess(user_id, secret)
    until = (await stored(user_id)).locked_until

    for minutes in range(0, 15, 3):
        with (
            clock.shifted(timedelta(minutes=minutes)),
            pytest.raises(two_factor.TwoFactorCodesExhausted),
        ):
            await two_factor.verify(user_id=user_id, code=wrong_code(secret))

    assert (await stored(user_id)).locked_until == until
    with clock.shifted(two_factor.LOCK + SECOND):
        await guess(user_id, secret, times=4)
        await two_factor.verify(user_id=user_id, code=code_of(secret))
        await guess(user_id, secret, times=5)
        with pytest.raises(two_factor.TwoFactorCodesExhausted):
            await two_factor.verify(user_id=user_id, code=code_of(secret, steps=1))


async def test_a_right_code_makes_up_for_wrong_ones() -> None:
    user_id, secret, codes = await make_enrolled()

    await guess(user_id, secret, times=4)
    await two_factor.verify(user_id=user_id, code=code_of(secret))
    await guess(user_id, secret, times=4)
    await two_factor.verify(user_id=user_id, code=codes[0])

    assert (await stored(user_id)).failed_verification_count == 0


async def test_of_many_guesses_at_once_no_more_than_five_are_looked_at() -> None:
    user_id, secret, _ = await make_enrolled()

    results = await asyncio.gather(
        *(two_factor.verify(user_id=user_id, code=wrong_code(secret)) for _ in range(20)), return_exceptions=True
    )

    assert sum(isinstance(result, two_factor.TwoFactorCodeInvalid) for result in results) == two_factor.WRONG_CODES
    assert sum(isinstance(result, two_factor.TwoFactorCodesExhausted) for result in results) == 15


async def test_a_right_guess_that_comes_with_many_wrong_ones_is_too_late() -> None:
    user_id, secret, _ = await make_enrolled()
    guesses = [wrong_code(secret)] * 30 + [code_of(secret)]

    results = await asyncio.gather(
        *(two_factor.verify(user_id=user_id, code=code) for code in guesses), return_exceptions=True
    )

    assert None not in results
    assert (await stored(user_id)).locked_until is not None


async def test_who_guesses_at_the_app_does_not_keep_out_who_has_a_backup_code() -> None:
    user_id, secret, codes = await make_enrolled()
    await guess(user_id, secret)

    with pytest.raises(two_factor.TwoFactorCodesExhausted):
        await two_factor.verify(user_id=user_id, code="aaaaa-aaaaa")
    await two_factor.verify(user_id=user_id, code=codes[0])

    await two_factor.verify(user_id=user_id, code=code_of(secret))


async def test_new_backup_codes_take_the_place_of_the_old() -> None:
    user_id, _, old = await make_enrolled()

    new = await two_factor.regenerate_backup_codes(user_id=user_id)

    assert not set(new) & set(old)
    with pytest.raises(two_factor.TwoFactorCodeInvalid):
        await two_factor.verify(user_id=user_id, code=old[0])
    await two_factor.verify(user_id=user_id, code=new[0])


async def test_who_was_let_in_by_an_operator_enrols_anew_and_is_not_locked_by_what_was() -> None:
    user_id, secret, _ = await make_enrolled()
    await guess(user_id, secret)
    await User.filter(id=user_id).update(two_factor_enabled=False)

    _, renewed, _ = await make_enrolled(await users.get(user_id))

    await two_factor.verify(user_id=user_id, code=code_of(renewed))


async def test_there_are_no_backup_codes_before_it_is_on() -> None:
    user = await make_user()
    await two_factor.enrol(user_id=user.id)

    with pytest.raises(two_factor.TwoFactorNotEnabled):
        await two_factor.regenerate_backup_codes(user_id=user.id)


async def test_switched_off_nothing_is_left_of_it_and_it_can_be_switched_on_again() -> None:
    user_id, secret, codes = await make_enrolled()
    stays, _, _ = await make_enrolled()

    await two_factor.disable(user_id=user_id)

    assert not await two_factor.is_enabled(user_id=user_id)
    for code in (code_of(secret), codes[0]):
        with pytest.raises(two_factor.TwoFactorNotEnabled):
            await two_factor.verify(user_id=user_id, code=code)
    with pytest.raises(two_factor.TwoFactorNotEnabled):
        await two_factor.disable(user_id=user_id)
    assert [row.user_id for row in await TwoFactor.all()] == [stays]
    await make_enrolled(await users.get(user_id))


async def test_an_enrolment_can_be_given_up() -> None:
    user = await make_user()
    await two_factor.enrol(user_id=user.id)

    await two_factor.disable(user_id=user.id)

    assert await TwoFactor.all().count() == 0


async def test_where_the_secret_was_lost_nobody_gets_past_and_switching_it_off_helps() -> None:
    user_id, _, codes = await make_enrolled()
    await TwoFactor.all().delete()

    assert await two_factor.is_enabled(user_id=user_id)
    with pytest.raises(two_factor.TwoFactorNotEnabled):
        await two_factor.verify(user_id=user_id, code=codes[0])
    await two_factor.disable(user_id=user_id)

    assert not await two_factor.is_enabled(user_id=user_id)


async def test_a_trusted_device_is_exchanged_at_each_use() -> None:
    user = await make_user()
    first = await two_factor.trust_device(user_id=user.id)

    second = await two_factor.renew_device(user_id=user.id, token=first)

    assert second is not None
    assert second != first
    assert await two_factor.renew_device(user_id=user.id, token=first) is None
    assert await two_factor.renew_device(user_id=user.id, token=second)
    assert await Verification.all().count() == 1


async def test_of_eight_that_race_with_one_device_one_is_trusted() -> None:
    user = await make_user()
    token = await two_factor.trust_device(user_id=user.id)

    results = await asyncio.gather(*(two_factor.renew_device(user_id=user.id, token=token) for _ in range(8)))

    assert results.count(None) == 7


async def test_a_device_is_trusted_as_long_as_it_says_and_no_longer() -> None:
    user = await make_user()
    token = await two_factor.trust_device(user_id=user.id)

    with clock.shifted(settings().trusted_device_lifetime):
        assert await two_factor.renew_device(user_id=user.id, token=token) is None
    with clock.shifted(settings().trusted_device_lifetime - timedelta(minutes=1)):
        assert await two_factor.renew_device(user_id=user.id, token=token)


async def test_a_device_trusted_by_another_person_is_not_and_stays_theirs() -> None:
    mine, theirs = await make_user(), await make_user()
    token = await two_factor.trust_device(user_id=theirs.id)

    assert await two_factor.renew_device(user_id=mine.id, token=token) is None

    assert await two_factor.renew_device(user_id=theirs.id, token=token)


@pytest.mark.parametrize("token", ["", "a" * 43, "a" * 100_000, "a\0b", "\ud800", "%"])
async def test_a_device_with_a_token_that_never_was_one_is_not_trusted(token: str) -> None:
    user = await make_user()
    await two_factor.trust_device(user_id=user.id)

    assert await two_factor.renew_device(user_id=user.id, token=token) is None


async def test_a_persons_devices_are_forgotten_and_nobody_elses() -> None:
    user_id, _, _ = await make_enrolled()
    other = await make_user()
    mine = [await two_factor.trust_device(user_id=user_id) for _ in range(3)]
    theirs = await two_factor.trust_device(user_id=other.id)

    await two_factor.disable(user_id=user_id)

    assert [await two_factor.renew_device(user_id=user_id, token=token) for token in mine] == [None] * 3
    assert await two_factor.renew_device(user_id=other.id, token=theirs)


async def test_an_app_hears_when_it_is_switched_on_guessed_at_and_switched_off() -> None:
    heard: list[events.Event] = []

    async def hear(event: events.Event) -> None:
        heard.append(event)

    user = await make_user()
    events.on(events.Event)(hear)
    try:
        user_id, secret, _ = await make_enrolled(user)
        await guess(user_id, secret)
        await two_factor.disable(user_id=user_id)
    finally:
        events.forget(hear)

    assert heard == [
        two_factor.TwoFactorEnabled(user_id=user_id),
        two_factor.TwoFactorLocked(user_id=user_id),
        two_factor.TwoFactorDisabled(user_id=user_id),
    ]


async def test_what_is_switched_on_in_a_transaction_that_fails_stays_off() -> None:
    user = await make_user()
    enrolment = await two_factor.enrol(user_id=user.id)

    with pytest.raises(LookupError):
        async with database.transaction():
            await two_factor.confirm(user_id=user.id, code=code_of(enrolment.secret))
            raise LookupError

    assert not await two_factor.is_enabled(user_id=user.id)
    assert await two_factor.confirm(user_id=user.id, code=code_of(enrolment.secret))
