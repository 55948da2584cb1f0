"""The links in mails."""

from urllib.parse import urlencode

from core.settings import settings


def link(path: str, **query: str) -> str:
    """The address of one of the product's pages, with what it needs to know (``token=``).

    Programs that look into mails open every link in them. So the page shows a button, and only that uses the token up.
    """
    address = settings().base_url.rstrip("/") + path
    return f"{address}?{urlencode(query)}" if query else address
