"""Changes and actions: who may, what is done, and what is written down about it."""

import os
import pwd
from datetime import timedelta

import pytest

from core import backup, clock, jobs, sessions
from core.settings import overridden
from models import AiChat, AuditEntry, Backup, JobRun, Member, Organization, Session, User
from tests.core.studio.conftest import Studio
from tests.factories import make_session, make_user
from tests.programs import until

ME = f"os:{pwd.getpwuid(os.getuid()).pw_name}"


async def make_administrator() -> User:
    user = await make_user()
    await User.filter(id=user.id).update(role="admin")
    return user


async def noted() -> list[tuple[str, str | None, str | None, dict[str, object] | None]]:
    """What the audit log says was done in the studio."""
    entries = await AuditEntry.filter(action__startswith="studio.").order_by("id")
    return [(entry.action, entry.actor_id, entry.subject_id, entry.data) for entry in entries]


async def test_a_change_stores_what_was_changed_and_writes_down_which_columns_and_no_value(studio: Studio) -> None:
    user = await make_user(name="Before")
    await User.filter(id=user.id).update(username="old", updated_at=clock.now() - timedelta(days=1))

    async with studio(write=True) as visitor:
        answer = await visitor.post(
            f"/user/edit?pk={user.id}",
            {"name": "After", "email": user.email, "username": "", "banned": "on"},
        )

    changed = await User.get(id=user.id)
    assert answer.status_code == 303
    assert (changed.name, changed.username, changed.email) == ("After", None, user.email)
    assert not changed.banned
    assert changed.updated_at > clock.now() - timedelta(hours=1)
    columns = ["name", "username"]
    assert await noted() == [("studio.change", ME, user.id, {"table": "user", "columns": columns})]


async def test_a_time_is_typed_in_utc(studio: Studio) -> None:
    issued = await make_session()

    async with studio(write=True) as visitor:
        await visitor.post(
            f"/session/edit?pk={issued.session.id}",
            {"user": issued.session.user_id, "expires_at": "2030-01-02T03:04:05"},
        )

    assert (await Session.get(id=issued.session.id)).expires_at.isoformat() == "2030-01-02T03:04:05+00:00"


async def test_what_is_sent_as_it_was_changes_nothing(studio: Studio) -> None:
    issued = await make_session()
    before = await Session.get(id=issued.session.id)
    columns = await Session.filter(id=before.id).values()

    async with studio(write=True) as visitor:
        answer = await visitor.post(
            f"/session/edit?pk={before.id}",
            {
                "user": before.user_id,
                "expires_at": f"{before.expires_at:%Y-%m-%dT%H:%M:%S}",
                "ip_address": "203.0.113.9",
                "user_agent": "Firefox",
                "last_used_at": f"{before.last_used_at:%Y-%m-%dT%H:%M:%S}" if before.last_used_at else "",
            },
        )

    assert answer.status_code == 303
    assert await noted() == []
    assert await Session.filter(id=before.id).values() == columns


async def test_a_row_is_made_and_deleted_and_both_are_written_down(studio: Studio) -> None:
    user = await make_user()

    async with studio(write=True) as visitor:
        made = await visitor.post("/organization/create", {"name": "Acme", "slug": "acme", "logo": ""})
        acme = await Organization.get(slug="acme")
        joined = await visitor.post("/member/create", {"organization": acme.id, "user": user.id, "role": "owner"})
        gone = await visitor.act("organization", "delete", acme.id)

    assert [made.status_code, joined.status_code, gone.status_code] == [303, 303, 200]
    assert acme.logo is None
    assert not await Member.exists()
    first, second, third = await noted()
    assert first == ("studio.create", ME, acme.id, {"table": "organization", "columns": ["name", "slug"]})
    assert (second[0], second[3]) == (
        "studio.create",
        {"table": "member", "columns": ["organization_id", "role", "user_id"]},
    )
    assert third == ("studio.delete", ME, acme.id, {"table": "organization"})


async def test_several_rows_are_deleted_at_once(studio: Studio) -> None:
    users = [await make_user() for _ in range(3)]
    picked = "&".join(f"pks={user.id}" for user in users[:2])

    async with studio(write=True) as visitor:
        answer = await visitor.post(f"/_api/user/action?name=delete&{picked}", {})

    assert answer.status_code == 200
    assert [user.id async for user in User.all()] == [users[2].id]
    assert [(entry[0], entry[2]) for entry in await noted()] == [
        ("studio.delete", user.id) for user in sorted(users[:2], key=lambda it: it.id)
    ]


async def test_what_the_database_refuses_is_said_beside_the_field_and_not_written_down(studio: Studio) -> None:
    first, second = await make_user(), await make_user()

    async with studio(write=True) as visitor:
        taken = await visitor.post(f"/user/edit?pk={second.id}", {"name": "x", "email": first.email})
        nobody = await visitor.post("/member/create", {"organization": "none", "user": first.id, "role": "x"})
        owners = await visitor.post("/aiChat/create", {"title": "of nobody"})

    assert [taken.status_code, nobody.status_code, owners.status_code] == [422, 422, 422]
    assert "The database does not take this" in taken.text
    assert 'id="email-error"' in taken.text
    assert "There is no such row" in nobody.text
    assert (await User.get(id=second.id)).email == second.email
    assert await noted() == []


@pytest.mark.parametrize(
    ("name", "typed"),
    [("messages", "[{]"), ("organization", "none")],
    ids=["JSON that is none", "a row that is none"],
)
async def test_what_can_not_be_read_is_refused_and_not_taken_for_nothing(studio: Studio, name: str, typed: str) -> None:
    user = await make_user()
    chat = await AiChat.create(title="t", user_id=user.id, messages=[{"role": "user"}])

    async with studio(write=True) as visitor:
        answer = await visitor.post(f"/aiChat/edit?pk={chat.id}", {"title": "t", "user": user.id, name: typed})

    assert answer.status_code == 422
    assert (await AiChat.get(id=chat.id)).messages == [{"role": "user"}]


@pytest.mark.parametrize("typed", ["yesterday", "2030-13-01T00:00"])
async def test_a_time_that_is_none_is_refused(studio: Studio, typed: str) -> None:
    issued = await make_session()

    async with studio(write=True) as visitor:
        answer = await visitor.post(
            f"/session/edit?pk={issued.session.id}", {"user": issued.session.user_id, "expires_at": typed}
        )

    assert answer.status_code == 422
    assert (await Session.get(id=issued.session.id)).expires_at == issued.session.expires_at


@pytest.mark.parametrize("table", ["auditEntry", "jobRun", "jobState", "backup", "attempt", "purchaseEvent"])
async def test_what_the_house_keeps_is_changed_by_nobody(studio: Studio, table: str) -> None:
    await AuditEntry.create(id="entry", action="x")

    async with studio(write=True) as visitor:
        answers = [await visitor.post(f"/{table}/{place}", {"action": "y"}) for place in ("create", "edit?pk=entry")]
        gone = await visitor.act(table, "delete", "entry")

    assert [answer.status_code for answer in answers] == [403, 403]
    assert gone.json() == {"msg": "Forbidden"}
    assert await AuditEntry.exists(id="entry", action="x")


@pytest.mark.parametrize("table", ["session", "verification", "twoFactor", "mail"])
async def test_what_can_not_be_without_a_secret_is_not_made_here(studio: Studio, table: str) -> None:
    async with studio(write=True) as visitor:
        assert (await visitor.get(f"/{table}/create")).status_code == 403


async def test_a_ban_is_the_cores_and_says_who_sat_there_and_who_stands_for_it(studio: Studio) -> None:
    administrator, issued = await make_administrator(), await make_session()
    user_id = issued.session.user_id

    async with studio(write=True) as visitor:
        page = await visitor.text(f"/user/detail?pk={user_id}")
        banned = await visitor.act("user", "ban", user_id, actor=administrator.id, reason="spam", until="")
        user = await User.get(id=user_id)
        freed = await visitor.act("user", "unban", user_id, actor=administrator.id)

    assert administrator.email in page
    assert (banned.status_code, freed.status_code) == (200, 200)
    assert (user.banned, user.ban_reason) == (True, "spam")
    assert (await User.get(id=user_id)).banned is False
    assert not await Session.exists(id=issued.session.id)
    assert await noted() == [
        (f"studio.{act}", ME, user_id, {"administrator": administrator.id}) for act in ("ban", "unban")
    ]
    assert [entry.action async for entry in AuditEntry.filter(actor_id=administrator.id).order_by("id")] == [
        "user.ban",
        "user.unban",
    ]


async def test_a_ban_that_the_core_refuses_is_not_done_and_the_page_says_why(studio: Studio) -> None:
    administrator, nobody, issued = await make_administrator(), await make_user(), await make_session()

    async with studio(write=True) as visitor:
        by_nobody = await visitor.act("user", "ban", issued.session.user_id, actor=nobody.id, reason="x")
        on_administrator = await visitor.act("user", "ban", administrator.id, actor=administrator.id, reason="x")
        too_late = await visitor.act(
            "user", "ban", issued.session.user_id, actor=administrator.id, reason="x", until="2001-01-01T00:00"
        )

    assert by_nobody.json() == {"msg": "Only an administrator may do this."}
    assert on_administrator.json() == {"msg": "Nobody may do this to themselves."}
    assert too_late.json() == {"msg": "A ban ends in the future, at a time with its zone."}
    assert await Session.exists(id=issued.session.id)
    assert await noted() == []


async def test_one_session_or_all_of_a_person_are_ended(studio: Studio) -> None:
    user = await make_user()
    first, second, third = [await make_session(user=user) for _ in range(3)]

    async with studio(write=True) as visitor:
        one = await visitor.act("session", "revoke", first.session.id)
        left = await sessions.list_live(user_id=user.id)
        every = await visitor.act("user", "revoke_sessions", user.id)
        again = await visitor.act("session", "revoke", second.session.id)

    assert (one.status_code, every.status_code, again.status_code) == (200, 200, 400)
    assert {session.id for session in left} == {second.session.id, third.session.id}
    assert await sessions.list_live(user_id=user.id) == []
    assert [(entry[0], entry[2]) for entry in await noted()] == [
        ("studio.revoke_session", first.session.id),
        ("studio.revoke_sessions", user.id),
    ]


async def test_a_job_is_asked_for_in_the_transaction_that_says_so(studio: Studio) -> None:
    async with studio(write=True) as visitor:
        asked = await visitor.post("/jobs/run", {"job": "sessions.purge_expired"})
        unknown = await visitor.post("/jobs/run", {"job": "no.such"})
        page = await visitor.text("/jobs")

    run = await JobRun.get()
    assert (asked.status_code, unknown.status_code) == (303, 303)
    assert (run.job, run.trigger, run.status) == ("sessions.purge_expired", "asked", "waiting")
    assert "there is no job 'no.such'" in page
    assert await noted() == [("studio.run_job", ME, "sessions.purge_expired", None)]


async def test_a_job_that_must_be_told_something_is_not_asked_for_here(studio: Studio) -> None:
    async def told(*, what: str) -> None:
        raise AssertionError(what)

    job = jobs.Job("studio.told", "Needs to know.", told, None, timedelta(minutes=1), 0)
    jobs.register(job)

    async with studio(write=True) as visitor:
        await visitor.post("/jobs/run", {"job": "studio.told"})
        page = await visitor.text("/jobs")

    assert "is told what to do by whoever asks for it" in page
    assert not await JobRun.exists()


async def test_a_backup_is_verified_in_the_background_and_its_row_says_so(
    studio: Studio, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with overridden(backup_store=str(tmp_path_factory.mktemp("store"))):
        name = (await backup.take()).name
        row = await Backup.get(name=name)
        async with studio(write=True) as visitor:
            answer = await visitor.act("backup", "verify", row.id)

            async def is_checked() -> bool:
                return (await Backup.get(id=row.id)).checked_at is not None

            await until(is_checked, seconds=60)

    assert answer.status_code == 200
    checked = await Backup.get(id=row.id)
    assert checked.check_level == 3
    assert checked.check_error is None
    assert await noted() == [("studio.verify_backup", ME, row.id, {"name": name})]
