"""The studio as an ASGI application: the menu, the pages of our own, and what the page says when something is wrong."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from jinja2 import Environment
from jinja2.ext import Extension
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette_admin.contrib.tortoise import Admin
from starlette_admin.exceptions import ActionFailed
from starlette_admin.flash import flash, get_flashed_messages
from starlette_admin.routing import route
from starlette_admin.theme import ClassMap, DefaultTheme, TablerSettings
from starlette_admin.types import RequestAction
from starlette_admin.views import BaseView, CustomView, DropDown

from core import clock, masking
from core.crypto import tokens
from core.errors import Unavailable
from core.studio import exporting, start
from core.studio.acting import VIEWS, run_job
from core.studio.editing import who
from core.studio.tables import GROUPS
from core.studio.views import TableView

_HERE = Path(__file__).parent
_ICONS = {
    "People": "fa-solid fa-user-group",
    "Organizations": "fa-solid fa-building",
    "Purchases": "fa-solid fa-credit-card",
    "Conversations": "fa-solid fa-comments",
    "House": "fa-solid fa-house",
}


class _Nonces(Extension):
    """Scripts in templates say the word without which the browser runs none. What a row holds never passes here."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002  Jinja's
        return re.sub(r"<script(?=[\s>])", '<script nonce="{{ request.state.nonce }}"', source)


class _Classes(ClassMap):
    classes: ClassVar[dict[str, str]] = {
        "list.table": "table table-vcenter table-sm card-table studio-list",
        "form.cancel_button": "btn",
    }


class _Theme(DefaultTheme):
    """Light or dark, as the browser was told last, and closer rows."""

    def get_class_map(self) -> ClassMap:
        return _Classes()

    def html_attrs(self, request: Request) -> dict[str, str]:
        chosen = request.cookies.get("studio_theme")
        return {
            **super().html_attrs(request),
            "data-bs-theme": "dark" if chosen == "dark" else "light",
            "data-chosen": "" if chosen not in {"dark", "light"} else chosen,
        }


class _Studio(Admin):
    """starlette-admin, with a way out for rows that does not hold all of them."""

    @route("/{key}/export/{kind}", methods=["GET"], name="export")
    async def _export(self, request: Request) -> Response:
        request.state.action = RequestAction.LIST
        view = self._find_view_by_key(request.path_params["key"])
        assert isinstance(view, TableView), "there are no others"  # noqa: S101
        answer = await exporting.export(request, view, request.path_params["kind"])
        if answer is None:
            raise HTTPException(404)
        return answer


class _Page(CustomView):
    """A page of our own."""

    def rendered(self, request: Request, template: str, **shown: Any) -> Response:  # noqa: ANN401  whatever it shows
        assert self.templates is not None, "it is asked for after it was added"  # noqa: S101
        context = {"title": self.menu_label, "flashed_messages": get_flashed_messages(request), **shown}
        return self.templates.TemplateResponse(request=request, name=template, context=context)


class _Start(_Page):
    menu_label, icon, path, route_name = "Start", "fa-solid fa-chart-line", "/", "index"

    @route("")
    async def index(self, request: Request) -> Response:
        return self.rendered(request, "start.html", parts=await start.parts())


class _Jobs(_Page):
    menu_label, icon, path, route_name = "Jobs", "fa-solid fa-gears", "/jobs", "jobs"

    def __init__(self, *, write: bool) -> None:
        self._write = write
        super().__init__()

    @route("")
    async def index(self, request: Request) -> Response:
        return self.rendered(request, "jobs.html", jobs=await start.every_job(), write=self._write)

    @route("/run", methods=["POST"], name="run-job")
    async def run(self, request: Request) -> Response:
        if not self._write:
            raise HTTPException(403, "The studio only reads; start it with --write.")
        name = str((await request.form()).get("job", ""))
        try:
            run_id = await run_job(name)
        except ActionFailed as refused:
            flash(request, f"{name}: {refused.msg}", "error")
        else:
            flash(request, f"{name} was asked for; a worker does it soon (run {run_id}).", "success")
        return RedirectResponse(request.url_for("studio:jobs"), 303)


def _ago(moment: datetime) -> str:
    """A time as people say it: "3 h ago", "in 5 min"."""
    seconds = (clock.now() - moment).total_seconds()
    size = abs(seconds)
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        if size >= unit:
            return f"{size // unit:,.0f} {name} ago" if seconds > 0 else f"in {size // unit:,.0f} {name}"
    return "now"


def application(*, write: bool) -> Starlette:
    """The studio, without the gate."""
    admin = _Studio(
        title="Stylobate",
        base_url="",
        route_name="studio",
        templates_dir=str(_HERE / "templates"),
        static_dir=str(_HERE / "static"),
        theme=_Theme(TablerSettings(base="gray", primary="blue")),
        index_view=_Start(),
        secret_key=tokens.new(),
        timezone_config=None,
    )
    environment: Environment = admin.templates.env
    environment.add_extension(_Nonces)
    environment.filters["ago"] = _ago
    environment.globals.update(studio_write=write, studio_who=who().removeprefix("os:"))
    admin.add_view(_Jobs(write=write))
    for group, tables in GROUPS.items():
        views: list[type[BaseView] | BaseView] = [
            VIEWS.get(table.model, TableView)(table, write=write) for table in tables
        ]
        admin.add_view(DropDown(group, views, icon=_ICONS[group]))
    app = Starlette()
    admin.mount_to(app)

    async def unavailable(request: Request, error: Exception) -> Response:
        remedy = error.remedy if isinstance(error, Unavailable) else ""
        shown = HTTPException(503, f"{masking.masked(str(error))}. {remedy}".strip())
        return await admin._render_error(request, shown)  # noqa: SLF001  its own page for errors

    admin.app.add_exception_handler(Unavailable, unavailable)
    return app
