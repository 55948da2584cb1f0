import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from core import clock, database, mail
from core.crypto import sealing
from core.jobs import asking
from core.mail import compose, delivery, outbox, smtp
from core.settings import SettingsInvalid, overridden, settings
from core.text import TextInvalid
from models import Mail
from tests.smtp_server import PASSWORD, USERNAME, SmtpServer, authenticator, make_certificate, smtp_server

pytestmark = pytest.mark.usefixtures("db")

ROOT = Path(__file__).parents[2]
MINUTE = timedelta(minutes=1)
LINK = "https://app.example/reset-password?token=t-o_k3n"


@pytest.fixture
async def server() -> AsyncIterator[SmtpServer]:
    """A mail server without TLS, and the setting that leads there."""
    async with smtp_server() as running:
        with overridden(smtp_url=f"smtp://127.0.0.1:{running.port}"):
            yield running


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("certificate") / "server.pem")


async def promise(to: str = "ada@example.com", *, locale: str | None = None, link: str = LINK) -> Mail:
    await mail.send(to=to, template="reset_password", locale=locale, link=link)
    return await Mail.filter(recipient=to).order_by("-id").first() or Mail()


def parts(message: EmailMessage) -> tuple[str, str]:
    """What a person reads: the text and the HTML."""
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content().replace("\r\n", "\n"), html.get_content().replace("\r\n", "\n")


def composed(template: str = "reset_password", *, locale: str | None = None, **context: object) -> EmailMessage:
    written = compose.letter(
        mail_id="0199",
        recipient="ada@example.com",
        template=template,
        locale=locale,
        context=context,
        created_at=clock.now(),
    )
    message = message_from_bytes(written.message.as_bytes(), policy=default)
    assert isinstance(message, EmailMessage)
    return message


# --- The promise ---


async def test_a_mail_is_a_row_that_waits_and_what_is_in_it_is_sealed() -> None:
    row = await promise(locale="de")

    assert (row.status, row.template, row.locale, row.attempts) == ("waiting", "reset_password", "de", 0)
    assert row.expires_at == row.created_at + settings().mail_retention
    assert LINK not in str((await Mail.filter(id=row.id).values())[0])
    assert json.loads(sealing.unseal(row.payload, purpose=f"mail:{row.id}")) == {"link": LINK}


async def test_after_a_rollback_there_is_no_mail_and_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(asking, "_publish", lambda name, _: asked.append(name))

    with pytest.raises(ZeroDivisionError):
        async with database.transaction():
            await promise()
            raise ZeroDivisionError
    async with database.transaction():
        await promise("grace@example.com")
        assert asked == []
    await asyncio.get_running_loop().run_in_executor(asking._thread, lambda: None)

    assert [row.recipient for row in await Mail.all()] == ["grace@example.com"]
    assert asked == ["mail.send_waiting"]


@pytest.mark.parametrize(
    "to", ["", " ", "a" * 321, "a\0@example.com", "\ud800@example.com", "ada@example.com\nBcc: eve@example.com"]
)
async def test_an_address_that_can_not_be_stored_is_refused(to: str) -> None:
    with pytest.raises(TextInvalid):
        await mail.send(to=to, template="reset_password", link=LINK)

    assert await Mail.all().count() == 0


@pytest.mark.parametrize("locale", ["", "x" * 1_000, "de\0", "\ud800", "../../etc", "de/../en"])
async def test_a_locale_that_is_none_is_english(server: SmtpServer, locale: str) -> None:
    row = await promise(locale=locale)

    await mail.deliver_waiting()

    assert row.locale is None
    assert server.mail_for("ada@example.com")["Subject"] == "Choose a new password"


@pytest.mark.parametrize("template", ["", "../layout", "Reset", "a" * 65, "a\0"])
async def test_a_template_that_can_be_none_is_a_mistake_of_the_program(template: str) -> None:
    with pytest.raises(ValueError, match="the name of a template"):
        await mail.send(to="ada@example.com", template=template)


async def test_without_a_key_nothing_is_promised() -> None:
    with overridden(secrets={}), pytest.raises(SettingsInvalid, match="STYLOBATE_SECRETS"):
        await promise()


async def test_a_pretended_mail_goes_nowhere_and_is_pruned(server: SmtpServer) -> None:
    await mail.pretend(template="reset_password", link=LINK)

    assert str(await mail.deliver_waiting()) == "0 sent, 0 postponed, 0 failed"
    row = await Mail.get()
    assert (row.status, row.recipient) == ("decoy", "")
    with clock.shifted(timedelta(hours=1)):
        assert (await mail.prune()).rows == 1


def test_links_are_for_the_product_and_their_parts_are_encoded() -> None:
    with overridden(base_url="https://app.example/"):
        assert mail.link("/reset-password", token="a&b=c") == "https://app.example/reset-password?token=a%26b%3Dc"
        assert mail.link("/invitations/1") == "https://app.example/invitations/1"


# --- The letter ---


async def test_a_mail_is_sent_as_text_and_as_html_and_then_forgotten(server: SmtpServer) -> None:
    row = await promise()

    assert await mail.deliver_waiting() == (1, 0, 0)

    message = server.mail_for("ada@example.com")
    text, html = parts(message)
    assert message["To"] == "ada@example.com"
    assert message["From"] == settings().mail_from
    assert message["Subject"] == "Choose a new password"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{row.id}@localhost.localdomain>"
    assert message["Date"].datetime == row.created_at.replace(microsecond=0)
    assert f"\nChoose a new password:\n{LINK}\n" in text
    assert f'<a href="{LINK}"' in html
    assert '<html lang="en">' in html
    sent = await Mail.get(id=row.id)
    assert (sent.status, sent.payload, sent.attempts, sent.claimed_until) == ("sent", "", 1, None)
    assert sent.sent_at is not None
    assert sent.expires_at == sent.sent_at + settings().mail_retention
    assert await mail.deliver_waiting() == (0, 0, 0)


@pytest.mark.parametrize(
    ("locale", "subject"),
    [
        ("de", "Wähle ein neues Passwort"),
        ("de-AT", "Wähle ein neues Passwort"),
        ("DE_at", "Wähle ein neues Passwort"),
        ("fr", "Choose a new password"),
        (None, "Choose a new password"),
    ],
)
def test_a_mail_is_in_the_recipients_language_or_in_english(locale: str | None, subject: str) -> None:
    message = composed(locale=locale, link=LINK)

    assert message["Subject"] == subject
    assert f'<html lang="{"de" if "W" in subject else "en"}">' in parts(message)[1]


EVIL = "Ada\r\nBcc: eve@example.com\n\nhttps://evil.example\u2028\u2029\x85\x0b\x0c\x1c\0\ud800\u202e<script>alert(1)</script>"


@pytest.mark.parametrize("locale", ["en", "de"])
def test_nobodys_name_becomes_a_header_a_paragraph_a_link_or_a_script(locale: str) -> None:
    message = composed("invitation", locale=locale, inviter=EVIL, organization=EVIL, url=LINK)

    text, html = parts(message)
    assert set(message) == {
        *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type")
    }
    assert "Bcc: eve" in message["Subject"]
    assert not re.search(r"^(Bcc|https://evil)", text, re.MULTILINE)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert re.findall(r'href="(.*?)"', html) == [LINK, settings().base_url]
    assert "\u202e" not in text


def test_what_stands_in_lists_is_flat_as_well(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "news.txt").write_text(
        "Subject: {{ count }} news\n\n{% for item in items %}{{ item.title }}, {% endfor %}\n"
    )
    with overridden(mail_templates=tmp_path):
        message = composed("news", count=2, items=[{"title": "one\n\nhttps://evil.example"}, {"title": "two"}])

    assert message["Subject"] == "2 news"
    assert "one https://evil.example, two," in parts(message)[0]


def test_a_value_is_cut_to_what_a_mail_can_hold() -> None:
    message = composed("invitation", inviter="x" * 1_000_000, organization="Acme", url=LINK)

    assert len(message.as_bytes()) < 100_000


def test_the_product_and_its_sender_may_have_any_name() -> None:
    with overridden(mail_from="Bücher & Söhne <post@example.com>", app_name="Bücher & Söhne"):
        message = composed(link=LINK)

    assert message["From"] == "Bücher & Söhne <post@example.com>"
    assert "Bücher &amp; Söhne" in parts(message)[1]


@pytest.mark.parametrize(
    "sender", ["", "nobody", "a@", "a@b.example, c@d.example", "A\nBcc: <e@example.com> <a@b.example>", "<>"]
)
async def test_a_sender_that_is_none_is_a_setting_to_correct_and_nothing_is_lost(
    server: SmtpServer, sender: str
) -> None:
    await promise()

    with overridden(mail_from=sender), pytest.raises(SettingsInvalid, match="STYLOBATE_MAIL_FROM"):
        await mail.deliver_waiting()

    assert await mail.deliver_waiting() == (1, 0, 0)


async def test_the_same_mail_sent_twice_is_the_same_message(server: SmtpServer) -> None:
    row = await promise()
    server.drop_after_data.add("ada@example.com")

    assert await mail.deliver_waiting() == (0, 1, 0)
    with clock.shifted(2 * MINUTE):
        assert await mail.deliver_waiting() == (1, 0, 0)

    one, other = server.mails_for("ada@example.com")
    assert one.as_bytes() == other.as_bytes()
    assert row.id in one["Message-ID"]


async def test_an_app_has_templates_of_its_own(server: SmtpServer, tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "nl").mkdir()
    (tmp_path / "en" / "welcome.txt").write_text("Subject: Welcome, {{ name }}\n\nHello {{ name }}.\n")
    (tmp_path / "en" / "welcome.html").write_text("<h1>Hello {{ name }}, {{ app_name }}</h1>")
    (tmp_path / "nl" / "reset_password.txt").write_text("Subject: Kies een wachtwoord\n\n{{ link }}\n")
    (tmp_path / "layout.html").write_text("{% for part in paragraphs %}[{{ part.link or part.text }}]{% endfor %}")
    with overridden(mail_templates=tmp_path):
        await mail.send(to="ada@example.com", template="welcome", name="<Ada>")
        await promise("grace@example.com", locale="nl")
        await promise("joan@example.com", locale="de")
        await mail.deliver_waiting()

    welcome, dutch, german = (server.mail_for(f"{name}@example.com") for name in ("ada", "grace", "joan"))
    assert welcome["Subject"] == "Welcome, <Ada>"
    assert "<h1>Hello &lt;Ada&gt;, Stylobate</h1>" in parts(welcome)[1]
    assert (dutch["Subject"], parts(dutch)[1].strip()) == ("Kies een wachtwoord", f"[{LINK}]")
    assert german["Subject"] == "Wähle ein neues Passwort"
    assert f"[{LINK}]" in parts(german)[1]


def written_templates(locale: str) -> set[str]:
    return {file.stem for file in (ROOT / "core/mail/templates" / locale).glob("*.txt")}


def test_every_mail_that_the_core_sends_has_a_template_in_both_languages() -> None:
    source = "\n".join(file.read_text() for file in (ROOT / "core").rglob("*.py"))
    sent = set(re.findall(r'"?template"?[=:] ?"([a-z_]+)"', source))

    assert len(sent) > 5
    assert sent <= written_templates("en")
    assert written_templates("en") == written_templates("de")


@pytest.mark.parametrize("template", sorted(written_templates("en")))
def test_both_languages_need_to_know_the_same(template: str) -> None:
    folder = ROOT / "core/mail/templates"
    needed = [
        set(re.findall(r"{{ (\w+) }}", (folder / locale / f"{template}.txt").read_text())) for locale in ("en", "de")
    ]

    assert needed[0] == needed[1]
    for locale in ("en", "de"):
        message = composed(template, locale=locale, **dict.fromkeys(needed[0], "https://x.example/?a=1&b=2"))
        assert "x.example/?a=1&amp;b=2" in parts(message)[1] or "x.example" not in parts(message)[0]


# --- What can't be sent ---


async def test_what_can_not_be_composed_is_given_up_and_says_why(server: SmtpServer, tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "bare.txt").write_text("Hello\n")
    (tmp_path / "en" / "broken.txt").write_text("Subject: x\n\n{{ 1 / 0 }}\n")
    await mail.send(to="a@example.com", template="reset_password")
    await mail.send(to="b@example.com", template="no_such_template")
    await mail.send(to="no address", template="reset_password", link=LINK)
    await mail.send(to="d@example.com", template="bare")
    await promise("sealed@example.com")
    await Mail.filter(recipient="sealed@example.com").update(payload="7.AAAA")
    await promise("e@example.com")

    with overridden(mail_templates=tmp_path):
        assert await mail.deliver_waiting() == (1, 0, 5)

    failed = {row.recipient: row for row in await Mail.filter(status="failed")}
    assert failed["a@example.com"].last_error == (
        "the template 'reset_password' needs to know more: 'link' is undefined"
    )
    assert failed["b@example.com"].last_error == "there is no template 'no_such_template'"
    assert failed["no address"].last_error == "the recipient is not an email address"
    assert "does not begin with a subject" in str(failed["d@example.com"].last_error)
    assert "its key is not in STYLOBATE_SECRETS" in str(failed["sealed@example.com"].last_error)
    assert {row.payload for row in failed.values()} == {""}


async def test_a_template_that_breaks_does_not_keep_the_others(
    server: SmtpServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "broken.txt").write_text("Subject: x\n\n{{ 1 / 0 }}\n")
    with overridden(mail_templates=tmp_path):
        await mail.send(to="a@example.com", template="broken")
        await promise("b@example.com")
        assert await mail.deliver_waiting() == (1, 1, 0)

    assert (await Mail.get(recipient="a@example.com")).last_error == "ZeroDivisionError"
    assert "broken) did not go out" in caplog.text


async def test_what_was_sealed_with_a_key_that_is_gone_is_given_up_and_without_any_key_it_waits(
    server: SmtpServer,
) -> None:
    await promise()

    with overridden(secrets={}), pytest.raises(SettingsInvalid, match="STYLOBATE_SECRETS"):
        await mail.deliver_waiting()
    with overridden(secrets={2: "n" * 32}):
        assert await mail.deliver_waiting() == (0, 0, 1)


async def test_a_recipient_who_is_refused_for_good_is_given_up(server: SmtpServer) -> None:
    row = await promise()
    server.replies["ada@example.com"] = "550 5.1.1 no such user"

    assert await mail.deliver_waiting() == (0, 0, 1)

    failed = await Mail.get(id=row.id)
    assert failed.status == "failed"
    assert str(failed.last_error).startswith("the mail server refuses the recipient: 550 5.1.1 no such user")
    assert await mail.deliver_waiting() == (0, 0, 0)


async def test_a_recipient_who_is_refused_for_now_is_tried_again(server: SmtpServer) -> None:
    row = await promise()
    server.once["ada@example.com"] = "451 4.7.1 greylisted"

    assert await mail.deliver_waiting() == (0, 1, 0)
    assert await mail.deliver_waiting() == (0, 0, 0)
    postponed = await Mail.get(id=row.id)
    assert (postponed.status, postponed.attempts, postponed.claimed_until) == ("waiting", 1, None)
    assert MINUTE <= postponed.due_at - postponed.updated_at <= 1.2 * MINUTE
    with clock.shifted(2 * MINUTE):
        assert await mail.deliver_waiting() == (1, 0, 0)

    sent = await Mail.get(id=row.id)
    assert (sent.status, sent.attempts) == ("sent", 2)
    assert sent.last_error is None


async def test_of_a_refused_letter_nothing_is_repeated_but_the_code(server: SmtpServer) -> None:
    await promise("ada@example.com")
    server.reply_to_data = f"554 5.7.1 blocked: it holds {LINK}"
    assert await mail.deliver_waiting() == (0, 0, 1)
    await promise("grace@example.com")
    server.reply_to_data = f"452 too much of {LINK}"
    assert await mail.deliver_waiting() == (0, 1, 0)

    errors = {row.recipient: row.last_error for row in await Mail.all()}
    assert errors == {
        "ada@example.com": "the mail server refuses the letter: 554 5.7.1",
        "grace@example.com": "the mail server refuses the letter: 452",
    }


async def test_waits_grow_to_six_hours_and_end_with_the_mail() -> None:
    row = await promise()
    waits, shift = [], timedelta()
    with overridden(smtp_url="smtp://127.0.0.1:1"):
        while True:
            with clock.shifted(shift):
                delivered = await mail.deliver_waiting()
            row = await Mail.get(id=row.id)
            if delivered.failed:
                break
            waits.append(row.due_at - row.updated_at)
            shift = row.due_at - clock.now() + timedelta(seconds=1)

    assert waits[0] >= MINUTE
    assert all(later > 1.5 * sooner for sooner, later in pairwise(waits[:8]))
    assert timedelta(hours=5) <= max(waits) <= timedelta(hours=6)
    assert row.status == "failed"
    assert "can't be reached" in str(row.last_error)
    assert row.updated_at <= row.created_at + settings().mail_retention


async def test_when_nobody_answers_one_connection_is_tried_and_not_one_for_each_mail() -> None:
    for number in range(30):
        await promise(f"person{number}@example.com")

    with overridden(smtp_url="smtp://127.0.0.1:1"):
        assert await mail.deliver_waiting() == (0, 20, 0)

    assert await Mail.filter(attempts=0, claimed_until=None).count() == 10


async def test_a_connection_that_breaks_in_the_middle_is_made_again(server: SmtpServer) -> None:
    for number in range(5):
        await promise(f"person{number}@example.com")
    server.drop.add("person2@example.com")

    assert await mail.deliver_waiting() == (4, 1, 0)

    assert "went away" in str((await Mail.get(recipient="person2@example.com")).last_error)
    assert len(set(map(id, server.sessions))) == 2


async def test_a_server_that_takes_too_long_is_asked_again_later(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "LONGEST", 0.2)
    server.delay = 5
    await promise()

    assert await mail.deliver_waiting() == (0, 1, 0)

    assert (await Mail.get()).last_error == "the mail server took too long"


async def test_an_answer_that_does_not_come_is_not_waited_for(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "_ANSWER", 0.2)
    server.delay = 5
    await promise()

    assert await mail.deliver_waiting() == (0, 1, 0)

    assert (await Mail.get()).last_error == "the mail server went away (SMTPReadTimeoutError)"


async def test_an_address_of_other_letters_needs_a_server_that_takes_it() -> None:
    await promise("ada@bücher.example")
    await promise("käthe@example.com")

    async with smtp_server(enable_SMTPUTF8=False) as old:
        with overridden(smtp_url=f"smtp://127.0.0.1:{old.port}"):
            assert await mail.deliver_waiting() == (1, 0, 1)
    await promise("käthe@example.com")
    async with smtp_server(enable_SMTPUTF8=True) as new:
        with overridden(smtp_url=f"smtp://127.0.0.1:{new.port}"):
            assert await mail.deliver_waiting() == (1, 0, 0)

    assert old.mail_for("ada@xn--bcher-kva.example")
    assert new.mail_for("käthe@example.com")
    assert "other letters" in str((await Mail.get(status="failed")).last_error)


# --- Many at once, and a process that dies ---


async def test_of_eight_workers_each_mail_is_sent_by_one(server: SmtpServer) -> None:
    for number in range(60):
        await promise(f"person{number}@example.com")

    delivered = await asyncio.gather(*(mail.deliver_waiting() for _ in range(8)))

    assert sum(each.sent for each in delivered) == 60
    assert len({recipient for recipient, _ in server.received}) == len(server.received) == 60


async def test_what_a_dead_worker_had_claimed_is_sent_when_its_claim_is_over(server: SmtpServer) -> None:
    await promise()
    assert len(await outbox.claim(20)) == 1

    with clock.shifted(1.9 * MINUTE):
        assert await mail.deliver_waiting() == (0, 0, 0)
    with clock.shifted(2 * MINUTE):
        assert await mail.deliver_waiting() == (1, 0, 0)


async def test_who_comes_back_after_the_end_of_the_claim_changes_nothing(server: SmtpServer) -> None:
    row = await promise()
    (mine,) = await outbox.claim(20)
    with clock.shifted(2 * MINUTE):
        (theirs,) = await outbox.claim(20)

        await outbox.mark_failed(mine, "too late")
        await outbox.postpone(mine, "too late")
        await outbox.release([mine])
        assert (await Mail.get(id=row.id)).claimed_until == theirs.claimed_until
        await outbox.mark_sent(theirs)

    assert (await Mail.get(id=row.id)).status == "sent"


async def test_no_letter_is_begun_when_little_is_left_of_the_claim(
    server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        await promise(f"person{number}@example.com")
    monkeypatch.setattr(delivery, "_LONGEST", 0.5)
    monkeypatch.setattr(outbox, "_CLAIM", delivery._MARGIN)

    assert await mail.deliver_waiting() == (0, 0, 0)

    assert await Mail.filter(claimed_until=None, attempts=0).count() == 3


async def test_a_run_that_is_cancelled_gives_back_what_it_did_not_begin(server: SmtpServer) -> None:
    for number in range(3):
        await promise(f"person{number}@example.com")
    server.delay = 30

    run = asyncio.create_task(mail.deliver_waiting())
    await asyncio.wait_for(server.began.wait(), 10)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run

    assert await Mail.filter(status="waiting").count() == 3
    assert await Mail.filter(claimed_until__isnull=False).count() == 1


async def test_the_one_that_waits_longest_goes_first(server: SmtpServer) -> None:
    for number, hours in enumerate((1, 3, 2)):
        with clock.shifted(timedelta(hours=-hours)):
            await promise(f"person{number}@example.com")

    await mail.deliver_waiting()

    assert [recipient[6] for recipient, _ in server.received] == ["1", "2", "0"]


async def test_pruning_removes_what_is_over_and_keeps_the_rest(server: SmtpServer) -> None:
    await promise("sent@example.com")
    await mail.deliver_waiting()
    with clock.shifted(timedelta(days=1)):
        await promise("waiting@example.com")
    with clock.shifted(settings().mail_retention + MINUTE):
        assert (await mail.prune(dry_run=True)).rows == 1
        assert (await mail.prune()).rows == 1

    assert (await Mail.get()).recipient == "waiting@example.com"


# --- The way there ---


async def test_a_server_on_this_machine_may_speak_in_the_clear_and_encrypts_if_it_can(certificate: Path) -> None:
    await promise()
    async with smtp_server(certificate=certificate) as server:
        with overridden(smtp_url=f"smtp://localhost:{server.port}"):
            assert await mail.deliver_waiting() == (1, 0, 0)

    assert server.sessions[0].ssl is not None


async def test_a_server_elsewhere_is_given_nothing_in_the_clear() -> None:
    await promise()
    async with smtp_server() as server:
        with overridden(smtp_url=f"smtp://0.0.0.0:{server.port}"):
            assert await mail.deliver_waiting() == (0, 1, 0)

    assert (await Mail.get()).last_error == "the mail server can't be reached, or not safely (SMTPException)"


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_a_server_elsewhere_must_show_a_certificate_that_is_trusted(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    await promise()
    async with smtp_server(certificate=certificate, tls=scheme == "smtps") as server:
        with overridden(smtp_url=f"{scheme}://0.0.0.0:{server.port}"):
            assert await mail.deliver_waiting() == (0, 1, 0)
            assert "not safely" in str((await Mail.get()).last_error)
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            with clock.shifted(2 * MINUTE):
                assert await mail.deliver_waiting() == (1, 0, 0)

    assert server.mail_for("ada@example.com")


async def test_the_server_is_told_who_we_are_and_a_wrong_password_can_be_mended(certificate: Path) -> None:
    await promise()
    async with smtp_server(certificate=certificate, authenticator=authenticator, auth_required=True) as server:
        where = f"@127.0.0.1:{server.port}"
        with overridden(smtp_url=f"smtp://{quote(USERNAME, safe='')}:wrong{where}"):
            assert await mail.deliver_waiting() == (0, 1, 0)
        error = str((await Mail.get()).last_error)
        with overridden(smtp_url=f"smtp://{quote(USERNAME, safe='')}:{quote(PASSWORD, safe='')}{where}"):
            assert await mail.deliver_waiting() == (0, 0, 0)
            with clock.shifted(2 * MINUTE):
                assert await mail.deliver_waiting() == (1, 0, 0)

    assert error == "the mail server does not let us in (535, SMTPAuthenticationError)"


async def test_a_server_that_does_not_want_us_as_a_sender_is_asked_again_later(certificate: Path) -> None:
    await promise()
    async with smtp_server(certificate=certificate, authenticator=authenticator, auth_required=True) as server:
        with overridden(smtp_url=f"smtp://127.0.0.1:{server.port}"):
            assert await mail.deliver_waiting() == (0, 1, 0)

    assert "refuses the sender (530" in str((await Mail.get()).last_error)


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://mail.example.com", ("mail.example.com", 587, False, None, None)),
        ("smtp://mail.example.com:25/", ("mail.example.com", 25, False, None, None)),
        ("smtps://a:b@mail.example.com", ("mail.example.com", 465, True, "a", "b")),
        ("smtp://a%40b:%2F%3A%C3%A4@[::1]:2525", ("::1", 2525, False, "a@b", "/:ä")),
    ],
)
def test_an_smtp_url_is_read(url: str, relay: tuple[Any, ...]) -> None:
    assert smtp.parsed(url) == relay


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.com",
        "http://mail.example.com",
        "smtp://",
        "smtp://user@mail.example.com",
        "smtp://:secret@mail.example.com",
        "smtp://user:sec/ret@mail.example.com",
        "smtp://user:sec?ret@mail.example.com",
        "smtp://user:%ff@mail.example.com",
        "smtp://mail.example.com:secret",
        "smtp://[::1",
    ],
)
def test_an_smtp_url_that_can_not_be_read_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(SettingsInvalid, match="SMTP_URL can't be read") as refused:
        smtp.parsed(url)

    assert "ret" not in str(refused.value)


@pytest.mark.parametrize(
    ("host", "answer"),
    [("localhost", "yes"), ("127.1.2.3", "yes"), ("[::1]", "yes"), ("10.0.0.1", "no"), ("localhost.example", "no")],
)
def test_loopback_is_this_machine_alone(host: str, answer: str) -> None:
    assert smtp.parsed(f"smtp://{host}").loopback is (answer == "yes")


# --- Without a server ---


@pytest.fixture
def outgoing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    with overridden(smtp_url=None):
        yield tmp_path / "var/mail"


async def test_without_a_server_mails_are_files_and_links_stand_in_the_log(
    outgoing: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    row = await promise()

    assert await mail.deliver_waiting() == (1, 0, 0)

    file = outgoing / f"{row.id}.eml"
    message = message_from_bytes(file.read_bytes(), policy=default)
    assert message["To"] == "ada@example.com"
    assert file.stat().st_mode & 0o777 == 0o600
    assert f"mail for ada@example.com: Choose a new password (var/mail/{row.id}.eml) {LINK}" in caplog.text


@pytest.mark.parametrize("base_url", ["https://app.example", "http://127.0.0.1.example", "nonsense"])
async def test_links_are_not_logged_where_the_product_is_for_others(
    outgoing: Path, caplog: pytest.LogCaptureFixture, base_url: str
) -> None:
    caplog.set_level(logging.INFO)
    await promise()

    with overridden(base_url=base_url):
        assert await mail.deliver_waiting() == (1, 0, 0)

    assert "mail for ada@example.com" in caplog.text
    assert LINK not in caplog.text
