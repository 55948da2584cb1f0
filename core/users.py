"""Users: people, known by their email address and, if they like, by a username, both in any case."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final
from urllib.parse import urlsplit

from tortoise.exceptions import IntegrityError

from core import clock, database
from core.database.statements import instances
from core.errors import Conflict, Invalid, NotFound
from core.events import Event, publish
from core.text import TextInvalid, cleaned
from models import User
from models.base import KEY

_NAME, _EMAIL, _IMAGE, _LOCALE = 200, 320, 2_048, 35

_LOCALE_SHAPE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-[A-Za-z0-9]{1,8})*")
_USERNAME_SHAPE = re.compile(r"[a-zA-Z0-9_.]{3,30}")

RESERVED = frozenset(
    """
    abuse account accounts admin administrator anonymous api app auth billing contact everyone help hostmaster info
    login logout mail me moderator nobody none noreply null official owner postmaster register root security settings
    signin signout signup staff status superuser support sysadmin system team undefined user webmaster www
    """.split()  # noqa: SIM905  words are easier to read than a column of strings
)
"""What nobody may call themselves, with dots and underscores or without: others would take them for the house."""


class _Unchanged(Enum):
    UNCHANGED = auto()


UNCHANGED: Final = _Unchanged.UNCHANGED
"""Leave it as it is; None would empty it."""


class UserNotFound(NotFound):
    """There is no such user."""


class EmailTaken(Conflict):
    """Somebody has signed up with this email address already."""


class EmailInvalid(Invalid):
    """This is not an email address."""


class ImageInvalid(Invalid):
    """An image is an http or https address of at most 2,048 characters."""


class LocaleInvalid(Invalid):
    """A locale is a language tag such as "de" or "pt-BR"."""


class UsernameTaken(Conflict):
    """Somebody has this username already."""


class UsernameInvalid(Invalid):
    """A username has 3 to 30 letters, digits, dots and underscores, and is not a reserved word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserCreated(Event):
    """Somebody is new."""

    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanged(Event):
    """Something about somebody is different: profile, username, role or ban."""

    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDeleted(Event):
    """Somebody is gone, and so is what could be looked up by the id."""

    user_id: str


def normalized(email: str) -> str:
    """The address as it is stored and compared: checked, in Unicode's form NFC and in lower case.

    Raises:
        EmailInvalid: it is not an address. Nothing is asked of the network.
    """
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  its patterns take 20 ms to compile

    if len(email) > _EMAIL:
        raise EmailInvalid
    try:
        return validate_email(email, check_deliverability=False, strict=True).normalized.lower()
    except (EmailNotValidError, UnicodeError, TypeError):
        raise EmailInvalid from None


async def create(
    *, name: str, email: str, email_verified: bool = False, image: str | None = None, locale: str | None = None
) -> User:
    """Add a person.

    Args:
        name: what to call them.
        email: their address.
        email_verified: whether it is known to be theirs.
        image: the http or https address of a picture.
        locale: a language tag, ``pt-BR``.

    Raises:
        EmailInvalid, TextInvalid, ImageInvalid, LocaleInvalid: it can't be stored.
        EmailTaken: the address is somebody's, in whatever case. Of many at once, one gets it.
    """
    now = clock.now()
    user = User(
        name=cleaned(name, what="a name", longest=_NAME),
        email=normalized(email),
        email_verified=email_verified,
        image=_image(image),
        locale=_locale(locale),
        created_at=now,
        updated_at=now,
    )
    try:
        async with database.transaction():
            await user.save()
    except IntegrityError:
        raise EmailTaken from None
    await publish(UserCreated(user_id=user.id))
    return user


_BY_ID = 'SELECT * FROM "user" WHERE "id" = $1'
_BY_EMAIL = 'SELECT * FROM "user" WHERE "email" = $1'


async def find(user_id: str) -> User | None:
    """The person with this id."""
    found = await instances(User, _BY_ID, user_id)
    return found[0] if found else None


async def get(user_id: str) -> User:
    """The person with this id.

    Raises:
        UserNotFound: there is none.
    """
    user = await find(user_id)
    if user is None:
        raise UserNotFound
    return user


async def find_by_email(email: str) -> User | None:
    """The person with this address, in any case. What is not an address is nobody's."""
    try:
        found = await instances(User, _BY_EMAIL, normalized(email))
    except EmailInvalid:
        return None
    return found[0] if found else None


async def find_by_username(username: str) -> User | None:
    """The person with this username, in any case. It need not be one that could be chosen here and today."""
    try:
        return await User.get_or_none(username=cleaned(username, what="a username", longest=KEY).lower())
    except TextInvalid:
        return None


async def rename(user_id: str, *, name: str) -> User:
    """Give a person another name.

    Raises:
        TextInvalid: the name can't be stored.
        UserNotFound: there is no such person.
    """
    return await update_profile(user_id, name=name)


async def update_profile(
    user_id: str,
    *,
    name: str | _Unchanged = UNCHANGED,
    image: str | _Unchanged | None = UNCHANGED,
    locale: str | _Unchanged | None = UNCHANGED,
    onboarding_complete: bool | _Unchanged = UNCHANGED,
) -> User:
    """Change what a person says about themselves; what is not given stays.

    Args:
        user_id: whose profile it is.
        name: what to call them.
        image: the http or https address of a picture; None for none.
        locale: a language tag, ``pt-BR``; None for the product's own.
        onboarding_complete: whether they have been shown around.

    Raises:
        TextInvalid, ImageInvalid, LocaleInvalid: it can't be stored. Nothing is.
        UserNotFound: there is no such person.
    """
    changes: dict[str, Any] = {}
    if name is not UNCHANGED:
        changes["name"] = cleaned(name, what="a name", longest=_NAME)
    if image is not UNCHANGED:
        changes["image"] = _image(image)
    if locale is not UNCHANGED:
        changes["locale"] = _locale(locale)
    if onboarding_complete is not UNCHANGED:
        changes["onboarding_complete"] = onboarding_complete
    return await _changed(user_id, changes) if changes else await get(user_id)


async def set_username(user_id: str, *, username: str | None) -> User:
    """Let a person be known by a username, or by none any more. How they write it is kept to be shown.

    Raises:
        UsernameInvalid: it can't be one.
        UsernameTaken: it is somebody's, in whatever case. Of many at once, one gets it.
        UserNotFound: there is no such person.
    """
    if username is not None:
        _check_username(username)
    try:
        return await _changed(user_id, {"username": username and username.lower(), "display_username": username})
    except IntegrityError:
        raise UsernameTaken from None


async def delete(user_id: str) -> None:
    """Delete a person and, by the foreign keys, all that is theirs alone; ``core.erasure`` takes what else there is.

    Raises:
        UserNotFound: there is no such person.
    """
    if not await User.filter(id=user_id).delete():
        raise UserNotFound
    await publish(UserDeleted(user_id=user_id))


async def _changed(user_id: str, changes: dict[str, Any]) -> User:
    async with database.transaction():
        if not await User.filter(id=user_id).update(**changes, updated_at=clock.now()):
            raise UserNotFound
        await publish(UserChanged(user_id=user_id))
        return await get(user_id)


def _image(address: str | None) -> str | None:
    """Not ``data:``, which fills the table and every list of people; not ``javascript:``, which some page will follow.

    Nor a name and a password, which everybody would be shown.
    """
    if address is None:
        return None
    try:
        address = cleaned(address, what="an image", longest=_IMAGE)
        parts = urlsplit(address)
        _ = parts.port  # It is checked when it is asked for.
    except (TextInvalid, ValueError):
        raise ImageInvalid from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or re.search(r"\s", address):
        raise ImageInvalid
    return address


def _locale(tag: str | None) -> str | None:
    if tag is not None and (len(tag) > _LOCALE or not _LOCALE_SHAPE.fullmatch(tag)):
        raise LocaleInvalid
    return tag


def _check_username(username: str) -> None:
    plain = re.sub(r"[._]", "", username.lower())
    if not _USERNAME_SHAPE.fullmatch(username) or not plain or plain in RESERVED:
        raise UsernameInvalid
