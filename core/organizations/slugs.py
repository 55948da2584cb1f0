"""Slugs: the name of an organization in an address."""

import re
import unicodedata
from collections.abc import Iterator

from core.errors import Conflict, Invalid

_LONGEST = 63
_SHORTEST = 3
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

RESERVED = frozenset(
    """
    about account accounts admin administrator api app apps assets auth billing blog cdn chat chats contact
    dashboard docs download email ftp health help home imap internal invitation invitations invite legal
    localhost login logout mail me members metrics new news null oauth onboarding organization organizations
    owner passkeys password pop pricing privacy profile public purchases register root security sessions
    settings setup shop sign-in sign-out sign-up signin signout signup smtp sso static stats status studio
    support system team teams terms test undefined user users verify web webhook webhooks webmail www
    """.split()  # noqa: SIM905  a list with quotes would be five times as long
)
"""What an app may want for itself, below its own address or before it."""


class SlugInvalid(Invalid):
    """A slug has 3 to 63 of a-z, 0-9 and single dashes between them, and is no word that is reserved."""


class SlugTaken(Conflict):
    """Another organization has this slug."""


def checked(slug: str) -> str:
    """The slug, when it can be one.

    Raises:
        SlugInvalid: it can't.
    """
    if not isinstance(slug, str) or not _SHORTEST <= len(slug) <= _LONGEST:
        raise SlugInvalid
    if not _SLUG.fullmatch(slug) or slug in RESERVED:
        raise SlugInvalid
    return slug


def candidates(name: str, *, ending: str) -> Iterator[str]:
    """Slugs for an organization of this name, the plain one first, then numbered ones, at last one with the ending."""
    plain = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", errors="ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", plain)[: _LONGEST - len(ending) - 1].strip("-")
    if len(stem) < _SHORTEST:
        stem = f"team-{stem}".strip("-")
    if stem not in RESERVED:
        yield stem
    for number in range(2, 10):
        yield f"{stem}-{number}"
    yield f"{stem}-{ending}"
