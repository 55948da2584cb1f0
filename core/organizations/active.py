"""Which of their organizations somebody is at work in."""

from core import clock, database, members
from core.members import OrganizationNotFound
from core.sessions import SessionNotFound
from models import Member, Session, User


async def set_active(*, session_id: str, user_id: str, organization_id: str | None) -> None:
    """Have a session be at work in one of its person's organizations, or in none.

    It says where to begin, and gives no authority: that is had from ``members.acting``. It ends with the membership.

    Raises:
        OrganizationNotFound: the person is no member of it.
        SessionNotFound: the person has no such session.
    """
    now = clock.now()
    async with database.transaction():
        if organization_id is not None:
            # Held, so that whoever takes the person out meanwhile comes before or after this.
            await members.hold(organization_id, shared=True)
            if not await Member.exists(organization_id=organization_id, user_id=user_id):
                raise OrganizationNotFound
        await User.filter(id=user_id).update(last_active_organization_id=organization_id, updated_at=now)
        if not await Session.filter(id=session_id, user_id=user_id).update(
            active_organization_id=organization_id, updated_at=now
        ):
            raise SessionNotFound
