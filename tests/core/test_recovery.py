import asyncio
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest

from core import accounts, attempts, authentication, clock, events, mail, recovery, sessions, two_factor, users
from core.accounts import PasswordInvalid
from core.attempts import AttemptsExhausted
from core.authentication import CredentialsInvalid, SignedIn
from core.erasure import OnlyOwner
from core.settings import overridden
from core.text import TextInvalid
from core.users import EmailInvalid, EmailTaken, UserNotFound
from core.verifications import VerificationInvalid
from models import Account, Mail, Member, Organization, Passkey, Session, User, Verification
from tests.factories import make_session, make_user
from tests.mailbox import listen, mailed, statements, templates_for, token_for

pytestmark = pytest.mark.usefixtures("db")

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OLD, NEW = "correct horse battery", "staple of all horses"
ADA = "ada@example.com"
NEVER_A_TOKEN = ["", "a", "a" * 43, "a" * 100_000, "a\0b", "\ud800", "' OR 1=1 --"]
NO_ADDRESS = ["", "ada", "ada@", "a\0da@example.com", "\ud800@example.com", "a" * 100_000, "ada@example.com\n"]


@pytest.fixture
async def ada() -> User:
    """Somebody with a password and a verified address, who speaks German."""
    user = await make_user(email=ADA)
    await accounts.set_password(user_id=user.id, password=OLD)
    await User.filter(id=user.id).update(email_verified=True, locale="de")
    return await users.get(user.id)


async def sign_in(password: str, *, email: str = ADA) -> SignedIn:
    signed_in = await authentication.sign_in(email=email, password=password)
    assert isinstance(signed_in, SignedIn)
    return signed_in


async def race(*runners: Awaitable[Any]) -> list[Any]:
    return await asyncio.gather(*runners, return_exceptions=True)


def count(results: list[Any], kind: type) -> int:
    return sum(isinstance(result, kind) for result in results)


# --- The address ---


async def test_a_link_verifies_an_address_once() -> None:
    user = await make_user(email=ADA)

    await recovery.request_email_verification(user_id=user.id)
    token = await token_for(ADA, "verify_email")
    verified = await recovery.verify_email(token)

    assert (verified.id, verified.email_verified) == (user.id, True)
    with pytest.raises(VerificationInvalid):
        await recovery.verify_email(token)


async def test_of_eight_who_verify_by_one_link_one_does() -> None:
    user = await make_user(email=ADA)
    await recovery.request_email_verification(user_id=user.id)
    token = await token_for(ADA, "verify_email")

    results = await race(*(recovery.verify_email(token) for _ in range(8)))

    assert (count(results, User), count(results, VerificationInvalid)) == (1, 7)


async def test_the_link_leads_to_the_product(ada: User) -> None:
    with overridden(base_url="https://app.example/"):
        await recovery.request_password_reset(email=ADA)

    assert (await mailed(ADA, "reset_password"))["link"].startswith("https://app.example/reset-password?token=")


async def test_a_verified_address_is_not_asked_to_be_verified(ada: User) -> None:
    await recovery.request_email_verification(user_id=ada.id)

    assert await Mail.all().count() == 0


async def test_a_link_to_an_address_that_was_changed_verifies_nothing() -> None:
    user = await make_user(email=ADA)
    await recovery.request_email_verification(user_id=user.id)
    await User.filter(id=user.id).update(email="other@example.com")

    with pytest.raises(VerificationInvalid):
        await recovery.verify_email(await token_for(ADA, "verify_email"))

    assert not (await users.get(user.id)).email_verified


@pytest.mark.parametrize("token", NEVER_A_TOKEN)
async def test_a_token_that_never_was_one_does_nothing(ada: User, token: str) -> None:
    for use in (
        recovery.verify_email(token),
        recovery.confirm_email_change(token),
        recovery.cancel_email_change(token),
        recovery.reset_password(token=token, password=NEW),
        recovery.delete_account(token),
    ):
        with pytest.raises(VerificationInvalid):
            await use

    assert await sign_in(OLD)


async def test_what_was_sent_for_one_thing_is_worth_nothing_for_another(ada: User) -> None:
    await recovery.request_password_reset(email=ADA)
    token = await token_for(ADA, "reset_password")

    for use in (
        recovery.verify_email(token),
        recovery.confirm_email_change(token),
        recovery.cancel_email_change(token),
        recovery.delete_account(token),
    ):
        with pytest.raises(VerificationInvalid):
            await use

    await recovery.reset_password(token=token, password=NEW)


@pytest.mark.parametrize(
    ("lifetime", "template"),
    [(HOUR, "verify_email"), (HOUR, "reset_password"), (DAY, "delete_account")],
)
async def test_a_link_lives_as_long_as_it_says(lifetime: timedelta, template: str) -> None:
    user = await make_user(email=ADA)
    await accounts.set_password(user_id=user.id, password=OLD)
    await recovery.request_email_verification(user_id=user.id)
    await recovery.request_password_reset(email=ADA)
    await recovery.request_account_deletion(user_id=user.id, password=OLD)
    token = await token_for(ADA, template)

    async def use() -> None:
        match template:
            case "verify_email":
                await recovery.verify_email(token)
            case "reset_password":
                await recovery.reset_password(token=token, password=NEW)
            case _:
                await recovery.delete_account(token)

    with clock.shifted(lifetime), pytest.raises(VerificationInvalid):
        await use()
    with clock.shifted(lifetime - MINUTE):
        await use()


async def test_no_token_stands_in_the_database(ada: User) -> None:
    await recovery.request_password_reset(email=ADA)
    await recovery.request_account_deletion(user_id=ada.id, password=OLD)

    stored = str(await Verification.all().values()) + str(await Mail.all().values())
    for template in ("reset_password", "delete_account"):
        assert await token_for(ADA, template) not in stored


async def test_nobody_can_have_an_inbox_flooded(ada: User) -> None:
    for _ in range(5):
        await recovery.request_password_reset(email="ADA@example.com")
        await recovery.request_account_deletion(user_id=ada.id, password=OLD)
    unverified = await make_user()
    for _ in range(5):
        await recovery.request_email_verification(user_id=unverified.id)

    for request in (
        recovery.request_password_reset(email=ADA),
        recovery.request_account_deletion(user_id=ada.id, password=OLD),
        recovery.request_email_verification(user_id=unverified.id),
    ):
        with pytest.raises(AttemptsExhausted):
            await request
    with clock.shifted(HOUR):
        await recovery.request_password_reset(email=ADA)


async def test_nobody_can_ask_for_many_addresses_from_one() -> None:
    for number in range(50):
        await recovery.request_password_reset(email=f"p{number}@example.com", ip_address=f"2001:db8::{number:x}")

    with pytest.raises(AttemptsExhausted):
        await recovery.request_password_reset(email="one.more@example.com", ip_address="2001:db8::ffff")
    await recovery.request_password_reset(email="one.more@example.com", ip_address="2001:db8:1::1")


# --- Another address ---


async def request_change(user: User, new: str = "new@example.com") -> tuple[str, str, str]:
    """The tokens for the new address, for the old one, and to stop it."""
    await recovery.request_email_change(user_id=user.id, new_email=new, password=OLD)
    old = user.email
    return (
        await token_for(new, "confirm_new_email"),
        await token_for(old, "approve_email_change"),
        await token_for(old, "approve_email_change", link="cancel_link"),
    )


@pytest.mark.parametrize("first", [0, 1])
async def test_an_address_changes_when_both_have_agreed_in_whatever_order(ada: User, first: int) -> None:
    tokens = await request_change(ada, "New@Example.com".lower())

    assert await recovery.confirm_email_change(tokens[first]) is False
    assert (await users.get(ada.id)).email == ADA
    assert await recovery.confirm_email_change(tokens[1 - first]) is True

    changed = await users.get(ada.id)
    assert (changed.email, changed.email_verified) == ("new@example.com", True)
    assert await templates_for(ADA) == ["approve_email_change", "email_changed"]
    with pytest.raises(VerificationInvalid):
        await recovery.cancel_email_change(tokens[2])
    for token in tokens[:2]:
        with pytest.raises(VerificationInvalid):
            await recovery.confirm_email_change(token)


async def test_both_agreeing_at_once_and_eight_times_change_it_once(ada: User) -> None:
    new, old, _ = await request_change(ada)

    results = await race(*(recovery.confirm_email_change(token) for token in [new, old] * 4))

    assert (results.count(True), results.count(False), count(results, VerificationInvalid)) == (1, 1, 6)
    assert (await users.get(ada.id)).email == "new@example.com"


async def test_one_side_that_agrees_twice_is_still_one(ada: User) -> None:
    first, _, _ = await request_change(ada)

    assert await recovery.confirm_email_change(first) is False
    with pytest.raises(VerificationInvalid):
        await recovery.confirm_email_change(first)

    assert (await users.get(ada.id)).email == ADA


@pytest.mark.parametrize("agreed", [[], [0], [1]])
async def test_the_old_address_can_stop_it(ada: User, agreed: list[int]) -> None:
    tokens = await request_change(ada)
    for side in agreed:
        await recovery.confirm_email_change(tokens[side])

    await recovery.cancel_email_change(tokens[2])

    for token in (*tokens[:2], tokens[2]):
        with pytest.raises(VerificationInvalid):
            await recovery.confirm_email_change(token)
    assert (await users.get(ada.id)).email == ADA


async def test_the_links_of_a_change_live_an_hour(ada: User) -> None:
    new, old, _ = await request_change(ada)
    await recovery.confirm_email_change(old)

    with clock.shifted(HOUR), pytest.raises(VerificationInvalid):
        await recovery.confirm_email_change(new)


async def test_of_two_changes_at_once_the_first_that_is_agreed_to_counts(ada: User) -> None:
    one, other = await request_change(ada, "one@example.com"), await request_change(ada, "other@example.com")
    await recovery.confirm_email_change(one[0])
    await recovery.confirm_email_change(one[1])

    await recovery.confirm_email_change(other[0])
    with pytest.raises(VerificationInvalid):
        await recovery.confirm_email_change(other[1])

    assert (await users.get(ada.id)).email == "one@example.com"


async def test_an_address_that_somebody_takes_in_between_stays_theirs(ada: User) -> None:
    new, old, _ = await request_change(ada)
    await recovery.confirm_email_change(new)
    await make_user(email="new@example.com")

    with pytest.raises(EmailTaken):
        await recovery.confirm_email_change(old)

    assert (await users.get(ada.id)).email == ADA


async def test_that_an_address_is_somebodys_is_not_said_nor_to_be_counted(
    ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    await make_user(email="grace@example.com")
    listen(caplog)

    await recovery.request_email_change(user_id=ada.id, new_email="nobody@example.com", password=OLD)
    free = statements(caplog)
    await recovery.request_email_change(user_id=ada.id, new_email="grace@example.com", password=OLD)
    taken = statements(caplog)

    assert free == taken
    assert await templates_for("grace@example.com") == []
    assert await templates_for("nobody@example.com") == ["confirm_new_email"]


async def test_an_address_that_was_never_verified_has_no_say_but_can_stop_it() -> None:
    user = await make_user(email=ADA)
    await accounts.set_password(user_id=user.id, password=OLD)
    one, other = await request_change(user, "one@example.com"), await request_change(user, "other@example.com")

    await recovery.cancel_email_change(one[2])
    with pytest.raises(VerificationInvalid):
        await recovery.confirm_email_change(one[0])
    assert await recovery.confirm_email_change(other[0]) is True

    assert (await users.get(user.id)).email == "other@example.com"


async def test_an_address_that_was_verified_in_between_has_a_say_again() -> None:
    user = await make_user(email=ADA)
    await accounts.set_password(user_id=user.id, password=OLD)
    new, old, _ = await request_change(user)
    assert await recovery.prove_email(user_id=user.id, email=ADA)

    with pytest.raises(VerificationInvalid):
        await recovery.confirm_email_change(new)
    assert await recovery.confirm_email_change(old) is False
    assert await recovery.confirm_email_change(new) is True


@pytest.mark.parametrize("email", NO_ADDRESS[:-1])
async def test_what_is_no_address_is_refused(ada: User, email: str) -> None:
    with pytest.raises(EmailInvalid):
        await recovery.request_email_change(user_id=ada.id, new_email=email, password=OLD)
    with pytest.raises(EmailInvalid):
        await recovery.request_password_reset(email=email)


async def test_changing_an_address_takes_the_password_and_another_address(ada: User) -> None:
    with pytest.raises(recovery.PasswordWrong):
        await recovery.request_email_change(user_id=ada.id, new_email="new@example.com", password=NEW)
    with pytest.raises(recovery.EmailUnchanged):
        await recovery.request_email_change(user_id=ada.id, new_email="ADA@example.com", password=OLD)

    assert await Mail.all().count() == 0


# --- A lost password ---


async def reset_token() -> str:
    await recovery.request_password_reset(email=ADA)
    return await token_for(ADA, "reset_password")


async def test_a_lost_password_is_replaced_and_all_sessions_and_devices_are_forgotten(ada: User) -> None:
    session = await make_session(user=ada)
    device = await two_factor.trust_device(user_id=ada.id)

    await recovery.reset_password(token=await reset_token(), password=NEW)

    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(session.token)
    with pytest.raises(CredentialsInvalid):
        await sign_in(OLD)
    assert await sign_in(NEW)
    assert await two_factor.renew_device(user_id=ada.id, token=device) is None
    assert await templates_for(ADA) == ["reset_password", "password_changed"]
    assert (await Mail.filter(template="password_changed").get()).locale == "de"


async def test_of_eight_who_reset_by_one_link_one_does(ada: User) -> None:
    token = await reset_token()

    results = await race(*(recovery.reset_password(token=token, password=f"{NEW} {n}") for n in range(8)))

    assert (results.count(None), count(results, VerificationInvalid)) == (1, 7)
    assert await sign_in(f"{NEW} {results.index(None)}")


async def test_another_link_is_worth_nothing_when_one_was_used_or_the_password_changed(ada: User) -> None:
    one, other = await reset_token(), await reset_token()

    await recovery.reset_password(token=one, password=NEW)

    with pytest.raises(VerificationInvalid):
        await recovery.reset_password(token=other, password=OLD)
    third = await reset_token()
    await recovery.change_password(user_id=ada.id, session_id="", old=NEW, new=OLD)
    with pytest.raises(VerificationInvalid):
        await recovery.reset_password(token=third, password=NEW)


async def test_of_eight_links_of_one_person_used_at_once_one_works(ada: User) -> None:
    links = []
    for hours in range(2):
        with clock.shifted(timedelta(hours=-hours / 2)):
            await attempts.forget("reset-password", ADA)
            links += [await reset_token() for _ in range(4)]

    results = await race(*(recovery.reset_password(token=token, password=NEW) for token in links))

    assert (results.count(None), count(results, VerificationInvalid)) == (1, 7)


async def test_a_password_that_can_not_be_one_does_not_use_the_link_up(ada: User) -> None:
    token = await reset_token()

    for password in ("", "short", "x" * 129, "\ud800" * 8):
        with pytest.raises(PasswordInvalid):
            await recovery.reset_password(token=token, password=password)

    await recovery.reset_password(token=token, password=NEW)


async def test_a_link_to_an_address_that_was_changed_resets_nothing(ada: User) -> None:
    token = await reset_token()
    await User.filter(id=ada.id).update(email="other@example.com")

    with pytest.raises(VerificationInvalid):
        await recovery.reset_password(token=token, password=NEW)

    assert await sign_in(OLD, email="other@example.com")


async def test_a_link_of_somebody_who_is_gone_resets_nothing(ada: User) -> None:
    token = await reset_token()
    await users.delete(ada.id)

    with pytest.raises(VerificationInvalid):
        await recovery.reset_password(token=token, password=NEW)


async def test_somebody_who_never_had_a_password_gets_one() -> None:
    user = await make_user(email=ADA)
    await User.filter(id=user.id).update(email_verified=True)

    await recovery.reset_password(token=await reset_token(), password=NEW)

    assert await sign_in(NEW)


async def test_who_is_known_can_not_be_told_by_what_the_database_is_asked(
    ada: User, caplog: pytest.LogCaptureFixture
) -> None:
    listen(caplog)

    await recovery.request_password_reset(email=ADA, ip_address="203.0.113.9")
    known = statements(caplog)
    await recovery.request_password_reset(email="nobody@example.com", ip_address="203.0.113.9")
    unknown = statements(caplog)

    assert known == unknown
    assert len(known) > 5
    assert await Mail.filter(status="waiting").count() == 1
    assert await Mail.filter(status="decoy", recipient="").count() == 1


async def test_what_was_pretended_opens_nothing(ada: User) -> None:
    await recovery.request_password_reset(email="nobody@example.com")

    assert (await Verification.get()).value == '{"user_id": "", "email": "", "password": ""}'
    assert (await mail.deliver_waiting()) == (0, 0, 0)


async def give_ways_in(user: User) -> None:
    """What somebody has who signed up with this address, whoever it was."""
    now = clock.now()
    await accounts.set_password(user_id=user.id, password=OLD)
    await Account.create(user_id=user.id, provider_id="github", account_id="1", created_at=now, updated_at=now)
    await Passkey.create(
        user_id=user.id, public_key="k", credential_id="c", counter=0, device_type="singleDevice", backed_up=False
    )
    await make_session(user=user)


async def ways_in(user: User) -> int:
    rows = [await table.filter(user_id=user.id).count() for table in (Account, Passkey, Session)]
    return sum(rows)


async def test_who_proves_an_address_does_not_share_it_with_who_signed_up_before_them() -> None:
    user = await make_user(email=ADA)
    await give_ways_in(user)

    await recovery.reset_password(token=await reset_token(), password=NEW)

    assert await ways_in(user) == 1
    assert (await users.get(user.id)).email_verified
    assert await sign_in(NEW)


async def test_who_had_proved_it_before_keeps_their_ways_in(ada: User) -> None:
    await give_ways_in(ada)

    assert await recovery.prove_email(user_id=ada.id, email=ADA)
    await recovery.reset_password(token=await reset_token(), password=NEW)

    assert await ways_in(ada) == 3
    assert await Session.all().count() == 0


async def test_an_address_that_is_somebody_elses_is_not_proved(ada: User) -> None:
    other = await make_user()

    assert not await recovery.prove_email(user_id=other.id, email=ADA)
    assert not await recovery.prove_email(user_id="nobody", email=ADA)

    assert not (await users.get(other.id)).email_verified


# --- A known password ---


async def test_a_password_is_changed_by_the_old_one_and_other_sessions_end(ada: User) -> None:
    here, there = await make_session(user=ada), await make_session(user=ada)

    await recovery.change_password(user_id=ada.id, session_id=here.session.id, old=OLD, new=NEW)

    assert await sessions.authenticate(here.token)
    with pytest.raises(sessions.SessionInvalid):
        await sessions.authenticate(there.token)
    assert await sign_in(NEW)
    assert await templates_for(ADA) == ["password_changed"]


async def test_of_eight_who_change_a_password_at_once_one_does(ada: User) -> None:
    results = await race(
        *(recovery.change_password(user_id=ada.id, session_id="", old=OLD, new=f"{NEW} {n}") for n in range(8))
    )

    assert (results.count(None), count(results, recovery.PasswordWrong)) == (1, 7)
    assert await sign_in(f"{NEW} {results.index(None)}")


async def test_a_password_that_was_hashed_with_other_parameters_is_changed_as_well(ada: User) -> None:
    with overridden(password_time_cost=1):
        await recovery.change_password(user_id=ada.id, session_id="", old=OLD, new=NEW)

    assert await sign_in(NEW)


async def test_a_wrong_old_password_changes_nothing_and_can_not_be_guessed_for_long(ada: User) -> None:
    for _ in range(10):
        with pytest.raises(recovery.PasswordWrong):
            await recovery.change_password(user_id=ada.id, session_id="", old=NEW, new=NEW)

    with pytest.raises(AttemptsExhausted):
        await recovery.change_password(user_id=ada.id, session_id="", old=OLD, new=NEW)
    with clock.shifted(timedelta(minutes=15)):
        await recovery.change_password(user_id=ada.id, session_id="", old=OLD, new=NEW)


@pytest.mark.parametrize("user_id", ["", "nobody", "\0", "\ud800", "x" * 10_000])
async def test_somebody_who_is_not_there_has_no_password_to_change(user_id: str) -> None:
    with pytest.raises((recovery.PasswordWrong, TextInvalid)):
        await recovery.change_password(user_id=user_id, session_id="", old=OLD, new=NEW)


async def test_what_has_changed_is_published(ada: User) -> None:
    heard: list[str] = []

    @events.on(users.UserChanged)
    async def hear(event: users.UserChanged) -> None:
        heard.append(type(event).__name__)

    try:
        new, old, _ = await request_change(ada)
        await recovery.confirm_email_change(new)
        await recovery.confirm_email_change(old)
        await recovery.change_password(user_id=ada.id, session_id="", old=OLD, new=NEW)
    finally:
        events.forget(hear)

    assert heard == ["EmailChanged", "PasswordChanged"]


# --- Farewell ---


async def test_an_account_is_deleted_by_a_link_and_says_good_bye(ada: User) -> None:
    await recovery.request_account_deletion(user_id=ada.id, password=OLD)

    await recovery.delete_account(await token_for(ADA, "delete_account"))

    assert await users.find(ada.id) is None
    assert await templates_for(ADA) == ["account_deleted"]


async def test_of_eight_who_delete_by_one_link_one_does(ada: User) -> None:
    await recovery.request_account_deletion(user_id=ada.id, password=OLD)
    token = await token_for(ADA, "delete_account")

    results = await race(*(recovery.delete_account(token) for _ in range(8)))

    assert (results.count(None), count(results, VerificationInvalid)) == (1, 7)


async def test_instead_of_the_password_a_session_of_today_will_do(ada: User) -> None:
    issued = await make_session(user=ada)

    await recovery.request_account_deletion(user_id=ada.id, session_id=issued.session.id)
    with clock.shifted(DAY), pytest.raises(recovery.ConfirmationNeeded):
        await recovery.request_account_deletion(user_id=ada.id, session_id=issued.session.id)

    assert await templates_for(ADA) == ["delete_account"]


@pytest.mark.parametrize("session_id", [None, "", "nobody", "\0", "\ud800"])
async def test_without_a_proof_nothing_is_sent(ada: User, session_id: str | None) -> None:
    theirs = await make_session()
    impersonated = await sessions.create(user_id=ada.id, impersonated_by=theirs.session.user_id)

    for session in (session_id, theirs.session.id, impersonated.session.id):
        with pytest.raises((recovery.ConfirmationNeeded, TextInvalid)):
            await recovery.request_account_deletion(user_id=ada.id, session_id=session)
    with pytest.raises(recovery.PasswordWrong):
        await recovery.request_account_deletion(user_id=ada.id, password="")

    assert await Mail.all().count() == 0


async def test_a_link_of_an_address_that_was_changed_deletes_nobody(ada: User) -> None:
    await recovery.request_account_deletion(user_id=ada.id, password=OLD)
    await User.filter(id=ada.id).update(email="other@example.com")

    with pytest.raises(VerificationInvalid):
        await recovery.delete_account(await token_for(ADA, "delete_account"))

    assert await users.find(ada.id)


async def test_who_owns_an_organization_alone_decides_about_it_and_the_link_stays_good(ada: User) -> None:
    organization = await Organization.create(name="Acme", slug="acme", created_at=clock.now())
    await Member.create(organization_id=organization.id, user_id=ada.id, role="owner", created_at=clock.now())
    await recovery.request_account_deletion(user_id=ada.id, password=OLD)
    token = await token_for(ADA, "delete_account")

    with pytest.raises(OnlyOwner):
        await recovery.delete_account(token)
    await recovery.delete_account(token, with_organizations=True)

    assert await Organization.all().count() == 0


async def test_somebody_who_is_not_there_is_sent_nothing() -> None:
    for request in (
        recovery.request_email_verification(user_id="nobody"),
        recovery.request_email_verification(user_id="\0\ud800"),
    ):
        with pytest.raises((UserNotFound, TextInvalid)):
            await request
