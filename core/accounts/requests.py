"""Asking a provider over HTTP, who may be slow, down, wrong or hostile.

Within five seconds and 256 KiB, over TLS, without following anybody elsewhere. What goes wrong is told by its kind:
the request has a client's secret or a person's token in it, and neither may get into a log.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from core.errors import Unavailable

_PATIENCE = 5.0
"""Seconds for a whole request, its connection included."""
_LARGEST = 256 * 1024
"""Bytes of an answer."""
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}

_REDIRECTED, _REFUSED, _TOO_MANY, _BROKEN = 300, 400, 429, 500


class ProviderUnavailable(Unavailable):
    """A provider can't be reached, or answers what makes no sense."""


class Answer(NamedTuple):
    """What a provider said: below 300, or a refusal below 500."""

    status: int
    document: Any

    @property
    def refused(self) -> bool:
        """Whether it answers with a client error."""
        return self.status >= _REFUSED


def unavailable(name: str, why: str) -> ProviderUnavailable:
    """The error for a provider that is of no use. ``why`` is ours: nothing that the provider said."""
    return ProviderUnavailable(
        f"the provider {name} can't be used: {why}",
        remedy="try again later; if it stays so, compare STYLOBATE_OAUTH with what the provider has on file",
    )


def acceptable(url: object, *, issuer: str) -> bool:
    """Whether a request may go there: over https, or on this machine when the issuer is on it, too."""
    try:
        parts, home = urlsplit(str(url)), urlsplit(issuer)
        _ = parts.port
    except ValueError:
        return False
    plain = isinstance(url, str) and bool(parts.hostname) and parts.username is None and not parts.fragment
    local = {parts.hostname, home.hostname} <= _LOOPBACK
    return plain and (parts.scheme == "https" or (parts.scheme == "http" and local))


async def ask(
    name: str, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: str | None = None
) -> Answer:
    """Send one request and return the JSON of its answer (None when a refusal has none).

    Args:
        name: the provider, for the error.
        method: GET or POST.
        url: where to; checked before by ``acceptable``.
        headers: beyond those of every request.
        body: what to send.

    Raises:
        ProviderUnavailable: there is no answer, or none to work with.
    """
    import httpx  # noqa: PLC0415  takes long to import, and most who import accounts have no use for it

    try:
        async with (
            asyncio.timeout(_PATIENCE),
            httpx.AsyncClient(
                verify=_authorities(),
                timeout=_PATIENCE,
                follow_redirects=False,
                trust_env=url.startswith("https:"),  # A proxy is for the world, not for this machine.
            ) as client,
            client.stream(
                method,
                url,
                # Not compressed, or a small answer could become a large one here.
                headers={"Accept": "application/json", "Accept-Encoding": "identity", **(headers or {})},
                content=body,
            ) as response,
        ):
            status = response.status_code
            if status >= _BROKEN or status == _TOO_MANY or _REDIRECTED <= status < _REFUSED:
                raise unavailable(name, f"HTTP {status}")
            if response.headers.get("content-encoding", "identity") != "identity":
                raise unavailable(name, "a compressed answer")
            content = bytearray()
            async for chunk in response.aiter_raw():
                content += chunk
                if len(content) > _LARGEST:
                    raise unavailable(name, "its answer is too large")
    except TimeoutError:
        raise unavailable(name, "no answer in time") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        raise unavailable(name, type(error).__name__) from None
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        if status < _REFUSED:
            raise unavailable(name, "its answer is not JSON") from None
        document = None
    return Answer(status, document)


@lru_cache(maxsize=1)
def _authorities() -> ssl.SSLContext:
    """Whom to trust, read once: it takes longer than the request."""
    import httpx  # noqa: PLC0415  as above

    return httpx.create_ssl_context()
