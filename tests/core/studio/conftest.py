"""A studio in this process, and somebody who has come in by its link."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from html import unescape
from typing import Any

import httpx
import pytest

from core.studio import Gate, application, opened

PORT = 5555
HOME = f"http://127.0.0.1:{PORT}"


class Visitor:
    """A browser without a screen: it keeps cookies, and says where it comes from."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url=HOME)

    async def get(self, path: str, **asked: Any) -> httpx.Response:
        return await self.client.get(path, **asked)

    async def text(self, path: str) -> str:
        """What a page shows, as a person reads it."""
        answer = await self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-500:])
        return unescape(answer.text)

    async def post(self, path: str, data: dict[str, str], **headers: str) -> httpx.Response:
        """Send a form of a page."""
        await self.get("/")
        token = self.client.cookies["starlette_admin_csrftoken"]
        return await self.client.post(
            path, data=data, headers={"Origin": HOME, "X-CSRFToken": token, **headers}, follow_redirects=False
        )

    async def act(self, table: str, name: str, row: str, **form: str) -> httpx.Response:
        """Confirm an action on a row."""
        return await self.post(f"/_api/{table}/row-action?name={name}&pk={row}", form)


Studio = Callable[..., AbstractAsyncContextManager[Visitor]]


@pytest.fixture
def studio(db: None) -> Studio:
    @asynccontextmanager
    async def studio(*, write: bool = False) -> AsyncIterator[Visitor]:
        async with opened(write=write):
            visitor = Visitor(Gate(application(write=write), port=PORT, budget=60))
            async with visitor.client:
                assert (await visitor.get(visitor.gate.link)).status_code == 200
                yield visitor

    return studio


def listed(page: str) -> list[str]:
    """The ids of the rows of a list, in their order."""
    return re.findall(r'data-sa-pk="([^"]+)"', page)


def turned(page: str, label: str) -> str | None:
    """Where a link at the foot of a list leads."""
    found = re.search(rf'href="([^"]+)"[^>]*>{label}</a>', page)
    return unescape(found[1]) if found else None
