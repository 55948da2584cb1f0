"""Lists, details, filters and files: what is seen, and what never is."""

import csv
import io
import json
import re
from datetime import timedelta
from html import unescape
from itertools import count
from typing import Any
from urllib.parse import urlencode

import asyncpg
import pytest

from core import clock
from core.studio import opened, start
from core.studio.tables import TABLES
from models import (
    Account,
    AiChat,
    Attempt,
    Backup,
    JobState,
    Mail,
    Organization,
    Session,
    TwoFactor,
    User,
    Verification,
)
from tests.core.studio.conftest import HOME, Studio, listed, turned
from tests.factories import make_session, make_user

KEYS = {table.model._meta.db_table: table for table in TABLES.values()}
HIDDEN = [(key, name) for key, table in KEYS.items() for name in table.hidden]
_numbers = count(1)


async def make_secrets() -> list[str]:
    """A row in every table that has something to hide, and what there is to hide."""
    issued = await make_session()
    secrets = [f"s3cr3t-{next(_numbers)}" for _ in range(10)]
    now, user_id = clock.now(), issued.session.user_id
    await Session.filter(id=issued.session.id).update(previous_token=secrets[0], rotation_salt=secrets[1])
    await Account.create(
        account_id="a", provider_id="p", user_id=user_id, access_token=secrets[2], refresh_token=secrets[3]
    )
    await Account.filter(account_id="a").update(id_token=secrets[4], password=secrets[5])
    await TwoFactor.create(user_id=user_id, secret=secrets[6], backup_codes=secrets[7])
    await Verification.create(identifier=f"reset-password:{secrets[8]}", value=secrets[9], expires_at=now)
    payload = f"sealed-{next(_numbers)}"
    await Mail.create(recipient="a@b.c", template="t", payload=payload, status="waiting", due_at=now, expires_at=now)
    await Backup.create(name="b", store="s", taken_at=now, manifest={"signature": "1:signed", "key_ids": ["age1key"]})
    token = (await Session.get(id=issued.session.id)).token
    return [*secrets, payload, issued.token, token, "1:signed", "age1key"]


@pytest.mark.parametrize("write", [False, True], ids=["read-only", "writing"])
async def test_no_page_and_no_file_shows_a_secret(studio: Studio, *, write: bool) -> None:
    secrets = await make_secrets()

    async with studio(write=write) as visitor:
        seen = [await visitor.text("/"), await visitor.text("/jobs")]
        for key in KEYS:
            page = await visitor.text(f"/{key}/list")
            seen += [page, await visitor.text(f"/{key}/export/csv"), await visitor.text(f"/{key}/export/json")]
            seen += [(await visitor.get(f"/_api/{key}/relation-lookup")).text]
            for row in listed(page):
                seen += [await visitor.text(f"/{key}/detail?pk={row}")]
                seen += [(await visitor.get(f"/{key}/edit?pk={row}")).text]
                seen += [(await visitor.get(f"/_api/{key}/inline-edit/row?pk={row}")).text]

    assert len(seen) > 2 + 4 * len(KEYS)
    assert [secret for secret in secrets if any(secret in page for page in seen)] == []


@pytest.mark.parametrize(("key", "name"), HIDDEN)
async def test_nobody_sorts_or_filters_by_a_secret(studio: Studio, key: str, name: str) -> None:
    async with studio() as visitor:
        sorted_by_it = await visitor.get(f"/{key}/list?sort={name}__asc")
        filtered = [
            await visitor.get(f"/{key}/{place}?filter={name}__{how}")
            for place in ("list", "export/csv")
            for how in ("is=x", "starts_with=a", "is_null")
        ]

    assert sorted_by_it.status_code == 400
    assert {answer.status_code for answer in filtered} == {400}


async def test_a_secret_is_not_found_by_searching_for_it(studio: Studio) -> None:
    secrets = await make_secrets()

    async with studio() as visitor:
        for key in ("session", "account", "verification", "twoFactor", "mail", "backup"):
            assert listed(await visitor.text(f"/{key}/list")) != []
            for secret in secrets:
                assert listed(await visitor.text(f"/{key}/list?{urlencode({'q': secret[:12]})}")) == []


async def test_details_say_whether_a_secret_is_set(studio: Studio) -> None:
    user = await make_user()
    account = await Account.create(account_id="a", provider_id="p", user_id=user.id, password="x")

    async with studio() as visitor:
        page = re.sub(r"<[^>]+>|\s+", " ", await visitor.text(f"/account/detail?pk={account.id}"))

    assert re.search(r"Password +\*\*\*", page)
    assert re.search(r"Access token +\S +nothing", page)


async def test_a_list_is_searched_and_filtered(studio: Studio) -> None:
    ada, grace = await make_user(name="Ada", email="ada@example.com"), await make_user(name="Grace")

    async with studio() as visitor:
        everybody = listed(await visitor.text("/user/list"))
        searched = listed(await visitor.text("/user/list?q=ADA"))
        exactly = listed(await visitor.text("/user/list?filter=email__is=ada@example.com"))
        either = listed(await visitor.text("/user/list?filter=name__is=Ada+OR+name__is=Grace"))
        nobody = await visitor.text("/user/list?q=nobody")

    assert everybody == [grace.id, ada.id]
    assert searched == exactly == [ada.id]
    assert set(either) == {ada.id, grace.id}
    assert "Nothing fits" in nobody


async def test_foreign_keys_are_followed_both_ways(studio: Studio) -> None:
    mine, _ = await make_session(), await make_session()

    async with studio() as visitor:
        session = await visitor.text(f"/session/detail?pk={mine.session.id}")
        person = await visitor.text(f"/user/detail?pk={mine.session.user_id}")
        back = re.search(r'href="([^"]*/session/list[^"]+)"[^>]*>\s*<span>Sessions</span><span>1</span>', person)
        assert back
        sessions = listed(await visitor.text(back[1]))

    assert f"/user/detail?pk={mine.session.user_id}" in session
    assert sessions == [mine.session.id]


@pytest.mark.parametrize(
    "sort",
    ["id__desc", "name__asc", "name__desc", "role__asc", "role__desc", "created_at__asc", "role__asc&sort=name__desc"],
)
async def test_every_row_is_on_one_page_in_either_direction(studio: Studio, sort: str) -> None:
    # Among thirty people: the same name twice, and a role or none.
    for number in range(30):
        user = await make_user(name=f"N{number // 2 % 7}")
        await User.filter(id=user.id).update(role=[None, "admin", "user"][number % 3])

    async with studio() as visitor:
        at: str | None = f"/user/list?sort={sort}&page_size=25"
        pages = []
        while at:
            page = await visitor.text(at)
            pages.append(listed(page))
            at, last = turned(page, "Next"), page
        back = turned(last, "Previous")
        assert back
        first = listed(await visitor.text(back))
        end = listed(await visitor.text(f"/user/list?sort={sort}&page=last"))

    found = [row for page in pages for row in page]
    assert len(found) == len(set(found)) == 30
    assert [len(page) for page in pages] == [25, 5]
    assert first == pages[0]
    assert end == found[-25:]


async def test_a_page_beside_a_row_that_is_gone_is_the_first(studio: Studio) -> None:
    user = await make_user()

    async with studio() as visitor:
        assert listed(await visitor.text("/user/list?page=after.gone")) == [user.id]


async def test_of_many_rows_the_number_is_estimated(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.studio.walking.COUNTED", 30)
    now = clock.now()
    await Attempt.bulk_create([Attempt(id=f"{number:03}", count=1, expires_at=now) for number in range(60)])

    async with studio() as visitor:
        everything = await visitor.text("/attempt/list")
        some = await visitor.text("/attempt/list?filter=count__eq=1")
        few = await visitor.text("/attempt/list?filter=id__is=001")

    assert re.search(r'"total">25 of about \d+<', everything)
    assert '"total">25 of more than 30<' in some
    assert '"total">1 of 1<' in few


async def test_json_is_shown_as_json(studio: Studio) -> None:
    user = await make_user()
    chat = await AiChat.create(title="t", user_id=user.id, messages=[{"role": "user", "text": "</script><b>hé"}])

    async with studio() as visitor:
        page = (await visitor.get(f"/aiChat/detail?pk={chat.id}")).text

    assert 'class="field-json"' in page
    assert "</script><b>" not in page


async def test_markup_in_a_row_stays_text_and_every_script_is_ours(studio: Studio) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>"
    user = await make_user(name=evil)

    async with studio(write=True) as visitor:
        for path in ("list", f"list?{urlencode({'q': evil[:20]})}", f"detail?pk={user.id}", f"edit?pk={user.id}"):
            answer = await visitor.get(f"/user/{path}")
            nonce = re.search(r"nonce-([\w-]+)", answer.headers["content-security-policy"])
            assert nonce
            assert evil not in answer.text
            assert set(re.findall(r"<script[^>]*>", answer.text)) == {
                tag for tag in re.findall(r"<script[^>]*>", answer.text) if f'nonce="{nonce[1]}"' in tag
            }


async def test_no_page_and_no_stylesheet_names_an_address_elsewhere(studio: Studio) -> None:
    user = await make_user()
    loads = re.compile(
        r"""(?:src|srcset|data-src)=["']([^"']+)|<link[^>]+href="([^"]+)|url\(["']?([^"')]+)|@import ["']([^"']+)"""
    )

    async with studio(write=True) as visitor:
        pages = [f"/{key}/list" for key in KEYS] + ["/", "/jobs", "/user/create", f"/user/edit?pk={user.id}"]
        seen, todo = set[str](), [f"{HOME}{page}" for page in pages]
        while todo:
            page = todo.pop()
            answer = await visitor.get(page)
            assert answer.status_code == 200, page
            for found in loads.findall(answer.text) if not page.endswith(".js") else []:
                address = str(answer.url.join("".join(found).split("?")[0]))
                if address not in seen and not address.startswith("data:"):
                    seen.add(address)
                    todo += [address] if re.search(r"\.(css|js)$", address) else []

    assert len(seen) > 20
    assert {address for address in seen if not address.startswith(f"{HOME}/static/")} == set()


@pytest.mark.parametrize("path", ["/user/create", "/user/edit?pk={id}"])
async def test_without_write_there_is_no_form(studio: Studio, path: str) -> None:
    user = await make_user(name="Before")

    async with studio() as visitor:
        form = await visitor.get(path.format(id=user.id))
        sent = await visitor.post(path.format(id=user.id), {"name": "After", "email": user.email})
        gone = await visitor.act("user", "delete", user.id)
        ended = await visitor.act("user", "revoke_sessions", user.id)
        run = await visitor.post("/jobs/run", {"job": "sessions.purge_expired"})

    assert [form.status_code, sent.status_code, run.status_code] == [403, 403, 403]
    assert [gone.json(), ended.json()] == [{"msg": "Forbidden"}] * 2
    assert (await User.get(id=user.id)).name == "Before"


async def test_without_write_the_databases_session_itself_refuses(db: None) -> None:
    user = await make_user()

    async with opened(write=False):
        for attempt in (user.delete, make_user, lambda: User.filter(id=user.id).update(name="x")):
            with pytest.raises(Exception, match=r"read-?only"):
                await attempt()

    async with opened(write=True):
        assert await User.filter(id=user.id).update(name="y") == 1


async def test_a_file_of_comma_separated_values_holds_no_formula(studio: Studio) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", 'plain, "quoted"\nand long']
    for name in names:
        user = await make_user()
        await User.filter(id=user.id).update(name=name)

    async with studio() as visitor:
        answer = await visitor.get("/user/export/csv")

    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert answer.headers["content-disposition"] == 'attachment; filename="user.csv"'
    assert {row["name"] for row in rows} == {f"'{name}" for name in names[:-1]} | {names[-1]}


async def test_a_file_holds_every_row_that_is_asked_for(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.studio.exporting._AT_ONCE", 7)
    now = clock.now()
    await Attempt.bulk_create([Attempt(id=f"{n:03}", count=n, expires_at=now + timedelta(days=n)) for n in range(50)])

    async with studio() as visitor:
        everything = json.loads(await visitor.text("/attempt/export/json"))
        some = json.loads(await visitor.text("/attempt/export/json?filter=count__lt=14"))
        none = json.loads(await visitor.text("/attempt/export/json?filter=count__lt=0"))
        lines = (await visitor.text("/attempt/export/csv")).splitlines()
        unknown = await visitor.get("/attempt/export/xlsx")

    assert [row["count"] for row in everything] == list(range(49, -1, -1))
    assert [row["count"] for row in some] == list(range(13, -1, -1))
    assert everything[0]["expires_at"].startswith(f"{now + timedelta(days=49):%Y-%m-%dT%H:%M:%S}")
    assert none == []
    assert len(lines) == 51
    assert unknown.status_code == 404


async def test_the_start_page_shows_how_things_stand(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_BUDGET", 60.0)
    await make_session()
    now = clock.now()
    await Session.all().update(last_used_at=now, expires_at=now + timedelta(days=1))
    await Attempt.create(id="x", count=1, expires_at=now - timedelta(hours=1))
    await JobState.create(id="backups.take", started_at=now - timedelta(hours=3), failures=2)
    await Backup.create(
        name="good", store="s", taken_at=now - timedelta(days=2), checked_at=now - timedelta(days=1), check_level=3
    )

    parts = await start.parts()
    async with studio() as visitor:
        page = await visitor.text("/")

    assert {name: part.missing for name, part in parts.items() if part.missing} == {}
    assert sum(parts["people"].shown.numbers) == 1
    assert sum(parts["sessions"].shown.numbers) == 1
    assert parts["expired"].shown["attempt"] == 1
    assert (parts["jobs"].shown[0].name, parts["jobs"].shown[0].failures) == ("backups.take", 2)
    assert parts["backups"].shown.proven.name == "good"
    assert parts["backups"].shown.failed is None
    for words in ("backups.take", "3 h ago", "1 d ago", "Largest tables", "Statements that took most time"):
        assert words in page


@pytest.mark.only("postgres")
async def test_a_part_of_the_start_page_that_takes_too_long_is_missing_and_the_others_are_there(
    db: None, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "_BUDGET", 5.0)
    await make_user()

    busy = await asyncpg.connect(database_url)
    async with busy.transaction():
        await busy.execute('LOCK TABLE "user" IN ACCESS EXCLUSIVE MODE')
        async with opened(write=False):
            parts = await start.parts()
    await busy.close()

    assert parts["people"].missing == "it took longer than 5 s"
    assert parts["expired"].missing is None


@pytest.mark.only("postgres")
async def test_what_is_wrong_with_the_database_is_said_with_its_remedy(
    studio: Studio, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.studio.opening._LONGEST", 300)
    busy = await asyncpg.connect(database_url)
    async with busy.transaction():
        await busy.execute('LOCK TABLE "user" IN ACCESS EXCLUSIVE MODE')
        async with studio() as visitor:
            answer = await visitor.get("/user/list")
    await busy.close()

    assert answer.status_code == 503
    assert "took longer" in unescape(answer.text) or "timeout" in unescape(answer.text)
    assert "Traceback" not in answer.text


async def test_rows_are_sorted_by_a_relation_that_some_do_not_have(studio: Studio) -> None:
    organization = await Organization.create(name="Acme", slug="acme")
    user = await make_user()
    for number in range(30):
        owner: dict[str, Any] = {"user_id": user.id} if number % 2 else {"organization_id": organization.id}
        await AiChat.create(title=f"{number}", **owner)

    async with studio() as visitor:
        for direction in ("asc", "desc"):
            first = await visitor.text(f"/aiChat/list?sort=user__{direction}")
            following = turned(first, "Next")
            assert following
            assert len({*listed(first), *listed(await visitor.text(following))}) == 30
