"""What one side makes, the other takes and goes on with: a better-auth 1.7 in Node, and core."""

import asyncio
from datetime import timedelta
from itertools import count

import pytest

from core import (
    admin,
    authentication,
    clock,
    database,
    invitations,
    members,
    organizations,
    passkeys,
    passwordless,
    recovery,
    sessions,
    two_factor,
    users,
)
from core.authentication import Banned, CredentialsInvalid, SecondStep, SignedIn
from core.sessions import SessionInvalid
from core.verifications import VerificationInvalid
from models import Member, Session, User
from tests.authenticator import Authenticator
from tests.interop.applications import Application, Browser, code_of
from tests.interop.letters import code_of_last_mail, token_of_last_mail

PASSWORD = "Pa\u017fsword-\u00c5-123"
"""Letters that have more than one form."""
NAME = "better-auth.session_token"

pytestmark = [pytest.mark.only("postgres"), pytest.mark.interop, pytest.mark.timeout(600)]

_numbers = count(1)


def address(name: str = "ada") -> str:
    """One that nobody has yet."""
    return f"{name}{next(_numbers)}@example.com"


async def joined(email: str, password: str = PASSWORD) -> SignedIn:
    """Somebody who has signed up with us, with an address that is known to be theirs."""
    found = await authentication.sign_up(name="Grace", email=email, password=password)
    await User.filter(id=found.user.id).update(email_verified=True)
    return found


def test_its_own_check_of_the_schema_finds_nothing(theirs: Application) -> None:
    assert theirs.problems == []


# Signing up and in.


async def test_who_signs_up_there_is_known_here(browser: Browser) -> None:
    email = address()

    await browser.sign_up(email, PASSWORD)

    assert await browser.known_here() == email
    assert isinstance(await authentication.sign_in(email=email, password=PASSWORD), SignedIn)
    with pytest.raises(CredentialsInvalid):
        await authentication.sign_in(email=email, password=f"{PASSWORD}!")


async def test_who_signs_up_here_is_known_there(browser: Browser) -> None:
    email = address()

    signed_up = await browser.here.post(
        "/api/auth/sign-up", json={"name": "Grace", "email": email, "password": PASSWORD}
    )

    assert signed_up.status_code == 201
    assert await browser.known_there() == email
    assert (await browser.post("/sign-in/email", email=email, password=PASSWORD))["user"]["email"] == email
    assert await browser.refused("/sign-in/email", email=email, password="wrong") == "INVALID_EMAIL_OR_PASSWORD"
    assert await browser.refused("/sign-up/email", name="x", email=email, password=PASSWORD)


async def test_a_bearer_of_either_side_is_good_at_the_other(browser: Browser) -> None:
    email, other = address(), address()
    token = (await browser.sign_up(email, PASSWORD))["token"]
    signed, browser.cookies = browser.cookies[NAME], {}
    made = await joined(other)

    for bearer, known in ((token, email), (signed, email), (made.token, other)):
        browser.bearer = bearer
        assert (await browser.known_here(), await browser.known_there()) == (known, known)


async def test_a_username_is_one_on_both_sides(browser: Browser) -> None:
    made = await joined(address())
    name = f"Grace{next(_numbers)}.H"

    await users.set_username(made.user.id, username=name)

    found = await browser.post("/sign-in/username", username=name, password=PASSWORD)
    assert found["user"]["email"] == made.user.email
    assert (await browser.post("/is-username-available", username=name.upper())) == {"available": False}


# Sessions.


async def test_each_side_ends_the_sessions_of_the_other(browser: Browser) -> None:
    email = address()
    await browser.sign_up(email, PASSWORD)
    here = await authentication.sign_in(email=email, password=PASSWORD)
    assert isinstance(here, SignedIn)

    listed = await browser.get("/list-sessions")
    assert here.token in {each["token"] for each in listed}
    assert len(await sessions.list_live(user_id=here.user.id)) == len(listed) == 2
    await browser.post("/revoke-session", token=here.token)
    with pytest.raises(SessionInvalid):
        await sessions.authenticate(here.token)

    await sessions.revoke_all(user_id=here.user.id)
    assert await browser.known_there() is None


async def test_signing_out_at_either_side_is_signing_out_of_both(browser: Browser) -> None:
    email = address()
    await browser.sign_up(email, PASSWORD)
    before = dict(browser.cookies)

    assert (await browser.here.post("/api/auth/sign-out")).status_code == 204
    assert browser.cookies == {}
    browser.cookies = before
    assert await browser.known_there() is None

    await browser.post("/sign-in/email", email=email, password=PASSWORD)
    before = dict(browser.cookies)
    await browser.post("/sign-out")
    browser.cookies = before
    assert await browser.known_here() is None


async def test_a_session_that_is_extended_here_goes_on_there_and_its_cookie_is_sent_again(browser: Browser) -> None:
    email = address()
    await browser.sign_up(email, PASSWORD)
    token = browser.cookies[NAME].partition(".")[0]

    early = await browser.here.get("/whoami")
    with clock.shifted(timedelta(days=2)):
        later = await browser.here.get("/whoami")

    assert "set-cookie" not in early.headers
    assert f"{NAME}={token}" in later.headers["set-cookie"]
    await database.settled()
    assert (await Session.get(token=token)).expires_at > clock.now() + timedelta(days=8)
    assert await browser.known_there() == email


async def test_a_session_that_is_not_to_be_remembered_is_extended_by_neither(browser: Browser) -> None:
    email = address()
    await browser.sign_up(email, PASSWORD)
    await browser.post("/sign-in/email", email=email, password=PASSWORD, rememberMe=False)
    token = browser.cookies[NAME].partition(".")[0]
    ends = (await Session.get(token=token)).expires_at

    with clock.shifted(timedelta(hours=20)):
        asked = await browser.here.get("/whoami")

    assert asked.json() == await browser.known_there() == email
    assert "set-cookie" not in asked.headers
    await database.settled()
    assert (await Session.get(token=token)).expires_at == ends


# Bans and administrators.


async def administrator(browser: Browser) -> User:
    """An administrator of both sides."""
    email = address("admin")
    await browser.sign_up(email, PASSWORD)
    await User.filter(email=email).update(role="admin", email_verified=True)
    return await User.get(email=email)


async def test_who_is_banned_there_is_out_here(browser: Browser) -> None:
    await administrator(browser)
    made = await joined(address())

    await browser.post("/admin/ban-user", userId=made.user.id, banReason="spam")
    with pytest.raises(SessionInvalid):
        await sessions.authenticate(made.token)
    with pytest.raises(Banned):
        await authentication.sign_in(email=made.user.email, password=PASSWORD)

    await browser.post("/admin/unban-user", userId=made.user.id)
    assert await authentication.sign_in(email=made.user.email, password=PASSWORD)


async def test_who_is_banned_here_is_out_there(theirs: Application) -> None:
    async with theirs.browser() as chief, theirs.browser() as browser:
        actor = await administrator(chief)
        email = address()
        user_id = (await browser.sign_up(email, PASSWORD))["user"]["id"]

        await admin.ban(actor_id=actor.id, user_id=user_id, reason="spam")
        assert await browser.known_there() is None
        assert await browser.refused("/sign-in/email", email=email, password=PASSWORD) == "BANNED_USER"

        await admin.unban(actor_id=actor.id, user_id=user_id)
        assert await browser.post("/sign-in/email", email=email, password=PASSWORD)


async def test_a_ban_of_ours_that_is_over_lets_in_there(theirs: Application) -> None:
    async with theirs.browser() as chief, theirs.browser() as browser:
        actor = await administrator(chief)
        made = await joined(address())

        with clock.shifted(timedelta(days=-2)):
            until = clock.now() + timedelta(days=1)
            await admin.ban(actor_id=actor.id, user_id=made.user.id, reason="spam", until=until)

        assert await browser.post("/sign-in/email", email=made.user.email, password=PASSWORD)
    assert (await users.get(made.user.id)).banned is False


async def test_roles_given_by_either_are_read_by_both(browser: Browser) -> None:
    actor = await administrator(browser)
    made = await joined(address())

    await browser.post("/admin/set-role", userId=made.user.id, role=["user", "admin"])
    assert (await admin.list_users(actor_id=made.user.id)).items
    await admin.set_roles(actor_id=actor.id, user_id=made.user.id, roles=["user"])
    listed = await browser.get("/admin/list-users", searchValue=made.user.email, searchField="email")

    assert [each["role"] for each in listed["users"]] == ["user"]


async def test_acting_in_anothers_name_begins_at_one_side_and_ends_at_the_other(browser: Browser) -> None:
    actor = await administrator(browser)
    made = await joined(address())

    await browser.post("/admin/impersonate-user", userId=made.user.id)
    assert await browser.known_here() == made.user.email
    assert (await browser.here.get("/api/sessions/current")).json()["impersonated_by"] == actor.id
    assert (await browser.here.post("/api/admin/stop-impersonating")).status_code == 204
    assert await browser.known_here() == await browser.known_there() == actor.email

    begun = await browser.here.post(f"/api/admin/users/{made.user.id}/impersonate", json={})
    assert begun.status_code == 201
    ends = (await Session.get(impersonated_by=actor.id)).expires_at
    assert await browser.known_there() == made.user.email
    assert (await Session.get(impersonated_by=actor.id)).expires_at == ends
    await browser.post("/admin/stop-impersonating")
    assert await browser.known_here() == await browser.known_there() == actor.email


# Organizations.


async def verified(browser: Browser, email: str, theirs: Application) -> str:
    """Somebody who signs up there and shows that the address is theirs: their id."""
    user_id: str = (await browser.sign_up(email, PASSWORD))["user"]["id"]
    await browser.post("/email-otp/send-verification-otp", email=email, type="email-verification")
    otp = (await theirs.sent("otp", email))["otp"]
    await browser.post("/email-otp/verify-email", email=email, otp=otp)
    return user_id


async def test_an_organization_of_theirs_has_members_of_ours(theirs: Application) -> None:
    async with theirs.browser() as ada:
        user_id = await verified(ada, address(), theirs)
        made = await ada.post(
            "/organization/create", name="Acme", slug=f"acme-{next(_numbers)}", metadata={"plan": "pro"}
        )
        grace = await joined(address("grace"))
        invitation = await ada.post(
            "/organization/invite-member", email=grace.user.email, role=["member", "admin"], organizationId=made["id"]
        )

        member = await invitations.accept(invitation_id=invitation["id"], user_id=grace.user.id)
        owner = await members.acting(user_id=user_id, organization_id=made["id"])
        whole = await ada.get("/organization/get-full-organization", organizationId=made["id"])

        assert (owner.role, sorted(member.role.split(","))) == ("owner", ["admin", "member"])
        assert organizations.metadata(await organizations.get(member)) == {"plan": "pro"}
        assert {each["user"]["email"] for each in whole["members"]} >= {grace.user.email}
        assert [each["status"] for each in whole["invitations"]] == ["accepted"]
        await ada.post("/organization/remove-member", memberIdOrEmail=grace.user.email, organizationId=made["id"])
        with pytest.raises(members.OrganizationNotFound):
            await members.acting(user_id=grace.user.id, organization_id=made["id"])


async def test_an_organization_of_ours_has_members_of_theirs(theirs: Application) -> None:
    async with theirs.browser() as bob:
        email = address("bob")
        user_id = await verified(bob, email, theirs)
        grace = await joined(address("grace"))
        made = await organizations.create(user_id=grace.user.id, name="Navy", metadata={"plan": "pro"})
        actor = await members.acting(user_id=grace.user.id, organization_id=made.id)
        invitation = await invitations.send(actor, email=email, roles=["member"])

        shown = await bob.get("/organization/get-invitation", id=invitation.id)
        await bob.post("/organization/accept-invitation", invitationId=invitation.id)

        assert (shown["organizationName"], shown["inviterEmail"]) == ("Navy", grace.user.email)
        assert (await members.acting(user_id=user_id, organization_id=made.id)).role == "member"
        await bob.post("/organization/set-active", organizationId=made.id)
        assert (await bob.here.get("/api/sessions/current")).json()["active_organization_id"] == made.id
        await members.change_roles(
            actor, (await Member.get(user_id=user_id, organization_id=made.id)).id, ["admin", "member"]
        )
        allowed = await bob.post("/organization/has-permission", permissions={"invitation": ["create"]})
        assert allowed["success"] is True
        assert await bob.refused("/organization/create", name="x", slug=made.slug)


# The second step.


async def stepped(email: str) -> str:
    """The first step of signing in here."""
    waiting = await authentication.sign_in(email=email, password=PASSWORD)
    assert isinstance(waiting, SecondStep)
    return waiting.token


async def test_two_factor_that_was_switched_on_there_is_asked_for_here(theirs: Application) -> None:
    async with theirs.browser() as ada, theirs.browser() as again:
        email = address()
        await ada.sign_up(email, PASSWORD)
        enrolled = await ada.post("/two-factor/enable", password=PASSWORD)
        await ada.post("/two-factor/verify-totp", code=code_of(enrolled["totpURI"]))

        found = await authentication.complete_second_step(token=await stepped(email), code=code_of(enrolled["totpURI"]))
        first, second = enrolled["backupCodes"][:2]
        by_backup = await authentication.complete_second_step(token=await stepped(email), code=first)

        assert found.user.email == by_backup.user.email == email
        assert (await again.post("/sign-in/email", email=email, password=PASSWORD))["twoFactorRedirect"] is True
        assert await again.refused("/two-factor/verify-backup-code", code=first)
        assert (await again.post("/two-factor/verify-backup-code", code=second))["user"]["email"] == email
        with pytest.raises(two_factor.TwoFactorCodeInvalid):
            await authentication.complete_second_step(token=await stepped(email), code=second)


async def test_two_factor_that_was_switched_on_here_is_asked_for_there(theirs: Application) -> None:
    async with theirs.browser() as browser:
        made = await joined(address())
        enrolment = await two_factor.enrol(user_id=made.user.id)
        codes = await two_factor.confirm(user_id=made.user.id, code=code_of(enrolment.uri))

        found = await browser.post("/sign-in/email", email=made.user.email, password=PASSWORD)
        await browser.post("/two-factor/verify-totp", code=code_of(enrolment.uri))
        assert await browser.known_there() == made.user.email
        await browser.post("/sign-out")
        await browser.post("/sign-in/email", email=made.user.email, password=PASSWORD)
        await browser.post("/two-factor/verify-backup-code", code=codes[0])
        assert await browser.known_there() == made.user.email

        assert found["twoFactorRedirect"] is True
        with pytest.raises(two_factor.TwoFactorCodeInvalid):
            await authentication.complete_second_step(token=await stepped(made.user.email), code=codes[0])
        await browser.post("/two-factor/disable", password=PASSWORD)
    assert isinstance(await authentication.sign_in(email=made.user.email, password=PASSWORD), SignedIn)


async def test_a_second_step_that_one_side_asks_for_is_taken_at_the_other(browser: Browser) -> None:
    email = address()
    await browser.sign_up(email, PASSWORD)
    enrolled = await browser.post("/two-factor/enable", password=PASSWORD)
    await browser.post("/two-factor/verify-totp", code=code_of(enrolled["totpURI"]))
    backup = iter(enrolled["backupCodes"])

    browser.cookies = {}
    assert "twoFactorRedirect" in await browser.post("/sign-in/email", email=email, password=PASSWORD)
    assert (await browser.here.post("/api/auth/second-step", json={"code": next(backup)})).status_code == 200
    assert await browser.known_here() == await browser.known_there() == email

    browser.cookies = {}
    asked = await browser.here.post("/api/auth/sign-in", json={"email": email, "password": PASSWORD})
    assert asked.status_code == 202
    await browser.post("/two-factor/verify-backup-code", code=next(backup))
    assert await browser.known_here() == await browser.known_there() == email


async def test_a_device_that_one_side_trusts_is_trusted_by_the_other(browser: Browser) -> None:
    email = address()
    await browser.sign_up(email, PASSWORD)
    enrolled = await browser.post("/two-factor/enable", password=PASSWORD)
    await browser.post("/two-factor/verify-totp", code=code_of(enrolled["totpURI"]))
    backup = iter(enrolled["backupCodes"])
    credentials = {"email": email, "password": PASSWORD}

    browser.cookies = {}
    await browser.post("/sign-in/email", **credentials)
    await browser.post("/two-factor/verify-backup-code", code=next(backup), trustDevice=True)
    assert (await browser.here.post("/api/auth/sign-in", json=credentials)).status_code == 200
    assert "user" in await browser.post("/sign-in/email", **credentials)
    stale = dict(browser.cookies)
    assert (await browser.here.post("/api/auth/sign-in", json=credentials)).status_code == 200
    browser.cookies = stale  # It has been exchanged.
    assert "twoFactorRedirect" in await browser.post("/sign-in/email", **credentials)

    await two_factor.forget_devices(user_id=(await User.get(email=email)).id)
    assert (await browser.here.post("/api/auth/sign-in", json=credentials)).status_code == 202


async def test_wrong_codes_are_counted_by_both_and_lock_both(browser: Browser) -> None:
    made = await joined(address())
    enrolment = await two_factor.enrol(user_id=made.user.id)
    await two_factor.confirm(user_id=made.user.id, code=code_of(enrolment.uri))
    credentials = {"email": made.user.email, "password": PASSWORD}

    await browser.post("/sign-in/email", **credentials)
    for _ in range(two_factor.WRONG_CODES - 1):
        assert await browser.refused("/two-factor/verify-totp", code="000000") == "INVALID_CODE"
    with pytest.raises(two_factor.TwoFactorCodeInvalid):
        await authentication.complete_second_step(token=await stepped(made.user.email), code="000000")

    with pytest.raises(two_factor.TwoFactorCodesExhausted):
        await authentication.complete_second_step(token=await stepped(made.user.email), code=code_of(enrolment.uri))
    await browser.post("/sign-in/email", **credentials)
    locked = await browser.refused("/two-factor/verify-totp", code=code_of(enrolment.uri))
    assert locked == "ACCOUNT_TEMPORARILY_LOCKED"


# What comes by mail.


async def test_a_lost_password_is_asked_for_at_one_side_and_chosen_at_the_other(
    theirs: Application, browser: Browser
) -> None:
    made = await joined(address())
    await browser.post("/request-password-reset", email=made.user.email)
    await recovery.reset_password(
        token=(await theirs.sent("reset", made.user.email))["token"], password="chosen here 1234"
    )
    await browser.post("/sign-in/email", email=made.user.email, password="chosen here 1234")

    await recovery.request_password_reset(email=made.user.email)
    token = await token_of_last_mail(made.user.email)
    await browser.post("/reset-password", token=token, newPassword="chosen there 1234")

    assert await authentication.sign_in(email=made.user.email, password="chosen there 1234")
    with pytest.raises(VerificationInvalid):
        await recovery.reset_password(token=token, password="and once more 1234")


async def test_a_link_that_signs_in_is_good_at_either_side_and_once(theirs: Application, browser: Browser) -> None:
    email, newcomer = address(), address("new")
    await joined(email)
    for who in (email, newcomer):
        await browser.post("/sign-in/magic-link", email=who, name="Newcomer")
        token = (await theirs.sent("magic-link", who))["token"]
        found = await passwordless.sign_in_with_magic_link(token=token)
        assert isinstance(found, SignedIn)
        assert (found.user.email, found.user.email_verified) == (who, True)
        with pytest.raises(VerificationInvalid):
            await passwordless.sign_in_with_magic_link(token=token)

    for who in (email, address("other")):
        await passwordless.request_magic_link(email=who)
        found = await browser.get("/magic-link/verify", token=await token_of_last_mail(who))
        assert found["user"]["email"] == who


async def test_a_code_that_signs_in_is_good_at_either_side_and_three_times(
    theirs: Application, browser: Browser
) -> None:
    made = await joined(address())
    email = made.user.email
    await browser.post("/email-otp/send-verification-otp", email=email, type="sign-in")
    code = (await theirs.sent("otp", email))["otp"]
    with pytest.raises(passwordless.CodeInvalid):
        await passwordless.sign_in_with_code(email=email, code="x")
    assert await passwordless.sign_in_with_code(email=email, code=code)

    await passwordless.request_code(email=email)
    code = await code_of_last_mail(email)
    assert await browser.refused("/sign-in/email-otp", email=email, otp="x") == "INVALID_OTP"
    assert (await browser.post("/sign-in/email-otp", email=email, otp=code))["user"]["email"] == email

    await passwordless.request_code(email=email)
    for _ in range(2):
        await browser.refused("/sign-in/email-otp", email=email, otp="x")
    with pytest.raises(passwordless.CodeInvalid):
        await passwordless.sign_in_with_code(email=email, code="x")
    with pytest.raises(passwordless.CodeInvalid):
        await passwordless.sign_in_with_code(email=email, code=await code_of_last_mail(email))


async def test_an_address_is_verified_at_either_side(theirs: Application, browser: Browser) -> None:
    email, other = address(), address()
    await browser.sign_up(email, PASSWORD)
    await browser.post("/send-verification-email", email=email)
    await recovery.verify_email((await theirs.sent("verify", email))["token"])
    verified = (await browser.get("/get-session"))["user"]["emailVerified"]
    made = await authentication.sign_up(name="Grace", email=other, password=PASSWORD)
    await recovery.request_email_verification(user_id=made.user.id)
    await browser.get("/verify-email", token=await token_of_last_mail(other))

    assert verified is True
    assert (await users.get(made.user.id)).email_verified is True


async def test_a_farewell_is_asked_for_at_one_side_and_said_at_the_other(theirs: Application) -> None:
    async with theirs.browser() as ada, theirs.browser() as grace:
        email = address()
        await ada.sign_up(email, PASSWORD)
        await ada.post("/delete-user")
        await recovery.delete_account((await theirs.sent("delete", email))["token"])
        assert await ada.known_there() is None

        made = await joined(address())
        await recovery.request_account_deletion(user_id=made.user.id, password=PASSWORD)
        grace.bearer = made.token
        await grace.get("/delete-user/callback", token=await token_of_last_mail(made.user.email))

    assert await users.find_by_email(email) is None
    assert await users.find(made.user.id) is None


async def test_of_eight_at_both_sides_with_one_link_one_gets_in(theirs: Application, browser: Browser) -> None:
    made = await joined(address())

    async def here(token: str) -> bool:
        try:
            await passwordless.sign_in_with_magic_link(token=token)
        except VerificationInvalid:
            return False
        return True

    async def there(token: str) -> bool:
        return (await browser.there.get("/magic-link/verify", params={"token": token})).status_code == 200

    await browser.post("/sign-in/magic-link", email=made.user.email)
    theirs_to_use = (await theirs.sent("magic-link", made.user.email))["token"]
    await passwordless.request_magic_link(email=made.user.email)
    ours_to_use = await token_of_last_mail(made.user.email)
    for token in (theirs_to_use, ours_to_use):
        got_in = await asyncio.gather(*(way(token) for way in (here, there) * 4))
        assert sum(got_in) == 1


# Passkeys.


async def test_a_passkey_of_theirs_opens_both_doors(theirs: Application, browser: Browser) -> None:
    device, email = Authenticator(), address()
    await verified(browser, email, theirs)
    await browser.post(
        "/passkey/verify-registration",
        response=device.create(await browser.get("/passkey/generate-register-options")),
        name="key",
    )

    ceremony = await passkeys.sign_in_options()
    found = await passwordless.sign_in_with_passkey(token=ceremony.token, response=device.get(ceremony.options))
    await signed_in_by(device, browser)

    assert isinstance(found, SignedIn)
    assert found.user.email == await browser.known_there() == email


async def test_a_passkey_of_ours_opens_both_doors(browser: Browser) -> None:
    device, made = Authenticator(), await joined(address())
    kept = await passkeys.registration_options(user=made.user)
    await passkeys.register(user_id=made.user.id, token=kept.token, response=device.create(kept.options), name="key")

    await signed_in_by(device, browser)
    ceremony = await passkeys.sign_in_options()
    await passwordless.sign_in_with_passkey(token=ceremony.token, response=device.get(ceremony.options))
    await signed_in_by(device, browser)

    assert await browser.known_there() == made.user.email
    assert [each["name"] for each in await browser.get("/passkey/list-user-passkeys")] == ["key"]


async def signed_in_by(device: Authenticator, browser: Browser) -> None:
    """Show it to them, as somebody who is not signed in."""
    browser.cookies = {}
    options = await browser.get("/passkey/generate-authenticate-options")
    await browser.post("/passkey/verify-authentication", response=device.get({"allowCredentials": [], **options}))
