"""Settings of one database with a better-auth application. Their secrets keep the names that it reads them by."""

import re
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode


class Sharing(BaseSettings):
    """Whether the database is shared, and how the application on the other side is set."""

    better_auth_secret: SecretStr | None = Field(default=None, validation_alias="BETTER_AUTH_SECRET")
    """The application's secret. Beside ``better_auth_secrets``, the one from before there were versions."""
    better_auth_secrets: Annotated[dict[int, SecretStr], NoDecode] = Field(
        default_factory=dict, validation_alias="BETTER_AUTH_SECRETS"
    )
    """Its secrets with their versions, the current one first: ``2:new,1:old``."""
    sharing: Literal["better-auth"] | None = None
    """``better-auth``: what is stored has that application's forms, so that both sides read it."""
    sharing_version: str = "1.7"
    """The application's version of better-auth, which links that sign in depend on."""
    sharing_identifiers: Literal["plain", "hashed"] = "plain"
    """Its ``verification.storeIdentifier``."""
    sharing_oauth_tokens: Literal["plain", "sealed"] = "plain"
    """``sealed`` where its ``account.encryptOAuthTokens`` is on."""
    sharing_update_age: timedelta = timedelta(days=1)
    """Its ``session.updateAge``: so long after a session's end was set, it is moved."""
    sharing_cookie_prefix: str = "better-auth"
    """Its ``advanced.cookiePrefix``."""
    sharing_cookie_domain: str | None = None
    """Its ``advanced.crossSubDomainCookies.domain``."""

    @field_validator("better_auth_secrets", mode="before")
    @classmethod
    def _read_secrets(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        ring: dict[int, str] = {}
        for entry in value.split(","):
            version, _, secret = (part.strip() for part in entry.partition(":"))
            if not version.isdecimal() or not secret or int(version) in ring:
                raise ValueError("write it as 2:new,1:old, as better-auth reads it")
            ring[int(version)] = secret
        return ring

    @field_validator("sharing")
    @classmethod
    def _needs_a_secret(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and not (info.data.get("better_auth_secret") or info.data.get("better_auth_secrets")):
            raise ValueError("it needs BETTER_AUTH_SECRET or BETTER_AUTH_SECRETS, as the application has it")
        return value

    @field_validator("sharing_version")
    @classmethod
    def _is_a_version(cls, value: str) -> str:
        if not re.fullmatch(r"\d{1,4}\.\d{1,4}(\.\d{1,4})?", value):
            raise ValueError("write it as 1.7 or 1.7.25")
        return value
