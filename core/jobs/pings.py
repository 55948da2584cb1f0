"""Dead man's switches: a service far away that raises the alarm when a job has not called for too long."""

import logging

from core.settings import settings

_log = logging.getLogger(__name__)

_TIMEOUT = 5.0


async def ping(job: str, *, succeeded: bool) -> None:
    """Tell the address that ``job_pings`` has for this job, if it has one. Whatever comes of it is only logged."""
    address = settings().job_pings.get(job)
    if address is None:
        return
    import httpx  # noqa: PLC0415  for those who ping

    url = address.get_secret_value().rstrip("/") + ("" if succeeded else "/fail")
    try:
        async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
            (await client.get(url)).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        _log.warning("the ping of %s did not get through (%s)", job, type(error).__name__)
