"""The application's secrets, as text: the current one signs, and each seals what names its version."""

from core.settings import SettingsInvalid, settings


def current_secret() -> str:
    """The secret that cookies, links and seals of today are made with. Cookies know no other.

    Raises:
        SettingsInvalid: there is none.
    """
    versions = settings().better_auth_secrets
    secret = next(iter(versions.values())) if versions else settings().better_auth_secret
    if secret is None:
        raise SettingsInvalid(
            "BETTER_AUTH_SECRET is not set", remedy="set it, or BETTER_AUTH_SECRETS, to what the application has"
        )
    return secret.get_secret_value()


def newest_version() -> int | None:
    """The version that new seals name; None where secrets have no versions."""
    return next(iter(settings().better_auth_secrets), None)


def secret_of(version: int | None) -> str | None:
    """The secret of a version; of None, the one from before there were versions."""
    found = settings().better_auth_secret if version is None else settings().better_auth_secrets.get(version)
    return found.get_secret_value() if found else None
