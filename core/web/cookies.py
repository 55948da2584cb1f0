"""Our cookies: out of the reach of scripts, and over https bound to this very host.

Over https a name has the prefix ``__Host-``: a browser takes such a cookie only from this host and over TLS, so that a
neighbouring subdomain can't sign a visitor in as somebody else. Whether it is https, the request says; behind a proxy,
start uvicorn with ``--proxy-headers`` and ``--forwarded-allow-ips``.
"""

from datetime import timedelta

from starlette.requests import HTTPConnection
from starlette.responses import Response


class Cookie:
    """A cookie of ours, by its name without the prefix."""

    def __init__(self, name: str) -> None:
        self._name, self._secure = name, f"__Host-{name}"

    def of(self, request: HTTPConnection) -> str | None:
        """What a browser brings."""
        value = request.cookies.get(self._secure)
        if value is None and not request.url.is_secure:
            value = request.cookies.get(self._name)
        return value or None

    def set(self, response: Response, value: str, *, lifetime: timedelta, secure: bool) -> None:
        """Let a browser keep it."""
        response.set_cookie(
            self._secure if secure else self._name,
            value,
            max_age=int(lifetime.total_seconds()),
            secure=secure,
            httponly=True,
            samesite="lax",
        )

    def clear(self, response: Response, *, secure: bool) -> None:
        """Let a browser forget it."""
        response.delete_cookie(self._secure if secure else self._name, secure=secure, httponly=True, samesite="lax")


SESSION = Cookie("session_token")
TRUSTED_DEVICE = Cookie("trusted_device")
OAUTH_STATE = Cookie("oauth_state")
ADMINISTRATOR = Cookie("administrator_token")
"""The administrator's own session, while they act in another's name."""
