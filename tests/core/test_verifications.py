import asyncio
from datetime import timedelta

import pytest

from core import clock, verifications
from core.crypto import tokens
from models import Verification

pytestmark = pytest.mark.usefixtures("db")

HOUR = timedelta(hours=1)


async def test_a_verification_yields_its_value_once() -> None:
    issued = await verifications.issue(purpose="reset-password", value="user-1", lifetime=HOUR)

    assert await verifications.consume(purpose="reset-password", token=issued.token) == "user-1"

    with pytest.raises(verifications.VerificationInvalid):
        await verifications.consume(purpose="reset-password", token=issued.token)


async def test_of_eight_that_consume_one_verification_one_gets_it() -> None:
    issued = await verifications.issue(purpose="reset-password", value="user-1", lifetime=HOUR)

    results = await asyncio.gather(
        *(verifications.consume(purpose="reset-password", token=issued.token) for _ in range(8)),
        return_exceptions=True,
    )

    assert results.count("user-1") == 1
    assert sum(isinstance(result, verifications.VerificationInvalid) for result in results) == 7


async def test_what_was_sent_for_one_purpose_is_worth_nothing_for_another() -> None:
    issued = await verifications.issue(purpose="verify-email", value="user-1", lifetime=HOUR)

    with pytest.raises(verifications.VerificationInvalid):
        await verifications.consume(purpose="delete-account", token=issued.token)

    assert await verifications.consume(purpose="verify-email", token=issued.token) == "user-1"


async def test_an_expired_verification_is_refused() -> None:
    issued = await verifications.issue(purpose="magic-link", value="user-1", lifetime=HOUR)

    with clock.shifted(HOUR), pytest.raises(verifications.VerificationInvalid):
        await verifications.consume(purpose="magic-link", token=issued.token)


@pytest.mark.parametrize("token", ["", "a", "a" * 42, "a" * 44, "a" * 100_000, "a\0b", "\ud800"])
async def test_a_token_that_never_was_one_is_refused(token: str) -> None:
    with pytest.raises(verifications.VerificationInvalid):
        await verifications.consume(purpose="magic-link", token=token)


async def test_the_token_is_nowhere_in_the_row() -> None:
    issued = await verifications.issue(purpose="magic-link", value="user-1", lifetime=HOUR)

    row = (await Verification.filter(id=issued.verification.id).values())[0]

    assert issued.token not in str(row)
    assert tokens.digest(issued.token) in row["identifier"]


async def test_pruning_removes_what_has_expired_and_keeps_the_rest() -> None:
    for lifetime in (HOUR, 2 * HOUR, 3 * HOUR):
        await verifications.issue(purpose="magic-link", value="user-1", lifetime=lifetime)

    with clock.shifted(2 * HOUR):
        would = await verifications.prune(dry_run=True)
        purged = await verifications.prune()

    assert (would.rows, purged.rows, purged.finished) == (2, 2, True)
    assert await Verification.all().count() == 1
