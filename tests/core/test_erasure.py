import asyncio
import inspect
import json
from datetime import timedelta
from typing import Any

import pytest
from tortoise.fields.relational import ForeignKeyFieldInstance

import models
from core import (
    admin,
    audit,
    authentication,
    clock,
    database,
    erasure,
    members,
    sessions,
    users,
    verifications,
)
from models import (
    Account,
    AiChat,
    AiChatMessage,
    AuditEntry,
    Invitation,
    Mail,
    Member,
    Organization,
    Passkey,
    Purchase,
    PurchaseType,
    Session,
    TwoFactor,
    User,
    Verification,
)
from models.base import Row
from tests.companies import make_member, make_owner
from tests.factories import make_session, make_user

pytestmark = pytest.mark.usefixtures("db")

DAY = timedelta(days=1)
PASSWORD = "correct horse battery staple"
SECRETS = ("the-token", "the-secret", "the-hash", "the-payload", "the-key")

TABLES: list[type[Row]] = [model for _, model in inspect.getmembers(models, inspect.isclass) if issubclass(model, Row)]


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_of_every_table_it_is_settled_what_it_knows_of_a_person(model: type[Row]) -> None:
    parts = [part for part in erasure.PARTS if part.model is model]

    assert bool(parts) != (model in erasure.NOBODYS), f"say in core/erasure/parts.py what {model.__name__} knows"
    columns = set(model._meta.fields_db_projection) - {"id"}
    for part in parts:
        assert set(part.shown) | set(part.withheld) == columns, f"say of each column whether {part.name} shows it"
        assert not set(part.shown) & set(part.withheld)


@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_what_refers_to_a_person_goes_with_them_and_is_no_table_that_has_nothing_to_show(model: type[Row]) -> None:
    for field in model._meta.fields_map.values():
        if isinstance(field, ForeignKeyFieldInstance) and field.related_model is User:
            assert field.on_delete == "CASCADE"
            assert model not in erasure.NOBODYS


async def make_known(email: str = "ada.lovelace@example.com") -> User:
    """Somebody of whom every table knows something."""
    up = await authentication.sign_up(
        name="Ada Lovelace", email=email, password=PASSWORD, ip_address="203.0.113.77", user_agent="Difference Engine"
    )
    user, now = up.user, clock.now()
    await users.set_username(user.id, username="Countess")
    await users.update_profile(user.id, image="https://images.example/countess.png", locale="de")
    stranger = await make_user(name="Charles Babbage")
    acme = await make_owner(user=stranger, name="Acme")
    await make_member(acme, user=user)
    await Invitation.create(
        organization_id=acme.organization_id,
        email="guest@example.com",
        role="member",
        status="pending",
        expires_at=now + DAY,
        inviter_id=user.id,
    )
    await Invitation.create(
        organization_id=acme.organization_id,
        email=email.title(),
        role="member",
        status="accepted",
        expires_at=now + DAY,
        inviter_id=stranger.id,
    )
    await Account.create(
        user_id=user.id,
        account_id="google-4711",
        provider_id="google",
        access_token="the-token",
        refresh_token="the-token",
        id_token="the-token",
    )
    await Passkey.create(
        user_id=user.id,
        name="Ada's key ring",
        public_key="the-key",
        credential_id="the-credential",
        counter=1,
        device_type="multiDevice",
        backed_up=True,
    )
    await TwoFactor.create(user_id=user.id, secret="the-secret", backup_codes="the-secret", verified=True)
    await Purchase.create(
        user_id=user.id,
        type=PurchaseType.SUBSCRIPTION,
        customer_id="customer-of-ada",
        subscription_id="subscription-of-ada",
        status="canceled",
    )
    chat = await AiChat.create(
        user_id=user.id, title="On engines", messages=[{"role": "user", "parts": [{"type": "text", "text": "early"}]}]
    )
    await AiChatMessage.create(
        chat_id=chat.id, message={"role": "user", "parts": [{"type": "text", "text": "weaves algebraical patterns"}]}
    )
    await Mail.create(
        recipient=email,
        template="reset_password",
        payload="the-payload",
        status="waiting",
        due_at=now,
        expires_at=now + DAY,
    )
    for value in (user.id, email, json.dumps({"email": email}), json.dumps([user.id])):
        await verifications.issue(purpose="reset-password", value=value, lifetime=DAY)
    await Verification.create(identifier=f"sign-in-otp-{email}", value="123456:0", expires_at=now + DAY)
    await audit.record(
        "member.remove", actor_id=user.id, subject_id=stranger.id, ip_address="203.0.113.77", role="member"
    )
    await audit.record(
        "user.ban", actor_id=stranger.id, subject_id=user.id, ip_address="198.51.100.1", reason="Ada Lovelace was rude"
    )
    await audit.record("invitation.send", actor_id=stranger.id, subject_id="invitation-1", email=email.title())
    await sessions.create(user_id=stranger.id, ip_address="203.0.113.77", impersonated_by=user.id)
    await sessions.create(user_id=user.id, ip_address="198.51.100.1", impersonated_by=stranger.id)
    return await users.get(user.id)


async def everything() -> dict[str, str]:
    """All that the database holds, as text, by table."""
    return {model.__name__: str(await model.all().values()) for model in TABLES}


async def test_the_copy_has_something_of_every_part_is_fit_for_json_and_holds_no_secret() -> None:
    user = await make_known()

    copy = await erasure.export(user.id)

    text = json.dumps(copy)
    assert json.loads(text) == copy
    assert all(copy[part.name] for part in erasure.PARTS)
    for secret in (*SECRETS, "argon2", *await Session.all().values_list("token", flat=True)):
        assert str(secret) not in text
    assert copy["profile"]["email"] == "ada.lovelace@example.com"
    assert copy["profile"]["created_at"] == user.created_at.isoformat()
    assert {account["provider_id"] for account in copy["accounts"]} == {"credential", "google"}
    assert copy["ai_chats"][0]["messages"][0]["parts"][0]["text"] == "early"
    assert copy["ai_chat_messages"][0]["message"]["parts"][0]["text"] == "weaves algebraical patterns"
    assert copy["purchases"][0]["type"] == "SUBSCRIPTION"
    assert copy["passkeys"][0]["name"] == "Ada's key ring"


async def test_the_copy_holds_nothing_of_anybody_else() -> None:
    ada = await make_known()
    grace = await make_user(name="Grace Hopper", email="grace@example.com")
    await make_session(user=grace)

    text, other = json.dumps(await erasure.export(ada.id)), await erasure.export(grace.id)

    assert "Babbage" not in text
    assert "198.51.100.1" not in text
    assert "Grace" not in text
    assert len(other["sessions"]) == 1
    assert [name for name, rows in other.items() if isinstance(rows, list) and rows] == ["sessions"]


async def test_a_long_conversation_is_copied_whole_and_in_order() -> None:
    user = await make_user()
    chat = await AiChat.create(user_id=user.id, messages=[])
    await AiChatMessage.bulk_create(
        AiChatMessage(chat_id=chat.id, message={"role": "user", "number": number}) for number in range(1_203)
    )

    numbers = [
        record["message"]["number"] async for name, record in erasure.stream(user.id) if name == "ai_chat_messages"
    ]

    assert numbers == list(range(1_203))


async def test_of_who_is_forgotten_nothing_is_left_but_an_id() -> None:
    user = await make_known()
    before = await everything()
    assert all(
        "Ada" in before[table] or user.id in before[table] or "countess" in before[table]
        for table in ("User", "Session", "Account", "Member", "Invitation", "Passkey", "Purchase", "AiChat")
    )

    await erasure.erase(user.id, actor_id=user.id)

    after = await everything()
    traces = (
        *("ada.lovelace", "ada lovelace", "countess", "google-4711", "203.0.113.77", "difference engine"),
        *("algebraical", "of-ada", "key ring", *SECRETS, "123456:0"),
    )
    for table, text in after.items():
        assert [trace for trace in traces if trace in text.lower()] == [], table
        assert user.id not in text or table == "AuditEntry", table
    assert await Verification.all().count() == 0
    kept = {entry.action: entry for entry in await AuditEntry.all()}
    assert kept["member.remove"].data == {"role": "member"}
    assert kept["user.ban"].ip_address == "198.51.100.1"
    assert kept["user.erase"].subject_id == user.id
    assert not kept["user.erase"].data


async def test_what_is_somebody_elses_stays_even_when_it_looks_alike() -> None:
    user, now = await make_user(email="ada@example.com"), clock.now()
    alike = "not-ada@example.com"
    for identifier, value in (("x:1", alike), ("x:2", json.dumps({"email": alike})), (f"sign-in-otp-{alike}", "1:0")):
        await Verification.create(identifier=identifier, value=value, expires_at=now + DAY)
    await Mail.create(recipient=alike, template="x", payload="", status="sent", due_at=now, expires_at=now + DAY)
    await audit.record("invitation.send", actor_id="x", email=alike)
    theirs = await make_known("not-ada@example.com")
    before = await erasure.export(theirs.id)

    await erasure.erase(user.id)

    assert await Verification.all().count() == 8
    assert {**await erasure.export(theirs.id), "exported_at": None} == {**before, "exported_at": None}


async def test_an_id_like_one_that_another_application_made_takes_nothing_else_along() -> None:
    user = await User.create(id="1", name="Ada", email="ada@example.com")
    await verifications.issue(purpose="delete-account", value="11", lifetime=DAY)
    await verifications.issue(purpose="delete-account", value=json.dumps({"user_id": "21", "count": 1}), lifetime=DAY)
    await verifications.issue(purpose="delete-account", value="1", lifetime=DAY)

    await erasure.erase(user.id)

    assert await Verification.all().count() == 2


async def test_the_address_of_who_is_forgotten_can_sign_up_again_as_somebody_new() -> None:
    user = await make_known()
    await erasure.erase(user.id)

    again = await authentication.sign_up(name="Ada", email="ada.lovelace@example.com", password=PASSWORD)

    assert again.user.id != user.id
    copy = await erasure.export(again.user.id)
    assert [name for name, rows in copy.items() if isinstance(rows, list) and rows] == ["sessions", "accounts"]


@pytest.mark.parametrize("user_id", ["", "nobody", "x" * 5_000])
async def test_who_does_not_exist_can_not_be_copied_or_forgotten(user_id: str) -> None:
    with pytest.raises(users.UserNotFound):
        await erasure.export(user_id)
    with pytest.raises(users.UserNotFound):
        await erasure.erase(user_id)

    assert await AuditEntry.all().count() == 0


async def test_of_eight_that_forget_one_person_one_does() -> None:
    owner = await make_owner()

    results = await asyncio.gather(
        *(erasure.erase(owner.user_id, with_organizations=True) for _ in range(8)), return_exceptions=True
    )

    assert results.count(None) == 1
    assert sum(isinstance(result, users.UserNotFound) for result in results) == 7
    assert await AuditEntry.filter(action="user.erase").count() == 1


async def test_an_organization_that_nobody_else_owns_is_named_and_all_is_left_as_it_was() -> None:
    owner = await make_owner(name="Acme")
    await make_owner(user=await users.get(owner.user_id), name="Zenith")
    await make_member(owner, "admin,co-owner")
    before = await everything()

    with pytest.raises(erasure.OnlyOwner) as caught:
        await erasure.erase(owner.user_id)

    assert "Acme" in str(caught.value)
    assert "Zenith" in str(caught.value)
    assert await everything() == before


async def test_with_the_person_the_organizations_that_nobody_else_owns_are_deleted_and_no_others() -> None:
    alone = await make_owner(name="Alone")
    user = await users.get(alone.user_id)
    member = await make_member(alone)
    await User.filter(id=member.user_id).update(last_active_organization_id=alone.organization_id)
    shared = await make_owner(name="Shared")
    await make_member(shared, "owner", user=user)
    elsewhere = await make_owner(name="Elsewhere")
    await make_member(elsewhere, user=user)

    await erasure.erase(user.id, with_organizations=True)

    assert {organization.name for organization in await Organization.all()} == {"Shared", "Elsewhere"}
    assert await Member.all().count() == 2
    assert (await users.get(member.user_id)).last_active_organization_id is None


async def test_two_owners_who_go_at_once_do_not_leave_an_organization_without_one() -> None:
    for _ in range(4):
        one = await make_owner()
        two = await make_member(one, "owner")

        results = await asyncio.gather(erasure.erase(one.user_id), erasure.erase(two.user_id), return_exceptions=True)

        assert results.count(None) == 1
        assert sum(isinstance(result, erasure.OnlyOwner) for result in results) == 1
        assert await Member.filter(organization_id=one.organization_id, role="owner").count() == 1


async def test_an_owner_who_leaves_while_the_other_goes_stays() -> None:
    for _ in range(4):
        one = await make_owner()
        two = await make_member(one, "owner")

        await asyncio.gather(erasure.erase(one.user_id), members.leave(two), return_exceptions=True)

        assert await Member.filter(organization_id=one.organization_id, role="owner").count() == 1


@pytest.mark.parametrize(
    ("status", "ends", "refused"),
    [
        ("active", timedelta(days=20), True),
        ("past_due", timedelta(days=-1), True),
        ("trialing", None, True),
        ("active", timedelta(days=-60), False),
        ("canceled", timedelta(days=20), False),
        ("canceling", timedelta(days=20), False),
        (None, None, False),
    ],
)
async def test_money_is_not_taken_from_who_is_gone(
    status: str | None,
    ends: timedelta | None,
    refused: bool,  # noqa: FBT001  a table
) -> None:
    user = await make_user()
    await Purchase.create(
        user_id=user.id,
        type=PurchaseType.SUBSCRIPTION,
        customer_id="c",
        subscription_id="s",
        status=status,
        current_period_end=clock.now() + ends if ends else None,
    )

    if refused:
        with pytest.raises(erasure.SubscriptionRunning):
            await erasure.erase(user.id)
    else:
        await erasure.erase(user.id)

    assert await Purchase.all().count() == int(refused)


async def test_a_single_payment_hinders_nobody_and_that_of_an_organization_which_goes_too_does() -> None:
    owner = await make_owner()
    await Purchase.create(user_id=owner.user_id, type=PurchaseType.ONE_TIME, customer_id="c", status="active")
    subscription = await Purchase.create(
        organization_id=owner.organization_id, type=PurchaseType.SUBSCRIPTION, customer_id="c", status="active"
    )

    with pytest.raises(erasure.SubscriptionRunning):
        await erasure.erase(owner.user_id, with_organizations=True)
    await Purchase.filter(id=subscription.id).update(status="canceled")
    await erasure.erase(owner.user_id, with_organizations=True)

    assert await Purchase.all().count() == 0


async def test_who_signs_in_while_being_forgotten_has_no_session_afterwards() -> None:
    for number in range(3):
        email = f"ada{number}@example.com"
        user = (await authentication.sign_up(name="Ada", email=email, password=PASSWORD)).user

        results = await asyncio.gather(
            *(authentication.sign_in(email=email, password=PASSWORD) for _ in range(3)),
            *(sessions.create(user_id=user.id) for _ in range(5)),
            erasure.erase(user.id),
            *(sessions.create(user_id=user.id) for _ in range(5)),
            return_exceptions=True,
        )

        gone = (authentication.CredentialsInvalid, sessions.SessionInvalid)
        for result in results:
            assert result is None or isinstance(result, (authentication.SignedIn, sessions.Issued, *gone))
            if isinstance(result, (authentication.SignedIn, sessions.Issued)):
                with pytest.raises(sessions.SessionInvalid):
                    await sessions.authenticate(result.token)
        assert await Session.all().count() == 0


async def test_the_app_is_told_who_is_gone_and_where_they_left(heard: list[Any]) -> None:
    owner = await make_owner()
    member = await make_member(owner)
    heard.clear()

    await erasure.erase(member.user_id, actor_id="root")

    assert heard == [
        users.UserDeleted(user_id=member.user_id),
        members.MemberLeft(
            organization_id=owner.organization_id, member_id=member.id, user_id=member.user_id, by="root"
        ),
    ]


async def test_what_is_rolled_back_has_forgotten_nobody(heard: list[Any]) -> None:
    user = await make_known()
    before = await everything()
    heard.clear()

    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await erasure.erase(user.id)
            raise ZeroDivisionError

    assert await everything() == before
    assert heard == []


async def test_an_administrator_deletes_an_owner_only_with_the_organization() -> None:
    root, owner = await make_user(), await make_owner(name="Acme")
    await User.filter(id=root.id).update(role="admin")

    with pytest.raises(erasure.OnlyOwner):
        await admin.delete_user(actor_id=root.id, user_id=owner.user_id)
    await admin.delete_user(actor_id=root.id, user_id=owner.user_id, with_organizations=True)

    assert await Organization.all().count() == 0


async def test_deleting_and_leaving_at_once_do_not_wait_for_each_other_for_ever() -> None:
    root = await make_user()
    await User.filter(id=root.id).update(role="admin")
    acme = await make_owner()

    for _ in range(6):
        member = await make_member(acme)
        await User.filter(id=member.user_id).update(last_active_organization_id=acme.organization_id)
        async with asyncio.timeout(20):
            deleted, left = await asyncio.gather(
                admin.delete_user(actor_id=root.id, user_id=member.user_id),
                members.leave(member),
                return_exceptions=True,
            )
        assert deleted is None
        assert left is None or isinstance(left, (members.OrganizationNotFound, members.MemberNotFound))
