"""A person, as they see themselves."""

from datetime import datetime

from core.web.routes.fields import Shown


class Profile(Shown):
    """A person, as they see themselves."""

    id: str
    name: str
    email: str
    email_verified: bool
    image: str | None
    username: str | None
    display_username: str | None
    role: str | None
    locale: str | None
    two_factor_enabled: bool | None
    onboarding_complete: bool | None
    created_at: datetime
