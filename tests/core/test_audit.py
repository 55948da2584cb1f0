from datetime import timedelta

import pytest

from core import audit, clock, database
from core.settings import settings

pytestmark = pytest.mark.usefixtures("db")


async def test_what_was_done_is_listed_newest_first_and_in_pages() -> None:
    for number in range(5):
        await audit.record("user.ban", actor_id="admin", subject_id=f"user-{number}", reason="spam")

    first = await audit.list_entries(actor_id="admin", limit=3)
    second = await audit.list_entries(actor_id="admin", limit=3, after=first.after)

    assert [entry.subject_id for entry in first.items] == ["user-4", "user-3", "user-2"]
    assert [entry.subject_id for entry in second.items] == ["user-1", "user-0"]
    assert second.after is None
    assert first.items[0].data == {"reason": "spam"}


async def test_the_list_can_be_narrowed_down() -> None:
    await audit.record("user.ban", actor_id="admin", subject_id="ada")
    await audit.record("member.remove", actor_id="owner", subject_id="ada", organization_id="acme")

    assert [entry.action for entry in (await audit.list_entries(organization_id="acme")).items] == ["member.remove"]
    assert [entry.actor_id for entry in (await audit.list_entries(action="user.ban")).items] == ["admin"]
    assert len((await audit.list_entries(subject_id="ada")).items) == 2
    assert (await audit.list_entries(subject_id="nobody")).items == []


async def test_what_was_not_done_after_all_is_not_listed() -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await audit.record("user.ban", actor_id="admin")
            raise ZeroDivisionError

    assert (await audit.list_entries()).items == []


async def test_old_entries_are_pruned() -> None:
    await audit.record("user.ban", actor_id="admin")

    with clock.shifted(settings().audit_retention - timedelta(days=1)):
        assert (await audit.prune()).rows == 0
    with clock.shifted(settings().audit_retention):
        assert (await audit.prune(dry_run=True)).rows == 1
        assert (await audit.prune()).rows == 1
