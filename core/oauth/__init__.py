"""Signing in at a provider: Google, GitHub, or any that speaks OpenID Connect.

::

    redirect = await oauth.begin(provider="google")  # to redirect.url, with redirect.state_token in a cookie
    finished = await oauth.finish(provider="google", code=…, state=…, browser_state=cookie)

The person is away in between, so what must be known afterwards waits in a verification: single use, ten minutes, and
only for the browser that has the cookie.
"""

from core.oauth.flow import (
    Declined,
    EmailMissing,
    Finished,
    LinkingRefused,
    Redirect,
    RedirectInvalid,
    StateInvalid,
    begin,
    callback_url,
    finish,
)
from core.oauth.identity import IdentityInvalid

__all__ = [
    "Declined",
    "EmailMissing",
    "Finished",
    "IdentityInvalid",
    "LinkingRefused",
    "Redirect",
    "RedirectInvalid",
    "StateInvalid",
    "begin",
    "callback_url",
    "finish",
]
