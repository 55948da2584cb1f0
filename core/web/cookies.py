"""Our cookies: out of the reach of scripts, and over https bound to this very host.

Over https a name has the prefix ``__Host-``: a browser takes such a cookie only from this host and over TLS, so that a
neighbouring subdomain can't sign a visitor in as somebody else. Whether it is https, the request says; behind a proxy,
start uvicorn with ``--proxy-headers`` and ``--forwarded-allow-ips``.

Where the database is shared, those that the application knows too are its own: its names, signed with its secret. Over
https, and wherever ``base_url`` says so, they have the prefix ``__Secure-``, and no other is looked at; over http that
one is looked for first.
"""

from datetime import timedelta

from starlette.requests import HTTPConnection
from starlette.responses import Response

from core.better_auth import cookies as shared
from core.settings import settings


class Cookie:
    """A cookie, by our name for it without the prefix, and by the application's if it has one like it."""

    def __init__(self, name: str, *, theirs: str | None = None) -> None:
        self._ours, self._theirs = name, theirs

    def of(self, request: HTTPConnection) -> str | None:
        """What a browser brings."""
        theirs = self._shared_as()
        if theirs is not None:
            return shared.read(_brought(request, theirs))
        value = request.cookies.get(self._named(secure=True))
        if value is None and not request.url.is_secure:
            value = request.cookies.get(self._named(secure=False))
        return value or None

    def set(self, response: Response, value: str, *, lifetime: timedelta | None, secure: bool) -> None:
        """Let a browser keep it; without a lifetime until it is closed."""
        secure = self._is_secure(secure=secure)
        response.set_cookie(
            self._named(secure=secure),
            shared.sign(value) if self._shared_as() else value,
            max_age=None if lifetime is None else int(lifetime.total_seconds()),
            domain=self._domain(),
            secure=secure,
            httponly=True,
            samesite="lax",
        )

    def clear(self, response: Response, *, secure: bool) -> None:
        """Let a browser forget it."""
        secure = self._is_secure(secure=secure)
        response.delete_cookie(
            self._named(secure=secure), domain=self._domain(), secure=secure, httponly=True, samesite="lax"
        )

    def _shared_as(self) -> str | None:
        return self._theirs if settings().sharing else None

    def _is_secure(self, *, secure: bool) -> bool:
        return secure or (self._shared_as() is not None and _is_https())

    def _named(self, *, secure: bool) -> str:
        theirs = self._shared_as()
        if theirs is not None:
            return shared.name(theirs, secure=secure)
        return f"__Host-{self._ours}" if secure else self._ours

    def _domain(self) -> str | None:
        return settings().sharing_cookie_domain if self._shared_as() else None


def _brought(request: HTTPConnection, kind: str) -> str | None:
    """What a browser brings for the application, undecoded."""
    found = cookies_of(request)
    return next((found[name] for name in shared_names(request, kind) if name in found), None)


def shared_names(request: HTTPConnection, kind: str) -> list[str]:
    """The names under which a cookie of the application's may come, the one to prefer first."""
    names = [shared.name(kind, secure=True), shared.name(kind, secure=False)]
    return names[:1] if request.url.is_secure or _is_https() else names


def _is_https() -> bool:
    """Whether people reach the application over https, which its names go by. A proxy may speak http with us."""
    return settings().base_url.startswith("https:")


def cookies_of(request: HTTPConnection) -> dict[str, str]:
    """All that a browser brings, undecoded: of several of a name the first, where Starlette takes the last."""
    found: dict[str, str] = {}
    for header in request.headers.getlist("cookie"):
        for part in header.split(";"):
            name, _, value = part.partition("=")
            found.setdefault(name.strip(), value.strip())
    return found


SESSION = Cookie("session_token", theirs=shared.SESSION)
TRUSTED_DEVICE = Cookie("trusted_device", theirs=shared.TRUSTED_DEVICE)
OAUTH_STATE = Cookie("oauth_state")
ADMINISTRATOR = Cookie("administrator_token", theirs="admin_session")
"""The administrator's own session, while they act in another's name. ``:true`` after it: it is not to be remembered."""

# The application's alone: we write and read them only where the database is shared.

SECOND_STEP = Cookie("second_step", theirs=shared.SECOND_STEP)
"""The sign-in that waits for a code."""
DONT_REMEMBER = Cookie("dont_remember", theirs=shared.DONT_REMEMBER)
"""The mark of a session that ends with the browser's and is not extended. Without it there is none."""
CACHE = Cookie("session_data", theirs=shared.CACHE)
"""What it knew of a session, for a while. Read only by ``web.cached_session``."""
