"""One database with a better-auth application: what it wrote is continued here, and what is written here is its own.

Its side is what a real run left (tests/data/better-auth-vectors.json); tests/interop has the application itself.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pyotp
import pytest

from core import (
    accounts,
    admin,
    authentication,
    clock,
    database,
    members,
    migrate,
    organizations,
    passwordless,
    recovery,
    sessions,
    two_factor,
    users,
    verifications,
)
from core.accounts import Tokens
from core.accounts.sealed import ACCESS, opened
from core.authentication import CredentialsInvalid, SecondStep, SecondStepInvalid, SignedIn
from core.better_auth import emails, sealed
from core.better_auth import passwords as their_passwords
from core.better_auth import two_factor as their_two_factor
from core.better_auth import verifications as their_verifications
from core.crypto import passwords, sealing, tokens
from core.database.statements import fetch
from core.migrate import adopting
from core.oauth import state as states
from core.passwordless import CodeInvalid
from core.sessions import SessionInvalid
from core.settings import PostgresUrl, overridden
from core.settings.database_url import parse
from core.two_factor import TwoFactorCodeInvalid, TwoFactorCodesExhausted
from core.verifications import VerificationInvalid
from models import Account, Member, Organization, Session, TwoFactor, User, Verification
from models.base import Row
from tests.core.better_auth.recorded import RECORDED, ROWS, SECRET, THEN, TOKEN, USER
from tests.factories import make_session, make_user
from tests.mailbox import mailed, token_for
from tests.programs import ROOT

ADA = "ada@example.com"
PASSWORD: str = RECORDED["PASSWORD"]
NEW_PASSWORD = "staple of all horses"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WAITING = "2fa-kEIEGjDS-PwP3zNczNuD"
SHARED: dict[str, Any] = {"sharing": "better-auth", "better_auth_secret": SECRET}
ALONE: dict[str, Any] = {"sharing": None, "better_auth_secret": SECRET}
"""After it was shared, until everybody has moved."""


@pytest.fixture(autouse=True)
def shared(db: None) -> Iterator[None]:
    with overridden(**SHARED), clock.shifted(THEN - clock.now()):
        passwords._met.clear()
        yield
        passwords._met.clear()


async def put(model: type[Row], row: dict[str, Any]) -> None:
    """A row as the application wrote it."""
    attributes = {column: attribute for attribute, column in model._meta.fields_db_projection.items()}
    moments = {"createdAt", "updatedAt", "expiresAt", "lockedUntil", "banExpires"}
    values: dict[str, Any] = {
        attributes[column]: datetime.fromisoformat(value) if column in moments and value else value
        for column, value in row.items()
    }
    await model.create(**values)


@pytest.fixture
async def theirs(shared: None) -> User:
    """Ada as the recorded run left her: with a password, a second factor, a session and an organization."""
    tables: list[tuple[type[Row], str]] = [
        (User, "user"),
        (Session, "session"),
        (Account, "account"),
        (Verification, "verification"),
        (TwoFactor, "twoFactor"),
        (Organization, "organization"),
        (Member, "member"),
    ]
    for model, name in tables:
        for row in ROWS[name]:
            await put(model, row)
    return await users.get(USER)


@pytest.fixture
async def ada(theirs: User) -> User:
    """The same without a second factor."""
    await TwoFactor.all().delete()
    await User.filter(id=theirs.id).update(two_factor_enabled=False)
    return await users.get(theirs.id)


async def race(*runners: Awaitable[Any]) -> list[Any]:
    return await asyncio.gather(*runners, return_exceptions=True)


def count(results: list[Any], kind: type) -> int:
    return sum(isinstance(result, kind) for result in results)


def app() -> pyotp.TOTP:
    """Ada's, set up by the application."""
    return pyotp.parse_uri(RECORDED["totpURI"])  # type: ignore[return-value]


async def sign_in(password: str = PASSWORD, **given: Any) -> SignedIn | SecondStep:
    return await authentication.sign_in(email=ADA, password=password, **given)


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    with clock.shifted(by):
        yield


# --- Sessions ---


async def test_a_session_of_theirs_is_authenticated_and_not_where_nothing_is_shared(theirs: User) -> None:
    here = await sessions.authenticate(TOKEN)

    assert (here.user_id, here.session_id) == (theirs.id, ROWS["session"][0]["id"])
    assert here.active_organization_id == ROWS["organization"][0]["id"]
    with overridden(**ALONE), pytest.raises(SessionInvalid):
        await sessions.authenticate(TOKEN)


async def test_a_session_of_ours_is_stored_as_they_store_it() -> None:
    issued = await make_session()

    row = await Session.get(id=issued.session.id)
    assert row.token == issued.token
    assert (len(issued.token), issued.token.isalnum()) == (32, True)
    assert row.expires_at - row.created_at == 7 * DAY
    assert (await sessions.authenticate(issued.token)).session_id == row.id


async def test_what_is_stored_of_a_session_from_before_opens_nothing_and_its_token_does() -> None:
    user = await make_user()
    with overridden(sharing=None):
        before = await make_session(user=user)
    stored = (await Session.get(id=before.session.id)).token

    assert (await sessions.authenticate(before.token)).user_id == user.id
    with pytest.raises(SessionInvalid):
        await sessions.authenticate(stored)


async def test_a_refresh_moves_the_end_and_leaves_the_token(theirs: User) -> None:
    with later(HOUR):
        refreshed = await sessions.refresh(TOKEN)

        assert refreshed.token == TOKEN
        assert refreshed.session.expires_at == refreshed.session.updated_at + 7 * DAY
        assert (await sessions.authenticate(TOKEN)).user_id == theirs.id
        await sessions.revoke(session_id=refreshed.session.id, user_id=theirs.id)
        with pytest.raises(SessionInvalid):
            await sessions.refresh(TOKEN)


async def test_the_end_moves_when_it_was_set_a_day_ago(theirs: User) -> None:
    before = await Session.get(token=TOKEN)

    with later(DAY - HOUR):
        here = await sessions.authenticate(TOKEN)
        await database.settled()
        early = await Session.get(token=TOKEN)
    with later(DAY + HOUR):
        there = await sessions.authenticate(TOKEN)
        await database.settled()
        late = await Session.get(token=TOKEN)

    assert (here.extended, early.expires_at, early.updated_at) == (False, before.expires_at, before.updated_at)
    assert early.last_used_at is not None
    assert there.extended
    assert late.expires_at == late.updated_at + 7 * DAY == there.expires_at


async def test_what_is_not_to_be_remembered_lives_for_a_day(ada: User) -> None:
    signed_in = await sign_in(remember=False)
    assert isinstance(signed_in, SignedIn)

    assert signed_in.session.expires_at - signed_in.session.created_at == DAY
    with later(DAY - MINUTE):
        assert not (await sessions.authenticate(signed_in.token)).extended
        assert (await sessions.refresh(signed_in.token)).session.expires_at == signed_in.session.expires_at
    with later(DAY), pytest.raises(SessionInvalid):
        await sessions.authenticate(signed_in.token)


async def test_an_impersonation_of_theirs_is_hidden_and_not_extended(theirs: User) -> None:
    await Session.filter(token=TOKEN).update(impersonated_by="an administrator", expires_at=clock.now() + HOUR)

    with later(30 * MINUTE):
        here = await sessions.authenticate(TOKEN)
        refreshed = await sessions.refresh(TOKEN)

    assert (here.impersonated_by, here.extended) == ("an administrator", False)
    assert refreshed.session.expires_at == here.expires_at
    assert await sessions.list_live(user_id=theirs.id) == []


async def test_an_impersonation_is_ended_by_its_token() -> None:
    boss, grace = await make_user(), await make_user()
    await User.filter(id=boss.id).update(role="user,admin")
    issued = await admin.impersonate(actor_id=boss.id, user_id=grace.id)

    assert (await Session.get(id=issued.session.id)).token == issued.token
    await admin.stop_impersonating(issued.token)

    with pytest.raises(SessionInvalid):
        await sessions.authenticate(issued.token)


async def test_their_sessions_are_listed_by_what_is_known_of_their_use(theirs: User) -> None:
    with later(-HOUR):
        used = await make_session(user=theirs)
    with later(HOUR):
        newest = await make_session(user=theirs)

    listed = [session.token for session in await sessions.list_live(user_id=theirs.id)]

    assert listed == [newest.token, TOKEN, used.token]


async def test_a_ban_ends_their_session_at_once_for_both(theirs: User) -> None:
    boss = await make_user()
    await User.filter(id=boss.id).update(role="admin,user")

    await admin.ban(actor_id=boss.id, user_id=theirs.id, reason="spam")

    assert await Session.filter(user_id=theirs.id).count() == 0
    with pytest.raises(SessionInvalid):
        await sessions.authenticate(TOKEN)
    with pytest.raises(authentication.Banned):
        await sign_in()


async def test_a_ban_of_theirs_counts_here_although_the_session_is_left(theirs: User) -> None:
    await User.filter(id=theirs.id).update(banned=True)

    with pytest.raises(SessionInvalid):
        await sessions.authenticate(TOKEN)


# --- Passwords ---


async def test_a_password_of_theirs_signs_in_and_stays_as_it_is(ada: User) -> None:
    assert isinstance(await sign_in(), SignedIn)

    assert (await Account.get(user_id=ada.id)).password == ROWS["account"][0]["password"]
    with pytest.raises(CredentialsInvalid):
        await sign_in(PASSWORD + "x")


async def test_who_signs_up_here_has_an_account_as_they_write_it() -> None:
    grace = await authentication.sign_up(name="Grace", email="grace@example.com", password=NEW_PASSWORD)

    account = await Account.get(user_id=grace.user.id)
    assert (account.provider_id, account.account_id) == ("credential", grace.user.id)
    assert their_passwords.matches(NEW_PASSWORD, account.password or "")


async def test_a_password_of_ours_becomes_theirs_at_the_next_sign_in_and_ours_again_when_sharing_ends() -> None:
    grace = await make_user(email=ADA)
    with overridden(**ALONE):
        await accounts.set_password(user_id=grace.id, password=NEW_PASSWORD)

    assert isinstance(await sign_in(NEW_PASSWORD), SignedIn)
    assert their_passwords.is_one((await Account.get(user_id=grace.id)).password or "")

    with overridden(**ALONE):
        assert isinstance(await sign_in(NEW_PASSWORD), SignedIn)
        assert ((await Account.get(user_id=grace.id)).password or "").startswith("$argon2id$")


# --- The second step ---


async def test_a_second_factor_of_theirs_is_asked_for_and_taken_once(theirs: User) -> None:
    waiting = await sign_in()
    assert isinstance(waiting, SecondStep)
    code = app().at(clock.now())

    signed_in = await authentication.complete_second_step(token=waiting.token, code=code)

    assert signed_in.user.id == theirs.id
    again = await sign_in()
    assert isinstance(again, SecondStep)
    with pytest.raises(TwoFactorCodeInvalid):
        await authentication.complete_second_step(token=again.token, code=code)


async def test_a_sign_in_that_waits_is_written_as_they_write_it(theirs: User) -> None:
    waiting = await sign_in()
    assert isinstance(waiting, SecondStep)

    row = await Verification.get(identifier=waiting.token)
    counter = await Verification.get(identifier=f"2fa-attempts-{waiting.token}")
    assert (len(waiting.token), row.value, counter.value) == (24, theirs.id, "0")
    assert row.created_at is not None
    assert row.expires_at - row.created_at == 10 * MINUTE
    with pytest.raises(TwoFactorCodeInvalid):
        await authentication.complete_second_step(token=waiting.token, code="000000")
    assert (await Verification.get(id=counter.id)).value == "1"


async def test_a_sign_in_that_they_let_wait_goes_on_here_and_leaves_no_row(theirs: User) -> None:
    signed_in = await authentication.complete_second_step(token=WAITING, code=app().at(clock.now()))

    assert signed_in.user.id == theirs.id
    assert await Verification.filter(identifier__contains=WAITING).count() == 0
    with pytest.raises(SecondStepInvalid):
        await authentication.complete_second_step(token=WAITING, code=app().at(clock.now() + MINUTE))


async def test_codes_that_were_tried_there_count_here(theirs: User) -> None:
    await Verification.filter(identifier=f"2fa-attempts-{WAITING}").update(value="5")

    with pytest.raises(SecondStepInvalid):
        await authentication.complete_second_step(token=WAITING, code=app().at(clock.now()))


async def test_before_1_7_nothing_counts_there_and_the_sign_in_goes_on(theirs: User) -> None:
    await Verification.filter(identifier=f"2fa-attempts-{WAITING}").delete()

    assert await authentication.complete_second_step(token=WAITING, code=app().at(clock.now()))


async def test_a_backup_code_of_theirs_is_used_up_and_the_others_stay_theirs(theirs: User) -> None:
    code, *others = RECORDED["backupCodes"]

    await two_factor.verify(user_id=theirs.id, code=code)

    left = (await TwoFactor.get(user_id=theirs.id)).backup_codes
    assert their_two_factor.backup_codes(left) == others
    with pytest.raises(TwoFactorCodeInvalid):
        await two_factor.verify(user_id=theirs.id, code=code)
    with pytest.raises(TwoFactorCodeInvalid):
        await two_factor.verify(user_id=theirs.id, code=others[0].swapcase())
    await two_factor.verify(user_id=theirs.id, code=others[0].replace("-", " "))


@pytest.mark.only("postgres")
async def test_of_eight_with_one_backup_code_one_gets_on(theirs: User) -> None:
    code = RECORDED["backupCodes"][0]

    results = await race(*(two_factor.verify(user_id=theirs.id, code=code) for _ in range(8)))

    assert count(results, type(None)) == 1
    assert len(their_two_factor.backup_codes((await TwoFactor.get(user_id=theirs.id)).backup_codes) or []) == 9


async def test_backup_codes_that_they_store_unsealed_stay_so(theirs: User) -> None:
    await TwoFactor.all().update(backup_codes=json.dumps(["aaaaa-bbbbb", "ccccc-ddddd"]))

    await two_factor.verify(user_id=theirs.id, code="aaaaa-bbbbb")

    assert (await TwoFactor.get(user_id=theirs.id)).backup_codes == '["ccccc-ddddd"]'


async def test_a_lock_of_theirs_holds_here_and_begins_anew_when_it_is_over(theirs: User) -> None:
    await TwoFactor.all().update(failed_verification_count=10, locked_until=clock.now() + MINUTE)

    with pytest.raises(TwoFactorCodesExhausted):
        await two_factor.verify(user_id=theirs.id, code=app().at(clock.now()))
    with later(2 * MINUTE):
        with pytest.raises(TwoFactorCodeInvalid):
            await two_factor.verify(user_id=theirs.id, code="000000")
        enrolled = await TwoFactor.get(user_id=theirs.id)
        assert (enrolled.failed_verification_count, enrolled.locked_until) == (1, None)
        await two_factor.verify(user_id=theirs.id, code=app().at(clock.now()))


async def test_an_enrolment_of_ours_is_one_that_they_can_read() -> None:
    grace = await make_user(email="grace@example.com")

    enrolment = await two_factor.enrol(user_id=grace.id)
    row = await TwoFactor.get(user_id=grace.id)
    secret = sealed.unseal(row.secret)
    codes = their_two_factor.backup_codes(row.backup_codes)
    shown = await two_factor.confirm(user_id=grace.id, code=pyotp.TOTP(enrolment.secret).at(clock.now()))

    assert secret is not None
    assert (len(secret), secret.isalnum(), row.verified) == (32, True, False)
    assert their_two_factor.in_base32(secret) == enrolment.secret
    assert (len(codes or []), shown) == (10, codes)
    assert (await TwoFactor.get(user_id=grace.id)).verified


async def test_an_enrolment_that_they_began_keeps_the_codes_that_they_have_shown(theirs: User) -> None:
    await TwoFactor.all().update(verified=False)
    await User.filter(id=theirs.id).update(two_factor_enabled=False)

    shown = await two_factor.confirm(user_id=theirs.id, code=app().at(clock.now()))

    assert shown == RECORDED["backupCodes"]
    assert (await TwoFactor.get(user_id=theirs.id)).backup_codes == ROWS["twoFactor"][0]["backupCodes"]


async def test_a_secret_that_nobody_has_verified_is_none_though_codes_by_mail_are_on(theirs: User) -> None:
    await TwoFactor.all().update(verified=False)

    with pytest.raises(two_factor.TwoFactorNotEnabled):
        await two_factor.verify(user_id=theirs.id, code=app().at(clock.now()))


async def test_when_sharing_ends_a_second_factor_becomes_ours_at_the_next_code(theirs: User) -> None:
    with overridden(**ALONE):
        await two_factor.verify(user_id=theirs.id, code=app().at(clock.now()))

        row = await TwoFactor.get(user_id=theirs.id)
        assert not sealing.is_shared(row.secret)
        assert not sealing.is_shared(row.backup_codes)
    with overridden(sharing=None, better_auth_secret=None), later(MINUTE):
        await two_factor.verify(user_id=theirs.id, code=app().at(clock.now()))
        await two_factor.verify(user_id=theirs.id, code="q" + RECORDED["backupCodes"][2][1:])


async def test_when_sharing_begins_a_secret_of_ours_becomes_theirs_at_the_next_code() -> None:
    grace = await make_user()
    with overridden(sharing=None):
        enrolment = await two_factor.enrol(user_id=grace.id)
        ours = pyotp.TOTP(enrolment.secret)
        codes = await two_factor.confirm(user_id=grace.id, code=ours.at(clock.now()))

    with later(MINUTE):
        await two_factor.verify(user_id=grace.id, code=ours.at(clock.now()))
    await two_factor.verify(user_id=grace.id, code=codes[0])

    stored = sealed.unseal((await TwoFactor.get(user_id=grace.id)).secret)
    assert stored == f"base32:{enrolment.secret}"


async def test_without_their_secret_nothing_that_they_sealed_opens_and_it_is_said(theirs: User) -> None:
    with (
        overridden(better_auth_secret="another-secret-than-theirs-0123456789"),
        pytest.raises(sealing.Unsealable, match="better-auth sealed for two_factor") as refused,
    ):
        await two_factor.verify(user_id=theirs.id, code="000000")

    assert "BETTER_AUTH_SECRET" in refused.value.remedy


async def test_a_device_that_they_trust_is_trusted_here_and_has_a_new_token(theirs: User) -> None:
    identifier = f"trust-device-{'a' * 32}"
    await verifications.write(identifier=identifier, value=theirs.id, lifetime=30 * DAY)
    device = their_two_factor.device_token(user_id=theirs.id, identifier=identifier)

    assert isinstance(await sign_in(trusted_device=identifier), SecondStep)
    signed_in = await sign_in(trusted_device=device)

    assert isinstance(signed_in, SignedIn)
    renewed = their_two_factor.device_identifier(signed_in.trusted_device or "", user_id=theirs.id)
    assert (await Verification.get(identifier=renewed)).value == theirs.id
    assert isinstance(await sign_in(trusted_device=device), SecondStep)
    await two_factor.forget_devices(user_id=theirs.id)
    assert isinstance(await sign_in(trusted_device=signed_in.trusted_device), SecondStep)


# --- Links and codes ---


async def test_a_reset_of_theirs_is_used_once_and_leaves_no_other(ada: User) -> None:
    token = next(it["token"] for it in RECORDED["mail"] if it["kind"] == "reset")
    await verifications.write(identifier=f"reset-password:{'x' * 24}", value=ada.id, lifetime=HOUR)

    await recovery.reset_password(token=token, password=NEW_PASSWORD)

    assert their_passwords.matches(NEW_PASSWORD, (await Account.get(user_id=ada.id)).password or "")
    assert await Session.filter(user_id=ada.id).count() == 0
    for used in (token, "x" * 24):
        with pytest.raises(VerificationInvalid):
            await recovery.reset_password(token=used, password=NEW_PASSWORD)


@pytest.mark.only("postgres")
async def test_of_eight_resets_by_one_link_one_is_done(ada: User) -> None:
    token = next(it["token"] for it in RECORDED["mail"] if it["kind"] == "reset")

    results = await race(*(recovery.reset_password(token=token, password=f"{NEW_PASSWORD} {n}") for n in range(8)))

    assert (count(results, type(None)), count(results, VerificationInvalid)) == (1, 7)


async def test_a_reset_of_ours_is_a_row_of_theirs(ada: User) -> None:
    await Verification.all().delete()

    await recovery.request_password_reset(email=ADA)

    token = await token_for(ADA, "reset_password")
    row = await Verification.get(identifier=f"reset-password:{token}")
    assert (len(token), row.value, row.created_at is not None) == (24, ada.id, True)


async def test_a_new_address_makes_links_worthless_that_went_to_the_old(ada: User) -> None:
    await User.filter(id=ada.id).update(email_verified=True)
    await recovery.request_password_reset(email=ADA)
    token = await token_for(ADA, "reset_password")
    await recovery.request_email_change(user_id=ada.id, new_email="new@example.com", password=PASSWORD)

    assert await recovery.confirm_email_change(await token_for("new@example.com", "confirm_new_email")) is False
    assert await recovery.confirm_email_change(await token_for(ADA, "approve_email_change"))

    with pytest.raises(VerificationInvalid):
        await recovery.reset_password(token=token, password=NEW_PASSWORD)


async def test_a_farewell_of_theirs_is_taken(ada: User) -> None:
    await Member.all().delete()

    await recovery.delete_account(next(it["token"] for it in RECORDED["mail"] if it["kind"] == "delete"))

    assert not await User.exists(id=ada.id)


async def test_an_address_is_verified_by_their_token_and_by_ours(ada: User) -> None:
    assert (await recovery.verify_email(RECORDED["mail"][0]["token"])).email_verified

    await User.filter(id=ada.id).update(email_verified=False)
    await recovery.request_email_verification(user_id=ada.id)
    token = await token_for(ADA, "verify_email")
    assert emails.read(token, now=clock.now()) == (ADA, ada.id)
    assert (await recovery.verify_email(token)).email_verified

    await User.filter(id=ada.id).update(email="new@example.com")
    for old in (token, RECORDED["mail"][0]["token"], token[:-2], "a.b.c"):
        with pytest.raises(VerificationInvalid):
            await recovery.verify_email(old)


@pytest.mark.parametrize("prefix", ["magic-link:", ""], ids=["since 1.7.7", "before"])
async def test_a_link_of_theirs_that_signs_in_is_taken_once(ada: User, prefix: str) -> None:
    token = next(it["token"] for it in RECORDED["mail"] if it["kind"] == "magic")
    await Verification.filter(identifier=f"magic-link:{token}").update(identifier=prefix + token)

    signed_in = await passwordless.sign_in_with_magic_link(token=token)

    assert isinstance(signed_in, SignedIn)
    assert signed_in.user.id == ada.id
    with pytest.raises(VerificationInvalid):
        await passwordless.sign_in_with_magic_link(token=token)


async def test_a_link_of_ours_that_signs_in_says_what_they_take_and_no_more() -> None:
    for version, prefix in (("1.4.22", ""), ("1.7.25", "magic-link:")):
        await Verification.all().delete()
        with overridden(sharing_version=version):
            await passwordless.request_magic_link(email="new@example.com", name="Grace")

        token = await token_for("new@example.com", "magic_link")
        row = await Verification.get(identifier=prefix + token)
        assert json.loads(row.value) == {"type": "magic-link", "email": "new@example.com", "name": "Grace"}
    signed_in = await passwordless.sign_in_with_magic_link(token=token)
    assert signed_in.user.name == "Grace"  # type: ignore[union-attr]


@pytest.mark.parametrize("value", ["", "[]", "1", "{}", '{"email": 1}', '{"email": "nobody"}', "861190:0"])
async def test_a_row_that_is_no_link_signs_nobody_in(value: str) -> None:
    await verifications.write(identifier="x" * 32, value=value, lifetime=HOUR)

    with pytest.raises(VerificationInvalid):
        await passwordless.sign_in_with_magic_link(token="x" * 32)


async def test_no_token_uses_up_a_row_of_another_purpose(theirs: User) -> None:
    before = await Verification.all().count()

    for token in ("sign-in-otp-ada@example.com", WAITING, f"2fa-attempts-{WAITING}", "2fa-", "", "\ud800"):
        with pytest.raises(VerificationInvalid):
            await passwordless.sign_in_with_magic_link(token=token)
        with pytest.raises(VerificationInvalid):
            await recovery.reset_password(token=token, password=NEW_PASSWORD)

    assert await Verification.all().count() == before


async def test_a_code_of_theirs_signs_in_and_wrong_ones_count_where_they_count(ada: User) -> None:
    row = await Verification.get(identifier=f"sign-in-otp-{ADA}")

    for tried in (1, 2):
        with pytest.raises(CodeInvalid):
            await passwordless.sign_in_with_code(email=ADA, code="000000")
        assert (await Verification.get(id=row.id)).value == f"861190:{tried}"
    assert await passwordless.sign_in_with_code(email=ADA, code="861 190")

    assert not await Verification.exists(id=row.id)


async def test_the_fourth_try_is_not_looked_at(ada: User) -> None:
    await Verification.filter(identifier=f"sign-in-otp-{ADA}").update(value="861190:3")

    with pytest.raises(CodeInvalid):
        await passwordless.sign_in_with_code(email=ADA, code="861190")


@pytest.mark.only("postgres")
async def test_of_eight_with_the_right_code_one_is_signed_in(ada: User) -> None:
    results = await race(*(passwordless.sign_in_with_code(email=ADA, code="861190") for _ in range(8)))

    assert (count(results, SignedIn), count(results, CodeInvalid)) == (1, 7)


async def test_a_new_code_takes_the_place_of_theirs(ada: User) -> None:
    await passwordless.request_code(email=ADA)

    code = (await mailed(ADA, "sign_in_code"))["code"]
    assert (await Verification.get(identifier=f"sign-in-otp-{ADA}")).value == f"{code}:0"
    assert await passwordless.sign_in_with_code(email=ADA, code=code)


async def test_where_identifiers_are_hashed_all_of_it_works(theirs: User) -> None:
    await User.filter(id=theirs.id).update(email_verified=True)
    with overridden(sharing_identifiers="hashed"):
        waiting = await sign_in()
        assert isinstance(waiting, SecondStep)
        assert not await Verification.exists(identifier=waiting.token)
        signed_in = await authentication.complete_second_step(
            token=waiting.token, code=app().at(clock.now()), trust_device=True
        )
        assert isinstance(await sign_in(trusted_device=signed_in.trusted_device), SignedIn)

        await recovery.request_password_reset(email=ADA)
        await passwordless.request_code(email=ADA)
        assert not await Verification.exists(identifier=f"sign-in-otp-{ADA}")
        code = (await mailed(ADA, "sign_in_code"))["code"]
        assert isinstance(await passwordless.sign_in_with_code(email=ADA, code=code), SecondStep)
        await recovery.reset_password(token=await token_for(ADA, "reset_password"), password=NEW_PASSWORD)

        assert await Verification.filter(value=theirs.id).count() == 0


# --- Providers ---


async def linked(user: User) -> Account:
    issued = Tokens(access_token="of access", refresh_token="of refreshing", id_token="of identity")
    await accounts.link(user_id=user.id, provider="acme", subject="1", tokens=issued)
    return await Account.get(provider_id="acme")


async def test_a_providers_tokens_are_stored_as_they_read_them() -> None:
    user = await make_user()

    account = await linked(user)
    assert (account.access_token, account.refresh_token, account.id_token) == (
        "of access",
        "of refreshing",
        "of identity",
    )

    with overridden(sharing_oauth_tokens="sealed"):
        account = await linked(user)
        assert sealed.unseal(account.access_token or "") == "of access"
        assert sealed.unseal(account.refresh_token or "") == "of refreshing"
        assert account.id_token == "of identity"
        assert await accounts.access_token(user_id=user.id, provider="acme") == "of access"


async def test_a_providers_tokens_become_ours_when_sharing_ends_and_theirs_when_it_begins() -> None:
    user = await make_user()
    with overridden(sharing_oauth_tokens="sealed"):
        await linked(user)

    with overridden(**ALONE):
        assert await accounts.access_token(user_id=user.id, provider="acme") == "of access"
        account = await Account.get(provider_id="acme")
        assert not sealing.is_shared(account.access_token or "")
        assert sealing.unseal(account.access_token or "", purpose=f"account:{account.id}:{ACCESS}") == "of access"
    assert await accounts.access_token(user_id=user.id, provider="acme") == "of access"
    assert (await Account.get(provider_id="acme")).access_token == "of access"


def test_a_token_that_is_digits_in_hex_is_no_sealed_one() -> None:
    token = "0123456789abcdef" * 8

    assert opened(token, "account", ACCESS) == token


async def test_the_state_of_a_sign_in_is_a_row_of_theirs_and_theirs_is_used_here() -> None:
    begun = states.Begun(
        provider="acme",
        issuer="https://acme.example",
        verifier="v" * 43,
        nonce="n" * 43,
        redirect_uri="https://app.example/api/auth/callback/acme",
        redirect_to="/settings",
        user_id=(await make_user(email=ADA)).id,
    )
    with overridden(base_url="https://app.example"):
        state = await states.keep(begun)
        row = json.loads((await Verification.get(identifier=f"auth-state:{state}")).value)
        assert (row["callbackURL"], row["codeVerifier"]) == ("https://app.example/settings", "v" * 43)
        assert (row["link"], row["idTokenNonce"]) == ({"email": ADA, "userId": begun.user_id}, "n" * 43)
        assert await states.use_up(state, redirect_uri=begun.redirect_uri) == begun

        for goes_to, arrives in (("/home", "/home"), ("https://elsewhere.example/", "/"), ("//elsewhere", "/")):
            theirs = {"callbackURL": goes_to, "codeVerifier": "v" * 128, "expiresAt": 1}
            await verifications.write(identifier=f"auth-state:{'s' * 32}", value=json.dumps(theirs), lifetime=HOUR)
            found = await states.use_up("s" * 32, redirect_uri="https://app.example/back")
            assert (found.provider, found.nonce, found.redirect_to) == (None, None, arrives)


# --- Organizations and roles ---


async def test_in_an_organization_of_theirs_an_owner_acts_by_one_of_several_roles(theirs: User) -> None:
    organization_id = ROWS["organization"][0]["id"]
    await Member.filter(user_id=theirs.id).update(role="member,owner")
    grace = await make_user(email="grace@example.com")
    actor = await members.acting(user_id=theirs.id, organization_id=organization_id)

    joined = await members.add(organization_id=organization_id, user_id=grace.id, role="member")
    await members.change_roles(actor, joined.id, ["member", "admin"])

    assert (await Member.get(id=joined.id)).role == "member,admin"
    assert organizations.metadata(await organizations.get(actor)) == {"plan": "pro"}
    with pytest.raises(members.LastOwner):
        await members.leave(actor)


# --- Every generation of their schema ---

THEIRS = (ROOT / "tests/data/better-auth.sql").read_text()
OLDER = THEIRS.replace(', "lockedUntil" timestamptz', "").replace(', "aaguid" text', "")


@pytest.fixture(params=["better-auth", "drizzle", "older"])
async def adopted(empty_database: str, request: pytest.FixtureRequest) -> AsyncIterator[None]:
    schema = {"better-auth": THEIRS, "drizzle": THEIRS.replace("timestamptz", "timestamp"), "older": OLDER}
    url = parse(empty_database)
    assert isinstance(url, PostgresUrl)
    async with migrate.opened(url):
        await database.connection().execute_script(schema[request.param])
        await adopting.adopt(url)
    async with database.connected(url):
        await fetch("SET TIME ZONE 'Asia/Tokyo'")
        yield


@pytest.mark.only("postgres")
async def test_on_a_schema_that_they_made_a_person_comes_and_goes(adopted: None) -> None:
    signed_up = await authentication.sign_up(name="Ada", email=ADA, password=NEW_PASSWORD)
    await users.get(signed_up.user.id)
    enrolment = await two_factor.enrol(user_id=signed_up.user.id)
    codes = await two_factor.confirm(user_id=signed_up.user.id, code=pyotp.TOTP(enrolment.secret).at(clock.now()))
    waiting = await sign_in(NEW_PASSWORD)
    assert isinstance(waiting, SecondStep)
    signed_in = await authentication.complete_second_step(token=waiting.token, code=codes[0], trust_device=True)
    acme = await organizations.create(user_id=signed_up.user.id, name="Acme")
    await organizations.set_active(session_id=signed_in.session.id, user_id=signed_up.user.id, organization_id=acme.id)

    with later(2 * DAY):
        here = await sessions.authenticate(signed_in.token)
    await recovery.request_password_reset(email=ADA)
    await recovery.reset_password(token=await token_for(ADA, "reset_password"), password="another of all horses")

    assert (here.extended, here.active_organization_id) == (True, acme.id)
    with pytest.raises(SessionInvalid):
        await sessions.authenticate(signed_in.token)


def test_what_is_written_to_share_is_known_here_by_the_same_words() -> None:
    assert set(their_verifications.FORMS) == {
        two_factor.DEVICE,
        two_factor.SECOND_STEP,
        states.PURPOSE,
        recovery.addresses.RESET_PASSWORD,
        recovery.addresses.DELETE_ACCOUNT,
        passwordless._LINK,
    }
    assert tokens.LENGTH != 32  # A token of ours is never taken for one of theirs.
