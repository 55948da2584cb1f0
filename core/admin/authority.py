"""Who may act, and on whom."""

from tortoise.expressions import Q

from core import clock, database, permissions
from core.errors import Forbidden
from core.users import UserNotFound
from models import User

ADMINISTRATOR = "admin"


class NotAdministrator(Forbidden):
    """Only an administrator may do this."""


class OnOneself(Forbidden):
    """Nobody may do this to themselves."""


class OnAdministrator(Forbidden):
    """Nobody may do this to an administrator: take that role from them first."""


def is_administrator(user: User) -> bool:
    """Whether somebody has an administrator's power: the role, and no ban."""
    banned = user.banned and (user.ban_expires is None or user.ban_expires > clock.now())
    return not banned and has_role(user)


def has_role(user: User) -> bool:
    """Whether somebody has the role, banned or not."""
    return ADMINISTRATOR in permissions.split(user.role)


@database.deciding
async def require(actor_id: str) -> User:
    """The administrator with this id, for reading. What changes something asks ``acting``.

    Raises:
        NotAdministrator: they are none, not any more, or banned.
    """
    return _administrator(await User.get_or_none(id=actor_id))


async def acting(actor_id: str, user_id: str) -> User:
    """The person on whom an administrator acts. Both stay as they are until the end of this transaction.

    Raises:
        NotAdministrator: the actor is none.
        UserNotFound: there is no such person.
    """
    held = await hold(Q(id__in=[actor_id, user_id]))
    _administrator(held.get(actor_id))
    if user_id not in held:
        raise UserNotFound
    return held[user_id]


async def acting_on_other(actor_id: str, user_id: str) -> User:
    """The person, who is neither the actor nor another administrator. Both stay as they are, as in ``acting``.

    Raises:
        OnOneself, OnAdministrator: they are.
        NotAdministrator, UserNotFound: see ``acting``.
    """
    user = await acting(actor_id, user_id)
    if user.id == actor_id:
        raise OnOneself
    if has_role(user):
        raise OnAdministrator
    return user


async def hold(who: Q) -> dict[str, User]:
    """These people, by their ids; nobody else changes them until the end of this transaction.

    They are held in one order everywhere, so that two administrators who act on each other wait in line instead of for
    each other. On SQLite a transaction has the whole database to itself.
    """
    # Weaker than FOR UPDATE, which would also stop whoever adds a row that refers to them.
    users = await User.filter(who).order_by("id").select_for_update(no_key=True)
    return {user.id: user for user in users}


def _administrator(user: User | None) -> User:
    if user is None or not is_administrator(user):
        raise NotAdministrator
    return user
