import asyncio
from datetime import timedelta

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import attempts, audit, clock, events, invitations, members, permissions, users
from core.database.statements import fetch
from core.errors import Refusal
from core.invitations import (
    AlreadyMember,
    EmailUnverified,
    InvitationAccepted,
    InvitationCanceled,
    InvitationNotFound,
    InvitationOver,
    InvitationRejected,
    InvitationSent,
    TooManyInvitations,
)
from core.members import NotPermitted, OrganizationFull, OrganizationNotFound, OwnersOnly
from core.settings import overridden, settings
from core.users import EmailInvalid, UserNotFound
from models import Invitation, Mail, Member, User
from tests.companies import make_member, make_owner, make_verified
from tests.factories import make_user
from tests.mailbox import mailed

pytestmark = pytest.mark.usefixtures("db")

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EMAIL = "grace@example.com"


async def sent(actor: Member, email: str = EMAIL, *roles: str) -> Invitation:
    return await invitations.send(actor, email=email, roles=roles or ["member"])


async def status_of(invitation: Invitation) -> str:
    return (await Invitation.get(id=invitation.id)).status


async def test_an_invitation_is_mailed_and_accepted_once() -> None:
    owner = await make_owner(user=await make_user(name="Ada"), name="Acme")
    grace = await make_verified(EMAIL)

    invitation = await sent(owner, "Grace@Example.com", "admin", "member")
    member = await invitations.accept(invitation_id=invitation.id, user_id=grace.id)

    assert (member.organization_id, member.user_id, member.role) == (owner.organization_id, grace.id, "admin,member")
    assert await members.acting(user_id=grace.id, organization_id=owner.organization_id)
    assert await status_of(invitation) == "accepted"
    with pytest.raises(InvitationOver):
        await invitations.accept(invitation_id=invitation.id, user_id=grace.id)
    with pytest.raises(InvitationOver):
        await invitations.reject(invitation_id=invitation.id, user_id=grace.id)


async def test_the_mail_says_who_invites_where_to_and_leads_to_the_page() -> None:
    owner = await make_owner(user=await make_user(name="Ada"), name="Acme")
    await User.filter(id=owner.user_id).update(locale="de")
    await make_verified("known@example.com")
    await User.filter(email="known@example.com").update(locale="en")

    with overridden(base_url="https://app.example.com/"):
        invitation = await sent(owner)
        await sent(owner, "known@example.com")

    assert [mail.locale for mail in await Mail.all().order_by("id")] == ["de", "en"]
    assert await mailed(EMAIL, "invitation") == {
        "inviter": "Ada",
        "organization": "Acme",
        "url": f"https://app.example.com/invitations/{invitation.id}",
    }


async def test_of_eight_who_accept_at_once_one_is_taken() -> None:
    for _ in range(5):
        owner, grace = await make_owner(), await make_verified()
        invitation = await sent(owner, grace.email)

        results = await asyncio.gather(
            *(invitations.accept(invitation_id=invitation.id, user_id=grace.id) for _ in range(8)),
            return_exceptions=True,
        )

        assert sum(isinstance(result, Member) for result in results) == 1
        assert sum(isinstance(result, InvitationOver) for result in results) == 7
        assert await Member.filter(user_id=grace.id).count() == 1


async def test_of_yes_no_and_taking_back_at_once_one_counts() -> None:
    for _ in range(15):
        owner, grace = await make_owner(), await make_verified()
        invitation = await sent(owner, grace.email)

        results = await asyncio.gather(
            invitations.accept(invitation_id=invitation.id, user_id=grace.id),
            invitations.reject(invitation_id=invitation.id, user_id=grace.id),
            invitations.cancel(owner, invitation.id),
            return_exceptions=True,
        )

        accepted, rejected, canceled = (not isinstance(result, Exception) for result in results)
        assert [accepted, rejected, canceled].count(True) == 1
        assert {type(result) for result in results} <= {Member, type(None), InvitationOver, InvitationNotFound}
        assert await Member.exists(user_id=grace.id) == accepted == (await status_of(invitation) == "accepted")


async def test_it_is_for_the_invited_address_alone_in_any_case_and_nobody_else_learns_of_it() -> None:
    owner, stranger = await make_owner(), await make_verified()
    grace = await make_verified(EMAIL)
    invitation = await sent(owner)
    await Invitation.filter(id=invitation.id).update(email="Grace@EXAMPLE.com")  # As another program may write it.

    for ask in (invitations.get, invitations.accept, invitations.reject):
        with pytest.raises(InvitationNotFound):
            await ask(invitation_id=invitation.id, user_id=stranger.id)
        with pytest.raises(UserNotFound):
            await ask(invitation_id=invitation.id, user_id="there-is-none")
    seen = await invitations.get(invitation_id=invitation.id, user_id=grace.id)
    assert (seen.organization.name, seen.inviter.id) == ("Acme", owner.user_id)
    assert await invitations.accept(invitation_id=invitation.id, user_id=grace.id)


async def test_an_address_that_is_not_verified_accepts_nothing() -> None:
    owner, grace = await make_owner(), await make_user(email=EMAIL)
    invitation = await sent(owner)

    for ask in (invitations.get, invitations.accept, invitations.reject):
        with pytest.raises(EmailUnverified):
            await ask(invitation_id=invitation.id, user_id=grace.id)
    assert await invitations.list_for_user(user_id=grace.id) == []
    assert await status_of(invitation) == "pending"

    await User.filter(id=grace.id).update(email_verified=True)
    assert [it.id for it in await invitations.list_for_user(user_id=grace.id)] == [invitation.id]
    assert await invitations.accept(invitation_id=invitation.id, user_id=grace.id)


async def test_whoever_gives_up_the_address_meanwhile_is_not_taken() -> None:
    owner, grace = await make_owner(), await make_verified(EMAIL)
    invitation = await sent(owner)

    await User.filter(id=grace.id).update(email="other@example.com")

    with pytest.raises(InvitationNotFound):
        await invitations.accept(invitation_id=invitation.id, user_id=grace.id)


async def test_an_invitation_ends_and_is_renewed_when_it_is_sent_again() -> None:
    owner, grace = await make_owner(), await make_verified(EMAIL)
    invitation = await sent(owner)
    assert invitation.expires_at - (invitation.created_at or clock.now()) == settings().invitation_lifetime

    with clock.shifted(settings().invitation_lifetime):
        with pytest.raises(InvitationOver):
            await invitations.accept(invitation_id=invitation.id, user_id=grace.id)
        assert await invitations.list_for_user(user_id=grace.id) == []
        assert (await invitations.resend(owner, invitation.id)).id == invitation.id
    with clock.shifted(settings().invitation_lifetime * 1.5):
        assert (await sent(owner, EMAIL, "admin")).id == invitation.id
    with clock.shifted(settings().invitation_lifetime * 2):
        member = await invitations.accept(invitation_id=invitation.id, user_id=grace.id)

    assert member.role == "admin"
    assert await Mail.filter(recipient=EMAIL).count() == 3


async def test_of_eight_who_invite_one_address_at_once_there_is_one_invitation() -> None:
    owner = await make_owner()
    actors = [owner, *[await make_member(owner, "admin") for _ in range(7)]]

    made = await asyncio.gather(*(sent(actor) for actor in actors))

    assert len({invitation.id for invitation in made}) == await Invitation.all().count() == 1


async def test_an_organization_that_is_full_takes_nobody_and_the_invitation_goes_on_waiting() -> None:
    owner, grace = await make_owner(), await make_verified(EMAIL)
    invitation = await sent(owner)

    with overridden(members_per_organization=1), pytest.raises(OrganizationFull):
        await invitations.accept(invitation_id=invitation.id, user_id=grace.id)

    assert await status_of(invitation) == "pending"
    assert await invitations.accept(invitation_id=invitation.id, user_id=grace.id)


async def test_of_eight_who_accept_the_last_place_one_gets_it() -> None:
    owner = await make_owner()
    people = [await make_verified() for _ in range(8)]
    asked = [await sent(owner, user.email) for user in people]

    with overridden(members_per_organization=2):
        results = await asyncio.gather(
            *(
                invitations.accept(invitation_id=invitation.id, user_id=user.id)
                for invitation, user in zip(asked, people, strict=True)
            ),
            return_exceptions=True,
        )

    assert sum(isinstance(result, Member) for result in results) == 1
    assert sum(isinstance(result, OrganizationFull) for result in results) == 7
    assert await Member.all().count() == 2
    assert await Invitation.filter(status="accepted").count() == 1


async def test_who_is_a_member_by_now_uses_the_invitation_up_and_stays_as_they_are() -> None:
    owner, grace = await make_owner(), await make_verified(EMAIL)
    invitation = await sent(owner)
    member = await make_member(owner, "admin", user=grace)

    again = await invitations.accept(invitation_id=invitation.id, user_id=grace.id)

    assert (again.id, again.role) == (member.id, "admin")
    assert await status_of(invitation) == "accepted"


async def test_a_members_address_is_not_invited() -> None:
    owner = await make_owner()
    await make_member(owner, user=await make_user(email=EMAIL))

    with pytest.raises(AlreadyMember):
        await sent(owner, EMAIL.upper())

    assert await Invitation.all().count() == await Mail.all().count() == 0


async def test_another_programs_invitation_without_a_role_makes_a_member() -> None:
    owner, grace = await make_owner(), await make_verified(EMAIL)
    invitation = await sent(owner)
    await Invitation.filter(id=invitation.id).update(role=None)

    await invitations.resend(owner, invitation.id)
    await Invitation.filter(id=invitation.id).update(role=None)

    assert (await invitations.accept(invitation_id=invitation.id, user_id=grace.id)).role == "member"


async def test_only_an_owner_invites_owners_and_touches_their_invitations() -> None:
    owner = await make_owner()
    admin, member = await make_member(owner, "admin"), await make_member(owner)
    invitation = await sent(owner, EMAIL, "owner")

    for asked in (
        sent(admin, "other@example.com", "owner"),
        sent(admin, EMAIL, "member"),
        invitations.resend(admin, invitation.id),
        invitations.cancel(admin, invitation.id),
    ):
        with pytest.raises(OwnersOnly):
            await asked
    with pytest.raises(NotPermitted):
        await sent(member)
    with pytest.raises(NotPermitted):
        await invitations.resend(member, invitation.id)
    with pytest.raises(NotPermitted):
        await invitations.cancel(member, invitation.id)
    with pytest.raises(NotPermitted):
        await invitations.list_for_organization(member)

    stored = await Invitation.get(id=invitation.id)
    assert (stored.role, stored.status, stored.expires_at) == ("owner", "pending", invitation.expires_at)
    assert await Mail.all().count() == 1


async def test_an_invitation_of_another_organization_is_not_found() -> None:
    owner, other = await make_owner(), await make_owner()
    theirs = await sent(other)

    with pytest.raises(InvitationNotFound):
        await invitations.resend(owner, theirs.id)
    with pytest.raises(InvitationNotFound):
        await invitations.cancel(owner, theirs.id)
    assert (await invitations.list_for_organization(owner, status=None)).items == []
    assert await status_of(theirs) == "pending"


async def test_a_canceled_or_rejected_invitation_is_over_and_a_new_one_can_be_sent() -> None:
    owner, grace = await make_owner(), await make_verified(EMAIL)
    first = await sent(owner)
    await invitations.cancel(owner, first.id)
    second = await sent(owner)
    await invitations.reject(invitation_id=second.id, user_id=grace.id)
    third = await sent(owner)

    assert len({first.id, second.id, third.id}) == 3
    assert (await status_of(first), await status_of(second)) == ("canceled", "rejected")
    for over in (first, second):
        with pytest.raises(InvitationOver):
            await invitations.accept(invitation_id=over.id, user_id=grace.id)
        with pytest.raises(InvitationNotFound):
            await invitations.cancel(owner, over.id)
        with pytest.raises(InvitationNotFound):
            await invitations.resend(owner, over.id)
    assert [it.id for it in (await invitations.list_for_organization(owner)).items] == [third.id]
    page = await invitations.list_for_organization(owner, status=None, limit=2)
    rest = await invitations.list_for_organization(owner, status=None, limit=2, after=page.after)
    assert [it.id for it in page.items + rest.items] == [third.id, second.id, first.id]


async def test_too_many_that_wait_are_refused_and_those_whose_time_is_over_don_t_count() -> None:
    owner = await make_owner()
    with overridden(invitations_per_organization=3):
        results = await asyncio.gather(
            *(sent(owner, f"person{number}@example.com") for number in range(8)), return_exceptions=True
        )
        waiting = await Invitation.filter(status="pending").first()
        assert waiting is not None
        await sent(owner, waiting.email)
        with clock.shifted(settings().invitation_lifetime):
            await sent(owner, "later@example.com")

    assert sum(isinstance(result, Invitation) for result in results) == 3
    assert sum(isinstance(result, TooManyInvitations) for result in results) == 5


async def test_nobody_floods_an_address_and_others_may_still_invite_it() -> None:
    owner = await make_owner()
    admin = await make_member(owner, "admin")

    for _ in range(5):
        invitation = await sent(owner)
        await invitations.cancel(owner, invitation.id)
    with pytest.raises(attempts.AttemptsExhausted):
        await sent(owner)
    invitation = await sent(admin)
    with pytest.raises(attempts.AttemptsExhausted):
        await invitations.resend(owner, invitation.id)

    assert await Mail.filter(recipient=EMAIL).count() == 6
    with clock.shifted(HOUR):
        await invitations.resend(owner, invitation.id)


@pytest.mark.parametrize(
    "email", ["", "grace", "grace@", "gra ce@example.com", "a\0@example.com", "\ud800@example.com"]
)
async def test_what_is_no_address_is_not_invited(email: str) -> None:
    owner = await make_owner()

    with pytest.raises(EmailInvalid):
        await sent(owner, email)


@pytest.mark.parametrize("roles", [[], ["stranger"], ["member", "\0"], ["\ud800"]])
async def test_a_role_that_nobody_defined_is_not_offered(roles: list[str]) -> None:
    owner = await make_owner()

    with pytest.raises(permissions.RolesInvalid):
        await invitations.send(owner, email=EMAIL, roles=roles)


@given(anything=st.text(max_size=300))
@hypothesis.settings(deadline=None)
async def test_any_text_as_an_id_is_refused(anything: str) -> None:
    owner, grace = await make_owner(), await make_verified()

    for asked in (
        invitations.get(invitation_id=anything, user_id=grace.id),
        invitations.accept(invitation_id=anything, user_id=grace.id),
        invitations.reject(invitation_id=anything, user_id=anything),
        invitations.cancel(owner, anything),
        invitations.resend(owner, anything),
    ):
        with pytest.raises(Refusal):
            await asked


async def test_a_removed_members_invitations_still_hold_and_they_invite_nobody_any_more() -> None:
    owner, grace = await make_owner(), await make_verified(EMAIL)
    admin = await make_member(owner, "admin")
    invitation = await sent(admin)
    await members.leave(admin)

    with pytest.raises(OrganizationNotFound):
        await sent(admin, "other@example.com")
    assert await invitations.accept(invitation_id=invitation.id, user_id=grace.id)


async def test_invitations_of_a_person_are_listed_with_their_organization() -> None:
    grace = await make_verified(EMAIL)
    for name in ("One", "Two", "Three"):
        last = await sent(await make_owner(name=name))
    await sent(await make_owner(name="Other"), "other@example.com")
    await invitations.reject(invitation_id=last.id, user_id=grace.id)

    assert [it.organization.name for it in await invitations.list_for_user(user_id=grace.id)] == ["Two", "One"]
    assert await invitations.list_for_user(user_id="there-is-none") == []


async def test_what_was_over_long_ago_is_forgotten() -> None:
    owner, grace = await make_owner(), await make_verified(EMAIL)
    old = await sent(owner)
    await invitations.accept(invitation_id=old.id, user_id=grace.id)
    with clock.shifted(DAY):
        young = await sent(owner, "other@example.com")

    with clock.shifted(settings().invitation_retention + settings().invitation_lifetime):
        assert (await invitations.prune(dry_run=True)).rows == 1
        assert (await invitations.prune()).rows == 1

    assert [it.id for it in await Invitation.all()] == [young.id]


async def test_what_members_did_is_in_the_audit() -> None:
    owner = await make_owner()
    invitation = await sent(owner, EMAIL, "admin")
    await invitations.cancel(owner, invitation.id)

    entries = (await audit.list_entries(organization_id=owner.organization_id)).items
    assert [(entry.action, entry.actor_id, entry.subject_id) for entry in entries] == [
        ("invitation.cancel", owner.user_id, invitation.id),
        ("invitation.send", owner.user_id, invitation.id),
    ]


async def test_an_app_hears_of_it_after_the_commit() -> None:
    heard: list[events.Event] = []

    @events.on(events.Event)
    async def hear(event: events.Event) -> None:
        heard.append(event)

    try:
        owner, grace = await make_owner(), await make_verified(EMAIL)
        first = await sent(owner)
        await invitations.cancel(owner, first.id)
        second = await sent(owner)
        await invitations.reject(invitation_id=second.id, user_id=grace.id)
        third = await sent(owner)
        await invitations.accept(invitation_id=third.id, user_id=grace.id)
    finally:
        events.forget(hear)

    where = owner.organization_id

    def by_owner(kind: type[InvitationSent | InvitationCanceled], invitation: Invitation) -> events.Event:
        return kind(organization_id=where, invitation_id=invitation.id, email=EMAIL, by=owner.user_id)

    assert [event for event in heard if type(event).__name__.startswith("Invitation")] == [
        by_owner(InvitationSent, first),
        by_owner(InvitationCanceled, first),
        by_owner(InvitationSent, second),
        InvitationRejected(organization_id=where, invitation_id=second.id, user_id=grace.id),
        by_owner(InvitationSent, third),
        InvitationAccepted(organization_id=where, invitation_id=third.id, user_id=grace.id),
    ]


async def test_an_organization_that_is_deleted_takes_its_invitations_with_it() -> None:
    owner, grace = await make_owner(), await make_verified(EMAIL)
    invitation = await sent(owner)

    await fetch('DELETE FROM "organization" WHERE "id" = $1', owner.organization_id)

    with pytest.raises(InvitationNotFound):
        await invitations.accept(invitation_id=invitation.id, user_id=grace.id)
    assert await users.get(grace.id)
