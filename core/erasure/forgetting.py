"""Forgetting a person."""

import json
from contextlib import suppress
from typing import Final

from tortoise.expressions import Q

from core import audit, clock, database, members, organizations, purchases, users
from core.database.statements import fetch
from core.errors import Conflict
from core.events import publish
from models import Invitation, Mail, Member, Organization, Purchase, PurchaseType, Session, User

_RUNNING: Final = ("trialing", "on_trial", "active", "past_due")
"""A subscription for which money is still taken; ``on_trial`` is some providers' word."""


class OnlyOwner(Conflict):
    """Nobody else owns an organization of this person: make somebody else an owner, or delete it, first."""


class SubscriptionRunning(Conflict):
    """A subscription is running, and would go on being paid: cancel it first."""


async def erase(user_id: str, *, actor_id: str | None = None, with_organizations: bool = False) -> None:
    """Forget a person: delete them and what is theirs, and take them out of what has to stay. All of it or nothing.

    Their address can sign up again afterwards. A mail to them that still waits is deleted, too, so a farewell is to be
    promised after this.

    Args:
        user_id: whom.
        actor_id: who wants it: themselves, an administrator, None for the program.
        with_organizations: delete the organizations that nobody else owns, whoever else is a member.

    Raises:
        OnlyOwner: there are such organizations, and they are not to be deleted. It names them.
        SubscriptionRunning: money is still taken for a subscription of the person, or of such an organization.
        UserNotFound: there is no such person. Of many at once, one erases.
    """
    async with database.transaction():
        await hold(user_id)
        user = await User.filter(id=user_id).select_for_update().first()
        if user is None:
            raise users.UserNotFound
        # Once more, for one that was made before the person was held.
        alone = await hold(user_id)
        if alone and not with_organizations:
            raise OnlyOwner(f"Nobody else owns {', '.join(organization.name for organization in alone)}.")
        gone = [organization.id for organization in alone]
        await _refuse_running(Q(user_id=user_id) | Q(organization_id__in=gone))

        for organization_id in gone:
            await organizations.delete(await members.acting(user_id=user_id, organization_id=organization_id))
        left = await Member.filter(user_id=user_id)
        await _forget(user)
        await users.delete(user_id)
        await audit.record("user.erase", actor_id=actor_id, subject_id=user_id)
        for member in left:
            await publish(
                members.MemberLeft(
                    organization_id=member.organization_id,
                    member_id=member.id,
                    user_id=user_id,
                    by=actor_id or user_id,
                )
            )


async def hold(user_id: str) -> list[Organization]:
    """The organizations that nobody else owns; nobody joins or leaves the person's own until the transaction's end.

    Who holds organizations and people holds the organizations first, or two would wait for each other.
    """
    while True:
        with suppress(members.OrganizationNotFound):  # Deleted while it was waited for; so look again.
            return await organizations.list_owned_alone(user_id=user_id)


async def _refuse_running(whose: Q) -> None:
    """Only what the provider spoke of lately counts: a cancellation that was never told must not bind for ever."""
    due = Q(current_period_end__isnull=True) | Q(current_period_end__gt=clock.now() - purchases.GRACE)
    if await Purchase.filter(whose, due, type=PurchaseType.SUBSCRIPTION, status__in=_RUNNING).exists():
        raise SubscriptionRunning


async def _forget(user: User) -> None:
    """What no foreign key leads to."""
    await Session.filter(impersonated_by=user.id).delete()
    await Invitation.filter(email__iexact=user.email).delete()
    await Mail.filter(recipient__iexact=user.email).delete()
    await fetch(
        """
        UPDATE "auditEntry" SET
            "ipAddress" = CASE WHEN "actorId" = $1 THEN NULL ELSE "ipAddress" END,
            "data" = CASE WHEN "subjectId" = $1 THEN NULL ELSE "data" END
        WHERE "actorId" = $1 OR "subjectId" = $1
        """,
        user.id,
    )
    for address in _in_json(user.email):
        # What was done to something of theirs, such as an invitation, may name the address.
        await fetch(
            """
            UPDATE "auditEntry" SET "data" = NULL
            WHERE "data" IS NOT NULL AND replace(lower(CAST("data" AS TEXT)), $1, '') <> lower(CAST("data" AS TEXT))
            """,
            address,
        )
    await _forget_verifications(user)


async def _forget_verifications(user: User) -> None:
    """What was sent to them, by us or by a better-auth application: its value is an id, an address or JSON of them."""
    await fetch(
        """
        DELETE FROM "verification"
        WHERE "value" = $1 OR "value" = $2 OR "identifier" IN ($3, $4, $5)
        """,
        user.id,
        user.email,
        *(f"{kind}-otp-{user.email}" for kind in ("sign-in", "email-verification", "forget-password")),
    )
    for text in _in_json(user.id) | _in_json(user.email):
        await fetch('DELETE FROM "verification" WHERE replace("value", $1, \'\') <> "value"', text)


def _in_json(text: str) -> set[str]:
    """The text as it stands in JSON, whole: somebody else's address may begin or end like this one."""
    return {json.dumps(text), json.dumps(text, ensure_ascii=False)}
