"""From a template and what it needs to know to a message.

A template is a text, ``<locale>/<name>.txt``: its first line is ``Subject: …``, and the paragraphs follow. A paragraph
that is a link, with or without a line before it that says what for, becomes a button in HTML; one of digits alone is
shown as a code. ``layout.html`` and ``layout.txt`` are around it. Who wants other HTML for one mail adds
``<locale>/<name>.html``. What is in ``settings().mail_templates`` comes before what is here.

What a template is given came from people. In it there are no line breaks, so nobody's name becomes a paragraph, a link
or a header.
"""

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from email_validator import validate_email

from core.settings import SettingsInvalid, settings
from core.text import shortened

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_OURS = Path(__file__).parent / "templates"
_FALLBACK = "en"
_LONGEST = 2_000
"""Characters of one value in a mail."""

_SUBJECT = re.compile(r"Subject: (?P<subject>[^\n]+)\n+(?P<body>.+)", re.DOTALL)
_LINK = re.compile(r"(?:(?P<label>[^\n]+):\n)?(?P<url>https?://\S+)")
_CODE = re.compile(r"[0-9]{4,10}")
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Characters that make what follows read backwards."""

# Seven bits pass everywhere.
_POLICY = SMTP.clone(cte_type="7bit")


class NotComposable(Exception):  # noqa: N818  a state, and no fault of the program
    """This mail will never be one. The text says why, and holds nothing of what is in it."""


class Paragraph(NamedTuple):
    """A part of a mail, for the layout: text, a link (with what it is for), or a code."""

    text: str
    link: str | None = None
    code: bool = False


class Letter(NamedTuple):
    """A message, and what its bearer reads."""

    mail_id: str
    message: EmailMessage
    sender: str
    recipient: str
    subject: str
    links: tuple[str, ...]


def sender() -> Address:
    """Who writes.

    Raises:
        SettingsInvalid: ``mail_from`` is no address.
    """
    try:
        header = SMTP.header_factory("From", settings().mail_from)
        sound = settings().mail_from.isprintable() and not header.defects
        (address,) = header.addresses if sound else header.addresses[:0]
        return Address(address.display_name, *_checked(address.addr_spec))
    except (ValueError, IndexError):  # Python's parser stumbles over some.
        raise SettingsInvalid(
            "STYLOBATE_MAIL_FROM is not an address", remedy='write it as "Product <no-reply@example.com>"'
        ) from None


def letter(
    *,
    mail_id: str,
    recipient: str,
    template: str,
    locale: str | None,
    context: dict[str, object],
    created_at: datetime,
) -> Letter:
    """Compose a mail. The same row makes the same message, whenever and however often.

    Raises:
        NotComposable: the address is none, there is no such template, or it needs to know more.
        SettingsInvalid: ``mail_from`` is no address.
    """
    who, to = sender(), _address(recipient)
    subject, text, html = _rendered(template, locale, {name: _flat(value) for name, value in context.items()})
    message = EmailMessage(policy=_POLICY)
    message["From"] = who
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = created_at.replace(microsecond=0)
    message["Message-ID"] = f"<{mail_id}@{who.domain}>"
    # Nobody's absence note is to answer it (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    message.set_boundary(f"={mail_id}=")
    links = tuple(found.group("url") for part in text.split("\n\n") if (found := _LINK.fullmatch(part.strip())))
    return Letter(mail_id, message, who.addr_spec, to.addr_spec, subject, links)


def _address(recipient: str) -> Address:
    try:
        return Address("", *_checked(recipient))
    except ValueError:
        raise NotComposable("the recipient is not an email address") from None


def _checked(address: str) -> tuple[str, str]:
    """What is before and after the @ as a header takes it: a domain of other letters in its ASCII form.

    Raises:
        ValueError: it is no address.
    """
    checked = validate_email(address, check_deliverability=False, globally_deliverable=False, strict=True)
    return checked.local_part, checked.ascii_domain


def _rendered(name: str, locale: str | None, context: dict[str, Any]) -> tuple[str, str, str]:
    """Subject, text and HTML."""
    from jinja2 import TemplateNotFound, UndefinedError  # noqa: PLC0415  jinja2 takes 100 ms to import

    environment = _environment(settings().mail_templates)
    context |= {"app_name": settings().app_name, "base_url": settings().base_url}
    try:
        source = environment.select_template([f"{language}/{name}.txt" for language in _languages(locale)])
        found = _SUBJECT.fullmatch(source.render(context).strip() + "\n")
        if not found:
            raise NotComposable(f"the template {source.name} does not begin with a subject and go on with a text")
        language, body = str(source.name).partition("/")[0], found["body"].strip()
        context |= {"locale": language, "subject": _flat(found["subject"]), "body": body}
        text = environment.get_template("layout.txt").render(context)
        html = _html(environment, language, name).render(context, paragraphs=_paragraphs(body))
    except TemplateNotFound:
        raise NotComposable(f"there is no template {name!r}") from None
    except UndefinedError as error:
        raise NotComposable(f"the template {name!r} needs to know more: {error.message}") from None
    return context["subject"], text, html


def _html(environment: "Environment", language: str, name: str) -> "Template":
    return environment.select_template([f"{language}/{name}.html", "layout.html"])


@lru_cache(maxsize=2)
def _environment(folder: Path | None) -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape  # noqa: PLC0415

    return Environment(
        loader=FileSystemLoader([folder, _OURS] if folder else [_OURS]),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _languages(locale: str | None) -> list[str]:
    """Where to look: ``de-AT`` is looked for as such, then as ``de``, then there is English."""
    language, _, region = (locale or "").replace("_", "-").partition("-")
    language, region = language.lower(), region.upper()
    return [name for name in (f"{language}-{region}" if region else "", language, _FALLBACK) if name]


def _paragraphs(body: str) -> list[Paragraph]:
    paragraphs = []
    for text in filter(None, map(str.strip, body.split("\n\n"))):
        link = _LINK.fullmatch(text)
        paragraphs.append(
            Paragraph(link["label"] or link["url"], link=link["url"])
            if link
            else Paragraph(text, code=bool(_CODE.fullmatch(text)))
        )
    return paragraphs


def _flat(value: Any) -> Any:  # noqa: ANN401  whatever JSON holds
    """Without line breaks and characters that can't be shown, and not without end."""
    if isinstance(value, str):
        return (shortened(" ".join(value.split()), longest=_LONGEST) or "").translate(_TURNING)
    if isinstance(value, list):
        return [_flat(item) for item in value]
    if isinstance(value, dict):
        return {name: _flat(item) for name, item in value.items()}
    return value
