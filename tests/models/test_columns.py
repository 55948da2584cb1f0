from typing import Any

import pytest
from tortoise.exceptions import IntegrityError
from tortoise.models import Model

import models
from core.database.statements import fetch
from models import AiChat, Organization, Purchase, PurchaseType, TwoFactor
from tests.factories import make_user

pytestmark = pytest.mark.usefixtures("db")

TABLES: list[type[Model]] = [model for model in vars(models).values() if isinstance(model, type(Organization))]

SHARED = {
    "user": "id name email emailVerified image createdAt updatedAt username displayUsername role banned banReason "
    "banExpires twoFactorEnabled onboardingComplete paymentsCustomerId locale lastActiveOrganizationId",
    "session": "id expiresAt token createdAt updatedAt ipAddress userAgent userId impersonatedBy activeOrganizationId",
    "account": "id accountId providerId userId accessToken refreshToken idToken accessTokenExpiresAt "
    "refreshTokenExpiresAt scope password createdAt updatedAt expiresAt issuer",
    "verification": "id identifier value expiresAt createdAt updatedAt",
    "organization": "id name slug logo createdAt metadata paymentsCustomerId",
    "member": "id organizationId userId role createdAt",
    "invitation": "id organizationId email role status expiresAt createdAt inviterId",
    "passkey": "id name publicKey userId credentialID counter deviceType backedUp transports createdAt aaguid",
    "twoFactor": "id secret backupCodes userId verified failedVerificationCount lockedUntil",
    "purchase": "id organizationId userId type customerId subscriptionId productId priceId status createdAt updatedAt",
    "aiChat": "id organizationId userId title messages createdAt updatedAt",
}
"""The columns that a better-auth or starter-kit application writes, of any generation."""


def columns(model: type[Model]) -> dict[str, bool]:
    """The model's columns, and whether each may be left out."""
    meta = model._meta
    return {
        column: meta.fields_map[attribute].null or meta.fields_map[attribute].has_db_default()
        for attribute, column in meta.fields_db_projection.items()
    }


def test_every_shared_column_is_there_and_every_other_may_be_left_out() -> None:
    assert {model._meta.db_table for model in TABLES} >= set(SHARED)
    for model in (model for model in TABLES if model._meta.db_table in SHARED):
        shared = set(SHARED[model._meta.db_table].split())
        ours = columns(model)
        assert shared <= set(ours)
        assert all(optional for column, optional in ours.items() if column not in shared), model


@pytest.mark.parametrize("model", TABLES)
async def test_every_expiry_and_every_foreign_key_has_an_index(model: type[Model], dialect: str) -> None:
    table = model._meta.db_table
    if dialect == "postgres":
        rows = await fetch("SELECT indexdef AS sql FROM pg_indexes WHERE tablename = $1", table)
        indexed = {row["sql"].partition("(")[2].rstrip(")").split(",")[0].strip('" ') for row in rows}
    else:
        rows = await fetch(
            "SELECT i.name AS sql FROM pragma_index_list($1) l, pragma_index_info(l.name) i WHERE i.seqno = 0", table
        )
        indexed = {row["sql"] for row in rows}

    wanted = {
        column
        for attribute, column in model._meta.fields_db_projection.items()
        if column == "expiresAt" or getattr(model._meta.fields_map[attribute], "reference", None)
    }
    assert wanted <= indexed


@pytest.mark.parametrize("owners", ["neither", "both"])
@pytest.mark.parametrize("model", [Purchase, AiChat])
async def test_what_is_owned_has_exactly_one_owner(model: type[Model], owners: str) -> None:
    user = await make_user()
    organization = await Organization.create(name="Acme", slug="acme")
    required: dict[str, Any] = {"type": PurchaseType.ONE_TIME, "customer_id": "c"} if model is Purchase else {}
    ids: dict[str, Any] = {"user_id": user.id, "organization_id": organization.id}

    await model.create(user_id=user.id, **required)
    await model.create(organization_id=organization.id, **required)
    with pytest.raises(IntegrityError):
        await model.create(**(ids if owners == "both" else {}), **required)

    assert await model.all().count() == 2


async def test_a_person_has_one_second_factor() -> None:
    user = await make_user()
    await TwoFactor.create(user_id=user.id, secret="s", backup_codes="b")

    with pytest.raises(IntegrityError):
        await TwoFactor.create(user_id=user.id, secret="s", backup_codes="b")


async def test_ids_made_later_sort_later_and_foreign_ids_are_taken_as_they_are() -> None:
    made = [(await make_user()).id for _ in range(50)]

    foreign = await Organization.create(id="fLkfngd39LJ9KhiTpIPNP0IksOwTK4zw", name="Acme", slug="acme")

    assert made == sorted(made)
    assert (await Organization.get(slug="acme")).id == foreign.id == "fLkfngd39LJ9KhiTpIPNP0IksOwTK4zw"
