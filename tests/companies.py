"""Organizations and their people, made by the core itself."""

from core import members, organizations, users
from models import Member, User
from tests.factories import make_user


async def make_owner(*, user: User | None = None, name: str = "Acme") -> Member:
    """The owner of a new organization."""
    user = user or await make_user()
    organization = await organizations.create(user_id=user.id, name=name)
    return await members.acting(user_id=user.id, organization_id=organization.id)


async def make_member(beside: Member, role: str = "member", *, user: User | None = None) -> Member:
    """Another member of the same organization."""
    user = user or await make_user()
    return await members.add(organization_id=beside.organization_id, user_id=user.id, role=role)


async def make_verified(email: str | None = None) -> User:
    """Somebody whose address is known to be theirs."""
    user = await make_user(email=email)
    await User.filter(id=user.id).update(email_verified=True)
    return await users.get(user.id)
