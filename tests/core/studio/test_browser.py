"""The studio in a real browser: Debian's Chromium, without a screen.

Every page is asked to run nothing that its policy forbids, to load nothing from elsewhere, and to be usable by
everybody (axe: nothing serious or critical).
"""

import os
import re
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from axe_playwright_python.async_playwright import Axe  # type: ignore[import-untyped]
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright, expect

from core import clock
from models import AiChat, AuditEntry, Backup, JobRun, JobState, User
from tests.factories import make_session, make_user
from tests.programs import running

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

CHROMIUM = Path("/usr/bin/chromium")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_SERIOUS = {"serious", "critical"}


class Opened(Protocol):
    def __call__(self, *options: str) -> AbstractAsyncContextManager[Page]: ...


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(_FLAGS))
        yield browser
        await browser.close()


@pytest.fixture
def studio(db: None, browser: Browser) -> Opened:
    @asynccontextmanager
    async def studio(*options: str) -> AsyncIterator[Page]:
        async with running("core.cli", "studio", "--no-browser", "--port=0", *options) as program:
            link = await program.until("/enter?key=")
            home = link.partition("/enter")[0]
            wrong: list[str] = []

            def note(told: ConsoleMessage) -> None:
                if told.type == "error" and "status of 422" not in told.text:  # A form that is sent back is no mistake.
                    wrong.append(told.text)

            async with await browser.new_context(
                base_url=home, viewport={"width": 1400, "height": 900}, color_scheme="light"
            ) as context:
                context.set_default_timeout(60_000)
                expect.set_options(timeout=60_000)
                page = await context.new_page()
                page.on("console", note)
                page.on("pageerror", lambda it: wrong.append(str(it)))
                page.on("request", lambda it: None if _is_ours(it.url, home) else wrong.append(it.url))
                await page.goto(link)
                await page.wait_for_url(f"{home}/")
                yield page
            assert wrong == []
            assert "Traceback" not in program.said

    return studio


def _is_ours(address: str, home: str) -> bool:
    return address.startswith((f"{home}/", "data:"))


async def accessible(page: Page) -> None:
    """Nothing on the page keeps anybody from using it; and a picture of it, for whoever wants to look."""
    pictures = os.environ.get("STUDIO_PICTURES")
    if pictures:
        name = re.sub(r"\W+", "-", page.url.partition("//")[2].partition("/")[2].partition("?")[0]) or "start"
        theme = await page.locator("html").get_attribute("data-bs-theme")
        await page.screenshot(path=Path(pictures) / f"{name}-{theme}.png", full_page=True)
    found: Any = (await Axe().run(page)).response
    told = [
        f"{it['id']}: {node['html'][:200]}"
        for it in found["violations"]
        if it["impact"] in _SERIOUS
        for node in it["nodes"]
    ]
    assert told == [], page.url


async def test_the_start_page_and_the_way_from_it_to_a_person_by_keyboard(studio: Opened) -> None:
    await make_session()
    await make_user(name="Grace Hopper", email="grace@example.com")
    await JobState.create(id="backups.take", failures=2, started_at=clock.now())
    await JobRun.create(job="backups.take", trigger="timetable", status="failed", error="disk full")
    await Backup.create(name="b", store="s", taken_at=clock.now(), manifest={"tables": {"user": {"rows": 2}}})

    async with studio() as page:
        # Charts, and the same numbers for who can't see them.
        await expect(page.get_by_role("heading", name="Start", exact=True)).to_be_visible()
        await expect(page.locator(".studio-chart canvas")).to_have_count(2)
        await page.locator("summary").first.click()
        await expect(page.get_by_role("region", name="People")).to_be_visible()
        await accessible(page)

        # A list, searched, and a row opened.
        await page.get_by_role("link", name="Users").click()
        await expect(page.get_by_role("searchbox")).to_be_focused()
        await page.get_by_role("heading", name="Users").click()
        await page.keyboard.press("/")
        await page.keyboard.type("hopper")
        await page.keyboard.press("Enter")
        await expect(page.locator("tbody tr")).to_have_count(1)
        await accessible(page)
        await page.locator("tbody tr").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="grace@example.com")).to_be_visible()
        await accessible(page)

        await page.get_by_role("link", name="Jobs", exact=True).click()
        await expect(page.get_by_text("Every night: take a backup.")).to_be_visible()
        await expect(page.get_by_role("button", name="Run backups.take")).to_have_count(0)
        await accessible(page)


async def test_filters_columns_foreign_keys_json_and_files(studio: Opened) -> None:
    issued = await make_session()
    user = await issued.session.user
    await AiChat.create(title="Columns", user_id=user.id, messages=[{"role": "user", "parts": [{"text": "Why?"}]}])

    async with studio() as page:
        await page.goto("/session/list")
        await page.get_by_role("button", name="Filters").click()
        await page.get_by_label("Field").select_option("ip_address")
        await page.get_by_role("textbox", name="Value", exact=True).fill("203.0.113.9")
        await accessible(page)
        await page.get_by_role("button", name="Apply filters").click()
        await expect(page.locator("tbody tr")).to_have_count(1)
        await page.get_by_role("button", name="Columns").click()
        await page.get_by_role("checkbox", name="IP address").uncheck()
        await page.get_by_role("button", name="Apply", exact=True).click()
        await expect(page.get_by_role("columnheader", name="IP address")).to_have_count(0)

        # To the person, and back to the person's sessions.
        await page.get_by_role("link", name=user.email).click()
        await expect(page.get_by_role("heading", name=user.email)).to_be_visible()
        await page.locator('[data-studio="related"]').get_by_role("link", name="Sessions").click()
        await expect(page.locator("tbody tr")).to_have_count(1)

        # A tree of JSON, and a file.
        await page.get_by_role("link", name="AI chats").click()
        await page.get_by_role("link", name="View").click()
        await expect(page.get_by_text('"Why?"')).to_be_visible()
        await accessible(page)
        await page.goto("/user/list")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="CSV").click()
        assert user.email in (await (await download.value).path()).read_text()

        # Nothing here changes anything.
        await expect(page.get_by_text("read-only")).to_be_visible()
        await expect(page.get_by_role("link", name=re.compile("^(Edit|Delete|New)"))).to_have_count(0)


async def test_in_the_dark(studio: Opened) -> None:
    issued = await make_session()
    chat = await AiChat.create(title="Columns", user_id=issued.session.user_id, messages=[{"text": "Why?", "n": 1}])

    async with studio("--write") as page:
        await page.get_by_role("button", name="Light or dark").click()
        await page.reload()
        await expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
        for path in (
            "/",
            "/jobs",
            "/user/list",
            f"/user/detail?pk={issued.session.user_id}",
            f"/user/edit?pk={issued.session.user_id}",
            f"/aiChat/detail?pk={chat.id}",
            f"/aiChat/edit?pk={chat.id}",
            "/member/create",
        ):
            await page.goto(path)
            await page.wait_for_load_state("networkidle")
            await accessible(page)


async def test_the_systems_dark_mode_is_followed_until_somebody_chooses(studio: Opened) -> None:
    async with studio() as page:
        await page.emulate_media(color_scheme="dark")
        await page.reload()

        await expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")


async def test_changing_a_row_and_acting_on_a_person(studio: Opened) -> None:
    issued, administrator = await make_session(), await make_user()
    await User.filter(id=administrator.id).update(role="admin")
    user_id = issued.session.user_id

    async with studio("--write") as page:
        # A change.
        await page.goto(f"/user/detail?pk={user_id}")
        await page.get_by_role("button", name="Edit").click()
        await page.get_by_label("Name", exact=True).fill("Ada King")
        await accessible(page)
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("was changed successfully")).to_be_visible()
        assert (await User.get(id=user_id)).name == "Ada King"

        # What is refused is said beside its field.
        await page.goto(f"/user/edit?pk={user_id}")
        await page.get_by_label("Email", exact=True).fill(administrator.email)
        await page.get_by_role("button", name="Save", exact=True).click()
        await expect(page.get_by_text("The database does not take this")).to_be_visible()

        # A ban, confirmed.
        await page.goto(f"/user/detail?pk={user_id}")
        await page.get_by_role("button", name="Ban", exact=True).click()
        await page.get_by_label("Reason").fill("spam")
        await page.locator("#modal-action.show").wait_for()
        await accessible(page)
        await page.get_by_role("dialog").get_by_role("button", name="Ban", exact=True).click()
        await expect(page.get_by_text("every session of theirs has ended")).to_be_visible()
        assert (await User.get(id=user_id)).banned

        # A job, confirmed.
        await page.goto("/jobs")
        await page.get_by_role("button", name="Run sessions.purge_expired").click()
        await accessible(page)
        await page.get_by_role("button", name="Run it").click()
        await expect(page.get_by_text("sessions.purge_expired was asked for")).to_be_visible()

    assert await JobRun.filter(job="sessions.purge_expired", trigger="asked").count() == 1
    assert [it.action async for it in AuditEntry.filter(action__startswith="studio.").order_by("id")] == [
        "studio.change",
        "studio.ban",
        "studio.run_job",
    ]
