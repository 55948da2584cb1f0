"""Users: people, known by their email address in any case."""

from email_validator import EmailNotValidError, validate_email
from tortoise.exceptions import IntegrityError

from core import clock, database
from core.errors import Conflict, Invalid, NotFound
from core.text import cleaned
from models import User

_NAME, _EMAIL = 200, 320


class UserNotFound(NotFound):
    """There is no such user."""


class EmailTaken(Conflict):
    """Somebody has signed up with this email address already."""


class EmailInvalid(Invalid):
    """This is not an email address."""


def normalized(email: str) -> str:
    """The address as it is stored and compared: checked, in Unicode's form NFC and in lower case.

    Raises:
        EmailInvalid: it is not an address. Nothing is asked of the network.
    """
    if len(email) > _EMAIL:
        raise EmailInvalid
    try:
        return validate_email(email, check_deliverability=False, strict=True).normalized.lower()
    except (EmailNotValidError, UnicodeError, TypeError):
        raise EmailInvalid from None


async def create(*, name: str, email: str) -> User:
    """Add a person.

    Raises:
        EmailInvalid, TextInvalid: the address or the name can't be stored.
        EmailTaken: the address is somebody's, in whatever case. Of many at once, one gets it.
    """
    now = clock.now()
    user = User(
        name=cleaned(name, what="a name", longest=_NAME), email=normalized(email), created_at=now, updated_at=now
    )
    try:
        async with database.transaction():
            await user.save()
    except IntegrityError:
        raise EmailTaken from None
    return user


async def find(user_id: str) -> User | None:
    """The person with this id."""
    return await User.get_or_none(id=user_id)


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
        return await User.get_or_none(email=normalized(email))
    except EmailInvalid:
        return None


async def rename(user_id: str, *, name: str) -> User:
    """Give a person another name.

    Raises:
        TextInvalid: the name can't be stored.
        UserNotFound: there is no such person.
    """
    name = cleaned(name, what="a name", longest=_NAME)
    if not await User.filter(id=user_id).update(name=name, updated_at=clock.now()):
        raise UserNotFound
    return await get(user_id)


async def delete(user_id: str) -> None:
    """Delete a person and, by the foreign keys, all that is theirs alone.

    Raises:
        UserNotFound: there is no such person.
    """
    if not await User.filter(id=user_id).delete():
        raise UserNotFound
