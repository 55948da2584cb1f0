"""The clean-up that is done by itself."""

import pytest

from core import jobs
from models import Session
from tests.factories import make_session

pytestmark = pytest.mark.usefixtures("db")

CLEAN_UP = (
    "attempts.prune",
    "audit.prune",
    "invitations.prune",
    "mail.prune",
    "purchases.end_lapsed",
    "purchases.prune_events",
    "sessions.purge_expired",
    "users.lift_bans",
    "verifications.prune",
)


@pytest.mark.parametrize("name", CLEAN_UP)
async def test_it_can_say_what_it_would_do(name: str) -> None:
    await make_session()

    would = await jobs.preview(name)

    assert "would be" in str(would)
    assert str(would).startswith("0 ")
    assert await Session.all().count() == 1


@pytest.mark.parametrize("name", [*CLEAN_UP, "database.refresh_statistics", "mail.send_waiting"])
async def test_it_is_on_the_timetable_and_says_what_it_does(name: str) -> None:
    job = jobs.get(name)

    assert job.schedule
    assert job.about.endswith(".")
