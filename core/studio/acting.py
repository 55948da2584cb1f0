"""What means more than its row, done by the core: bans, the end of sessions, runs of jobs, the proof of a backup.

Each is confirmed in the page, takes ``--write``, and is an audit entry in the same transaction that says who sat before
the studio. A ban is also an administrator's act, with the core's own rules for it: somebody is named to stand for it.
"""

import asyncio
import inspect
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette_admin.actions import row_action
from starlette_admin.exceptions import ActionFailed
from starlette_admin.flash import flash

from core import admin, audit, backup, database, jobs, sessions
from core.admin.authority import is_administrator
from core.errors import Invalid, Refusal, Unavailable
from core.studio.editing import who
from core.studio.views import TableView
from models import Backup, Session, User

_log = logging.getLogger(__name__)

_DANGER = "btn btn-danger"
_ADMINISTRATORS = 100
_verifying: set[asyncio.Task[None]] = set()

_STANDS = Markup("""
    <label class="form-label mt-3" for="actor">Which administrator stands for it</label>
    <select class="form-select" name="actor" id="actor" required>{options}</select>
""")
_OPTION = Markup('<option value="{}">{}</option>')
_BAN = Markup("""<form>
    <label class="form-label mt-3" for="reason">Reason</label>
    <input class="form-control" name="reason" id="reason" maxlength="500" required>
    <label class="form-label mt-3" for="until">Until (UTC; never ends if left out)</label>
    <input class="form-control" type="datetime-local" name="until" id="until">{stands}
</form>""")
_UNBAN = Markup("<form>{stands}</form>")


class JobNeedsArguments(Invalid):
    """This job is told what to do by whoever asks for it, and can't be asked for here."""


class _Acting(TableView):
    """A table with actions."""

    async def is_row_action_allowed(self, request: Request, name: str) -> bool:
        """Without --write there are only those that look."""
        if name in {"view", "edit", "delete"}:
            return await super().is_row_action_allowed(request, name)
        return self.write


@asynccontextmanager
async def _acting(action: str, subject_id: str, **told: str) -> AsyncIterator[None]:
    """All or nothing, written down, and a refusal in words that the page shows."""
    try:
        async with database.transaction():
            yield
            await audit.record(f"studio.{action}", actor_id=who(), subject_id=subject_id, **told)
    except (Refusal, Unavailable) as refused:
        raise ActionFailed(str(refused)) from None


async def _stands() -> Markup:
    found = await User.filter(role__contains="admin").order_by("email").limit(_ADMINISTRATORS)
    options = Markup().join(_OPTION.format(user.id, user.email) for user in found if is_administrator(user))
    return _STANDS.format(options=options)


async def _ban_form(_: Request, __: User) -> Markup:
    return _BAN.format(stands=await _stands())


async def _unban_form(_: Request, __: User) -> Markup:
    return _UNBAN.format(stands=await _stands())


class UserView(_Acting):
    """People."""

    async def is_row_action_allowed_for_obj(self, request: Request, name: str, obj: Any) -> bool:  # noqa: ANN401
        """Nobody is banned twice, or freed who is not banned."""
        if name in {"ban", "unban"} and bool(obj.banned) != (name == "unban"):
            return False
        return await super().is_row_action_allowed_for_obj(request, name, obj)

    @row_action(
        name="ban",
        text="Ban",
        confirmation="Keep this person out, and end all of their sessions?",
        icon_class="fa-solid fa-ban",
        submit_btn_text="Ban",
        submit_btn_class=_DANGER,
        form=_ban_form,
        exclude_from_list=True,  # Each row would ask who may stand for it.
        modal_size="md",
    )
    async def row_action_4_ban(self, request: Request, pk: Any) -> None:  # noqa: ANN401  starlette-admin's
        """Keep somebody out."""
        form = await request.form()
        actor, until = str(form.get("actor", "")), str(form.get("until", ""))
        async with _acting("ban", pk, administrator=actor):
            await admin.ban(actor_id=actor, user_id=pk, reason=str(form.get("reason", "")), until=_moment(until))
        flash(request, "Banned; every session of theirs has ended.", "success")

    @row_action(
        name="unban",
        text="Unban",
        confirmation="Let this person in again?",
        icon_class="fa-solid fa-unlock",
        submit_btn_text="Unban",
        form=_unban_form,
        exclude_from_list=True,
        modal_size="md",
    )
    async def row_action_5_unban(self, request: Request, pk: Any) -> None:  # noqa: ANN401  starlette-admin's
        """Let somebody in again."""
        actor = str((await request.form()).get("actor", ""))
        async with _acting("unban", pk, administrator=actor):
            await admin.unban(actor_id=actor, user_id=pk)
        flash(request, "They may sign in again.", "success")

    @row_action(
        name="revoke_sessions",
        text="End all sessions",
        confirmation="End all sessions of this person? They have to sign in again everywhere.",
        icon_class="fa-solid fa-right-from-bracket",
        submit_btn_text="End them",
        submit_btn_class=_DANGER,
    )
    async def row_action_6_revoke_sessions(self, request: Request, pk: Any) -> None:  # noqa: ANN401  starlette-admin's
        """Sign somebody out everywhere."""
        async with _acting("revoke_sessions", pk):
            ended = await sessions.revoke_all(user_id=pk)
        flash(request, f"{ended} sessions have ended.", "success")


def _moment(typed: str) -> datetime | None:
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=UTC) if typed else None
    except ValueError:
        raise ActionFailed("The end is no time.") from None


class SessionView(_Acting):
    """Who is signed in."""

    @row_action(
        name="revoke",
        text="End this session",
        confirmation="End this session? Its device has to sign in again.",
        icon_class="fa-solid fa-right-from-bracket",
        submit_btn_text="End it",
        submit_btn_class=_DANGER,
    )
    async def row_action_4_revoke(self, request: Request, pk: Any) -> None:  # noqa: ANN401  starlette-admin's
        """Sign one device out."""
        session = await Session.get_or_none(id=pk)
        if session is None:
            raise ActionFailed("There is no such session any more.")
        async with _acting("revoke_session", pk, user_id=session.user_id):
            await sessions.revoke(session_id=pk, user_id=session.user_id)
        flash(request, "The session has ended.", "success")


class BackupView(_Acting):
    """Backups."""

    async def is_row_action_allowed_for_obj(self, request: Request, name: str, obj: Any) -> bool:  # noqa: ANN401
        """What there is no archive of can't be proven."""
        if name == "verify" and (obj.error is not None or obj.removed_at is not None):
            return False
        return await super().is_row_action_allowed_for_obj(request, name, obj)

    @row_action(
        name="verify",
        text="Verify",
        confirmation="Restore this backup into a database that is gone afterwards, and compare every table?",
        icon_class="fa-solid fa-clipboard-check",
        submit_btn_text="Verify",
    )
    async def row_action_4_verify(self, request: Request, pk: Any) -> None:  # noqa: ANN401  starlette-admin's
        """Prove a backup. It may take long, so it goes on in the background."""
        row = await Backup.get_or_none(id=pk)
        if row is None:
            raise ActionFailed("There is no such backup any more.")
        async with _acting("verify_backup", pk, name=row.name):
            pass
        task = asyncio.create_task(_verify(row.name))
        _verifying.add(task)
        task.add_done_callback(_verifying.discard)
        flash(request, f"{row.name} is being verified. What comes of it will stand here.", "info")


async def _verify(name: str) -> None:
    try:
        await backup.verify(name)
    except (Refusal, Unavailable) as error:  # The archive's row says it, too.
        _log.warning("%s: %s", name, error)


async def stop() -> None:
    """Give up what goes on in the background, while the database is still there for it to clean up."""
    for task in _verifying:
        task.cancel()
    await asyncio.gather(*_verifying, return_exceptions=True)


VIEWS: dict[type[Any], type[TableView]] = {User: UserView, Session: SessionView, Backup: BackupView}
"""The tables that have actions."""


async def run_job(name: str) -> str:
    """Have a worker do a job, and say which run it is.

    Raises:
        ActionFailed: there is no such job, or it can't be asked for without arguments.
    """
    async with _acting("run_job", name):
        job = await asyncio.to_thread(jobs.get, name)
        if any(it.default is it.empty for it in inspect.signature(job.run).parameters.values()):
            raise JobNeedsArguments
        return await jobs.enqueue(name)
