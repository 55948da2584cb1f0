"""What better-auth remembers of a session in a cookie, so as not to ask the database.

Nothing here believes it by itself: for as long as the application keeps it, five minutes unless told otherwise,
somebody who was banned or signed out elsewhere is still in it.
"""

import re

from starlette.requests import HTTPConnection

from core import clock
from core.better_auth import cookies as shared
from core.better_auth.cookies import Cached
from core.settings import settings
from core.web.cookies import SESSION, cookies_of, shared_names


def cached_session(request: HTTPConnection) -> Cached | None:
    """What the cookie cache says, for a page that may be wrong for so long.

    Returns:
        What is signed, not over, and of the session whose own cookie is there, too. None in all other cases, also where
        the database is not shared.
    """
    if not settings().sharing:
        return None
    found = cookies_of(request)
    cookie = next((text for name in shared_names(request, shared.CACHE) if (text := _whole(name, found))), None)
    cached = shared.read_cache(cookie, now=clock.now())
    return cached if cached and cached.session.get("token") == SESSION.of(request) else None


def _whole(name: str, found: dict[str, str]) -> str:
    """A cookie that may have been too long for one: ``session_data.0``, ``session_data.1``."""
    part = re.compile(rf"{re.escape(name)}\.(\d{{1,2}})", re.ASCII)
    parts = sorted((int(match[1]), value) for each, value in found.items() if (match := part.fullmatch(each)))
    return found.get(name) or "".join(value for _, value in parts)
